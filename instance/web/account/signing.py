"""Signing in with a second step, signing out, and getting in again without a password."""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from instance.auth import links, logins, passwords, reset, sessions, signin
from instance.auth.signin import SignedIn
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_, _
from instance.web.frame.visitor import Visitor, go, own_path, page

DONE = {
    "password": N_("Your new password is set. Sign in with it."),
    "out": N_("You are signed out."),
    "confirmed": N_("Your e-mail address is confirmed."),
    "gone": N_("Your account is erased."),
}
PASSWORD_FIELDS = {"password-short": "password", "password-long": "password"}


async def ask(visitor: Visitor) -> Response:
    """The form."""
    if visitor.session is not None and visitor.query("again") != "1":
        return go(own_path(visitor.query("next")))
    done = _(DONE[visitor.query("done")]) if visitor.query("done") in DONE else ""
    return visitor.page("account/sign_in.html", here="sign-in", next=own_path(visitor.query("next")), done=done)


async def sign_in(visitor: Visitor) -> Response:
    """Name and password."""
    form = visitor.form
    address = visitor.request.client.host if visitor.request.client else ""
    try:
        device = _device(visitor)
        found = await signin.sign_in(
            visitor.house, form["name"], form.values["password"], address=address, device=device
        )
    except RefusalError as refusal:
        form.refuse(refusal)
        return visitor.refused("account/sign_in.html", here="sign-in", next=own_path(form["next"]), done="")
    if found.ticket is not None:
        return _ask_code(visitor, found.ticket)
    return await _into(visitor, found)


def _ask_code(visitor: Visitor, ticket: str, status: int = 200) -> Response:
    return visitor.page(
        "account/second_factor.html", status, here="sign-in", pending=ticket, next=own_path(visitor.form["next"])
    )


async def give_code(visitor: Visitor) -> Response:
    """The second step."""
    form, ticket = visitor.form, visitor.form["pending"]
    try:
        found = await signin.give_second_factor(visitor.house, ticket, form["code"], device=_device(visitor))
    except RefusalError as refusal:
        form.refuse(refusal, {"code-wrong": "code"})
        return _ask_code(visitor, ticket, 422)
    return await _into(visitor, found)


async def _into(visitor: Visitor, found: SignedIn) -> Response:
    """Start the session in this browser; one that was there before ends."""
    if visitor.session is not None:
        await visitor.house.store.unit(sessions.end, visitor.session.login_id, visitor.session.id_hash)
    response: Response = go(own_path(visitor.form["next"]))
    sessions.set_cookie(response, visitor.house.site.settings, found.cookie or "")
    return response


async def sign_out(visitor: Visitor) -> Response:
    """End this session."""
    response = go("/auth/sign_in?done=out")
    if visitor.session is not None:
        await visitor.house.store.unit(sessions.end, visitor.session.login_id, visitor.session.id_hash)
        sessions.clear_cookie(response, visitor.house.site.settings)
    return response


def _device(visitor: Visitor) -> str:
    return sessions.device_of(visitor.request.headers.get("user-agent", ""))


async def ask_reset(visitor: Visitor) -> Response:
    """The ways back in."""
    return visitor.page("account/reset.html", here="sign-in", sent=visitor.query("sent") == "1", **_length())


async def do_reset(visitor: Visitor) -> Response:
    """By the card, or a link by mail."""
    form = visitor.form
    try:
        if form["way"] == "mail":
            await visitor.house.store.unit(reset.request, form["email"])
            return go("/auth/reset?sent=1")
        hashed = await passwords.hash_password(form.values["password"])
        if await visitor.house.store.unit(reset.by_code, form["name"], form["code"], hashed) is None:
            raise reset.wrong_code()
    except RefusalError as refusal:
        form.refuse(refusal, PASSWORD_FIELDS | {"reset-wrong": "code"})
        return visitor.refused("account/reset.html", here="sign-in", sent=False, **_length())
    return go("/auth/sign_in?done=password")


async def ask_new_password(visitor: Visitor) -> Response:
    """The page behind a one-time link; looking at it does not use it up."""
    if not await visitor.house.store.read(reset.holds, visitor.param("token"), visitor.house.site.clock.now()):
        raise NotFoundError
    return visitor.page("account/new_password.html", here="sign-in", **_length())


async def set_new_password(visitor: Visitor) -> Response:
    """Use the link."""
    try:
        hashed = await passwords.hash_password(visitor.form.values["password"])
        await visitor.house.store.unit(reset.finish, visitor.param("token"), hashed)
    except RefusalError as refusal:
        visitor.form.refuse(refusal, PASSWORD_FIELDS)
        return visitor.refused("account/new_password.html", here="sign-in", **_length())
    return go("/auth/sign_in?done=password")


async def confirm_email(visitor: Visitor) -> Response:
    """Her address is hers."""
    if not await visitor.house.store.unit(_confirm, visitor.param("token")):
        raise NotFoundError
    return go("/settings" if visitor.session else "/auth/sign_in?done=confirmed")


def _confirm(u: Unit, token: str) -> bool:
    link = links.spend(u, links.CONFIRM, token)
    return link is not None and logins.confirm_email(u, link.login_id)


def _length() -> dict[str, Any]:
    return {"password_length": passwords.SHORTEST}


ROUTES = [
    Route("/auth/sign_in", page(ask), methods=["GET"]),
    Route("/auth/sign_in", page(sign_in), methods=["POST"]),
    Route("/auth/sign_in/code", page(give_code), methods=["POST"]),
    Route("/auth/sign_out", page(sign_out), methods=["POST"]),
    Route("/auth/reset", page(ask_reset), methods=["GET"]),
    Route("/auth/reset", page(do_reset), methods=["POST"]),
    Route("/link/reset/{token}", page(ask_new_password), methods=["GET"]),
    Route("/link/reset/{token}", page(set_new_password), methods=["POST"]),
    Route("/link/confirm/{token}", page(confirm_email), methods=["POST"]),
]
