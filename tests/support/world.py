"""World: whole instances in one process, through their doors only, with a clock that can be turned.

`settle()` does all work that is due on all instances, until none is left; nothing runs by itself in between.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, select
from starlette.applications import Starlette

from instance import app, wiring
from instance.clock import Clock
from instance.db.system import timed_lease
from instance.db.unit import Unit
from instance.house import House
from instance.jobs.runner import Pump
from instance.settings import load
from tests.support.wires import Wires

ROUNDS = 200


class WithState:
    """An ASGI application whose requests carry the state that its lifespan made."""

    def __init__(self, inner: Starlette, state: dict[str, Any]) -> None:
        self.inner = inner
        self.state = state

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["state"] = dict(self.state)
        await self.inner(scope, receive, send)


@dataclass
class Running:
    """One running instance."""

    domain: str
    house: House
    asgi: WithState
    client: httpx.AsyncClient
    pumps: list[Pump]

    async def work(self) -> bool:
        """Do one batch of every kind of due work; True if there was any."""
        return any([await pump.work() for pump in self.pumps])


def _clocked(u: Unit) -> None:
    """The timed jobs have just run: on an empty database they find nothing. After that the clock says."""
    if u.connection.execute(select(timed_lease.c.name).limit(1)).first() is None:
        rows = [{"name": job.name, "holder": "", "until": 0, "last_run_at": u.now} for job in wiring.TIMED]
        u.connection.execute(insert(timed_lease), rows)


class World:
    """Instances that know each other by name."""

    def __init__(self, make_database: Callable[[], Awaitable[str]], folder: Path) -> None:
        self.clock = Clock()
        self.wires = Wires()
        self.instances: dict[str, Running] = {}
        self._make_database = make_database
        self._folder = folder
        self._stack = AsyncExitStack()

    async def instance(self, domain: str = "a.example", **environ: str) -> Running:
        """Start an instance at https://{domain}; keyword arguments are settings as in the environment."""
        settings = load(
            {
                "SKERRY_MODE": "development",
                "SKERRY_BASE_URL": f"https://{domain}",
                "SKERRY_DATABASE_URL": await self._make_database(),
                "SKERRY_DATA": str(self._folder / domain),
                "SKERRY_RUNNER": "0",
                **environ,
            }
        )
        built = app.build(settings, self.clock, self.wires.of(domain))
        state: Any = await self._stack.enter_async_context(built.router.lifespan_context(built))
        await state["house"].store.unit(_clocked)
        asgi = WithState(built, state)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(asgi), base_url=f"https://{domain}")
        await self._stack.enter_async_context(client)
        running = Running(domain, state["house"], asgi, client, wiring.pumps(state["house"]))
        self.instances[domain] = running
        self.wires.apps[domain] = asgi
        return running

    async def settle(self) -> None:
        """Work until nothing is due anywhere."""
        for _ in range(ROUNDS):
            if not any([await running.work() for running in list(self.instances.values())]):
                return
        raise AssertionError("work goes on and on")

    async def close(self) -> None:
        await self._stack.aclose()
