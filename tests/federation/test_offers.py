"""Offers that come without end, from one server or from many, or of things that nobody knows: no table fills, nobody is bothered."""

from typing import Any

import pytest
from sqlalchemy import func, select

from federation.schema import inbox_activity
from instance.agreements import agreements
from instance.db.agreements import agreement
from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.support.make import member
from tests.support.peer import Peer
from tests.support.pretend_skerry import DAY, PretendSkerry
from tests.support.world import Running, World

JSON = {"Accept": "application/activity+json"}


async def _kept(running: Running) -> list[tuple[str, str]]:
    asked = select(agreement.c.host, agreement.c.state).order_by(agreement.c.id)
    return [tuple(row) for row in await running.house.store.read(lambda c: c.execute(asked).all())]


async def _offers(world: World, a: Running, peer: PretendSkerry, number: int = 1) -> dict[str, Any]:
    policy = (await a.client.get("/policy", headers=JSON)).json()
    offer = peer.offer(a, policy, number)
    assert (await peer.peer.post(a, offer)).status_code == 202
    await world.settle()
    return offer


async def test_who_offers_and_takes_back_without_end_leaves_one(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    for number in range(1, 4):
        offer = await _offers(world, a, peer, number)
        assert await _kept(a) == [(peer.host, "received")]
        undone = {"id": offer["id"], "type": "Offer", "actor": peer.application}
        await peer.peer.post(a, peer.activity("Undo", undone, f"undo-{number}", offer["actor"]))
        await world.settle()
        assert await _kept(a) == [(peer.host, "ended")]


async def test_what_a_steward_has_answered_stays(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    for number, answer in enumerate((agreements.reject, agreements.accept), 1):
        await _offers(world, a, peer, number)
        newest = await a.house.store.read(lambda c: c.execute(select(func.max(agreement.c.id))).scalar_one())
        await a.house.store.unit(lambda u, answer=answer, newest=newest: answer(u, newest, by="ada"))
    await _offers(world, a, peer, 3)
    assert [state for _, state in await _kept(a)] == ["rejected", "accepted", "received"]


async def test_strangers_without_number_find_no_room_and_those_of_a_rule_do(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreements, "MOST_WAITING", 2)
    a = await world.instance()
    peers = [PretendSkerry(world, f"h{number}.example") for number in range(4)]
    for peer in peers[:3]:
        await _offers(world, a, peer)
    assert await _kept(a) == [("h0.example", "received"), ("h1.example", "received")]
    await a.house.store.unit(set_stance, "h3.example", Stance.ALLOWED)
    await _offers(world, a, peers[3])
    assert ("h3.example", "received") in await _kept(a)
    world.clock.turn(51 * DAY)
    peers[2].publish()
    await _offers(world, a, peers[2], 2)
    assert await _kept(a) == [("h2.example", "received")]  # those of before have run out


UNKNOWN: list[Any] = [
    "https://peer.example/things/1",
    {"type": "Coat", "id": "https://peer.example/things/2", "name": "A coat"},
    {"type": ["FederationAgreement"]},
    {"type": "FederationAgreement", "id": 7, "assigner": [], "assignee": {}, "validUntil": "soon"},
    {"type": "Offer", "object": {"type": "Offer", "object": {"type": "Offer"}}},
    {},
    [],
]


async def test_offers_of_unknown_things_are_dropped(world: World) -> None:
    a, peer = await world.instance(), Peer(world)
    anna = await member(a, "anna")
    await world.settle()
    bob, application = peer.actor("bob"), peer.actor("app", kind="Application", number=1)
    number = 0
    for actor in (bob, application):
        for about in UNKNOWN:
            for to in ([], ["https://a.example/actor"], ["https://a.example/u/7"]):
                number += 1
                answer = await peer.post(a, peer.activity("Offer", actor, about, number, to=to), signer=actor)
                assert answer.status_code in {202, 400}, about
    await world.settle()
    assert await _kept(a) == []
    assert peer.received == []
    kept = select(inbox_activity.c.state, inbox_activity.c.body).distinct()
    rows = {tuple(row) for row in await a.house.store.read(lambda c: c.execute(kept).all())}
    assert rows == {("ignored", None), ("done", None)}  # nothing is tried again, and no body is kept
    assert (await anna.get("/api/v1/notifications")).json() == []
