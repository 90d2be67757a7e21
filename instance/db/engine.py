"""Database engines: SQLite with its cures, or PostgreSQL through asyncpg.

The cures (docs/subsystems/database.md): explicit BEGIN IMMEDIATE, WAL, synchronous=FULL, foreign keys on,
a busy time-out for the command line beside a running server.
"""

import sqlite3

from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

BUSY_TIMEOUT_MS = 15_000
SYNCHRONOUS = "FULL"
"""What was accepted is on disk before it is answered."""
POOL_SIZE = 12


def sqlite_path(url: str) -> str:
    """The file of an SQLite URL."""
    return url.removeprefix("sqlite:///")


def open_sqlite(path: str, *, read_only: bool) -> sqlite3.Connection:
    """A driver connection with the settings that every connection of ours has. No implicit transactions."""
    uri = f"file:{path}{'?mode=ro' if read_only else ''}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-8000")
    connection.execute("PRAGMA temp_store=MEMORY")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    else:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
    return connection


def sqlite_engine(path: str, *, read_only: bool) -> Engine:
    """An engine over exactly one connection; whoever holds it begins and commits by hand."""
    return create_engine("sqlite://", creator=lambda: open_sqlite(path, read_only=read_only), poolclass=StaticPool)


def postgres_url(url: str) -> str:
    """The URL for SQLAlchemy's asyncpg dialect."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+asyncpg://{rest}" if scheme in {"postgres", "postgresql"} else url


def postgres_dsn(url: str) -> str:
    """The URL for asyncpg itself."""
    return "postgresql://" + url.partition("://")[2]


def postgres_engine(url: str, size: int = POOL_SIZE) -> AsyncEngine:
    """A pooled engine; `server_settings` make time zone and time-outs the same everywhere."""
    options = {"server_settings": {"timezone": "UTC", "application_name": "skerry"}, "command_timeout": 30}
    return create_async_engine(postgres_url(url), pool_size=size, max_overflow=4, connect_args=options)
