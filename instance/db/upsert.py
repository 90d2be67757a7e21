"""Inserts that two callers may try at once: the second one changes nothing instead of failing."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless one with the same key is there; True if it was inserted."""
    kind = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return connection.execute(kind(table).values(**values).on_conflict_do_nothing()).rowcount == 1
