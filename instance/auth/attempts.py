"""Tries that are counted: so many in ten minutes for each one who tries, by a keyed fingerprint, never by an address."""

from sqlalchemy import ColumnElement, and_, delete, func, insert, select

from instance.clock import MINUTE, Millis
from instance.db.system import attempt
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_

WINDOW: Millis = 10 * MINUTE
TRIES = 5


def try_once(u: Unit, purpose: str, who: str, most: int = TRIES) -> bool:
    """Count one try; False if there were too many. The caller must let the unit commit, also when she then refuses."""
    mac = u.site.vault.mac("attempt", f"{purpose} {who}")
    u.connection.execute(delete(attempt).where(attempt.c.purpose == purpose, attempt.c.created_at <= u.now - WINDOW))
    mine = _mine(purpose, mac)
    tried = u.connection.execute(select(func.count()).select_from(attempt).where(mine)).scalar_one()
    if tried >= most:
        return False
    u.connection.execute(insert(attempt).values(purpose=purpose, who_mac=mac, created_at=u.now))
    return True


def forget(u: Unit, purpose: str, who: str) -> None:
    """A try was right: the wrong ones before count no more."""
    u.connection.execute(delete(attempt).where(_mine(purpose, u.site.vault.mac("attempt", f"{purpose} {who}"))))


def too_many() -> RefusalError:
    """What is said after too many tries."""
    return RefusalError("too-many-tries", N_("Too many tries. Wait ten minutes and try again."), status=429)


def _mine(purpose: str, mac: str) -> ColumnElement[bool]:
    return and_(attempt.c.purpose == purpose, attempt.c.who_mac == mac)
