"""Runs pumps: loops that do due work, sleep until woken or until something may be due, and stop gracefully.

Embedded in `serve` by default; `skerry worker` runs the same pumps in a process of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from instance.observe import log

IDLE_SECONDS = 1.0
AFTER_ERROR_SECONDS = 2.0
GRACE_SECONDS = 4.0


async def _nothing() -> None:
    """There is nothing to end."""


@dataclass(frozen=True, slots=True)
class Pump:
    """One kind of work. `work` does a batch and says whether more may be due at once."""

    name: str
    work: Callable[[], Awaitable[bool]]
    nudge: Callable[[], None] = lambda: None
    """Called when something was committed for it, also while `work` is under way."""
    bell: str = ""
    """The name that wakes it, where another pump's does."""
    stop: Callable[[], Awaitable[None]] = _nothing
    """Ends what goes on beside `work`."""


class Bell(Protocol):
    """How runners in other processes are woken (instance.jobs.redis); without one they look once a second."""

    def ring(self, names: set[str]) -> None:
        """Work was committed for these pumps."""
        ...

    def listen(self, wake: Callable[[set[str]], None]) -> None:
        """Call `wake` for what other processes ring."""
        ...

    async def close(self) -> None: ...


class Runner:
    """Runs every pump in a task of its own."""

    def __init__(self, pumps: Sequence[Pump]) -> None:
        self._pumps = pumps
        self._wakes = {pump.name: asyncio.Event() for pump in pumps}
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def running(self) -> bool:
        """Whether every pump is alive."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    def wake(self, names: set[str]) -> None:
        """Something was committed for these pumps."""
        for pump in self._pumps:
            if (pump.bell or pump.name) in names:
                self._wakes[pump.name].set()
                pump.nudge()

    def start(self) -> None:
        """Start all pumps on the running loop."""
        self._tasks = [asyncio.create_task(self._run(pump), name=f"pump {pump.name}") for pump in self._pumps]

    async def stop(self, grace: float = GRACE_SECONDS) -> None:
        """Let running batches end within `grace` seconds; what does not end keeps its lease and is taken up later."""
        self._stopping.set()
        self.wake({pump.bell or pump.name for pump in self._pumps})
        if self._tasks:
            _, pending = await asyncio.wait(self._tasks, timeout=grace)
            for task in pending:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for pump in self._pumps:
            await pump.stop()

    async def _run(self, pump: Pump) -> None:
        wake = self._wakes[pump.name]
        while not self._stopping.is_set():
            wake.clear()
            pause = IDLE_SECONDS
            try:
                if await pump.work():
                    continue
            except Exception as error:  # noqa: BLE001 - a pump outlives whatever its work meets
                log.error("pump_failed", pump=pump.name, error=type(error).__name__)
                pause = AFTER_ERROR_SECONDS
            await _sleep(wake, pause)


async def _sleep(wake: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(wake.wait(), seconds)
    except TimeoutError:
        return
