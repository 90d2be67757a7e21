"""Peers: when they were first seen, how they fare, what they run."""

from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.ports import Unit
from federation.schema import peer
from federation.vocab.times import MINUTE

HEARD_PAUSE = 5 * MINUTE


def seen(connection: Connection, hosts: set[str], now: int) -> None:
    """Note that these peers have been heard from; new ones get a row."""
    upsert: Any = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    made = upsert(peer).on_conflict_do_update(index_elements=[peer.c.host], set_={"last_seen_at": now})
    rows = [{"host": host, "first_seen_at": now, "last_seen_at": now} for host in sorted(hosts)]
    if rows:
        connection.execute(made, rows)


def clear_circuits(u: Unit, hosts: set[str]) -> None:
    """Peers that were heard from are tried again at once, unless they were tried a few minutes ago."""
    waits = peer.c.host.in_(sorted(hosts)) & (peer.c.failures > 0) & (peer.c.next_try_at > u.now)
    waits &= peer.c.served_at < u.now - HEARD_PAUSE
    if u.connection.execute(update(peer).where(waits).values(next_try_at=u.now)).rowcount:
        u.wake("deliveries")


def of(connection: Connection, host: str) -> Any:
    """One peer's row, or None."""
    return connection.execute(select(peer).where(peer.c.host == host)).first()
