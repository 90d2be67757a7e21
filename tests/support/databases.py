"""Fresh databases for tests: a copy of the template file, or a PostgreSQL database that is emptied and used again.

Emptying takes a fiftieth of making: a new PostgreSQL database is some 700 files.
"""

import asyncio
import os
import secrets
import shutil
import threading
from collections.abc import Coroutine
from pathlib import Path

import asyncpg

from tests.support import postgres

POSTGRES = "SKERRY_TESTS_POSTGRES_URL"  # from the process that started the server to its helpers

TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY c.relname
"""
KEPT = "alembic_version"
"""The one table that migrations fill."""
OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def url_of(name: str) -> str:
    """The URL of a database of the tests' PostgreSQL."""
    return postgres.Server(os.environ[POSTGRES]).database(name)


async def admin(statement: str) -> None:
    """Run one statement as the server's superuser."""
    connection = await asyncpg.connect(os.environ[POSTGRES])
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def beside(work: Coroutine[None, None, None]) -> None:
    """Run to its end where a loop runs already: in a thread of its own."""
    thread = threading.Thread(target=lambda: asyncio.run(work))
    thread.start()
    thread.join()


class Databases:
    """Makes fresh databases of one kind for one test, and takes them back."""

    def __init__(self, kind: str, template: "Path | Emptied", folder: Path) -> None:
        self.kind = kind
        self._template = template
        self._folder = folder
        self._made: list[str] = []

    async def make(self) -> str:
        """The URL of a new database with the newest schema."""
        if isinstance(self._template, Path):
            path = self._folder / f"{secrets.token_hex(4)}.sqlite3"
            shutil.copyfile(self._template, path)
            return f"sqlite:///{path}"
        name = await self._template.take()
        self._made.append(name)
        return url_of(name)

    async def drop(self) -> None:
        """Give all back."""
        for name in self._made:
            assert isinstance(self._template, Emptied)
            await self._template.give_back(name)


class Emptied:
    """PostgreSQL databases made from one template, emptied between tests."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._free: list[str] = []
        self._all: list[str] = []
        self._tables: list[str] = []

    async def take(self) -> str:
        """The name of an empty database."""
        if self._free:
            return self._free.pop()
        name = f"test_{secrets.token_hex(6)}"
        await admin(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        self._all.append(name)
        return name

    async def give_back(self, name: str) -> None:
        """Empty a database for the next test; one whose tables a test has changed is dropped."""
        connection = await asyncpg.connect(url_of(name))
        try:
            await _alone(connection)
            tables = [row[0] for row in await connection.fetch(TABLES)]
            self._tables = self._tables or tables
            if tables == self._tables:
                await _empty(connection, [table for table in tables if table != KEPT])
                self._free.append(name)
                return
        finally:
            await connection.close()
        await admin(f"DROP DATABASE {name} WITH (FORCE)")

    async def drop(self) -> None:
        for name in self._all:
            await admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _alone(connection: asyncpg.Connection) -> None:
    """End what a killed process left open, and wait until it is gone."""
    for _ in range(200):
        others = await connection.fetch(OTHERS)
        if not others:
            return
        for row in others:
            await connection.execute(f"SELECT pg_terminate_backend({row[0]})")
        await asyncio.sleep(0.01)
    raise AssertionError("somebody keeps a test's database open")


async def _empty(connection: asyncpg.Connection, tables: list[str]) -> None:
    """Delete all rows and start all sequences again. Foreign keys are not looked at: nothing stays."""
    asked = " UNION ALL ".join(f"(SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\"))" for table in tables)
    full = [row[0] for row in await connection.fetch(asked)]
    deletes = "".join(f'DELETE FROM "{table}";' for table in full)
    await connection.execute(
        f"BEGIN; SET LOCAL session_replication_role = replica; {deletes}"
        "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences"
        " WHERE last_value IS NOT NULL; COMMIT"
    )
