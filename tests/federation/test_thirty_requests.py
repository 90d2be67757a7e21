"""SECURITY's no. 24: what one activity may have us ask of other servers."""

from contextlib import suppress
from typing import Any

from federation.client.fetch import fetch
from federation.errors import (
    FederationError,
    GoneError,
    RefusedError,
)
from federation.inbound import arrivals
from federation.vocab.times import HOUR
from federation.vocab.types import Activity
from tests.federation.conftest import Recorder
from tests.support.peer import Peer
from tests.support.world import Running, World

BOB = "https://peer.example/users/bob"


def greedy_once(third: Peer) -> Any:
    async def gather(federation: Any, _activity: Activity) -> None:
        for number in range(4):
            with suppress(GoneError, RefusedError):
                await fetch(federation, f"{third.base}/thread/{number}")

    return gather


async def test_thirty_24_one_activity_causes_few_requests(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    third = Peer(world, "third.example")

    async def greedy(federation: Any, _activity: Activity) -> None:
        for number in range(200):
            host = "third.example" if number % 2 else "peer.example"
            try:
                await fetch(federation, f"https://{host}/thread/{number}")
            except FederationError:
                continue

    await peer.post(home, peer.activity("Create", BOB, peer.note(BOB)))
    world.wires.log.clear()
    recorder.gathers = greedy
    await world.settle()
    assert len(world.wires.log) <= 50
    assert len(world.wires.requests_to(third.host)) <= 10


async def test_thirty_24_later_tries_go_on_counting(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    """Whoever answers 503 at the end has an activity tried again; not what it asks of others on the way."""
    third = Peer(world, "third.example")

    async def greedy(federation: Any, _activity: Activity) -> None:
        for number in range(4):
            with suppress(GoneError):
                await fetch(federation, f"{third.base}/thread/{number}")
        await fetch(federation, f"{peer.base}/away")

    peer.documents["/away"] = 503
    recorder.gathers = greedy
    await peer.post(home, peer.activity("Create", BOB, peer.note(BOB)))
    for _ in range(arrivals.MOST_TRIES):
        await world.settle()
        world.clock.turn(2 * HOUR)
    assert 5 < len(world.wires.requests_to(third.host)) <= 10
    recorder.gathers, recorder.fail = greedy_once(third), 100
    await peer.post(home, peer.activity("Create", BOB, peer.note(BOB, 2), 2))
    for _ in range(arrivals.MOST_TRIES):
        await world.settle()
        world.clock.turn(2 * HOUR)
    assert len(world.wires.requests_to(third.host)) <= 20, "also where it is our side that fails"


async def test_thirty_24_the_key_counts_as_well(world: World, home: Running, peer: Peer, recorder: Recorder) -> None:
    """A key at an address that leads over somebody else's server, to an actor of one's own."""
    third = Peer(world, "third.example")
    eve = peer.actor("eve", number=1)
    document = peer.documents["/users/eve"]
    document["publicKey"] |= {"id": f"{peer.base}/key#main-key"}
    peer.documents["/key"] = (302, {"location": f"{third.base}/over"}, b"")
    third.documents["/over"] = (302, {"location": f"{third.base}/there"}, b"")
    third.documents["/there"] = (302, {"location": eve}, b"")

    async def greedy(federation: Any, _activity: Activity) -> None:
        for number in range(20):
            with suppress(GoneError, RefusedError):
                await fetch(federation, f"{third.base}/thread/{number}")

    recorder.gathers = greedy
    activity = peer.activity("Create", eve, peer.note(eve))
    assert (await peer.post(home, activity, key_id=f"{peer.base}/key#main-key")).status_code == 202
    await world.settle()
    assert len(recorder.applied) == 1
    assert 5 < len(world.wires.requests_to(third.host)) <= 10
