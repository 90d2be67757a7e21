"""Jobs: written with the data, taken once, finished with their effect, retried, put aside."""

import pytest
from sqlalchemy import insert, select

from instance.clock import HOUR
from instance.db.system import fact, job
from instance.db.unit import Unit
from instance.jobs import table
from instance.jobs.local import Effect, FinalError, Works
from instance.jobs.table import Job, LeaseLostError
from tests.support.world import World


def _effect(name: str) -> Effect:
    return lambda u: u.connection.execute(insert(fact).values(name=name, value="done"))


async def test_effect_and_finish_are_one(world: World) -> None:
    store = (await world.instance()).house.store
    calls: list[int] = []

    async def handle(item: Job) -> Effect | None:
        calls.append(item.payload["n"])
        return _effect(f"n{item.payload['n']}")

    for n in range(3):
        await store.unit(table.enqueue, "test", {"n": n})
    works = Works(store, {"test": handle})
    assert await works.work()
    assert not await works.work()
    assert sorted(calls) == [0, 1, 2]
    assert await store.read(table.counts) == {}


async def test_unique_job_waits_once(world: World) -> None:
    store = (await world.instance()).house.store
    for _ in range(3):
        await store.unit(lambda u: table.enqueue(u, "test", {}, unique="once"))
    assert await store.read(table.counts) == {("test", "ready"): 1}


async def test_failed_job_comes_back_later_then_is_put_aside(world: World) -> None:
    store = (await world.instance()).house.store
    tries: list[int] = []

    async def handle(item: Job) -> Effect | None:
        tries.append(item.tries)
        raise ValueError("words that must not be kept")

    works = Works(store, {"test": handle})
    await store.unit(table.enqueue, "test", {})
    assert await works.work()
    assert not await works.work()
    for _ in range(table.MAX_TRIES):
        world.clock.turn(8 * HOUR)
        await works.work()
    assert tries == list(range(1, table.MAX_TRIES + 1))
    row = await store.read(lambda c: c.execute(select(job.c.state, job.c.error)).one())
    assert row.state == "dead"
    assert row.error.startswith("ValueError at ")
    assert "words" not in row.error
    await store.unit(table.retry_dead)
    assert await works.work()


async def test_final_error_is_not_tried_again(world: World) -> None:
    store = (await world.instance()).house.store

    async def handle(item: Job) -> Effect | None:
        raise FinalError

    await store.unit(table.enqueue, "test", {})
    await Works(store, {"test": handle}).work()
    assert await store.read(table.counts) == {("test", "dead"): 1}


async def test_a_lost_lease_undoes_the_effect(world: World) -> None:
    store = (await world.instance()).house.store
    await store.unit(table.enqueue, "test", {})
    (mine,) = await store.unit(table.claim, ["test"], 5)
    assert await store.unit(table.claim, ["test"], 5) == []
    world.clock.turn(table.LEASE + 1)
    (theirs,) = await store.unit(table.claim, ["test"], 5)

    def finish(u: Unit, item: Job) -> None:
        _effect("twice?")(u)
        table.finish(u, item)

    with pytest.raises(LeaseLostError):
        await store.unit(finish, mine)
    await store.unit(finish, theirs)
    assert await store.read(table.counts) == {}
