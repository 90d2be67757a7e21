"""Who is next in the inbox: each server in its turn, however much another has sent or how long that takes."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert, select

from federation.inbound import arrivals, process, turns
from federation.inbound.turns import Claimed
from federation.schema import inbox_activity
from instance import wiring
from instance.clock import HOUR, MINUTE
from instance.jobs.runner import Pump
from tests.federation.conftest import Recorder
from tests.support.peer import Peer
from tests.support.world import Running, World

BODY = b"{}"


async def fill(home: Running, **numbers: int) -> None:
    """So many activities of each of these wait, those of the first one longest."""

    def go(u: Any) -> None:
        for place, (family, number) in enumerate(numbers.items()):
            common = {"host": family, "family": family, "actor": "x", "kind": "Like", "state": "received", "body": BODY}
            times = {"received_at": u.now - HOUR + place, "next_try_at": u.now - HOUR + place}
            rows = [common | times | {"activity_key": f"{family}{n}"} for n in range(number)]
            for start in range(0, number, 500):
                u.connection.execute(insert(inbox_activity), rows[start : start + 500])

    await home.house.store.unit(go)


async def claim(home: Running, limit: int = 20, after: str = "", **more: Any) -> Claimed:
    return await home.house.store.unit(lambda u: turns.claim(u, limit, after, **more))


def families(claimed: Claimed) -> dict[str, int]:
    found: dict[str, int] = {}
    for arrival in claimed.arrivals:
        found[arrival.family] = found.get(arrival.family, 0) + 1
    return found


async def test_one_who_sends_much_takes_no_turn_of_others(home: Running) -> None:
    await fill(home, flood=3000, live=1, other=2)
    claimed = await claim(home)
    assert families(claimed) == {"flood": 6, "live": 1, "other": 2}
    await home.house.store.unit(arrivals.done, claimed.lease, dict.fromkeys((one.id for one in claimed.arrivals), ""))
    assert families(await claim(home)) == {"flood": 20}  # alone, it has all of a batch
    first = await claim(home, 5)
    assert [arrival.id for arrival in first.arrivals] == list(range(27, 32))  # in its own order


async def test_more_servers_than_a_batch_has_places_come_round(home: Running) -> None:
    await fill(home, **{f"f{number:03}": 3 for number in range(50)})
    seen: list[str] = []
    after = ""
    for _ in range(3):
        claimed = await claim(home, 20, after)
        seen += families(claimed)
        after = claimed.after
    assert after == ""
    assert len(seen) == len(set(seen)) == 50
    assert set(families(await claim(home)).values()) == {1}


async def test_more_servers_than_one_look_sees_come_round(home: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LOOKED_AT", 10)
    await fill(home, **{f"f{number:03}": 1 for number in range(35)})
    seen: set[str] = set()
    after = ""
    for _ in range(4):
        claimed = await claim(home, 20, after)
        seen |= set(families(claimed))
        after = claimed.after
    assert len(seen) == 35


async def test_who_is_busy_and_what_is_not_due_is_passed_over(home: Running) -> None:
    await fill(home, later=5, busy=5, free=1)
    await fill(home, **{"*.strange.example": 2})

    def put_off(u: Any) -> None:
        mine = inbox_activity.c.family == "later"
        u.connection.execute(inbox_activity.update().where(mine).values(next_try_at=u.now + HOUR))

    await home.house.store.unit(put_off)
    assert families(await claim(home, busy={"busy"}, strangers=False)) == {"free": 1}
    claimed = await claim(home, busy={"busy"})
    assert families(claimed) == {"*.strange.example": 2}
    await home.house.store.unit(arrivals.give_back, claimed.lease, [claimed.arrivals[0].id])
    again = await claim(home, busy={"busy"})
    assert [(arrival.id, arrival.tries) for arrival in again.arrivals] == [(claimed.arrivals[0].id, 1)]
    assert families(await claim(home)) == {"busy": 5}
    assert (await claim(home)).arrivals == []


async def test_what_waits_is_counted_by_family(home: Running) -> None:
    await fill(home, one=7, two=1)
    await home.house.store.unit(lambda u: u.connection.execute(inbox_activity.update().values(state="held")))
    await fill(home, three=1)
    found = [await home.house.store.read(turns.waiting, name) for name in ("one", "two", "three", "none")]
    assert found == [(7, 7 * len(BODY)), (1, len(BODY)), (1, len(BODY)), (0, 0)]


def inbox_of(home: Running) -> Pump:
    return next(pump for pump in home.pumps if pump.name == "inbox")


async def applied(home: Running, recorder: Recorder, number: int) -> list[Any]:
    """What is applied once it is so many: on a busy machine what is quick may seem slow, and is done a moment later."""
    inbox = inbox_of(home)
    for _ in range(30):
        await inbox.work()
        if len(recorder.applied) >= number:
            break
    return recorder.applied


class Gate:
    """Activities of one host wait in `gather` until they are let go on."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.open = asyncio.Event()
        self.began: list[str] = []

    async def gather(self, _federation: Any, activity: Any) -> None:
        if f"//{self.host}/" in activity.actor:
            self.began.append(activity.id)
            await self.open.wait()


async def test_one_who_is_slow_delays_itself_alone_and_keeps_its_order(
    world: World, home: Running, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PATIENCE_SECONDS", 0.05)
    slow, quick = Peer(world, "slow.example"), Peer(world, "quick.example")
    gate = Gate(slow.host)
    recorder.gathers = gate.gather
    sams, quinns = [slow.actor(f"sam{n}") for n in range(3)], [quick.actor(f"quinn{n}") for n in range(3)]
    for number in range(3):
        for peer, actor in ((slow, sams[number]), (quick, quinns[number])):
            await peer.post(home, peer.activity("Like", actor, "https://a.example/x", number))
    assert [activity.actor for activity in await applied(home, recorder, 3)] == quinns
    await slow.post(home, slow.activity("Undo", sams[0], f"{sams[0]}/like/0", 7))
    await quick.post(home, quick.activity("Like", quinns[0], "https://a.example/x", 8))
    assert [activity.id for activity in (await applied(home, recorder, 4))[3:]] == [f"{quinns[0]}/like/8"]
    assert len(gate.began) == 3  # the Undo waits for what came before it
    gate.open.set()
    await world.settle()
    assert [activity.actor for activity in recorder.applied[4:]] == [*sams, sams[0]]
    states = select(inbox_activity.c.state, inbox_activity.c.tries).distinct()
    assert await home.house.store.read(lambda c: c.execute(states).all()) == [("done", 1)]


async def test_many_who_are_slow_leave_known_servers_their_places(
    world: World, home: Running, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(process, "MOST_SLOW_STRANGERS", 2)
    gates: list[str] = []
    hold = asyncio.Event()

    async def gather(_federation: Any, activity: Any) -> None:
        if "/tarpit" in activity.actor:
            gates.append(activity.actor)
            await hold.wait()

    recorder.gathers = gather
    for number in range(5):
        peer = Peer(world, f"tarpit{number}.example")
        await peer.post(home, peer.activity("Like", peer.actor("bob"), "https://a.example/x"))
        inbox = inbox_of(home)
        await inbox.work()
    assert len(gates) == 2
    friend = Peer(world, "friend.example")
    object.__setattr__(home.house.federation.allowance._asking, "known", lambda _c, host: host == friend.host)
    await friend.post(home, friend.activity("Like", friend.actor("ann"), "https://a.example/x"))
    assert [activity.actor for activity in await applied(home, recorder, 1)] == ["https://friend.example/users/ann"]
    hold.set()
    await world.settle()
    assert len(recorder.applied) == 6


async def test_what_is_slow_when_the_runner_stops_is_done_by_the_next(
    world: World, home: Running, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "PATIENCE_SECONDS", 0.01)
    slow = Peer(world, "slow.example")
    gate = Gate(slow.host)
    recorder.gathers = gate.gather
    await slow.post(home, slow.activity("Like", slow.actor("sam"), "https://a.example/x"))
    inbox = inbox_of(home)
    await inbox.work()
    await inbox.stop()
    recorder.gathers = None
    world.clock.turn(3 * MINUTE)
    home.pumps = wiring.pumps(home.house)
    await world.settle()
    assert len(recorder.applied) == 1
