"""Sign-up: open, by approval with a question, by invitation, or by the first steward's one-time link.

Names are public, so a taken one is said; whether an e-mail address is known here is never said: it counts only once its
owner has opened the link in the mail.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, select, update

from instance.auth import invitations, links, recovery
from instance.auth.logins import NewLogin, add, by_id, stewards
from instance.db.people import account, login
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import MemberSignedUp
from instance.i18n import N_
from instance.jobs.table import enqueue
from instance.people import accounts
from instance.settings import Registration, Settings
from instance.vault import Vault

MAIL = "mail"
ANSWER_LENGTH = 2000
# Names that would pass for the house itself; the command line may give them.
RESERVED = frozenset(
    {
        "abuse", "admin", "administrator", "contact", "help", "helpdesk", "hostmaster", "info", "instance", "mail",
        "moderator", "moderation", "noreply", "official", "owner", "postmaster", "root", "security", "skerry", "staff",
        "steward", "stewards", "support", "system", "webmaster",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody gives to sign up. The password is hashed already. `invitation` and `setup` are tokens of links."""

    name: str
    password_hash: str
    email: str = ""
    answer: str = ""
    invitation: str | None = None
    setup: str | None = None
    display_name: str = ""
    locale: str = "en"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class SignedUp:
    """A new member. `state` is 'active', or 'pending' until a moderator lets her in. The codes are known this once."""

    login_id: int
    account_id: int
    state: str
    recovery_codes: list[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits for approval."""

    login_id: int
    account_id: int
    name: str
    answer: str
    created_at: int


def sign_up(u: Unit, asked: SignUp) -> SignedUp:
    """Make a member. Raises RefusalError: sign-up closed, link worthless, name taken or reserved, something missing."""
    accounts.checked_name(asked.name)
    new = NewLogin(asked.password_hash, email=asked.email, locale=asked.locale, time_zone=asked.time_zone)
    made = _admitted(u, asked, new)
    member = add(u, asked.name, made, display_name=asked.display_name)
    if made.email:
        enqueue(u, MAIL, {"what": links.CONFIRM, "login_id": member.login_id})
    u.record(MemberSignedUp(member.account_id, made.state))
    return SignedUp(member.login_id, member.account_id, made.state, recovery.make(u, member.login_id))


def needs_email(settings: Settings) -> bool:
    """Whether an uninvited sign-up must give an e-mail address (production: else nothing holds back floods)."""
    return not settings.development


def setup_link(u: Unit) -> str | None:
    """A fresh one-time address that makes the first steward, or None once there is one. The one before is void."""
    if stewards(u.connection):
        return None
    links.withdraw(u, links.SETUP)
    return u.site.url(f"/setup/{links.mint(u, links.SETUP)}")


def waiting(connection: Connection, vault: Vault, limit: int = 100) -> list[Waiting]:
    """Who waits for approval, longest first; answers are opened."""
    asked = select(login.c.id, login.c.account_id, account.c.name, login.c.answer, login.c.created_at)
    asked = asked.join(account, account.c.id == login.c.account_id).where(login.c.state == "pending")
    rows = connection.execute(asked.order_by(login.c.created_at).limit(limit))
    return [
        Waiting(
            row.id,
            row.account_id,
            row.name,
            vault.open(row.answer, "login", "answer", row.id).decode() if row.answer else "",
            row.created_at,
        )
        for row in rows
    ]


def approve(u: Unit, login_id: int) -> None:
    """Let somebody in: the account is shown, the answer forgotten, she is told by mail if she gave an address."""
    row = _pending(u, login_id)
    u.connection.execute(update(login).where(login.c.id == login_id).values(state="active", answer=None))
    accounts.admit(u, row.account_id)
    if row.email:
        enqueue(u, MAIL, {"what": "approved", "login_id": login_id})


def refuse(u: Unit, login_id: int) -> None:
    """Do not let somebody in: nothing of her sign-up is kept, not even the name."""
    row = _pending(u, login_id)
    u.connection.execute(delete(account).where(account.c.id == row.account_id, account.c.domain == ""))


def _pending(u: Unit, login_id: int) -> Any:
    row = by_id(u.connection, login_id)
    if row is None or row.state != "pending":
        raise NotFoundError
    return row


def _admitted(u: Unit, asked: SignUp, new: NewLogin) -> NewLogin:
    """By what right, and as what."""
    if asked.setup is not None:
        if stewards(u.connection) or links.spend(u, links.SETUP, asked.setup) is None:
            raise RefusalError(
                "setup-over",
                N_("This link does not hold any more. The server prints a new one when it starts."),
                status=403,
            )
        return replace(new, role="steward")
    if asked.name.strip().lower() in RESERVED:
        raise RefusalError(
            "name-reserved", N_("The name '{name}' is kept for the people who run this server."), name=asked.name
        )
    if asked.invitation is not None:
        used = invitations.use(u, asked.invitation)
        return replace(new, role=used.role, invitation_id=used.id)
    return _uninvited(u.site.settings, asked, new)


def _uninvited(settings: Settings, asked: SignUp, new: NewLogin) -> NewLogin:
    if settings.registration is Registration.INVITATION:
        raise RefusalError(
            "sign-up-closed", N_("You need an invitation to join. Ask somebody who is here."), status=403
        )
    if needs_email(settings) and not asked.email.strip():
        raise RefusalError("email-missing", N_("Give an e-mail address, or ask a member for an invitation."))
    if settings.registration is Registration.OPEN:
        return new
    if not asked.answer.strip():
        raise RefusalError("answer-missing", N_("Answer the question, in a few words."))
    if len(asked.answer) > ANSWER_LENGTH:
        raise RefusalError(
            "answer-long", N_("The answer has more than {most} characters; shorten it."), most=ANSWER_LENGTH
        )
    return replace(new, state="pending", answer=asked.answer.strip())
