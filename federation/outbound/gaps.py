"""Peers that were away for too long: what waited for more than 30 days is given up, and the gap is never silent.

A gap says since when, until when and how many. Once the peer answers again it is told (the instance sends an Update of each
actor that is followed there, so that it looks at their outboxes); stewards see it before and after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from federation.ports import Unit
from federation.schema import delivery, delivery_gap
from federation.vocab.times import DAY

GIVE_UP = 30 * DAY
KEPT = 180 * DAY
REASON = "given up after 30 days"


@dataclass(frozen=True, slots=True)
class Gap:
    """What one peer missed. Times in milliseconds; `ended_at`: when it answered again, `told_at`: when it was told."""

    id: int
    host: str
    since: int
    until: int
    lost: int
    ended_at: int | None
    told_at: int | None


_OLD = (
    select(delivery.c.host, func.min(delivery.c.created_at), func.max(delivery.c.created_at), func.count())
    .where(delivery.c.host.in_(bindparam("hosts", expanding=True)), delivery.c.state == "ready")
    .where(delivery.c.created_at < bindparam("before"))
    .group_by(delivery.c.host)
)


def give_up(u: Unit, hosts: list[str]) -> None:
    """Put aside what has waited for these peers for more than 30 days, and note the gaps."""
    before = u.now - GIVE_UP
    for host, since, until, lost in u.connection.execute(_OLD, {"hosts": hosts, "before": before}).all():
        old = and_(delivery.c.host == host, delivery.c.state == "ready", delivery.c.created_at < before)
        values = {"state": "dead", "error": REASON, "done_at": u.now}
        u.connection.execute(update(delivery).where(old).values(**values))
        mine = and_(delivery_gap.c.host == host, delivery_gap.c.ended_at.is_(None))
        more = {"until": until, "lost": delivery_gap.c.lost + lost}
        if not u.connection.execute(update(delivery_gap).where(mine).values(**more)).rowcount:
            u.connection.execute(insert(delivery_gap).values(host=host, since=since, until=until, lost=lost))


def end(u: Unit, hosts: list[str]) -> None:
    """These peers answer again."""
    mine = and_(delivery_gap.c.host.in_(hosts), delivery_gap.c.ended_at.is_(None))
    u.connection.execute(update(delivery_gap).where(mine).values(ended_at=u.now))


def to_be_told(connection: Connection, limit: int) -> list[Gap]:
    """Gaps that have ended and of which the peer has not been told."""
    untold = and_(delivery_gap.c.ended_at.is_not(None), delivery_gap.c.told_at.is_(None))
    return _gaps(connection.execute(select(delivery_gap).where(untold).order_by(delivery_gap.c.id).limit(limit)).all())


def told(u: Unit, gap_id: int) -> None:
    """The peer has been told."""
    u.connection.execute(update(delivery_gap).where(delivery_gap.c.id == gap_id).values(told_at=u.now))


def of_hosts(connection: Connection, hosts: list[str]) -> list[Gap]:
    """All gaps of these peers that are remembered, the newest first."""
    wanted = select(delivery_gap).where(delivery_gap.c.host.in_(hosts)).order_by(delivery_gap.c.id.desc())
    return _gaps(connection.execute(wanted).all())


def forget_old(u: Unit) -> int:
    """Forget gaps of long ago."""
    return u.connection.execute(delete(delivery_gap).where(delivery_gap.c.told_at < u.now - KEPT)).rowcount


def _gaps(rows: Sequence[Any]) -> list[Gap]:
    return [Gap(*row) for row in rows]
