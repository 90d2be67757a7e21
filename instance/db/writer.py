"""The SQLite writer: one thread, one connection, many units in one commit (DECISIONS 1 and 16).

Every unit that waits runs in a savepoint of its own within one transaction; one commit (one fsync) for all, and each
caller is answered after it. A unit that raises is rolled back alone. If the commit itself fails, all callers are told.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from instance.db.engine import sqlite_engine
from instance.db.unit import Handlers, Unit, run_unit

BATCH = 64


class WriterClosedError(Exception):
    """The instance is stopping; nothing was written."""


@dataclass(slots=True)
class Task:
    """A unit that waits for its turn."""

    make_unit: Callable[[Connection], Unit]
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    committed: Callable[[Unit], None]
    context: Context = field(default_factory=copy_context)
    """Of the caller: what she set for herself (her language) holds in the writer's thread too."""
    unit: Unit | None = None
    result: Any = None
    error: Exception | None = None


class Writer:
    """Owns the writing connection and its thread."""

    def __init__(self, path: str, handlers: Handlers) -> None:
        self._handlers = handlers
        self._engine = sqlite_engine(path, read_only=False)
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._closed = False
        self.engine = self._engine
        self._thread = threading.Thread(target=self._work, name="sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, task: Task) -> None:
        """Queue a unit. Raises WriterClosedError once `close` was called."""
        if self._closed:
            raise WriterClosedError("the instance is stopping; try again when it is back")
        self._tasks.put(task)

    def close(self) -> None:
        """Finish what was submitted, then stop the thread."""
        if not self._closed:
            self._closed = True
            self._tasks.put(None)
            self._thread.join()
            self._engine.dispose()

    def _work(self) -> None:
        with self._engine.connect() as connection:
            while True:
                batch = self._next_batch()
                if batch:
                    self._commit(connection, [task for task in batch if task is not None])
                if None in batch:
                    return

    def _next_batch(self) -> list[Task | None]:
        batch = [self._tasks.get()]
        while len(batch) < BATCH and batch[-1] is not None:
            try:
                batch.append(self._tasks.get_nowait())
            except queue.Empty:
                break
        return batch

    def _commit(self, connection: Connection, tasks: list[Task]) -> None:
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute("BEGIN IMMEDIATE")
            for task in tasks:
                self._run(connection, driver, task)
            driver.execute("COMMIT")
        except sqlite3.Error as error:
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            for task in tasks:
                task.error = task.error or error
        _answer(tasks)

    def _run(self, connection: Connection, driver: sqlite3.Connection, task: Task) -> None:
        if task.future.cancelled():
            return
        driver.execute("SAVEPOINT unit")
        try:
            task.unit = task.make_unit(connection)
            task.result = task.context.run(run_unit, task.unit, self._handlers, task.fn, task.args)
        except Exception as error:
            task.error = error
            if not driver.in_transaction:  # SQLite gave the whole transaction up (disk full, say)
                raise sqlite3.OperationalError(str(error)) from error
            driver.execute("ROLLBACK TO unit")
        driver.execute("RELEASE unit")


def _answer(tasks: list[Task]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[Task]] = {}
    for task in tasks:
        by_loop.setdefault(task.loop, []).append(task)
    for loop, answered in by_loop.items():
        loop.call_soon_threadsafe(_settle, answered)


def _settle(tasks: list[Task]) -> None:
    for task in tasks:
        if task.error is None and task.unit is not None:
            task.committed(task.unit)  # also when the caller went away: it is on disk
        if task.future.done():
            continue
        if task.error is not None:
            task.future.set_exception(task.error)
        else:
            task.future.set_result(task.result)
