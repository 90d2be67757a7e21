"""Dead letters: deliveries that a peer refused for good or that were given up; a steward can read them and send them again."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from federation.outbound.deliveries import PUMP
from federation.ports import Unit
from federation.schema import delivery, outbox_item, peer

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery, without the words that it carries."""

    id: int
    host: str
    inbox: str
    activity: str
    kind: str
    actor: str
    state: str
    tries: int
    status: int | None
    error: str | None
    created_at: int
    done_at: int | None


def dead(connection: Connection, host: str | None = None, limit: int = MOST_LISTED) -> list[Letter]:
    """Dead letters, the newest first."""
    return _listed(connection, _dead(host), limit)


def waiting(connection: Connection, host: str | None = None, limit: int = MOST_LISTED) -> list[Letter]:
    """What waits to be sent, the newest first."""
    which = delivery.c.state == "ready"
    return _listed(connection, which if host is None else and_(which, delivery.c.host == host), limit)


def of_item(connection: Connection, item_ids: list[int]) -> list[Letter]:
    """All deliveries of some outbox items."""
    return _listed(connection, delivery.c.item_id.in_(item_ids), 5000)


def replay(u: Unit, host: str | None = None, letter_id: int | None = None) -> int:
    """Send dead letters again (all, those for one peer, or one); returns how many. The policy is asked again then.

    For one peer what waits for its next try goes too, and at once: who says so knows that the peer is back.
    """
    freed = _hurry(u, host) if host is not None and letter_id is None else 0
    which = _dead(host) if letter_id is None else and_(_dead(host), delivery.c.id == letter_id)
    hosts = select(delivery.c.host).where(which)
    u.connection.execute(update(peer).where(peer.c.host.in_(hosts)).values(queued=True, next_try_at=None))
    values = {"state": "ready", "tries": 0, "done_at": None, "created_at": u.now}
    count = u.connection.execute(update(delivery).where(which).values(**values)).rowcount
    u.wake(PUMP)
    return count + freed


def _hurry(u: Unit, host: str) -> int:
    """Try a peer now that waits to be tried; how many deliveries that frees."""
    late = and_(peer.c.host == host, peer.c.next_try_at > u.now)
    if not u.connection.execute(update(peer).where(late).values(next_try_at=None)).rowcount:
        return 0
    waits = select(func.count()).select_from(delivery).where(delivery.c.host == host, delivery.c.state == "ready")
    return int(u.connection.execute(waits).scalar_one())


def _dead(host: str | None) -> ColumnElement[bool]:
    which = delivery.c.state == "dead"
    return which if host is None else and_(which, delivery.c.host == host)


def _listed(connection: Connection, which: ColumnElement[bool], limit: int) -> list[Letter]:
    d, i = delivery.c, outbox_item.c
    asked = select(d.id, d.host, d.inbox, i.activity, i.kind, i.actor, d.state, d.tries, d.status, d.error)
    asked = asked.add_columns(d.created_at, d.done_at).join(outbox_item, i.id == d.item_id)
    rows: Any = connection.execute(asked.where(which).order_by(d.id.desc()).limit(limit))
    return [Letter(*row) for row in rows]
