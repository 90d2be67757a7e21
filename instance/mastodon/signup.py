"""Sign-up from an app, and its e-mail address (https://docs.joinmastodon.org/methods/accounts/#create, /methods/emails/).

Mastodon's shape of refusals: `error`, and `details` for each field with a code that apps know.
"""

from collections import defaultdict
from collections.abc import Callable

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response

from instance.auth import apps, attempts, links, logins, oauth, passwords, registration
from instance.auth.bearer import Caller, app_bearer
from instance.auth.oauth import IssuedToken
from instance.auth.registration import MAIL, SignUp
from instance.db.people import account
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.house import House, house_of
from instance.i18n import N_, _, languages
from instance.jobs.table import enqueue
from instance.mastodon.asking import get, member, post
from instance.mastodon.errors import answer
from instance.mastodon.params import Params, params
from instance.people import accounts
from instance.settings import Registration

Wrong = dict[str, list[tuple[str, str]]]
RESENT = "confirm-mail"

BLANK = N_("can't be blank")
NAMES = {
    "username": N_("Username"),
    "email": N_("Email"),
    "password": N_("Password"),
    "agreement": N_("Service agreement"),
    "reason": N_("Reason"),
}
# What the service refuses -> the field, Mastodon's code, its words
KNOWN = {
    "name-taken": ("username", "ERR_TAKEN", N_("has already been taken")),
    "name-invalid": ("username", "ERR_INVALID", N_("must contain only letters, numbers and underscores")),
    "name-reserved": ("username", "ERR_RESERVED", N_("is reserved")),
    "email-invalid": ("email", "ERR_INVALID", N_("is not a valid e-mail address")),
    "email-missing": ("email", "ERR_BLANK", BLANK),
    "answer-missing": ("reason", "ERR_BLANK", BLANK),
    "answer-long": ("reason", "ERR_TOO_LONG", N_("is too long")),
    "password-short": ("password", "ERR_TOO_SHORT", N_("is too short (minimum is 8 characters)")),
    "password-long": ("password", "ERR_TOO_LONG", N_("is too long (maximum is 128 characters)")),
}


async def sign_up(request: Request) -> Response:
    """POST /api/v1/accounts"""
    house = house_of(request)
    caller = await app_bearer(house, request, "write:accounts")
    asked = await params(request)
    invited = asked.text("invite_code") or None
    if house.site.settings.registration is Registration.INVITATION and invited is None:
        raise RefusalError("sign-up-closed", N_("This action is not allowed"), status=403)
    wrong = await house.store.read(_check, house, asked, invited is not None)
    if wrong:
        return _refused(wrong)
    locale = asked.text("locale")
    new = SignUp(
        name=asked.text("username"),
        password_hash=await passwords.hash_password(asked.text("password")),
        email=asked.text("email"),
        answer=asked.text("reason"),
        invitation=invited,
        locale=locale if locale in languages() else house.site.settings.locale,
        time_zone=asked.text("time_zone", "UTC"),
    )
    try:
        issued = await house.store.unit(_make, new, caller)
    except RefusalError as refusal:
        if refusal.code not in KNOWN:
            raise
        return _refused(_known(refusal))
    return answer(issued.answer())


def _make(u: Unit, new: SignUp, caller: Caller) -> IssuedToken:
    done = registration.sign_up(u, new)
    app = apps.app_by_id(u.connection, caller.app_id)
    scopes = app.scopes.split() if app is not None else sorted(caller.scopes)
    return oauth.issue(u, caller.app_id, scopes, done.login_id, done.account_id)


def _check(connection: Connection, house: House, asked: Params, invited: bool) -> Wrong:
    """All that is wrong at once, as apps show it beside each field."""
    wrong: Wrong = defaultdict(list)
    settings = house.site.settings
    name, email, password = asked.text("username").strip().lower(), asked.text("email"), asked.text("password")
    checks: tuple[Callable[[], object], ...] = (
        lambda: accounts.checked_name(name),
        lambda: logins.checked_email(email),
        lambda: passwords.check_strength(password),
    )
    for check in checks:
        try:
            check()
        except RefusalError as refusal:
            wrong |= _known(refusal)
    taken = select(account.c.id).where(account.c.name == name, account.c.domain == "")
    if name and connection.execute(taken).first() is not None:
        wrong["username"] = [("ERR_TAKEN", KNOWN["name-taken"][2])]
    for field in ("username", "password"):
        if not asked.text(field).strip():
            wrong[field] = [("ERR_BLANK", BLANK)]
    if not asked.text("email").strip() and registration.needs_email(settings) and not invited:
        wrong["email"] = [("ERR_BLANK", BLANK)]
    if not asked.flag("agreement"):
        wrong["agreement"] = [("ERR_ACCEPTED", N_("must be accepted"))]
    if settings.registration is Registration.APPROVAL and not invited and not asked.text("reason").strip():
        wrong["reason"] = [("ERR_BLANK", BLANK)]
    return dict(wrong)


def _known(refusal: RefusalError) -> Wrong:
    field, code, words = KNOWN[refusal.code]
    return {field: [(code, words)]}


def _refused(wrong: Wrong) -> Response:
    told = [f"{_(NAMES[field])} {_(words)}" for field, found in wrong.items() for code, words in found]
    details = {
        field: [{"error": code, "description": _(words)} for code, words in found] for field, found in wrong.items()
    }
    return answer({"error": _("Validation failed: {what}", what=", ".join(told)), "details": details}, 422)


async def resend(request: Request) -> Response:
    """POST /api/v1/emails/confirmations: send the mail again, to another address if one is given"""
    house, caller = await member(request, "write:accounts")
    email = (await params(request)).text("email").strip()
    if not await house.store.unit(_resend, caller.login_id or 0, email):
        sentence = N_("This method is only available while the e-mail is awaiting confirmation")
        raise RefusalError("email-not-awaited", sentence, status=403)
    return answer({})


def _resend(u: Unit, login_id: int, email: str) -> bool:
    row = logins.by_id(u.connection, login_id)
    if row is None or row.email_confirmed_at is not None or not (row.email or email):
        return False
    if email:
        logins.set_email(u, login_id, email)
    if attempts.try_once(u, RESENT, str(login_id)):
        enqueue(u, MAIL, {"what": links.CONFIRM, "login_id": login_id})
    return True


async def confirmed(request: Request) -> Response:
    """GET /api/v1/emails/check_confirmation: whether her address is confirmed"""
    house, caller = await member(request)
    row = await house.store.read(logins.by_id, caller.login_id or 0)
    return answer(row is not None and row.email_confirmed_at is not None)


ROUTES = [
    post("/api/v1/accounts", sign_up),
    post("/api/v1/emails/confirmations", resend),
    get("/api/v1/emails/check_confirmation", confirmed),
]
