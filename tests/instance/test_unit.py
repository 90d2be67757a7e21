"""The unit of work: all or nothing, alone or with others in one commit; events in the same transaction."""

import asyncio
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from instance import wiring
from instance.db.system import fact
from instance.db.unit import Unit
from instance.i18n import current
from tests.support.world import World


def _write(u: Unit, name: str, value: str) -> str:
    u.connection.execute(insert(fact).values(name=name, value=value))
    return value


def _count(connection: Connection) -> int:
    return connection.execute(
        select(func.count())
        .select_from(fact)
        .where(fact.c.name.not_like("%:%"), fact.c.name.not_like("%.%"), fact.c.name.not_like("%-%"))
    ).scalar_one()


async def test_a_unit_is_kept_and_answered(world: World) -> None:
    store = (await world.instance()).house.store
    assert await store.unit(_write, "a", "1") == "1"
    assert await store.read(_count) == 1


async def test_the_caller_s_language_goes_along(world: World) -> None:
    store = (await world.instance()).house.store

    async def ask(language: str) -> tuple[str, str]:
        current.set(language)  # in this task only
        return await store.read(lambda _: current.get()), await store.unit(lambda _: current.get())

    languages = ["de", "en", "qps", "de"]
    asked = await asyncio.gather(*(asyncio.create_task(ask(one)) for one in languages))
    assert asked == [(one, one) for one in languages]


async def test_one_that_raises_is_rolled_back_alone(world: World) -> None:
    store = (await world.instance()).house.store
    names = [str(n) for n in range(20)] + ["7"] + [str(n) for n in range(20, 30)]
    results = await asyncio.gather(*(store.unit(_write, name, "x") for name in names), return_exceptions=True)
    failed = [r for r in results if isinstance(r, BaseException)]
    assert [type(r) for r in failed] == [IntegrityError]
    assert await store.read(_count) == 30


async def test_concurrent_increments_are_not_lost(world: World) -> None:
    store = (await world.instance()).house.store
    await store.unit(_write, "n", "0")

    def increment(u: Unit) -> None:
        old = u.connection.execute(select(fact.c.value).where(fact.c.name == "n").with_for_update()).scalar_one()
        u.connection.execute(update(fact).where(fact.c.name == "n").values(value=str(int(old) + 1)))

    await asyncio.gather(*(store.unit(increment) for _ in range(64)))
    assert await store.read(lambda c: c.execute(select(fact.c.value).where(fact.c.name == "n")).scalar_one()) == "64"


@dataclass(frozen=True)
class Happened:
    name: str


async def test_handlers_share_the_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(u: Unit, event: Happened) -> None:
        _write(u, f"told {event.name}", "x")
        if event.name == "bad":
            raise ValueError("no")

    monkeypatch.setitem(wiring.EVENTS, Happened, [refuse])  # type: ignore[arg-type]
    store = (await world.instance()).house.store

    def act(u: Unit, name: str) -> None:
        _write(u, name, "x")
        u.record(Happened(name))

    await store.unit(act, "good")
    assert await store.read(_count) == 2
    with pytest.raises(ValueError, match="no"):
        await store.unit(act, "bad")
    assert await store.read(_count) == 2


async def test_memory_effects_wait_for_the_commit(world: World) -> None:
    store = (await world.instance()).house.store
    seen: list[str] = []
    woken: list[set[str]] = []
    store.on_wake = woken.append

    def act(u: Unit, fail: bool) -> None:
        u.after_commit(lambda: seen.append("after"))
        u.wake("jobs")
        if fail:
            raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError):
        await store.unit(act, True)
    assert (seen, woken) == ([], [])
    await store.unit(act, False)
    assert (seen, woken) == (["after"], [{"jobs"}])
