"""An inbox takes what is signed, stores it before it says so, processes it once; and says briefly what is wrong."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select

from federation.errors import GoneError, UnreachableError
from federation.inbound import arrivals, turns
from federation.inbound.arrivals import Arrival
from federation.inbound.process import waves
from federation.schema import inbox_activity
from instance.clock import HOUR
from tests.federation.conftest import Recorder
from tests.support.peer import Peer
from tests.support.world import Running, World

BOB = "https://peer.example/users/bob"


async def rows(home: Running) -> list[Any]:
    return await home.house.store.read(lambda c: list(c.execute(select(inbox_activity).order_by("id")).all()))


async def test_a_signed_create_is_stored_then_processed_and_its_body_erased(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    answer = await peer.post(home, peer.activity("Create", BOB, peer.note(BOB)))
    assert (answer.status_code, answer.content) == (202, b"")
    (row,) = await rows(home)
    assert (row.state, row.host, row.actor, row.kind) == ("received", "peer.example", BOB, "Create")
    assert recorder.applied == []
    await world.settle()
    assert [activity.object_id for activity in recorder.applied] == [f"{BOB}/statuses/1"]
    (row,) = await rows(home)
    assert (row.state, row.body, row.lease) == ("done", None, None)


@pytest.mark.parametrize("path", ["/inbox", "/actor/inbox", "/u/1/inbox", "/g/none/inbox"])
async def test_every_inbox_is_the_same(home: Running, peer: Peer, path: str) -> None:
    answer = await peer.post(home, peer.activity("Like", BOB, "https://a.example/u/1/p/2"), path)
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b"[" * 5000 + b"]" * 5000, 400),
        (b'{"@context":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", 400),
        (b'{"a":[' + b"1," * 30_000 + b"1]}", 400),
        (b'"' + b'\\"' * 300_000, 400),
        (json.dumps({"@context": "https://www.w3.org/ns/activitystreams", "type": "Create"}).encode(), 400),
        (b" " * 1_000_001, 413),
    ],
)
async def test_malformed_bodies_are_told_so(home: Running, peer: Peer, body: bytes, status: int) -> None:
    answer = await peer.post(home, None, signer=BOB, body=body)
    assert answer.status_code == status
    assert 0 < len(answer.text) < 100
    assert await rows(home) == []


async def test_other_content_types_are_refused(home: Running, peer: Peer) -> None:
    activity = peer.activity("Create", BOB, peer.note(BOB))
    for kind, status in [("text/plain", 415), ("application/json", 202), ("application/ld+json; profile=x", 202)]:
        assert (await peer.post(home, activity, type=kind)).status_code == status


async def test_unknown_verbs_are_answered_and_not_kept(home: Running, peer: Peer) -> None:
    assert (await peer.post(home, peer.activity("Frobnicate", BOB, "x:y"))).status_code == 202
    assert await rows(home) == []


async def test_one_that_fails_is_tried_again_then_put_aside(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    recorder.fail = 100
    for number in range(3):
        await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", number))
    for _ in range(arrivals.MOST_TRIES + 1):
        await world.settle()
        world.clock.turn(2 * HOUR)
    found = await rows(home)
    assert [(row.state, row.tries) for row in found] == [("dead", 5)] * 3
    assert all(row.reason.startswith("ValueError at apply:") for row in found)  # type and place, and no words
    assert all(row.body for row in found)
    recorder.fail = 0
    await home.house.store.unit(arrivals.retry_dead)
    await world.settle()
    assert [row.state for row in await rows(home)] == ["done"] * 3


async def test_one_bad_apple_does_not_spoil_the_batch(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    for number in range(5):
        await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", number))
    recorder.fail = 2  # once in the batch, once alone
    await world.settle()
    assert sorted(row.state for row in await rows(home)) == ["done"] * 4 + ["received"]


async def test_a_self_delete_of_a_stranger_is_answered_without_a_look(home: Running, peer: Peer) -> None:
    gone = f"{peer.base}/users/gone"
    peer.keys[gone] = peer.keys[BOB]
    assert (await peer.post(home, peer.activity("Delete", gone, gone))).status_code == 202
    assert await rows(home) == []
    assert peer.world.wires.log == []


async def test_a_silent_key_host_is_for_later(world: World, home: Running, peer: Peer) -> None:
    world.wires.down.add(peer.host)
    answer = await peer.post(home, peer.activity("Like", BOB, "https://a.example/x"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert await rows(home) == []


async def test_many_arrivals_share_few_transactions(home: Running, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", "first"))
    units: list[int] = []
    original = home.house.federation.arrivals._write

    def counted(u: Any, batch: list[dict[str, Any]]) -> None:
        units.append(len(batch))
        original(u, batch)

    monkeypatch.setattr(home.house.federation.arrivals, "_write", counted)
    sent = (peer.post(home, peer.activity("Like", BOB, "https://a.example/x", n)) for n in range(30))
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {202}
    assert sum(units) == 30
    assert len(units) < 15


async def test_accepting_costs_one_statement(home: Running, peer: Peer) -> None:
    """Key and policy are at hand: one look at the policy's version on the driver, one insert for all that wait."""
    await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", "first"))
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    for engine in home.house.store.engines:
        event.listen(engine, "before_cursor_execute", count)
    before = home.house.store.hot_count
    await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", "second"))
    for engine in home.house.store.engines:
        event.remove(engine, "before_cursor_execute", count)
    assert len(statements) == 1, statements
    assert statements[0].startswith("INSERT INTO inbox_activity")
    assert home.house.store.hot_count - before <= 2


async def test_what_can_not_be_fetched_now_is_tried_again(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    silent = [UnreachableError("third.example took too long"), GoneError("third.example says no", 404), None]

    async def gather(_federation: Any, _activity: Any) -> None:
        error = silent.pop(0)
        if error is not None:
            raise error

    recorder.gathers = gather
    await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", 1))
    await world.settle()
    (row,) = await rows(home)
    assert (row.state, row.reason) == ("received", "UnreachableError: third.example took too long")
    world.clock.turn(HOUR)
    await world.settle()
    (row,) = await rows(home)
    assert (row.state, row.reason, row.body) == ("ignored", "GoneError: third.example says no", None)
    await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", 2))
    await world.settle()
    assert [row.state for row in await rows(home)] == ["ignored", "done"]


def test_what_depends_on_what_came_before_waits_for_it() -> None:
    def arrivals_of(*given: tuple[str, str]) -> list[Arrival]:
        return [Arrival(number, "h", actor, kind, b"", 0) for number, (actor, kind) in enumerate(given)]

    def kinds(*given: tuple[str, str]) -> list[list[str]]:
        return [[one.actor + one.kind for one in wave] for wave in waves(arrivals_of(*given))]

    assert kinds(("a", "Create"), ("a", "Create"), ("b", "Like"), ("a", "Announce")) == [
        ["aCreate", "aCreate", "bLike", "aAnnounce"]
    ]
    assert kinds(("a", "Accept"), ("a", "Create")) == [["aAccept"], ["aCreate"]]
    assert kinds(("a", "Create"), ("b", "Delete"), ("a", "Update"), ("a", "Delete")) == [
        ["aCreate", "bDelete"],
        ["aUpdate"],
        ["aDelete"],
    ]


async def test_who_has_lost_its_lease_settles_nothing(world: World, home: Running, peer: Peer) -> None:
    """Another process has taken the activity up meanwhile; tries come later and later."""
    unit = home.house.store.unit
    await peer.post(home, peer.activity("Like", peer.actor("bob"), "https://a.example/x"))
    mine = await unit(turns.claim, 5)
    number = mine.arrivals[0].id
    assert (await unit(turns.claim, 5)).arrivals == []
    world.clock.turn(turns.LEASE + 1)
    theirs = await unit(turns.claim, 5)
    with pytest.raises(arrivals.LeaseLostError):
        await unit(arrivals.done, mine.lease, {number: ""})
    waits = select(inbox_activity.c.next_try_at)
    for tries, seconds in ((1, 10), (2, 60), (3, 600), (4, 3600)):
        now = home.house.site.clock.now()
        await unit(arrivals.failed, theirs.lease, replace(theirs.arrivals[0], tries=tries), "x")
        at = await home.house.store.read(lambda c: c.execute(waits).scalar_one())
        assert 0 <= at - now - seconds * 1000 < 5000
        world.clock.turn(seconds * 1000 + 5000)
        theirs = await unit(turns.claim, 5)
    await unit(arrivals.done, theirs.lease, {number: ""})
