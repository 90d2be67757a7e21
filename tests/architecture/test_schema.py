"""Tables: no foreign key crosses a package, and the migrations make just what the code declares."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import federation.schema
from instance.db.base import metadata
from instance.migrations.upgrade import METADATA


def test_no_foreign_key_crosses_a_package() -> None:
    assert not set(metadata.tables) & set(federation.schema.metadata.tables)
    for package in METADATA:
        for table in package.tables.values():
            for reference in table.foreign_keys:
                assert reference.target_fullname.split(".")[0] in package.tables


def test_migrations_make_what_the_code_declares(sqlite_template: Path) -> None:
    with create_engine(f"sqlite:///{sqlite_template}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        connection.engine.dispose()
