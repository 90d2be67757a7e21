"""One-time links: a random token for one purpose, kept hashed, spent once, gone after its time."""

from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from instance.auth.home import hashed
from instance.clock import DAY, HOUR, MINUTE, Millis
from instance.db.people import one_time_link
from instance.db.unit import Unit
from instance.ids import token

SETUP, RESET, CONFIRM, SECOND_FACTOR = "setup", "reset", "confirm-email", "second-factor"
LIVES: dict[str, Millis] = {SETUP: 7 * DAY, RESET: 24 * HOUR, CONFIRM: 3 * DAY, SECOND_FACTOR: 10 * MINUTE}
LONGEST = 100


def mint(u: Unit, purpose: str, login_id: int | None = None) -> str:
    """A new token for a purpose; its row is the only thing that knows whom it is for."""
    value = token(256)
    row = {"token_hash": hashed(value), "purpose": purpose, "login_id": login_id}
    u.connection.execute(delete(one_time_link).where(one_time_link.c.expires_at < u.now - DAY))
    u.connection.execute(insert(one_time_link).values(**row, created_at=u.now, expires_at=u.now + LIVES[purpose]))
    return value


def peek(connection: Connection, purpose: str, value: str, now: Millis) -> Row[Any] | None:
    """The link behind a token, if it can still be spent."""
    return connection.execute(select(one_time_link).where(*_good(purpose, value, now))).first()


def spend(u: Unit, purpose: str, value: str) -> Any:
    """Spend a token; its row, or None if it is wrong, old or spent. Of two at once one gets it."""
    used = update(one_time_link).where(*_good(purpose, value, u.now)).values(used_at=u.now)
    return u.connection.execute(used.returning(one_time_link.c.login_id, one_time_link.c.purpose)).first()


def withdraw(u: Unit, purpose: str, login_id: int | None = None) -> None:
    """Make all unspent tokens of a purpose (and login) worthless."""
    which = [one_time_link.c.purpose == purpose, one_time_link.c.used_at.is_(None)]
    if login_id is not None:
        which.append(one_time_link.c.login_id == login_id)
    u.connection.execute(delete(one_time_link).where(and_(*which)))


def _good(purpose: str, value: str, now: Millis) -> list[Any]:
    c = one_time_link.c
    token_hash = hashed(value[:LONGEST])
    return [c.token_hash == token_hash, c.purpose == purpose, c.used_at.is_(None), c.expires_at > now]
