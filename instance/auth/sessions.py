"""Browser sessions: a random id in a cookie, kept hashed; 30 days, then sign in again; listed and ended by their owner.

Cookie rules (DECISIONS 14): `__Host-` prefix on https; on http (development) the port is in the name, since browsers
share cookies between ports.
"""

import hmac
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, delete, insert, select, update
from starlette.requests import HTTPConnection
from starlette.responses import Response

from governance.offices.positions import NEEDS_SECOND_FACTOR, Position
from instance.auth.home import Home, hashed
from instance.clock import DAY, HOUR, Millis
from instance.db.hot import Query
from instance.db.people import login, session
from instance.db.unit import Unit
from instance.ids import token
from instance.settings import Settings

LIFE: Millis = 30 * DAY
TOUCH: Millis = HOUR

FIND = Query(
    "SELECT s.login_id, l.account_id, l.role, s.csrf, l.locale, l.time_zone, s.second_factor_at, s.last_seen_at,"
    " s.expires_at, l.state FROM session s JOIN login l ON l.id = s.login_id WHERE s.id_hash = :id_hash"
)


@dataclass(frozen=True, slots=True)
class Session:
    """A member who is signed in with a browser.

    `role` is what she may act as now: moderators and stewards who have yet to set up or give their second factor
    (production) act as members, and `must_use_second_factor` says so.
    """

    id_hash: str
    login_id: int
    account_id: int
    role: str
    csrf: str
    locale: str
    time_zone: str
    must_use_second_factor: bool = False

    def sent(self, value: str | None) -> bool:
        """Whether a form came from our own page: it carries this session's CSRF token."""
        return value is not None and hmac.compare_digest(value.encode(), self.csrf.encode())


def cookie_name(settings: Settings) -> str:
    """The session cookie's name on this instance."""
    if settings.https:
        return "__Host-skerry"
    return f"skerry_{urlsplit(settings.base_url).port or 80}"


def set_cookie(response: Response, settings: Settings, value: str) -> None:
    """Hand the session to the browser: not to scripts, not to other sites' forms."""
    response.set_cookie(
        cookie_name(settings),
        value,
        max_age=LIFE // 1000,
        path="/",
        secure=settings.https,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, settings: Settings) -> None:
    """Take the cookie back."""
    response.delete_cookie(cookie_name(settings), path="/", secure=settings.https, httponly=True, samesite="lax")


def start(u: Unit, login_id: int, device: str = "", *, second_factor: bool = False) -> str:
    """Begin a session; returns the cookie's value. `device` as `device_of` says it."""
    value = token(128)
    row = {"id_hash": hashed(value), "login_id": login_id, "csrf": token(128), "device": device[:80]}
    times = {"created_at": u.now, "last_seen_at": u.now, "expires_at": u.now + LIFE}
    u.connection.execute(delete(session).where(session.c.expires_at <= u.now))
    u.connection.execute(insert(session).values(**row, **times, second_factor_at=u.now if second_factor else None))
    u.connection.execute(update(login).where(login.c.id == login_id).values(last_seen_at=u.now))
    return value


async def session_of(home: Home, request: HTTPConnection) -> Session | None:
    """The session that this request's cookie names, if it is in force. One hot read."""
    value = request.cookies.get(cookie_name(home.site.settings))
    if not value or len(value) > 100:
        return None
    id_hash = hashed(value)
    rows = await home.store.hot(FIND, id_hash=id_hash)
    if not rows:
        return None
    login_id, account_id, role, csrf, locale, time_zone, second_factor_at, last_seen_at, expires_at, state = rows[0]
    now = home.site.clock.now()
    if expires_at <= now or state != "active":
        return None
    if now - last_seen_at >= TOUCH:
        await home.store.unit(_touch, id_hash, login_id)
    lacking = not home.site.settings.development and role in NEEDS_SECOND_FACTOR and second_factor_at is None
    acts_as = str(Position.MEMBER) if lacking else role
    return Session(id_hash, login_id, account_id, acts_as, csrf, locale, time_zone, lacking)


def second_factor_given(u: Unit, id_hash: str) -> None:
    """This session's owner has just shown her second factor."""
    u.connection.execute(update(session).where(session.c.id_hash == id_hash).values(second_factor_at=u.now))


def end(u: Unit, login_id: int, id_hash: str) -> bool:
    """End one of a login's sessions; False if it is not hers."""
    which = delete(session).where(session.c.id_hash == id_hash, session.c.login_id == login_id)
    return u.connection.execute(which).rowcount > 0


def end_all(u: Unit, login_id: int, *, but: str = "") -> int:
    """End all sessions of a login, `but` one (its hash); returns how many."""
    which = delete(session).where(session.c.login_id == login_id, session.c.id_hash != but)
    return u.connection.execute(which).rowcount


def list_of(connection: Connection, login_id: int, now: Millis) -> list[Row[Any]]:
    """A login's sessions in force, last used first: id_hash, device, created_at, last_seen_at, expires_at."""
    c = session.c
    asked = select(c.id_hash, c.device, c.created_at, c.last_seen_at, c.expires_at)
    return list(
        connection.execute(asked.where(c.login_id == login_id, c.expires_at > now).order_by(c.last_seen_at.desc()))
    )


_BROWSERS = (
    ("Firefox", r"Firefox/"),
    ("Edge", r"Edg"),
    ("Opera", r"OPR/"),
    ("Chrome", r"Chrome/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("Android", r"Android"), ("iPhone", r"iPhone"), ("iPad", r"iPad"), ("Windows", r"Windows"), ("macOS", r"Mac OS X"),
    ("Linux", r"Linux"),
)  # fmt: skip


def device_of(user_agent: str) -> str:
    """What a session's owner recognises it by, "Firefox on Android"; nothing finer is kept."""
    browser = next((name for name, sign in _BROWSERS if re.search(sign, user_agent)), "")
    system = next((name for name, sign in _SYSTEMS if re.search(sign, user_agent)), "")
    return " on ".join(part for part in (browser, system) if part)


def _touch(u: Unit, id_hash: str, login_id: int) -> None:
    u.connection.execute(update(session).where(session.c.id_hash == id_hash).values(last_seen_at=u.now))
    u.connection.execute(update(login).where(login.c.id == login_id).values(last_seen_at=u.now))
