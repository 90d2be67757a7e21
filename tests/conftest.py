"""Fixtures: every test that touches the database runs on SQLite and on PostgreSQL, built from migrations only."""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from tests.support import postgres
from tests.support.world import World

# Two cores are shared with whatever else runs: how long one example takes says nothing.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

KINDS = ["sqlite", "postgresql"]
POSTGRES = "SKERRY_TESTS_POSTGRES_URL"  # from the process that started the server to its helpers


def pytest_configure(config: pytest.Config) -> None:
    """The first process starts the one PostgreSQL server; helpers (xdist) find it in the environment."""
    if hasattr(config, "workerinput") or config.option.collectonly or config.option.help:
        return
    server = postgres.start()
    os.environ[POSTGRES] = server.url
    config.add_cleanup(server.stop)


def _migrate(url: str) -> None:
    subprocess.run([sys.executable, "-m", "instance.migrations.upgrade", url], check=True)


def _database_url(name: str) -> str:
    return postgres.Server(os.environ[POSTGRES]).database(name)


async def _admin(statement: str) -> None:
    connection = await asyncpg.connect(os.environ[POSTGRES])
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _admin_beside(statement: str) -> None:
    """The same where a loop runs already: in a thread of its own."""
    thread = threading.Thread(target=lambda: asyncio.run(_admin(statement)))
    thread.start()
    thread.join()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file with the newest schema."""
    path = tmp_path_factory.mktemp("template") / "skerry.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """An empty PostgreSQL database with the newest schema, to be copied."""
    name = f"template_{secrets.token_hex(6)}"
    _admin_beside(f"CREATE DATABASE {name}")
    _migrate(_database_url(name))
    yield name
    _admin_beside(f"DROP DATABASE {name} WITH (FORCE)")


class Databases:
    """Makes fresh databases of one kind."""

    def __init__(self, kind: str, template: Path | str, folder: Path) -> None:
        self.kind = kind
        self._template = template
        self._folder = folder
        self._made: list[str] = []

    async def make(self) -> str:
        """The URL of a new database with the newest schema."""
        if self.kind == "sqlite":
            path = self._folder / f"{secrets.token_hex(4)}.sqlite3"
            shutil.copyfile(self._template, path)
            return f"sqlite:///{path}"
        name = f"test_{secrets.token_hex(6)}"
        await _admin(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        self._made.append(name)
        return _database_url(name)

    async def drop(self) -> None:
        for name in self._made:
            await _admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(params=KINDS)
async def databases(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Databases]:
    """A maker of databases; the test runs once for each kind."""
    template = "sqlite_template" if request.param == "sqlite" else "postgres_template"
    made = Databases(request.param, request.getfixturevalue(template), tmp_path)
    yield made
    await made.drop()


@pytest.fixture
async def world(databases: Databases, tmp_path: Path) -> AsyncIterator[World]:
    """Whole instances in this process, joined; `await world.instance("a.example")` starts one."""
    made = World(databases.make, tmp_path)
    yield made
    await made.close()
