"""Who waits for want of a policy is asked for it: in a job, seldom, nobody else; and what was held goes on when it satisfies."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from federation.remote.policies import FoundPolicy
from federation.schema import inbox_activity
from instance.agreements import rows, strangers, trust
from instance.clock import DAY, HOUR, MINUTE
from instance.db.people import account
from instance.policy.adopt import adopt
from policies.document import PolicyDocument
from policies.leaving import Requirement
from policies.peers import Stance
from policies.presets import preset
from policies.purposes import Assurance
from policies.sections import PeerRule
from tests.support.make import Member, member
from tests.support.peer import Peer
from tests.support.pretend_skerry import PretendSkerry
from tests.support.world import Running, World

MATCH = PolicyDocument(
    "m",
    Stance.HELD,
    {"bad.example": PeerRule(Stance.BLOCKED), "slow.example": PeerRule(Stance.HELD)},
    meeting=Stance.ALLOWED,
    requirement=Requirement(assurance=Assurance.CLAIMED, erasure_within=72),
)
HOST = "liar.example"


@pytest.fixture
async def a(world: World) -> Running:
    running = await world.instance("a.example")
    await running.house.store.unit(adopt, MATCH, "steward")
    return running


@pytest.fixture
async def ana(world: World, a: Running) -> Member:
    made = await member(a, "ana", public=True)
    await world.settle()
    return made


async def knock(a: Running, ana: Member, peer: Peer, number: int = 1) -> str:
    """Somebody there asks to follow ana; who."""
    iri = f"{peer.base}/users/bob"
    if iri not in peer.keys:
        peer.actor("bob")
    follow = peer.activity("Follow", iri, f"https://a.example/u/{ana.account_id}", number)
    assert (await peer.post(a, follow)).status_code == 202
    return iri


async def followers(ana: Member) -> list[str]:
    shown = (await ana.get(f"/api/v1/accounts/{ana.account_id}/followers")).json()
    return [one["acct"] for one in shown]


async def held(a: Running) -> list[str]:
    asked = select(inbox_activity.c.host).where(inbox_activity.c.state == "held").order_by(inbox_activity.c.host)
    return await a.house.store.read(lambda c: list(c.execute(asked).scalars()))


def paths(world: World, host: str) -> list[str]:
    """What was asked of a host, but for the key of who signed."""
    return [urlsplit(url).path for url in world.wires.requests_to(host, "GET") if "/users/bob" not in url]


async def test_it_is_asked_and_gets_in(world: World, a: Running, ana: Member) -> None:
    there = PretendSkerry(world)
    await knock(a, ana, there.peer)
    assert await held(a) == [HOST]
    assert paths(world, HOST) == []  # never in the request
    await world.settle()
    assert await held(a) == []
    assert await followers(ana) == [f"bob@{HOST}"]
    assert [one.body["type"] for one in there.peer.received] == ["Accept"]
    handle = "/.well-known/webfinger"  # is asked of whoever is let in
    assert set(paths(world, HOST)) == {"/", "/.well-known/nodeinfo", "/users/app", "/policy", handle}
    signed = [line for line in world.wires.log if line[2] == there.iri]
    assert len(signed) == 1


async def test_who_promises_too_little_waits_on_and_is_not_asked_again_and_again(
    world: World, a: Running, ana: Member
) -> None:
    there, plain = PretendSkerry(world), Peer(world, "plain.example")
    there.publish(erasureWithin="PT100H")
    for number in (1, 2, 3):
        for peer in (there.peer, plain):
            await knock(a, ana, peer, number)
        await world.settle()
    assert paths(world, HOST).count("/policy") == 1
    assert paths(world, plain.host).count("/") == 1
    assert await held(a) == [HOST] * 3 + [plain.host] * 3
    known = {host: await a.house.store.read(rows.trust_of, host) for host in (HOST, plain.host)}
    assert (known[HOST].fault, known[plain.host].fault) == (None, "absent")
    assert known[plain.host].look_at is None
    await a.house.store.unit(strangers.ask_who_waits)
    world.clock.turn(HOUR - MINUTE)
    await knock(a, ana, plain, 4)
    await a.house.store.unit(trust.look_again)
    await world.settle()
    assert paths(world, plain.host).count("/") == 1
    world.clock.turn(2 * MINUTE)
    await knock(a, ana, plain, 5)
    there.publish()
    await knock(a, ana, there.peer, 5)
    await world.settle()
    assert paths(world, plain.host).count("/") == 2
    assert await held(a) == [plain.host] * 5
    assert await followers(ana) == [f"bob@{HOST}"]


async def test_nobody_else_is_asked(world: World, a: Running, ana: Member) -> None:
    hosts = ("bad.example", "sub.bad.example", "slow.example")
    peers = [Peer(world, host) for host in hosts]
    for peer in peers:
        await knock(a, ana, peer)
        await ana.get("/api/v2/search", params={"q": f"@bob@{peer.host}", "resolve": "true"})
    for mode in (preset("open"), preset("allowlist"), preset("closed"), replace(MATCH, requirement=Requirement())):
        if mode.requirement.asks or mode.meeting is Stance.BLOCKED:
            await a.house.store.unit(adopt, mode, "steward")
        other = Peer(world, f"{mode.name}.example")
        await knock(a, ana, other)
        await world.settle()
        await a.house.store.unit(strangers.ask_who_waits)
        await world.settle()
        assert [path for path in paths(world, other.host) if path in {"/", "/policy", "/.well-known/nodeinfo"}] == []
    assert {host: paths(world, host) for host in hosts} == {
        "bad.example": [],
        "sub.bad.example": [],
        "slow.example": ["/.well-known/webfinger"],  # its handle, once everybody was let in
    }


async def test_only_so_many_an_hour_and_the_others_later(
    world: World, a: Running, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "MOST_AN_HOUR", 2)
    peers = [Peer(world, f"s{number}.example") for number in range(5)]
    for peer in peers:
        await knock(a, ana, peer)
    await world.settle()
    assert [len(paths(world, peer.host)) > 0 for peer in peers] == [True, True, False, False, False]
    for number, expected in ((1, 4), (2, 5)):
        world.clock.turn(HOUR + number)
        await a.house.store.unit(strangers.ask_who_waits)
        await world.settle()
        assert sum(len(paths(world, peer.host)) > 0 for peer in peers) == expected
    assert [paths(world, peer.host).count("/") for peer in peers] == [1] * 5


@pytest.mark.parametrize("query", ["@bob@{host}", "https://{host}/users/bob", "https://{host}/users/bob/statuses/1"])
async def test_a_search_asks_too(world: World, a: Running, ana: Member, query: str) -> None:
    there = PretendSkerry(world)
    bob = there.peer.actor("bob")
    there.peer.note(bob, 1)
    asked = {"q": query.format(host=HOST), "resolve": "true"}
    first: dict[str, Any] = (await ana.get("/api/v2/search", params=asked)).json()
    assert not first["accounts"] + first["statuses"]
    assert world.wires.requests_to(HOST) == []
    await world.settle()
    assert set(paths(world, HOST)) == {"/", "/.well-known/nodeinfo", "/users/app", "/policy"}
    again = (await ana.get("/api/v2/search", params=asked)).json()
    assert len(again["accounts"] + again["statuses"]) == 1


async def test_strangers_are_forgotten(world: World, a: Running, ana: Member) -> None:
    plain, there = Peer(world, "plain.example"), PretendSkerry(world)
    for peer in (plain, there.peer):
        await knock(a, ana, peer)
    await world.settle()
    world.clock.turn(strangers.KEPT - DAY)
    assert await a.house.store.unit(strangers.forget) == 0
    world.clock.turn(2 * DAY)
    assert await a.house.store.unit(strangers.forget) == 1
    assert await a.house.store.read(rows.known_hosts) == [HOST]


async def test_it_comes_back_in_sight_when_it_promises_enough(world: World, a: Running, ana: Member) -> None:
    there = PretendSkerry(world)
    bob = await knock(a, ana, there.peer)
    await world.settle()
    limited = select(account.c.limited).where(account.c.iri == bob)
    for document in (replace(MATCH, requirement=Requirement(assurance=Assurance.AGREED)), MATCH):
        await a.house.store.unit(adopt, document, "steward")
        asks_more = document is not MATCH
        assert await a.house.store.read(lambda c: c.execute(limited).scalar()) is asks_more
    await a.house.store.unit(trust.keep, HOST, FoundPolicy("absent"))
    assert await a.house.store.read(lambda c: c.execute(limited).scalar()) is True
    await a.house.store.unit(trust.want, HOST)
    await world.settle()
    assert await a.house.store.read(lambda c: c.execute(limited).scalar()) is False
