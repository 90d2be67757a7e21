"""Fixtures: every test that touches the database runs on SQLite and on PostgreSQL, built from migrations only."""

import fcntl
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from federation.signatures import keys
from instance import files
from instance.db import engine
from tests.support import postgres, statements
from tests.support.databases import POSTGRES, Databases, Emptied, admin, beside, url_of
from tests.support.keypairs import KeyPairs
from tests.support.world import World

# Two cores are shared with whatever else runs: how long one example takes says nothing.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

statements.share()
engine.SYNCHRONOUS = "OFF"  # nobody pulls the plug; real processes in tests wait for the disk (instance/test_cli.py)

KINDS = ["sqlite", "postgresql"]
TEMPLATE = "SKERRY_TESTS_POSTGRES_TEMPLATE"  # its name, from the first process to its helpers


def pytest_configure(config: pytest.Config) -> None:
    """The first process starts the one PostgreSQL server; helpers (xdist) find it in the environment."""
    os.environ["LC_ALL"] = "C.UTF-8"  # the command line speaks the language of its terminal
    if hasattr(config, "workerinput") or config.option.collectonly or config.option.help:
        return
    server = postgres.start()
    os.environ[POSTGRES] = server.url
    os.environ[TEMPLATE] = f"template_{secrets.token_hex(6)}"
    config.add_cleanup(lambda: _stop(server))


LONGEST = ("journeys/test_demo.py", "concurrency/")
"""What mostly waits: it begins first, so that it is not what all wait for at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONGEST))


def _stop(server: postgres.Server) -> None:
    beside(admin(f"DROP DATABASE IF EXISTS {os.environ[TEMPLATE]} WITH (FORCE)"))
    server.stop()


@contextmanager
def first_of_all(done: Path) -> Iterator[bool]:
    """Whether this is the first helper (xdist) to come for what `done` stands for; the others wait until it is there."""
    with done.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()


def _migrate(url: str) -> None:
    subprocess.run([sys.executable, "-m", "instance.migrations.upgrade", url], check=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file with the newest schema."""
    folder = tmp_path_factory.getbasetemp()
    path = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "template.sqlite3"
    with first_of_all(path) as first:
        if first:
            making = path.with_name("making.sqlite3")
            _migrate(f"sqlite:///{making}")
            making.rename(path)
    return path


@pytest.fixture(scope="session")
def postgres_template(sqlite_template: Path) -> Iterator[Emptied]:
    """PostgreSQL databases with the newest schema."""
    name, made_before = os.environ[TEMPLATE], sqlite_template.with_name("postgres")
    with first_of_all(made_before) as first:
        if first:
            beside(admin(f"CREATE DATABASE {name}"))
            _migrate(url_of(name))
            made_before.touch()
    made = Emptied(name)
    yield made
    beside(made.drop())


@pytest.fixture(params=KINDS)
async def databases(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Databases]:
    """A maker of databases; the test runs once for each kind."""
    template = "sqlite_template" if request.param == "sqlite" else "postgres_template"
    made = Databases(request.param, request.getfixturevalue(template), tmp_path)
    yield made
    await made.drop()


@pytest.fixture(scope="session")
def keypairs() -> KeyPairs:
    return KeyPairs()


@pytest.fixture(autouse=True)
def keys_made_before(keypairs: KeyPairs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members of instances in this process get key pairs that were made once."""
    keypairs.restart()
    monkeypatch.setattr(keys, "make", keypairs.make)


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a world nothing runs by itself: who looks at a remote picture first would wait in vain."""
    monkeypatch.setattr(files, "PATIENCE", 0.0)


@pytest.fixture
async def world(databases: Databases, tmp_path: Path) -> AsyncIterator[World]:
    """Whole instances in this process, joined; `await world.instance("a.example")` starts one."""
    made = World(databases.make, tmp_path)
    yield made
    await made.close()
