"""Follow and its answers in every order in which they can come: twice, late, by name only, of who is gone, anew."""

import time
from email.utils import formatdate
from typing import Any

from sqlalchemy import select

from instance.db.people import follow
from instance.people import accounts, follows
from tests.journeys.walk import found, open_group, relationship
from tests.support.make import Member, member
from tests.support.peer import Peer
from tests.support.world import Running, World


async def _three(world: World) -> tuple[Running, Member, str, Peer, str]:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna")
    await world.settle()
    return a, anna, f"https://a.example/u/{anna.account_id}", peer, peer.actor("bob")


def _told(peer: Peer) -> list[tuple[str, Any]]:
    """What the peer was told since the last look: (type, id of the object)."""
    told = [(one.body["type"], one.body["object"]) for one in peer.received]
    peer.received.clear()
    return [(kind, about["id"] if isinstance(about, dict) else about) for kind, about in told]


async def _send(world: World, a: Running, peer: Peer, *activities: dict[str, Any]) -> None:
    for activity in activities:
        answer = await peer.post(a, activity)
        assert answer.status_code == 202, answer.text
        await world.settle()


async def _followers(a: Running) -> list[tuple[str, str]]:
    rows = await a.house.store.read(lambda c: c.execute(select(follow.c.iri, follow.c.state)).all())
    return [(row.iri, row.state) for row in rows]


async def test_a_follow_that_comes_twice_is_one_and_answered_twice(world: World) -> None:
    a, anna, iri, peer, bob = await _three(world)
    first, again = peer.activity("Follow", bob, iri, 1), peer.activity("Follow", bob, iri, 2)
    await _send(world, a, peer, first, first, again)  # the last: its server lost its database
    assert _told(peer) == [("Accept", first["id"]), ("Accept", again["id"])]
    assert await _followers(a) == [(again["id"], "accepted")]
    assert (await anna.get("/api/v1/accounts/verify_credentials")).json()["followers_count"] == 1
    assert [one["type"] for one in (await anna.get("/api/v1/notifications")).json()] == ["follow"]


async def test_an_undo_that_comes_before_its_follow(world: World) -> None:
    a, _anna, iri, peer, bob = await _three(world)
    asked = peer.activity("Follow", bob, iri, 1)
    await _send(world, a, peer, peer.activity("Undo", bob, asked), asked)
    assert await _followers(a) == []
    assert _told(peer) == []
    named = peer.activity("Follow", bob, iri, 2)
    await _send(world, a, peer, peer.activity("Undo", bob, named["id"], 2), named)
    assert await _followers(a) == []
    again = peer.activity("Follow", bob, iri, 3)
    await _send(world, a, peer, again)
    assert await _followers(a) == [(again["id"], "accepted")]


async def test_a_follow_under_the_id_of_one_that_was_undone_counts_if_it_was_signed_later(world: World) -> None:
    """Misskey names every Follow of one account by another alike."""
    a, _anna, iri, peer, bob = await _three(world)
    asked = peer.activity("Follow", bob, iri, 1)
    now = time.time()
    await _sent_at(world, a, peer, now - 60, asked)
    await _sent_at(world, a, peer, now - 40, peer.activity("Undo", bob, asked))
    assert await _followers(a) == []
    await _sent_at(world, a, peer, now - 60, asked)  # a replay is older than the Undo
    assert await _followers(a) == []
    await _sent_at(world, a, peer, now - 20, asked)
    assert await _followers(a) == [(asked["id"], "accepted")]
    await _sent_at(world, a, peer, now - 10, {**peer.activity("Undo", bob, asked), "id": f"{asked['id']}/undo/2"})
    await _sent_at(world, a, peer, now - 20, asked)
    assert await _followers(a) == []


async def _sent_at(world: World, a: Running, peer: Peer, at: float, activity: dict[str, Any]) -> None:
    assert (await peer.post(a, activity, date=formatdate(at, usegmt=True))).status_code == 202
    await world.settle()


async def test_undo_and_follow_in_one_batch_in_the_wrong_order(world: World) -> None:
    a, _, iri, peer, bob = await _three(world)
    asked = peer.activity("Follow", bob, iri, 1)
    await peer.post(a, peer.activity("Undo", bob, asked))
    await peer.post(a, asked)
    await world.settle()
    assert await _followers(a) == []


async def test_nobody_takes_back_what_another_is_about_to_say(world: World) -> None:
    a, _, iri, peer, bob = await _three(world)
    mallory = peer.actor("mallory", number=1)
    asked = peer.activity("Follow", bob, iri, 1)
    await _send(world, a, peer, peer.activity("Undo", mallory, asked["id"]), asked)
    assert await _followers(a) == [(asked["id"], "accepted")]


async def test_answers_to_a_follow_that_was_taken_back(world: World) -> None:
    a, anna, _iri, peer, bob = await _three(world)
    there = (await found(anna, "@bob@peer.example"))["id"]
    await anna.post(f"/api/v1/accounts/{there}/follow")
    await world.settle()
    [first] = [one.body for one in peer.received]
    await anna.post(f"/api/v1/accounts/{there}/unfollow")
    await world.settle()
    accept = peer.activity("Accept", bob, {key: first[key] for key in ("id", "type", "actor", "object")})
    await _send(world, a, peer, accept)
    assert not (await relationship(anna, there))["following"]
    await anna.post(f"/api/v1/accounts/{there}/follow")
    await world.settle()
    await _send(world, a, peer, {**accept, "id": f"{bob}/accept/late"})
    relation = await relationship(anna, there)
    assert (relation["following"], relation["requested"]) == (False, True)  # that yes was for the first
    second = peer.received[-1].body
    await _send(world, a, peer, peer.activity("Accept", bob, second["id"], 3))
    assert (await relationship(anna, there))["following"]


async def test_an_accept_whose_follow_has_an_id_that_we_never_gave(world: World) -> None:
    a, anna, iri, peer, bob = await _three(world)
    there = (await found(anna, "@bob@peer.example"))["id"]
    await anna.post(f"/api/v1/accounts/{there}/follow")
    await world.settle()
    await _send(world, a, peer, peer.activity("Accept", bob, "https://peer.example/follows/1", 1))
    assert not (await relationship(anna, there))["following"]
    own = {"id": "https://peer.example/follows/1", "type": "Follow", "actor": iri, "object": bob}
    await _send(world, a, peer, peer.activity("Accept", bob, own, 2))
    assert (await relationship(anna, there))["following"]


async def test_a_yes_is_doubted_taken_back_and_turned_into_a_no(world: World) -> None:
    a, anna, _iri, peer, bob = await _three(world)
    there = (await found(anna, "@bob@peer.example"))["id"]
    await anna.post(f"/api/v1/accounts/{there}/follow")
    await world.settle()
    asked = {key: peer.received[0].body[key] for key in ("id", "type", "actor", "object")}
    await _send(world, a, peer, peer.activity("TentativeAccept", bob, asked))
    relation = await relationship(anna, there)
    assert (relation["following"], relation["requested"]) == (False, True)
    accept = peer.activity("Accept", bob, asked)
    await _send(world, a, peer, accept, peer.activity("TentativeReject", bob, asked))
    assert (await relationship(anna, there))["following"]
    await _send(world, a, peer, peer.activity("Undo", bob, accept))
    relation = await relationship(anna, there)
    assert (relation["following"], relation["requested"]) == (False, True)
    counts = (await anna.get("/api/v1/accounts/verify_credentials")).json()
    assert counts["following_count"] == 0
    await _send(
        world, a, peer, peer.activity("Accept", bob, asked["id"], 2), peer.activity("Reject", bob, asked["id"], 3)
    )
    relation = await relationship(anna, there)
    assert (relation["following"], relation["requested"]) == (False, False)


async def test_who_is_gone_says_no(world: World) -> None:
    a, anna, iri, peer, bob = await _three(world)
    await a.house.store.unit(accounts.delete, anna.account_id)
    await world.settle()
    asked = peer.activity("Follow", bob, iri)
    await _send(world, a, peer, asked, peer.activity("Follow", bob, "https://a.example/u/12345", 2))
    assert _told(peer) == [("Reject", asked["id"])]
    assert await _followers(a) == []


async def test_the_application_and_somebody_who_blocks_say_no(world: World) -> None:
    a, anna, iri, peer, bob = await _three(world)
    there = (await found(anna, "@bob@peer.example"))["id"]
    await anna.post(f"/api/v1/accounts/{there}/block")
    await world.settle()
    peer.received.clear()
    asked, of_the_application = (
        peer.activity("Follow", bob, iri),
        peer.activity("Follow", bob, "https://a.example/actor", 2),
    )
    await _send(world, a, peer, asked, of_the_application)
    assert _told(peer) == [("Reject", asked["id"]), ("Reject", of_the_application["id"])]


async def test_a_group_is_joined_and_left(world: World) -> None:
    a, _anna, iri, peer, bob = await _three(world)
    group_id = await open_group(a, "lake")
    await world.settle()
    group = await a.house.store.read(accounts.by_id, group_id)
    assert group is not None
    join = peer.activity("Join", bob, group.iri)
    await _send(world, a, peer, join)
    [accept] = [one.body for one in peer.received]
    assert (accept["type"], accept["object"]["type"], accept["object"]["id"]) == ("Accept", "Join", join["id"])
    assert len(await a.house.store.read(follows.followers, group_id)) == 1
    await _send(world, a, peer, peer.activity("Leave", bob, group.iri))
    assert await a.house.store.read(follows.followers, group_id) == []
    again = peer.activity("Join", bob, group.iri, 2)
    await _send(world, a, peer, again, peer.activity("Undo", bob, again))
    assert await a.house.store.read(follows.followers, group_id) == []
    peer.received.clear()
    of_a_person = peer.activity("Join", bob, iri, 3)
    await _send(world, a, peer, of_a_person)
    assert _told(peer) == [("Reject", of_a_person["id"])]
