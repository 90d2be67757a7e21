"""The store: where services run. `unit` writes, `read` reads, `hot` answers a precompiled question on the driver.

One interface over SQLite (a writer thread, a reader thread, a connection for hot reads) and PostgreSQL (a pool).
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Protocol, TypeVar

import asyncpg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from instance.db.engine import open_sqlite, postgres_dsn, postgres_engine, sqlite_engine, sqlite_path
from instance.db.hot import Query
from instance.db.unit import Handlers, Unit, run_unit
from instance.db.writer import Task, Writer
from instance.site import Site

T = TypeVar("T")
Row = tuple[Any, ...]

# Another unit was quicker: run anew, a unit sees what that one did. Unique or foreign key, serialization, deadlock.
CROSSED = frozenset({"23505", "23503", "40001", "40P01"})
MOST_RUNS = 5
LONGEST_PAUSE_MS = 20


class Store(Protocol):
    """What the rest of the instance knows of the database."""

    on_wake: Callable[[set[str]], None]

    async def unit(self, fn: Callable[..., T], *args: Any) -> T:
        """Run `fn(unit, *args)` in one transaction; its result is given once it is on disk."""
        ...

    async def read(self, fn: Callable[..., T], *args: Any) -> T:
        """Run `fn(connection, *args)`, which only reads."""
        ...

    async def hot(self, query: Query, **values: Any) -> list[Row]:
        """Ask a precompiled question directly of the driver."""
        ...

    async def close(self) -> None: ...


def _nobody(_names: set[str]) -> None:
    """No runner listens yet."""


def _committed(store: Store, unit: Unit) -> None:
    for call in unit.after:
        call()
    if unit.wakes:
        store.on_wake(unit.wakes)


class SqliteStore:
    """SQLite: one writer thread, one reader thread, hot reads on the caller's own."""

    def __init__(self, site: Site, handlers: Handlers, path: str) -> None:
        self.on_wake: Callable[[set[str]], None] = _nobody
        self._site = site
        self._writer = Writer(path, handlers)
        self._reader: Engine = sqlite_engine(path, read_only=True)
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="sqlite-reader")
        self._hot = open_sqlite(path, read_only=True)
        self.engines = (self._writer.engine, self._reader)
        self.hot_count = 0

    async def unit(self, fn: Callable[..., T], *args: Any) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.submit(Task(self._make_unit, fn, args, loop, future, self._committed))
        return await future

    async def read(self, fn: Callable[..., T], *args: Any) -> T:
        here = copy_context()  # the reader's language goes along
        return await asyncio.get_running_loop().run_in_executor(self._reading, here.run, self._read, fn, args)

    async def hot(self, query: Query, **values: Any) -> list[Row]:
        self.hot_count += 1
        return self._hot.execute(query.sqlite, values).fetchall()

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.close)
        self._reading.shutdown()
        self._reader.dispose()
        self._hot.close()

    def _committed(self, unit: Unit) -> None:
        _committed(self, unit)

    def _make_unit(self, connection: Connection) -> Unit:
        return Unit(connection, self._site, self._site.clock.now())

    def _read(self, fn: Callable[..., T], args: tuple[Any, ...]) -> T:
        with self._reader.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("BEGIN")  # one snapshot for all that `fn` asks
            try:
                return fn(connection, *args)
            finally:
                driver.execute("ROLLBACK")


class PostgresStore:
    """PostgreSQL: units and reads on a pool through SQLAlchemy, hot reads on asyncpg's prepared statements."""

    def __init__(self, site: Site, handlers: Handlers, engine: AsyncEngine, pool: asyncpg.Pool) -> None:
        self.on_wake: Callable[[set[str]], None] = _nobody
        self._site = site
        self._handlers = handlers
        self._engine = engine
        self._pool = pool
        self.engines = (engine.sync_engine,)
        self.hot_count = 0

    async def unit(self, fn: Callable[..., T], *args: Any) -> T:
        for left in reversed(range(MOST_RUNS)):
            try:
                async with self._engine.begin() as connection:
                    unit, result = await connection.run_sync(self._run, fn, args)
                break
            except DBAPIError as error:
                if left == 0 or getattr(error.orig, "sqlstate", None) not in CROSSED:
                    raise
            await asyncio.sleep(secrets.randbelow(LONGEST_PAUSE_MS) / 1000)  # so that crossing units part
        _committed(self, unit)
        return result

    async def read(self, fn: Callable[..., T], *args: Any) -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(fn, *args)

    async def hot(self, query: Query, **values: Any) -> list[Row]:
        self.hot_count += 1
        return await self._pool.fetch(query.postgres, *(values[name] for name in query.names))  # type: ignore[no-any-return]

    async def close(self) -> None:
        await self._pool.close()
        await self._engine.dispose()

    def _run(self, connection: Connection, fn: Callable[..., T], args: tuple[Any, ...]) -> tuple[Unit, T]:
        unit = Unit(connection, self._site, self._site.clock.now())
        return unit, run_unit(unit, self._handlers, fn, args)


async def open_store(site: Site, handlers: Handlers) -> SqliteStore | PostgresStore:
    """Open the database that the settings name; its schema is there already (instance.db.version)."""
    url = site.settings.database
    if site.settings.sqlite:
        return SqliteStore(site, handlers, sqlite_path(url))
    engine = postgres_engine(url)
    pool = await asyncpg.create_pool(postgres_dsn(url), min_size=1, max_size=6, server_settings={"timezone": "UTC"})
    return PostgresStore(site, handlers, engine, pool)
