"""Brings the schema to the newest version: `python -m instance.migrations.upgrade URL`, a process of its own.

SQLite: the file is copied first (`VACUUM INTO`), so that a failed upgrade loses nothing.
"""

import asyncio
import os
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine

import federation.schema
import instance.db.agreements
import instance.db.content
import instance.db.groups
import instance.db.neighbours
import instance.db.people
import instance.db.reading
import instance.db.system  # noqa: F401 - the imports above fill the metadata
from instance.db.base import metadata
from instance.db.engine import open_sqlite, postgres_engine, sqlite_path

METADATA = [metadata, federation.schema.metadata]


def config(connection: Connection) -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection, target: str = "head") -> None:
    """Run the migrations that are missing on this connection."""
    command.upgrade(config(connection), target)


def upgrade_sqlite(path: str) -> None:
    """Copy the file aside if it holds anything, then upgrade it."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    if Path(path).exists() and Path(path).stat().st_size:
        copy = Path(f"{path}.before-upgrade")
        copy.unlink(missing_ok=True)
        source = open_sqlite(path, read_only=False)
        source.execute("VACUUM INTO ?", (str(copy),))
        source.close()
        os.chmod(copy, 0o600)
    else:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine("sqlite://", creator=lambda: open_sqlite(path, read_only=False))
    with engine.connect() as connection:
        # Foreign keys are off while tables are rebuilt, as SQLite's manual asks; checked before the commit.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        upgrade(connection)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            connection.exec_driver_sql("ROLLBACK")
            raise SystemExit(f"The upgrade would leave {len(broken)} broken references; nothing was changed.")
        connection.exec_driver_sql("COMMIT")
        connection.commit()
    engine.dispose()


async def upgrade_postgres(url: str) -> None:
    """Upgrade under an advisory lock, so that two starts at once do it once."""
    engine = postgres_engine(url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(730125)")
        await connection.run_sync(upgrade)
    await engine.dispose()


def main(url: str) -> None:
    """Upgrade the database at this URL."""
    if url.startswith("sqlite:"):
        upgrade_sqlite(sqlite_path(url))
    else:
        asyncio.run(upgrade_postgres(url))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.environ["SKERRY_UPGRADE_URL"])
