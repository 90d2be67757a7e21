"""Delivery at its edges: inboxes that are gone, peers that say how long, peers that are away too long, peers that never answer."""

import asyncio
from email.utils import formatdate
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from federation.outbound import deliveries, departed, gaps, letters, schedule
from federation.outbound.deliver import retry_after
from federation.outbound.deliveries import Lane, Turn
from federation.outbound.schedule import MOST, PATIENCE_SECONDS, PLACES, Flight, Round, senders
from federation.remote import actors
from federation.schema import delivery, remote_actor
from federation.schema import peer as peers
from instance.clock import DAY, HOUR, MINUTE, SECOND
from instance.jobs.runner import Runner
from tests.federation.test_outbound import send, sender, states
from tests.support.peer import Peer
from tests.support.world import Running, World


async def ready(world: World, home: Running, *hosts: Peer) -> tuple[str, list[str]]:
    """(our actor, one actor on each of these peers)."""
    ann = await sender(world, home)
    iris = [peer.actor("bob") for peer in hosts]
    for iri in iris:
        await actors.actor(home.house.federation, iri)
    return ann, iris


async def row_of(home: Running, host: str) -> Any:
    return await home.house.store.read(lambda c: c.execute(select(peers).where(peers.c.host == host)).one())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("120", 120_000), ("0", 0), ("", 0), ("soon", 0), ("-5", 0), ("9" * 30, 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_retry_after_is_read(text: str, wanted: int) -> None:
    assert retry_after(text, 1_700_000_000_000) == wanted


def test_retry_after_as_a_date_is_read() -> None:
    assert retry_after(formatdate(1_700_000_090, usegmt=True), 1_700_000_000_000) == 90_000


@pytest.mark.parametrize(("asked", "wanted"), [("600", 600), ("1", 30), ("9999999", 6 * 3600)])
async def test_a_peer_says_how_long_to_wait(world: World, home: Running, peer: Peer, asked: str, wanted: int) -> None:
    ann, bobs = await ready(world, home, peer)
    await send(home, ann, bobs)
    peer.answers, peer.answer_headers = [503], {"retry-after": asked}
    now = world.clock.now()
    await world.settle()
    row = await row_of(home, peer.host)
    assert abs(row.next_try_at - now - wanted * SECOND) < 5 * SECOND
    world.clock.turn(wanted * SECOND + 5 * SECOND)
    await world.settle()
    assert await states(home) == ["sent"]


async def test_an_inbox_that_is_gone_has_its_actor_asked_after(world: World, home: Running, peer: Peer) -> None:
    ann, (bob,) = await ready(world, home, peer)
    await send(home, ann, [bob], only_shared=False)
    peer.answers = [410]
    await world.settle()
    assert await states(home) == ["dead"]
    wanted = select(remote_actor.c.gone_at).where(remote_actor.c.iri == bob)
    assert await home.house.store.read(lambda c: c.execute(wanted).scalar_one()) is None, "the 410 alone proves nothing"
    peer.documents["/users/bob"] = 410
    for number in (2, 3, 4):
        await send(home, ann, [bob], number, only_shared=False)
    peer.answers = [410, 410]
    before = len(world.wires.requests_to(peer.host, "GET"))
    await world.settle()
    assert len(world.wires.requests_to(peer.host, "GET")) == before, "asked once a day"
    world.clock.turn(2 * DAY)
    home.house.federation.memory.asked_after.clear()
    for number in (5, 6):
        await send(home, ann, [bob], number, only_shared=False)
    peer.answers = [410]
    await world.settle()
    assert await home.house.store.read(lambda c: c.execute(wanted).scalar_one()) is not None
    assert (await states(home))[-2:] == ["cancelled", "cancelled"]
    assert await send(home, ann, [bob], 7, only_shared=False) == 0


async def test_who_is_gone_takes_no_letters_of_others_with_the_same_inbox(
    world: World, home: Running, peer: Peer
) -> None:
    peer.actor("eve", inbox=f"{peer.base}/users/bob/inbox")
    ann, (bob,) = await ready(world, home, peer)
    eve = f"{peer.base}/users/eve"
    await actors.actor(home.house.federation, eve)
    await send(home, ann, [bob], only_shared=False)
    await send(home, ann, [eve], 2, only_shared=False)
    peer.answers, peer.documents["/users/bob"] = [410], 410
    await world.settle()
    assert await states(home) == ["dead", "sent"]
    assert await home.house.store.read(gone_at, bob) is not None
    assert await home.house.store.read(gone_at, eve) is None


async def test_owners_of_an_inbox_that_do_not_answer_keep_no_peer_leased(
    world: World, home: Running, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departed, "SECONDS", 0.05)
    ann, (bob,) = await ready(world, home, peer)
    await send(home, ann, [bob], only_shared=False)
    await send(home, ann, [bob], 2, only_shared=False)
    peer.answers = [410]

    async def slow(scope: Any, receive: Any, send_: Any) -> None:
        if scope["method"] == "GET":
            await asyncio.Event().wait()
        await peer(scope, receive, send_)

    world.wires.apps[peer.host] = slow
    async with asyncio.timeout(20):
        await world.settle()
    assert await states(home) == ["dead", "sent"]
    assert await home.house.store.read(gone_at, bob) is None


def gone_at(connection: Connection, iri: str) -> int | None:
    wanted = select(remote_actor.c.gone_at).where(remote_actor.c.iri == iri)
    found: int | None = connection.execute(wanted).scalar_one()
    return found


async def test_what_waited_for_thirty_days_is_a_gap_that_ends(world: World, home: Running, peer: Peer) -> None:
    ann, bobs = await ready(world, home, peer)
    world.wires.down.add(peer.host)
    for number in range(3):
        await send(home, ann, bobs, number)
    began = world.clock.now()
    world.clock.turn(20 * DAY)
    await send(home, ann, bobs, 3)
    await world.settle()
    assert await states(home) == ["ready"] * 4
    world.clock.turn(11 * DAY)
    await world.settle()
    assert await states(home) == ["dead", "dead", "dead", "ready"]
    (gap,) = await home.house.store.read(gaps.of_hosts, [peer.host])
    assert (gap.lost, gap.ended_at, gap.told_at) == (3, None, None)
    assert abs(gap.since - began) < HOUR
    assert await home.house.store.read(gaps.to_be_told, 10) == []
    world.wires.down.clear()
    world.clock.turn(7 * HOUR)
    await world.settle()
    assert [got.body["id"] for got in peer.received] == [f"{ann}/x/3"]
    (gap,) = await home.house.store.read(gaps.to_be_told, 10)
    assert gap.ended_at is not None
    assert {letter.error for letter in await home.house.store.read(letters.dead)} == {gaps.REASON}


async def test_one_dead_letter_is_sent_again(world: World, home: Running, peer: Peer) -> None:
    ann, bobs = await ready(world, home, peer)
    for number in range(2):
        await send(home, ann, bobs, number)
    peer.answers = [400, 400, 404]  # the first is knocked again with the other signature
    await world.settle()
    found = await home.house.store.read(letters.dead, peer.host)
    assert [(letter.status, letter.kind, letter.actor, letter.tries) for letter in found] == [
        (404, "Create", ann, 1),
        (400, "Create", ann, 1),
    ]
    assert await home.house.store.unit(letters.replay, None, found[0].id) == 1
    await world.settle()
    assert await states(home) == ["dead", "sent"]
    assert await home.house.store.unit(letters.replay, "elsewhere.example") == 0


async def test_a_steward_need_not_wait_for_the_next_try(world: World, home: Running, peer: Peer) -> None:
    """Who says "again" for a server knows that it is back, though the next try would be hours away."""
    ann, bobs = await ready(world, home, peer)
    world.wires.down.add(peer.host)
    await send(home, ann, bobs)
    await world.settle()
    world.wires.down.clear()
    await world.settle()
    assert (await states(home), peer.received) == (["ready"], [])
    assert await home.house.store.unit(letters.replay, "elsewhere.example") == 0
    assert await home.house.store.unit(letters.replay) == 0  # all dead letters: what waits, waits
    assert await home.house.store.unit(letters.replay, peer.host) == 1
    await world.settle()
    assert (await states(home), [got.body["id"] for got in peer.received]) == (["sent"], [f"{ann}/x/1"])


def flights(lane: Lane, count: int, moved_at: float) -> dict[Any, Flight]:
    return {object(): Flight(Turn(f"{lane}{n}", 0, "x", lane), moved_at) for n in range(count)}


def test_a_peer_that_lets_us_wait_takes_no_place_of_its_lane() -> None:
    round_ = Round()
    assert round_.free(10.0) == PLACES
    round_.flying |= flights(Lane.UNSURE, 32, 10.0) | flights(Lane.FAILING, 16, 10.0)
    assert round_.free(10.5) == {Lane.PROMPT: 48, Lane.UNSURE: 0, Lane.FAILING: 0}
    assert round_.free(10.0 + PATIENCE_SECONDS) == PLACES
    round_.flying |= flights(Lane.UNSURE, MOST, 0.0)
    assert round_.free(20.0)[Lane.PROMPT] == 48
    assert max(round_.free(20.0)[lane] for lane in (Lane.UNSURE, Lane.FAILING)) <= 0


async def test_lanes_are_what_is_known_of_a_peer(world: World, home: Running, peer: Peer) -> None:
    others = [Peer(world, f"p{number}.example") for number in range(3)]
    ann, bobs = await ready(world, home, *others)
    await send(home, ann, bobs)
    others[1].answers = [500]
    await world.settle()
    await send(home, ann, bobs, 2)
    store = home.house.store
    await store.unit(lambda u: u.connection.execute(update(peers).values(next_try_at=None)))
    slow = update(peers).where(peers.c.host == "p2.example").values(took=9000)
    await store.unit(lambda u: u.connection.execute(slow))
    found = await store.unit(deliveries.claim, dict.fromkeys(Lane, 5))
    assert {turn.host: turn.lane for turn in found} == {
        "p0.example": Lane.PROMPT,
        "p1.example": Lane.FAILING,
        "p2.example": Lane.UNSURE,
    }


class Silent:
    """A server that takes what it is sent and never answers."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await asyncio.Event().wait()


async def test_a_peer_that_answers_is_served_while_all_others_are_silent(
    world: World, home: Running, peer: Peer
) -> None:
    """More silent peers than there are places at once, all queued before the one that answers."""
    silent = Silent()
    others = [Peer(world, f"p{number}.example") for number in range(sum(PLACES.values()) + 10)]
    ann, everybody = await ready(world, home, peer, *others)
    await send(home, ann, everybody[:1])
    await world.settle()
    for other in others:
        world.wires.apps[other.host] = silent
    await send(home, ann, everybody[1:], 2)
    runner = Runner(home.pumps)
    runner.start()
    try:
        while silent.asked < PLACES[Lane.UNSURE]:
            await asyncio.sleep(0.01)
        for number in (3, 4, 5):
            await send(home, ann, everybody[:1], number)
            runner.wake({"deliveries"})
            async with asyncio.timeout(20):  # they are silent for longer
                while len(peer.received) < number - 1:
                    await asyncio.sleep(0.01)
    finally:
        await runner.stop(0.1)
    assert [got.body["id"] for got in peer.received] == [f"{ann}/x/{number}" for number in (1, 3, 4, 5)]
    leases = select(peers.c.lease).where(peers.c.lease.is_not(None))
    assert await home.house.store.read(lambda c: c.execute(leases).all()) == [], "all peers were given back"


async def test_what_was_answered_before_a_stop_is_not_sent_again(world: World, home: Running, peer: Peer) -> None:
    ann, bobs = await ready(world, home, peer)
    for number in range(5):
        await send(home, ann, bobs, number)
    hanging = asyncio.Event()
    real, count = peer.__call__, [0]

    async def some(scope: Any, receive: Any, send_: Any) -> None:
        count[0] += 1
        if count[0] > 3:
            hanging.set()
            await asyncio.Event().wait()
        await real(scope, receive, send_)

    world.wires.apps[peer.host] = some
    task = asyncio.create_task(senders(home.house.federation)[1].work())
    await asyncio.wait_for(hanging.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await states(home) == ["sent"] * 3 + ["ready"] * 2
    world.wires.apps[peer.host] = peer
    await world.settle()
    assert [got.body["id"] for got in peer.received] == [f"{ann}/x/{number}" for number in range(5)]


async def test_a_peer_that_is_heard_from_is_tried_again(world: World, home: Running, peer: Peer) -> None:
    ann, bobs = await ready(world, home, peer)
    world.wires.down.add(peer.host)
    await send(home, ann, bobs)
    for _ in range(12):
        await world.settle()
        world.clock.turn(HOUR)
    world.wires.down.clear()
    for number, (ago, state) in enumerate(((MINUTE, "ready"), (HOUR, "sent"))):  # not one that was tried just now
        times = {"next_try_at": home.house.site.clock.now() + 5 * HOUR}
        times["served_at"] = home.house.site.clock.now() - ago
        await home.house.store.unit(lambda u, times=times: u.connection.execute(update(peers).values(times)))
        await world.settle()
        assert peer.received == []
        assert (await peer.post(home, peer.activity("Like", bobs[0], ann, number))).status_code == 202
        await home.house.federation.ledger.flush()
        await world.settle()
        assert await states(home) == [state]


async def test_a_peer_whose_turn_failed_in_the_middle_has_failed_once(world: World, home: Running, peer: Peer) -> None:
    ann, bobs = await ready(world, home, peer)
    for number in range(3):
        await send(home, ann, bobs, number)
    await home.house.store.unit(lambda u: u.connection.execute(update(peers).values(failures=3)))
    peer.answers = [202, 500]
    await world.settle()
    row = await row_of(home, peer.host)
    assert (row.failures, await states(home)) == (1, ["sent", "ready", "ready"])
    tries = select(delivery.c.tries).order_by(delivery.c.id)
    assert await home.house.store.read(lambda c: list(c.execute(tries).scalars())) == [1, 1, 0]


async def test_a_key_that_is_still_being_made_is_no_fault_of_the_peer(world: World, home: Running, peer: Peer) -> None:
    ann, (bob,) = await ready(world, home, peer)
    early = "https://a.example/u/7"
    await send(home, early, [bob], 1)
    await send(home, ann, [bob], 2)
    await world.settle()
    row = await row_of(home, peer.host)
    assert [one.body["id"] for one in peer.received] == [f"{ann}/x/2"]
    assert (row.failures, row.down_since, row.last_error) == (0, None, None)
    assert 0 < row.next_try_at - home.house.site.clock.now() <= 2 * SECOND
    await home.house.federation.keyring.mint(early)
    world.clock.turn(3 * SECOND)
    await world.settle()
    assert [one.body["id"] for one in peer.received] == [f"{ann}/x/2", f"{early}/x/1"]


@pytest.mark.parametrize(("failures", "at_once"), [(4, 3), (5, 1)])
async def test_who_failed_five_times_is_probed_by_one_and_served_again_once_it_answers(
    world: World, home: Running, peer: Peer, failures: int, at_once: int
) -> None:
    ann, bobs = await ready(world, home, peer)
    for number in range(3):
        await send(home, ann, bobs, number)
    await home.house.store.unit(lambda u: u.connection.execute(update(peers).values(failures=failures)))
    turns, due = await home.house.store.unit(schedule._next, [], dict.fromkeys(Lane, 5))
    assert [len(due[turn.host]) for turn in turns] == [at_once]
    await home.house.store.unit(deliveries.release_all)
    await world.settle()
    row = await row_of(home, peer.host)
    assert (await states(home), row.failures, row.down_since, row.next_try_at) == (["sent"] * 3, 0, None, None)


async def test_once_it_is_to_stop_nothing_new_is_begun(world: World, home: Running, peer: Peer) -> None:
    ann, bobs = await ready(world, home, peer)
    for number in range(3):
        await send(home, ann, bobs, number)

    async def stopping(scope: Any, receive: Any, send_: Any) -> None:
        home.house.federation.stopping.set()
        await peer(scope, receive, send_)

    world.wires.apps[peer.host] = stopping
    await world.settle()
    assert await states(home) == ["sent", "ready", "ready"]
