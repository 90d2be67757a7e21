"""Timed jobs: one runner at a time, again when their time has come, what has had its time is erased."""

from sqlalchemy import func, insert, select

from federation.inbound import keeping
from federation.schema import inbox_activity
from instance.clock import DAY, HOUR
from instance.db.system import attempt, timed_lease
from instance.db.unit import Unit
from instance.jobs import daily
from instance.jobs.daily import Timed, Timer
from tests.support.world import World


async def test_one_runner_runs_it_when_it_is_due(world: World) -> None:
    store = (await world.instance()).house.store
    ran: list[str] = []

    def step(u: Unit) -> int:
        ran.append("step")
        return len(ran) % 3  # three batches: 1, 2, 0 left

    jobs = [Timed("test", HOUR, step)]
    await Timer(store, jobs).work()
    assert len(ran) == 3
    await Timer(store, jobs).work()
    assert len(ran) == 3  # not due
    world.clock.turn(HOUR)
    await Timer(store, jobs).work()
    assert len(ran) == 6


async def test_a_dead_runner_s_lease_runs_out(world: World) -> None:
    store = (await world.instance()).house.store
    ran: list[str] = []
    job = Timed("test", HOUR, lambda _u: bool(ran.append("x")))
    assert await store.unit(daily._take, job, "dead")
    await Timer(store, [job]).work()
    assert ran == []
    world.clock.turn(daily.LEASE + 1)
    await Timer(store, [job]).work()
    assert ran == ["x"]


async def test_one_that_fails_does_not_stop_the_others(world: World) -> None:
    store = (await world.instance()).house.store
    ran: list[str] = []

    def bad(_u: Unit) -> int:
        raise ValueError("words")

    await Timer(store, [Timed("bad", HOUR, bad), Timed("good", HOUR, lambda _u: bool(ran.append("x")))]).work()
    assert ran == ["x"]
    rows = await store.read(lambda c: c.execute(select(timed_lease.c.name, timed_lease.c.until)).all())
    assert {(row.name, row.until) for row in rows if row.name in {"bad", "good"}} == {("bad", 0), ("good", 0)}


async def test_sweeps_erase_what_has_had_its_time(world: World) -> None:
    store = (await world.instance()).house.store

    def fill(u: Unit) -> None:
        for at, state in ((u.now - 40 * DAY, "done"), (u.now - 40 * DAY, "dead"), (u.now, "done")):
            key = f"{at}{state}"
            values = {"host": "b.example", "actor": "x", "kind": "Create", "next_try_at": 0, "received_at": at}
            u.connection.execute(insert(inbox_activity).values(activity_key=key, state=state, done_at=at, **values))
        for n in range(daily.BATCH + 10):
            u.connection.execute(insert(attempt).values(purpose="p", who_mac=str(n), created_at=u.now - 2 * DAY))

    await store.unit(fill)
    world.clock.turn(DAY)
    await Timer(store, [*daily.SWEEPS, Timed("erase inbox", HOUR, keeping.erase_old)]).work()
    counted = await store.read(
        lambda c: [c.execute(select(func.count()).select_from(t)).scalar() for t in (inbox_activity, attempt)]
    )
    assert counted == [2, 0]  # what is dead waits for a person
