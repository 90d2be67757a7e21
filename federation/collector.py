"""Gathers what arrives within a few milliseconds into one transaction: one commit, each sender answered after it.

While one transaction is under way, whatever arrives waits and makes up the next one; nobody waits for a timer.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from federation.ports import Store

MOST = 200

Row = dict[str, Any]
Writing = Callable[[Any, list[Row]], None]


class Collector:
    """Writes rows in groups by `write(unit, rows)`."""

    def __init__(self, store: Store, write: Writing) -> None:
        self._store = store
        self._write = write
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, row: Row) -> None:
        """Returns once the row is on disk; raises what the transaction raised."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush())
        await future

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                await self._store.unit(self._write, [row for row, _ in batch])
            except Exception as error:  # noqa: BLE001 - each of them is told
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for _, future in batch:
                    if not future.done():
                        future.set_result(None)
