"""Every verb is in the one table; what is in no table is counted by kind and peer, and nothing of it is kept."""

from typing import Any

import pytest
from sqlalchemy import func, select

from federation.schema import inbox_activity, turned_away
from instance.wiring import ACTIVITIES
from tests.support.make import member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import World

VERBS = [
    *("Create", "Update", "Delete", "Undo", "Follow", "Accept", "Reject", "TentativeAccept", "TentativeReject"),
    *("Like", "EmojiReact", "Dislike", "Announce", "Block", "Flag", "Move"),
    *("Add", "Remove", "Lock", "Join", "Leave", "Invite", "Offer"),
]
UNDONE = ["Follow", "Like", "EmojiReact", "Dislike", "Announce", "Block", "Accept", "Flag", "Join"]


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_in_the_table(verb: str) -> None:
    assert any(kind == verb for kind, _ in ACTIVITIES)


@pytest.mark.parametrize("verb", UNDONE)
def test_each_that_can_be_undone_is_in_the_table(verb: str) -> None:
    assert ("Undo", verb) in ACTIVITIES


async def test_a_verb_of_the_future_is_counted_and_not_kept(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    bob = peer.actor("bob")
    for number in range(3):
        answer = await peer.post(a, peer.activity("Travel", bob, {"type": "Place", "name": "secret"}, number))
        assert answer.status_code == 202
    await peer.post(a, peer.activity("Arrive", bob, "https://peer.example/places/1"))
    await peer.post(a, peer.activity("Nul\0", bob, "https://peer.example/places/1", 2))
    await a.house.federation.ledger.flush()
    asked = select(turned_away.c.host, turned_away.c.kind, turned_away.c.number).order_by(turned_away.c.number.desc())
    rows = await a.house.store.read(lambda c: c.execute(asked.where(turned_away.c.reason == "unknown-verb")).all())
    assert [tuple(row) for row in rows][:2] == [("peer.example", "Travel", 3), ("peer.example", "Arrive", 1)]
    kept = select(func.count()).select_from(inbox_activity)
    assert await a.house.store.read(lambda connection: connection.execute(kept).scalar()) == 0


async def test_an_invitation_or_an_offer_is_declined(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna")
    await world.settle()
    bob, iri = peer.actor("bob"), f"https://a.example/u/{anna.account_id}"
    invite = peer.activity("Invite", bob, "https://peer.example/events/1", target=iri, to=[iri])
    offer = peer.activity("Offer", bob, {"type": "Follow", "actor": bob, "object": iri}, to=[iri])
    for activity in (invite, offer):
        await peer.post(a, activity)
        await world.settle()
    told = [received.body for received in peer.received]
    assert [(body["type"], body["object"]["type"], body["object"]["id"]) for body in told] == [
        ("Reject", "Invite", invite["id"]),
        ("Reject", "Offer", offer["id"]),
    ]
    await anna.post(f"/api/v1/accounts/{await _id(anna, 'bob@peer.example')}/block")
    await world.settle()
    peer.received.clear()
    await peer.post(a, peer.activity("Invite", bob, bob, 2, target=iri, to=[iri]))
    await peer.post(a, peer.activity("Invite", bob, "https://peer.example/events/1", 3, to=[PUBLIC]))
    await world.settle()
    assert peer.received == []
    reasons = select(inbox_activity.c.reason).where(inbox_activity.c.state == "ignored")
    rows = await a.house.store.read(lambda connection: connection.execute(reasons).scalars().all())
    assert rows == ["UnbelievableError: nobody here is asked"]


async def _id(who: Any, handle: str) -> str:
    found = await who.get("/api/v1/accounts/search", params={"q": handle, "resolve": "true"})
    return str(found.json()[0]["id"])


async def test_a_dislike_is_counted_and_not_shown(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    await world.settle()
    bob = peer.actor("bob")
    post = (await anna.post("/api/v1/statuses", json={"status": "Hello", "visibility": "public"})).json()
    await peer.post(a, peer.activity("Like", bob, post["uri"]))
    await world.settle()
    dislike = peer.activity("Dislike", bob, post["uri"])
    for activity in (dislike, {**dislike, "id": f"{bob}/dislike/again"}):
        await peer.post(a, activity)
        await world.settle()
    shown = (await anna.get(f"/api/v1/statuses/{post['id']}")).json()
    assert shown["favourites_count"] == 0  # it took the place of the like
    assert not any("dislike" in key for key in shown)
    assert await _dislikes(a, post["id"]) == 1
    assert [one["type"] for one in (await anna.get("/api/v1/notifications")).json()] == []
    await peer.post(a, peer.activity("Undo", bob, dislike))
    await world.settle()
    assert await _dislikes(a, post["id"]) == 0
    await peer.post(a, peer.activity("Dislike", bob, post["uri"], 3))
    await peer.post(a, peer.activity("EmojiReact", bob, post["uri"], content="🌊"))
    await world.settle()
    assert await _dislikes(a, post["id"]) == 0
    assert (await anna.get(f"/api/v1/statuses/{post['id']}")).json()["favourites_count"] == 1
    await peer.post(a, peer.activity("Undo", bob, peer.activity("EmojiReact", bob, post["uri"]), 2))
    await world.settle()
    assert (await anna.get(f"/api/v1/statuses/{post['id']}")).json()["favourites_count"] == 0


async def _dislikes(a: Any, post_id: str) -> int:
    from_row = "SELECT dislikes_count FROM post WHERE id = "
    rows = await a.house.store.read(lambda c: c.exec_driver_sql(from_row + str(int(post_id))).scalar())
    return int(rows)
