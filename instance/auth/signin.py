"""Sign-in: name and password, then the second factor where it is on. Known and unknown names are answered alike.

Counted where rate limits are on: five tries in ten minutes for a name from one address, fifty for an address.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from instance.auth import attempts, links, logins, passwords, secondfactor, sessions
from instance.auth.home import Home
from instance.auth.secondfactor import Verdict
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_

PURPOSE = "sign-in"
FOR_ADDRESS = 50


@dataclass(frozen=True, slots=True)
class SignedIn:
    """How far a sign-in has come: `cookie` starts the session; or `ticket`, with which the second factor is given."""

    login_id: int
    cookie: str | None = None
    ticket: str | None = None


async def check(home: Home, who: str, password: str, *, address: str = "") -> Row[Any]:
    """The login that name (or e-mail address) and password belong to. Raises RefusalError.

    `address` is the caller's network address; only its keyed fingerprint is kept, for ten minutes.
    """
    tried = f"{who.strip().removeprefix('@').lower()} {address}"
    allowed, row = await home.store.unit(_look, who, tried, address)
    if not allowed:
        raise attempts.too_many()
    right = await passwords.verify(password, row.password_hash if row is not None else None)
    if not right or row is None:
        raise RefusalError("sign-in-wrong", N_("Name or password is wrong."))
    if row.state == "pending":
        raise RefusalError(
            "login-pending", N_("Your sign-up still waits for a moderator. Come back later."), status=403
        )
    if row.state != "active":
        raise RefusalError(
            "login-disabled", N_("Your access is suspended. Write to the people who run this server."), status=403
        )
    await home.store.unit(attempts.forget, PURPOSE, tried)
    return row


async def sign_in(home: Home, who: str, password: str, *, address: str = "", device: str = "") -> SignedIn:
    """Name and password; the session starts, or the second factor is asked for. Raises RefusalError."""
    row = await check(home, who, password, address=address)
    if secondfactor.is_on(row):
        return SignedIn(row.id, ticket=await home.store.unit(links.mint, links.SECOND_FACTOR, row.id))
    return SignedIn(row.id, cookie=await home.store.unit(sessions.start, row.id, device))


async def give_second_factor(home: Home, ticket: str, code: str, *, device: str = "") -> SignedIn:
    """The second step: a code from the app or the recovery card. Raises RefusalError."""
    verdict, done = await home.store.unit(_second, ticket, code, device)
    secondfactor.refuse(verdict)
    if done is None:
        raise RefusalError("ticket-over", N_("That took too long. Sign in again."), status=403)
    return done


def _look(u: Unit, who: str, tried: str, address: str) -> tuple[bool, Row[Any] | None]:
    if u.site.settings.rate_limits:
        both = attempts.try_once(u, PURPOSE, f"from {address}", FOR_ADDRESS) and attempts.try_once(u, PURPOSE, tried)
        if not both:
            return False, None
    return True, logins.find(u.connection, u.site.vault, who)


def _second(u: Unit, ticket: str, code: str, device: str) -> tuple[Verdict, SignedIn | None]:
    link = links.peek(u.connection, links.SECOND_FACTOR, ticket, u.now)
    if link is None:
        return Verdict.RIGHT, None
    verdict = secondfactor.check(u, link.login_id, code)
    if verdict is not Verdict.RIGHT or links.spend(u, links.SECOND_FACTOR, ticket) is None:
        return verdict, None
    cookie = sessions.start(u, link.login_id, device, second_factor=True)
    return verdict, SignedIn(link.login_id, cookie=cookie)
