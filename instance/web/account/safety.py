"""Settings of who gets in: password, second step, recovery card, browsers, apps, the end of the account."""

import io
from typing import Any

import pyotp
import segno
from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from governance.offices.positions import NEEDS_SECOND_FACTOR
from instance.auth import attempts, logins, oauth, passwords, recovery, secondfactor, sessions
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.house import House
from instance.i18n import N_, _
from instance.people import accounts
from instance.web.account.authorize import in_words
from instance.web.account.joining import keep_card
from instance.web.account.settings import show
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, member_page

WRONG = N_("This is not your password now.")
TRIES = "own-password"


async def proves(visitor: Visitor, field: str = "password") -> bool:
    """Whether she typed her password; counted, so that a browser left open does not give it away."""
    login_id = visitor.member.login_id
    allowed, hashed = await visitor.house.store.unit(_tried, login_id)
    if not allowed:
        raise attempts.too_many()
    if await passwords.verify(visitor.form.values[field], hashed):
        await visitor.house.store.unit(attempts.forget, TRIES, str(login_id))
        return True
    visitor.form.errors[field] = _(WRONG)
    return False


def _tried(u: Unit, login_id: int) -> tuple[bool, str | None]:
    row = logins.by_id(u.connection, login_id)
    return attempts.try_once(u, TRIES, str(login_id)), row.password_hash if row is not None else None


async def password(visitor: Visitor) -> Response:
    """Choose a new password."""
    return show(visitor, "password", password_length=passwords.SHORTEST)


async def save_password(visitor: Visitor) -> Response:
    """Set it; other browsers and all apps are signed out."""
    form, member = visitor.form, visitor.member
    if not await proves(visitor):
        return await password(visitor)
    try:
        hashed = await passwords.hash_password(form.values["new_password"])
        await visitor.house.store.unit(_set_password, member.login_id, hashed, member.id_hash)
    except RefusalError as refusal:
        form.refuse(refusal, {"password-short": "new_password", "password-long": "new_password"})
        return await password(visitor)
    return go("/settings?done=password")


def _set_password(u: Unit, login_id: int, hashed: str, keep: str) -> None:
    logins.set_password(u, login_id, hashed, keep_session=keep)


async def browsers(visitor: Visitor) -> Response:
    """Where she is signed in."""
    member, now = visitor.member, visitor.house.site.clock.now()
    rows = await visitor.house.store.read(sessions.list_of, member.login_id, now)
    listed = [
        {
            "id": row.id_hash[:16],
            "device": row.device,
            "last_seen_at": row.last_seen_at,
            "current": row.id_hash == member.id_hash,
        }
        for row in rows
    ]
    return show(visitor, "sessions", sessions=listed)


async def end_browser(visitor: Visitor) -> Response:
    """End one of them, or all others."""
    await visitor.house.store.unit(_end, visitor.member.login_id, visitor.member.id_hash, visitor.form["session"])
    return go("/settings/sessions?done=ended")


def _end(u: Unit, login_id: int, own: str, which: str) -> None:
    if which == "others":
        sessions.end_all(u, login_id, but=own)
        return
    for row in sessions.list_of(u.connection, login_id, u.now):
        if len(which) == 16 and row.id_hash.startswith(which) and row.id_hash != own:
            sessions.end(u, login_id, row.id_hash)


async def apps(visitor: Visitor) -> Response:
    """Apps that may use the account."""
    rows = await visitor.house.store.read(oauth.apps_of, visitor.member.login_id)
    listed = [
        {
            "id": row.app_id,
            "name": row.name,
            "created_at": row.created_at,
            "last_used_at": row.last_used_at,
            "sentence": _("It may: {list}.", list="; ".join(in_words(row.scopes.split()))),
        }
        for row in rows
    ]
    return show(visitor, "apps", apps=listed)


async def end_app(visitor: Visitor) -> Response:
    """End an app."""
    app_id = number(visitor.form["token"])
    if app_id is None:
        raise NotFoundError
    await visitor.house.store.unit(oauth.revoke_app, visitor.member.login_id, app_id)
    return go("/settings/apps?done=ended")


async def second(visitor: Visitor) -> Response:
    """The second step: on, or how to set it up."""
    row, secret, left = await visitor.house.store.read(_second, visitor.house, visitor.member.login_id)
    return show(
        visitor,
        "second_factor",
        active=secondfactor.is_on(row),
        needed=row.role in NEEDS_SECOND_FACTOR and not visitor.house.site.settings.development,
        secret=secret,
        codes_left=left,
    )


def _second(connection: Connection, house: House, login_id: int) -> tuple[Any, str, int]:
    row = logins.by_id(connection, login_id)
    if row is None:
        raise NotFoundError
    secret = ""
    if row.totp and not secondfactor.is_on(row):
        secret = house.site.vault.open(row.totp, "login", "totp", login_id).decode()
    return row, secret, recovery.left(connection, login_id)


async def begin_second(visitor: Visitor) -> Response:
    """Begin to set it up: a new secret for her app."""
    name = visitor.me.name if visitor.me else ""
    try:
        await visitor.house.store.unit(secondfactor.begin, visitor.member.login_id, name)
    except RefusalError as refusal:
        visitor.form.refuse(refusal)
        return await second(visitor)
    return go("/settings/second-factor")


async def picture(visitor: Visitor) -> Response:
    """The secret as a picture for the app (SVG), while it is being set up."""
    _row, secret, _left = await visitor.house.store.read(_second, visitor.house, visitor.member.login_id)
    if not secret or visitor.me is None:
        raise NotFoundError
    uri = pyotp.TOTP(secret).provisioning_uri(name=visitor.me.name, issuer_name=visitor.house.site.domain)
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(drawn, kind="svg", scale=6, dark="#12263a", light="#ffffff", border=2)
    return Response(drawn.getvalue(), media_type="image/svg+xml")


async def finish_second(visitor: Visitor) -> Response:
    """The first code turns it on."""
    try:
        member = visitor.member
        secondfactor.refuse(
            await visitor.house.store.unit(_confirm, member.login_id, member.id_hash, visitor.form["code"])
        )
    except RefusalError as refusal:
        visitor.form.refuse(refusal, {"code-wrong": "code"})
        return await second(visitor)
    return go("/settings/second-factor?done=on")


def _confirm(u: Unit, login_id: int, id_hash: str, code: str) -> secondfactor.Verdict:
    verdict = secondfactor.confirm(u, login_id, code)
    if verdict is secondfactor.Verdict.RIGHT:
        sessions.second_factor_given(u, id_hash)
    return verdict


async def end_second(visitor: Visitor) -> Response:
    """Switch it off."""
    if not await proves(visitor):
        return await second(visitor)
    try:
        await visitor.house.store.unit(secondfactor.turn_off, visitor.member.login_id)
    except RefusalError as refusal:
        visitor.form.refuse(refusal)
        return await second(visitor)
    return go("/settings/second-factor?done=off")


async def new_card(visitor: Visitor) -> Response:
    """A new recovery card; the old one is void."""
    if not await proves(visitor, "card_password"):
        return await second(visitor)
    codes = await visitor.house.store.unit(recovery.make, visitor.member.login_id)
    response = go("/recovery-card")
    keep_card(visitor, response, visitor.me.name if visitor.me else "", codes)
    return response


async def ask_erase(visitor: Visitor) -> Response:
    """What it means to erase the account."""
    return show(visitor, "delete")


async def erase(visitor: Visitor) -> Response:
    """Erase it."""
    if not visitor.form.ticked("sure"):
        visitor.form.errors["sure"] = _("Tick this box if you mean it.")
    if not await proves(visitor) or visitor.form.errors:
        return await ask_erase(visitor)
    await visitor.house.store.unit(accounts.delete, visitor.member.account_id)
    response = go("/auth/sign_in?done=gone")
    sessions.clear_cookie(response, visitor.house.site.settings)
    return response


def _both(name: str, shown: Any, saved: Any) -> list[Route]:
    path = f"/settings/{name}"
    return [Route(path, member_page(shown), methods=["GET"]), Route(path, member_page(saved), methods=["POST"])]


ROUTES = [
    *_both("password", password, save_password),
    *_both("sessions", browsers, end_browser),
    *_both("apps", apps, end_app),
    *_both("second-factor", second, finish_second),
    *_both("delete", ask_erase, erase),
    Route("/settings/second-factor/begin", member_page(begin_second), methods=["POST"]),
    Route("/settings/second-factor/picture.svg", member_page(picture), methods=["GET"]),
    Route("/settings/second-factor/off", member_page(end_second), methods=["POST"]),
    Route("/settings/recovery-card", member_page(new_card), methods=["POST"]),
]
