"""A database of the first release that holds something, brought to the newest schema: nothing is lost, and it works."""

import secrets
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from instance.db.engine import open_sqlite, postgres_engine
from instance.migrations.upgrade import METADATA, main, upgrade
from tests.conftest import KINDS
from tests.support.databases import admin, url_of

ROWS = (
    "INSERT INTO account (id, iri, name, created_at, updated_at) VALUES (1, 'https://a.example/u/1', 'ann', 5, 5)",
    "INSERT INTO account (id, iri, name, domain, created_at, updated_at)"
    " VALUES (2, 'https://b.example/u/2', 'bob', 'b.example', 5, 5)",
    "INSERT INTO follow (id, follower_id, target_id, state, created_at) VALUES (3, 2, 1, 'accepted', 5)",
    "INSERT INTO peer (host, first_seen_at) VALUES ('b.example', 5)",
    "INSERT INTO inbox_activity (host, activity_key, actor, kind, state, next_try_at, received_at)"
    " VALUES ('b.example', 'id:1', 'https://b.example/u/2', 'Follow', 'done', 5, 5)",
)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_the_first_release_stored_is_there_afterwards(kind: str, tmp_path: Path) -> None:
    if kind == "sqlite":
        path = tmp_path / "old.sqlite3"
        engine = create_engine("sqlite://", creator=lambda: open_sqlite(str(path), read_only=False))
        with engine.begin() as connection:
            _first_release(connection)
        engine.dispose()
        main(f"sqlite:///{path}")
        with engine.connect() as connection:
            _is_whole(connection)
        engine.dispose()
        return
    name = f"old_{secrets.token_hex(6)}"
    await admin(f"CREATE DATABASE {name}")
    made = postgres_engine(url_of(name))
    async with made.begin() as asynchronous:
        await asynchronous.run_sync(_first_release)
        await asynchronous.run_sync(upgrade)
    async with made.connect() as asynchronous:
        await asynchronous.run_sync(_is_whole)
    await made.dispose()
    await admin(f"DROP DATABASE {name} WITH (FORCE)")


def _first_release(connection: Connection) -> None:
    upgrade(connection, "0001")
    for row in ROWS:
        connection.execute(text(row))


def _is_whole(connection: Connection) -> None:
    names = connection.execute(text("SELECT name, domain FROM account ORDER BY id")).all()
    assert [tuple(row) for row in names] == [("ann", ""), ("bob", "b.example")]
    assert connection.execute(text("SELECT state FROM follow")).scalar_one() == "accepted"
    assert connection.execute(text("SELECT kind, signed_at FROM inbox_activity")).one() == ("Follow", None)
    if connection.dialect.name == "sqlite":
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
