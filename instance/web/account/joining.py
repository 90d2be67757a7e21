"""Joining: sign-up in its three ways and the first steward's link, then the recovery card, shown once."""

import base64
import json
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from instance.auth import invitations, links, passwords, registration, sessions
from instance.auth.registration import SignedUp, SignUp
from instance.clock import MINUTE, Millis
from instance.errors import NotFoundError, RefusalError
from instance.house import House
from instance.i18n import N_, _, current
from instance.policy.inforce import in_force
from instance.policy.label import label
from instance.settings import Registration
from instance.vault import VaultError
from instance.web.frame.visitor import Visitor, go, page

QUESTION = N_("What brings you here?")
CARD_LIFE: Millis = 15 * MINUTE
CARD_CELL = ("recovery card", "cookie", "codes")
FIELDS = {
    "name-invalid": "name",
    "name-taken": "name",
    "name-reserved": "name",
    "password-short": "password",
    "password-long": "password",
    "email-invalid": "email",
    "email-missing": "email",
    "answer-missing": "answer",
    "answer-long": "answer",
}


async def ask(visitor: Visitor) -> Response:
    """The form. A link in the address is looked at, not used up."""
    if visitor.session is not None:
        return go("/")
    return visitor.page("account/sign_up.html", **await _context(visitor))


async def join(visitor: Visitor) -> Response:
    """Make the account, or give the form back with what is to be mended."""
    if visitor.session is not None:
        return go("/")
    form = visitor.form
    try:
        hashed = await passwords.hash_password(form.values["password"])
        asked = SignUp(
            name=form["name"].removeprefix("@"),
            password_hash=hashed,
            email=form["email"],
            answer=form["answer"],
            invitation=visitor.request.path_params.get("invitation"),
            setup=visitor.request.path_params.get("setup"),
            locale=current.get(),
        )
        made = await visitor.house.store.unit(registration.sign_up, asked)
    except RefusalError as refusal:
        form.refuse(refusal, FIELDS)
        return visitor.refused("account/sign_up.html", **await _context(visitor))
    return await _welcome(visitor, made)


async def _context(visitor: Visitor) -> dict[str, Any]:
    settings, path = visitor.house.site.settings, visitor.request.path_params
    way, closed = str(settings.registration), settings.registration is Registration.INVITATION
    if "setup" in path:
        way, closed = "setup", not await visitor.house.store.read(_setup_holds, path["setup"], visitor.house)
    elif "invitation" in path:
        now = visitor.house.site.clock.now()
        found = await visitor.house.store.read(invitations.valid, path["invitation"], now)
        way, closed = "invitation", found is None
    return {
        "way": way,
        "closed": closed,
        "question": _(QUESTION),
        "rows": [(_(what), _(who)) for what, who in label(settings, await in_force(visitor.house))],
        "password_length": passwords.SHORTEST,
        "email_needed": way in {"open", "approval"} and registration.needs_email(settings),
    }


def _setup_holds(connection: Connection, value: str, house: House) -> bool:
    return links.peek(connection, links.SETUP, value, house.site.clock.now()) is not None


async def _welcome(visitor: Visitor, made: SignedUp) -> Response:
    response: Response = go("/recovery-card")
    if made.state == "active":
        device = sessions.device_of(visitor.request.headers.get("user-agent", ""))
        cookie = await visitor.house.store.unit(sessions.start, made.login_id, device)
        sessions.set_cookie(response, visitor.house.site.settings, cookie)
    keep_card(visitor, response, visitor.form["name"].removeprefix("@").lower(), made.recovery_codes, made.state)
    return response


# The card travels sealed in a cookie until she says that she has kept it: a reload shows it again, the database never.


def keep_card(visitor: Visitor, response: Response, name: str, codes: list[str], state: str = "active") -> None:
    """Put a new card where `/recovery-card` finds it, for a quarter of an hour."""
    house = visitor.house
    until = house.site.clock.now() + CARD_LIFE
    plain = json.dumps({"name": name, "codes": codes, "state": state, "until": until}).encode()
    value = base64.urlsafe_b64encode(house.site.vault.seal(plain, *CARD_CELL)).decode()
    https = house.site.settings.https
    response.set_cookie(
        _cookie(house), value, max_age=CARD_LIFE // 1000, path="/", httponly=True, secure=https, samesite="lax"
    )


def _cookie(house: House) -> str:
    return "__Host-skerry-card" if house.site.settings.https else f"skerry-card-{house.site.settings.port}"


def _kept_card(visitor: Visitor) -> dict[str, Any] | None:
    house = visitor.house
    try:
        sealed = base64.urlsafe_b64decode(visitor.request.cookies.get(_cookie(house), ""))
        card: dict[str, Any] = json.loads(house.site.vault.open(sealed, *CARD_CELL))
    except (ValueError, VaultError):
        return None
    return card if card["until"] > house.site.clock.now() else None


async def show_card(visitor: Visitor) -> Response:
    """The card, to print or copy."""
    card = _kept_card(visitor)
    if card is None:
        return go("/")
    settings = visitor.house.site.settings
    made_at = visitor.house.site.clock.now()
    return visitor.page(
        "account/recovery.html", codes=card["codes"], name=card["name"], address=settings.base_url, made_at=made_at
    )


async def put_card_away(visitor: Visitor) -> Response:
    """She has kept the card: it is forgotten here."""
    card = _kept_card(visitor)
    waits = card is not None and card["state"] == "pending"
    response = go("/sign-up/waiting" if waits else "/?done=welcome" if visitor.session else "/")
    response.delete_cookie(
        _cookie(visitor.house), path="/", secure=visitor.house.site.settings.https, httponly=True, samesite="lax"
    )
    return response


async def waiting(visitor: Visitor) -> Response:
    """What happens now that she has asked."""
    return visitor.page("account/waiting.html")


async def confirm_email(visitor: Visitor) -> Response:
    """The page behind the link in a mail: a button, so that looking at the link confirms nothing."""
    token, now = visitor.param("token"), visitor.house.site.clock.now()
    if await visitor.house.store.read(links.peek, links.CONFIRM, token, now) is None:
        raise NotFoundError
    return visitor.page(
        "confirm.html",
        question=_("Is this your e-mail address?"),
        sentence=_("You opened the link that was sent to it. From now on it can let you in again."),
        shown="",
        action=f"/link/confirm/{token}",
        fields={},
        yes=_("Yes, it is mine"),
        back="/",
    )


ROUTES = [
    *(
        route
        for path in ("/sign-up", "/invite/{invitation}", "/setup/{setup}")
        for route in (Route(path, page(ask), methods=["GET"]), Route(path, page(join), methods=["POST"]))
    ),
    Route("/recovery-card", page(show_card), methods=["GET"]),
    Route("/recovery-card", page(put_card_away), methods=["POST"]),
    Route("/sign-up/waiting", page(waiting)),
    Route("/link/confirm/{token}", page(confirm_email), methods=["GET"]),
]
