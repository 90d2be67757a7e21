"""Peers: when they were first seen, how they fare, what they run."""

from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.schema import peer


def seen(connection: Connection, hosts: set[str], now: int) -> None:
    """Note that these peers have been heard from; new ones get a row."""
    upsert: Any = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    made = upsert(peer).on_conflict_do_update(index_elements=[peer.c.host], set_={"last_seen_at": now})
    rows = [{"host": host, "first_seen_at": now, "last_seen_at": now} for host in sorted(hosts)]
    if rows:
        connection.execute(made, rows)


def clear_circuit(connection: Connection, host: str) -> None:
    """A peer that was heard from is tried again at once."""
    connection.execute(update(peer).where(peer.c.host == host, peer.c.failures > 0).values(next_try_at=None))


def of(connection: Connection, host: str) -> Any:
    """One peer's row, or None."""
    return connection.execute(select(peer).where(peer.c.host == host)).first()
