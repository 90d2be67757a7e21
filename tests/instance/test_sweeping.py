"""Timed jobs on an instance where much is stored: none holds up who writes by reading all of it."""

from typing import Any

import pytest

from benchmarks.stored import fill
from instance.clock import DAY
from instance.db.unit import Unit
from instance.jobs.daily import BATCH, Timed
from instance.wiring import TIMED
from tests.support.world import World

FEW, MANY = 400, 4000
EVERY = 50  # instructions of SQLite's machine between two counts
SLACK = 2000  # instructions
ADDS_UP = "erase old copies of remote pictures"
"""What our copies hold together is summed up from an index: a few instructions a row."""


def _instructions(u: Unit, job: Timed) -> int:
    """What one batch of a job costs the database, in instructions of SQLite's machine: the same on every machine."""
    found = [job.find(u.connection, u.now)[:BATCH]] if job.find else []
    raw: Any = u.connection.connection.driver_connection
    counted: list[int] = []
    raw.set_progress_handler(lambda: counted.append(EVERY), EVERY)
    try:
        job.step(u, *found)
    finally:
        raw.set_progress_handler(None, 0)
    return sum(counted)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_a_batch_costs_no_more_where_more_is_stored(world: World) -> None:
    store = (await world.instance()).house.store
    await store.unit(fill, FEW)
    few = {job.name: await store.unit(_instructions, job) for job in TIMED}
    world.clock.turn(DAY // 2)
    await store.unit(fill, MANY, FEW)
    many = {job.name: await store.unit(_instructions, job) for job in TIMED}
    assert sum(few.values()) > 0
    grown = {
        name: (few[name], steps)
        for name, steps in many.items()
        if steps > 2 * few[name] + SLACK + 4 * MANY * (name == ADDS_UP)
    }
    assert grown == {}
