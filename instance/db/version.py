"""Is the schema the one that this code needs? One SELECT at start; upgrading is a process of its own (DECISIONS 13)."""

import sqlite3
from pathlib import Path

import asyncpg

from instance.db.engine import open_sqlite, postgres_dsn, sqlite_path
from instance.settings import Settings

HEAD = "0002"
"""The newest migration in instance/migrations/versions; a test holds it to that."""


async def schema_version(settings: Settings) -> str | None:
    """The schema's version, or None where there is none yet."""
    if settings.sqlite:
        return _sqlite_version(sqlite_path(settings.database))
    connection = await asyncpg.connect(postgres_dsn(settings.database))
    try:
        return await connection.fetchval("SELECT version_num FROM alembic_version")  # type: ignore[no-any-return]
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()


def _sqlite_version(path: str) -> str | None:
    if not Path(path).exists():
        return None
    connection = open_sqlite(path, read_only=False)
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    finally:
        connection.close()
