"""Works off the job table: claims, runs handlers side by side, finishes each together with its effect."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from instance.db.store import Store
from instance.db.unit import Unit
from instance.jobs import table
from instance.jobs.table import Job, LeaseLostError
from instance.observe import describe, log

Effect = Callable[[Unit], None]
JobHandler = Callable[[Job], Awaitable[Effect | None]]
"""Does what needs the network or time, and returns what is to be written: run in the job's last transaction."""

AT_ONCE = 8
RENEW_SECONDS = 8.0


class FinalError(Exception):
    """A job that no later try can mend; it is put aside as dead."""


class Works:
    """The work of one runner on the job table. Handlers come from `wiring.JOBS`."""

    def __init__(self, store: Store, handlers: Mapping[str, JobHandler]) -> None:
        self._store = store
        self._handlers = handlers
        self._held: dict[int, Job] = {}

    async def work(self) -> bool:
        """Run one batch of due jobs; True when more may be due."""
        claimed = await self._store.unit(table.claim, list(self._handlers), AT_ONCE)
        if not claimed:
            return False
        self._held = {item.id: item for item in claimed}
        keeper = asyncio.create_task(self._keep())
        try:
            await asyncio.gather(*(self._one(item) for item in claimed))
        finally:
            keeper.cancel()
        return True

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._store.unit(table.renew, list(self._held.values()))

    async def _one(self, item: Job) -> None:
        try:
            effect = await self._handlers[item.kind](item)
            await self._store.unit(_finish, item, effect)
        except LeaseLostError:
            log.warning("job_lease_lost", kind=item.kind, job=item.id)
        except Exception as error:  # noqa: BLE001 - kept with the job
            log.warning("job_failed", kind=item.kind, job=item.id, tries=item.tries, error=type(error).__name__)
            await self._store.unit(_fail, item, describe(error), isinstance(error, FinalError))
        finally:
            self._held.pop(item.id, None)


def _finish(u: Unit, item: Job, effect: Effect | None) -> None:
    table.finish(u, item)
    if effect is not None:
        effect(u)


def _fail(u: Unit, item: Job, error: str, final: bool) -> None:
    table.fail(u, item, error, final=final)
