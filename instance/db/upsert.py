"""Inserts that two callers may try at once: the second one changes nothing instead of failing."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert a row of plain values unless one with the same key is there; True if it was inserted."""
    return connection.execute(_insert(connection.dialect.name, table), values).rowcount == 1


@cache
def _insert(dialect: str, table: Table) -> Insert:
    """Built once, for building a statement costs more than running it."""
    kind = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return kind(table).on_conflict_do_nothing()
