"""Questions that are asked of our rows in the same moment go into one read: twenty activities of a batch, one look.

Nobody waits for a timer: what is asked in one turn of the loop is put together, and answered by one call.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import Connection

from federation.ports import Store

Q = TypeVar("Q", bound=Hashable)
A = TypeVar("A")


class Questions:
    """Asks in groups by `answer(connection, questions)`, which gives one answer for each question, in their order."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[Any, list[tuple[Any, asyncio.Future[Any]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, answer: Callable[[Connection, list[Q]], list[A]], question: Q) -> A:
        """The answer to one question; raises what `answer` raises for it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[A] = loop.create_future()
        waiting = self._waiting.setdefault(answer, [])
        waiting.append((question, future))
        if len(waiting) == 1:
            loop.call_soon(self._start, answer)
        return await future

    def _start(self, answer: Any) -> None:
        task = asyncio.create_task(self._answer(answer, self._waiting.pop(answer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, answer: Any, waiting: list[tuple[Any, asyncio.Future[Any]]]) -> None:
        try:
            answers = await self._store.read(answer, [question for question, _ in waiting])
        except Exception as error:  # noqa: BLE001 - whoever asked is told; the others don't suffer for one
            if len(waiting) > 1:
                for one in waiting:
                    await self._answer(answer, [one])
            elif not waiting[0][1].done():
                waiting[0][1].set_exception(error)
            return
        for (_, future), given in zip(waiting, answers, strict=True):
            if not future.done():
                future.set_result(given)
