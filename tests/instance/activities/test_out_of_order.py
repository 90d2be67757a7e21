"""Every activity twice, late and in the wrong order: what was taken back before it came has no effect, for its actor only."""

from itertools import permutations
from typing import Any

import pytest

from instance.clock import DAY, HOUR, iso
from tests.journeys.walk import found, home, relationship, texts, write
from tests.support.make import Member, member
from tests.support.peer import Peer
from tests.support.world import Running, World


async def _scene(world: World) -> tuple[Running, Member, Peer, str]:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    await world.settle()
    return a, anna, peer, peer.actor("bob")


async def _send(world: World, a: Running, peer: Peer, *activities: dict[str, Any], apart: bool = True) -> None:
    for activity in activities:
        assert (await peer.post(a, activity)).status_code == 202
        if apart:
            await world.settle()
    await world.settle()


async def _follows(world: World, anna: Member, peer: Peer, a: Running) -> None:
    there = (await found(anna, "@bob@peer.example"))["id"]
    await anna.post(f"/api/v1/accounts/{there}/follow")
    await world.settle()
    await _send(world, a, peer, peer.activity("Accept", f"{peer.base}/users/bob", peer.received[-1].body["id"], "yes"))


def _created(peer: Peer, bob: str, number: int = 1, **terms: Any) -> dict[str, Any]:
    note = peer.note(bob, number, **terms)
    return peer.activity("Create", bob, note, number, to=note["to"], cc=note["cc"])


@pytest.mark.parametrize("apart", [True, False])
async def test_a_delete_before_its_create(world: World, apart: bool) -> None:
    a, anna, peer, bob = await _scene(world)
    await _follows(world, anna, peer, a)
    create = _created(peer, bob)
    gone = peer.activity("Delete", bob, {"id": create["object"]["id"], "type": "Tombstone"})
    await _send(world, a, peer, gone, create, apart=apart)
    assert await home(anna) == []
    update = peer.activity("Update", bob, {**create["object"], "updated": "2026-11-22T11:00:00Z"}, to=create["to"])
    await _send(world, a, peer, update)
    assert await home(anna) == []
    mallory = peer.actor("mallory", number=1)
    await _send(world, a, peer, peer.activity("Delete", mallory, f"{bob}/statuses/2"), _created(peer, bob, 2))
    assert len(await home(anna)) == 1  # it was not hers to delete


async def test_a_delete_before_the_create_of_a_stranger_who_names_somebody(world: World) -> None:
    a, anna, peer, bob = await _scene(world)
    iri = f"https://a.example/u/{anna.account_id}"
    create = _created(peer, bob, cc=[iri], tag=[{"type": "Mention", "href": iri, "name": "@anna"}])
    await _send(world, a, peer, _created(peer, bob, 9, to=[], cc=[]))  # so that its server is known
    await _send(world, a, peer, peer.activity("Delete", bob, create["object"]["id"]), create)
    assert (await anna.get("/api/v1/notifications")).json() == []


@pytest.mark.parametrize("apart", [True, False])
async def test_an_update_before_its_create(world: World, apart: bool) -> None:
    a, anna, peer, bob = await _scene(world)
    await _follows(world, anna, peer, a)
    now = world.clock.now()
    created = _created(peer, bob, content="<p>old</p>", published=iso(now - HOUR))
    news = {**created["object"], "content": "<p>new</p>", "updated": iso(now)}
    update = peer.activity("Update", bob, news, to=created["to"], cc=created["cc"])
    await _send(world, a, peer, update, created, apart=apart)
    assert texts(await home(anna)) == ["new"]
    old = peer.note(bob, 2, published=iso(now - 40 * DAY), updated=iso(now))
    await _send(world, a, peer, peer.activity("Update", bob, old, 2, to=old["to"]))
    assert texts(await home(anna)) == ["new"]  # news of long ago are none of our business


async def test_updates_in_the_wrong_order_and_twice(world: World) -> None:
    a, anna, peer, bob = await _scene(world)
    await _follows(world, anna, peer, a)
    created = _created(peer, bob, content="<p>first</p>")
    changes = []
    for number, words in enumerate(["second", "third"]):
        note = {**created["object"], "content": f"<p>{words}</p>", "updated": f"2026-11-21T11:0{number}:00Z"}
        changes.append(peer.activity("Update", bob, note, number, to=created["to"]))
    await _send(world, a, peer, created, changes[1], changes[0], changes[1])
    [status] = await home(anna)
    assert texts([status]) == ["third"]
    assert len((await anna.get(f"/api/v1/statuses/{status['id']}/history")).json()) == 2


@pytest.mark.parametrize("kind", ["Like", "Dislike", "EmojiReact", "Announce"])
async def test_an_undo_before_its_mark(world: World, kind: str) -> None:
    a, anna, peer, bob = await _scene(world)
    post = await write(world, anna, "Hello", visibility="public")
    for number, named in enumerate((False, True)):
        mark = peer.activity(kind, bob, post["uri"], number)
        undo = peer.activity("Undo", bob, mark["id"] if named else mark, number)
        for order in ((undo, mark), (mark, undo, mark, undo)):
            await _send(world, a, peer, *order)
            shown = (await anna.get(f"/api/v1/statuses/{post['id']}")).json()
            assert (shown["favourites_count"], shown["reblogs_count"]) == (0, 0)
    assert (await anna.get("/api/v1/notifications")).json() == []


async def test_marks_that_come_twice_count_once(world: World) -> None:
    a, anna, peer, bob = await _scene(world)
    post = await write(world, anna, "Hello", visibility="public")
    for kind in ("Like", "Announce"):
        for number in (1, 2, 1):
            await _send(world, a, peer, peer.activity(kind, bob, post["uri"], number))
    shown = (await anna.get(f"/api/v1/statuses/{post['id']}")).json()
    assert (shown["favourites_count"], shown["reblogs_count"]) == (1, 1)
    await _send(world, a, peer, peer.activity("Undo", bob, peer.activity("Announce", bob, post["uri"], 1)))
    shown = (await anna.get(f"/api/v1/statuses/{post['id']}")).json()
    assert shown["reblogs_count"] == 0


async def test_blocks_in_every_order(world: World) -> None:
    a, anna, peer, bob = await _scene(world)
    iri = f"https://a.example/u/{anna.account_id}"
    there = (await found(anna, "@bob@peer.example"))["id"]
    for number, order in enumerate(permutations(("block", "undo"))):
        block = peer.activity("Block", bob, iri, number)
        made = {"block": block, "undo": peer.activity("Undo", bob, block, number)}
        await _send(world, a, peer, *(made[step] for step in order))
        assert not (await relationship(anna, there))["blocked_by"]
    block = peer.activity("Block", bob, iri, "last")
    await _send(world, a, peer, block, {**block, "id": f"{bob}/block/twice"})
    assert (await relationship(anna, there))["blocked_by"]


async def test_undoing_what_nothing_was_made_of_undoes_nothing_else(world: World) -> None:
    a, anna, peer, bob = await _scene(world)
    iri = f"https://a.example/u/{anna.account_id}"
    await _send(world, a, peer, peer.activity("Follow", bob, iri))
    offer = peer.activity("Offer", bob, iri)
    for number, undone in enumerate((offer, {**offer, "type": "Lock"}, {"type": "Thing", "object": iri, "actor": bob})):
        await _send(world, a, peer, peer.activity("Undo", bob, undone, number))
    there = (await found(anna, "@bob@peer.example"))["id"]
    assert (await relationship(anna, there))["followed_by"]


async def test_a_profile_does_not_come_back_after_its_farewell(world: World) -> None:
    a, anna, peer, bob = await _scene(world)
    await _follows(world, anna, peer, a)
    await _send(world, a, peer, _created(peer, bob), peer.activity("Delete", bob, bob))
    assert await home(anna) == []
    person = {name: value for name, value in peer.documents["/users/bob"].items() if name != "@context"}
    await _send(world, a, peer, peer.activity("Update", bob, person), _created(peer, bob, 2))
    assert await home(anna) == []
    search = await anna.get("/api/v1/accounts/search", params={"q": "@bob@peer.example"})
    assert search.json() == []
