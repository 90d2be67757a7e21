"""Moving, both ways: believed only if both sides say so; whoever follows goes along, whoever blocks still blocks."""

from typing import Any

import pytest

from instance.clock import DAY
from instance.errors import RefusalError
from instance.people import accounts, moves
from tests.journeys.walk import follow, found, relationship, write
from tests.support.make import Member, member
from tests.support.peer import Peer
from tests.support.world import Running, World


async def _scene(world: World) -> tuple[Running, Member, Peer, str, str]:
    """Anna follows bob of old.example, who has another account at new.example."""
    a, old, new = await world.instance("a.example"), Peer(world, "old.example"), Peer(world, "new.example")
    anna = await member(a, "anna")
    await world.settle()
    bob = old.actor("bob")
    robert = new.actor("robert", number=1, alsoKnownAs=[bob])
    there = (await found(anna, "@bob@old.example"))["id"]
    await anna.post(f"/api/v1/accounts/{there}/follow", json={"reblogs": False, "notify": True})
    await world.settle()
    await _send(world, a, old, old.activity("Accept", bob, old.received[-1].body["id"]))
    old.received.clear()
    return a, anna, old, bob, robert


async def _send(world: World, a: Running, peer: Peer, *activities: dict[str, Any]) -> None:
    for activity in activities:
        assert (await peer.post(a, activity)).status_code == 202
        await world.settle()


def _sent(world: World, host: str) -> list[tuple[str, Any]]:
    app = world.wires.apps[host]
    return [(one.body["type"], one.body["object"]) for one in app.received]


async def test_followers_lists_blocks_and_mutes_go_along(world: World) -> None:
    a, anna, old, bob, robert = await _scene(world)
    bella, mia = await member(a, "bella"), await member(a, "mia")
    await world.settle()
    there = (await found(anna, "@bob@old.example"))["id"]
    listed = (await anna.post("/api/v1/lists", json={"title": "Rowing"})).json()["id"]
    await anna.post(f"/api/v1/lists/{listed}/accounts", json={"account_ids": [there]})
    await anna.post(f"/api/v1/accounts/{there}/note", json={"comment": "met on the lake"})
    await bella.post(f"/api/v1/accounts/{there}/block")
    await mia.post(f"/api/v1/accounts/{there}/mute", json={"notifications": False})
    await world.settle()
    old.received.clear()
    move = old.activity("Move", bob, bob, target=robert)
    await _send(world, a, old, move, move, {**move, "id": f"{bob}/move/again"})
    to_new = [kind for kind, _ in _sent(world, "new.example")]
    assert (to_new.count("Follow"), to_new.count("Block")) == (1, 1)
    assert [kind for kind, _ in _sent(world, "old.example")] == ["Undo"]
    new = await a.house.store.read(accounts.by_iri, robert)
    assert new is not None
    relation = await relationship(anna, str(new.id))
    assert (relation["requested"], relation["note"]) == (True, "met on the lake")
    assert not (await relationship(anna, there))["following"]
    await _send(world, a, world.wires.apps["new.example"], {  # she kept her wishes
        "@context": old.documents["/users/bob"]["@context"], "id": f"{robert}/yes", "type": "Accept", "actor": robert,
        "object": world.wires.apps["new.example"].received[-1].body["id"]
        if to_new[-1] == "Follow" else next(x.body["id"] for x in world.wires.apps["new.example"].received if x.body["type"] == "Follow"),
    })  # fmt: skip
    relation = await relationship(anna, str(new.id))
    assert (relation["following"], relation["showing_reblogs"], relation["notifying"]) == (True, False, True)
    assert (await relationship(bella, str(new.id)))["blocking"]
    muted = await relationship(mia, str(new.id))
    assert (muted["muting"], muted["muting_notifications"]) == (True, False)
    members = (await anna.get(f"/api/v1/lists/{listed}/accounts")).json()
    assert [one["id"] for one in members] == [str(new.id)]
    shown = (await anna.get(f"/api/v1/accounts/{there}")).json()
    assert shown["moved"]["acct"] == "robert@new.example"
    refused = await mia.post(f"/api/v1/accounts/{there}/follow")
    assert refused.status_code == 403


async def test_the_new_account_tells_it_and_the_old_one_agrees(world: World) -> None:
    a, _anna, old, bob, robert = await _scene(world)
    new = world.wires.apps["new.example"]
    pulled = new.activity("Move", robert, bob, target=robert)
    await _send(world, a, new, pulled)
    assert _sent(world, "new.example") == []  # the old account knows nothing of it
    old.documents["/users/bob"]["movedTo"] = robert
    await _send(world, a, new, {**pulled, "id": f"{robert}/move/2"})
    assert [kind for kind, _ in _sent(world, "new.example")] == ["Follow"]


async def test_a_move_that_the_new_account_does_not_know_of(world: World) -> None:
    a, anna, old, bob, robert = await _scene(world)
    new = world.wires.apps["new.example"]
    victim = new.actor("victim", number=2, alsoKnownAs=["https://old.example/users/other"])
    mallory = Peer(world, "evil.example")
    eve = mallory.actor("eve", number=2)
    there = (await found(anna, "@bob@old.example"))["id"]
    gone_on = new.actor("gone-on", number=2, alsoKnownAs=[bob], movedTo=victim)
    for number, activity in enumerate(
        [
            old.activity("Move", bob, bob, 1, target=victim),
            old.activity("Move", bob, bob, 2, target=gone_on),
            old.activity("Move", bob, bob, 3, target=f"{new.base}/users/nobody"),
            old.activity("Move", bob, bob, 4, target=bob),
            old.activity("Move", bob, bob, 5),
        ]
    ):
        await _send(world, a, old, activity)
        assert (await relationship(anna, there))["following"], number
    await _send(world, a, mallory, mallory.activity("Move", eve, bob, target=eve))
    await _send(world, a, mallory, mallory.activity("Move", eve, bob, 2, target=robert))
    assert (await relationship(anna, there))["following"]
    assert not any(kind == "Follow" for kind, _ in _sent(world, "new.example"))


async def test_circles_end_and_strangers_cost_nothing(world: World) -> None:
    a, anna, old, bob, robert = await _scene(world)
    new = world.wires.apps["new.example"]
    carol = old.actor("carol", number=2)
    before = len(world.wires.requests_to("new.example"))
    await _send(world, a, old, old.activity("Move", carol, carol, target=robert))  # nobody here knows carol
    assert len(world.wires.requests_to("new.example")) == before
    await _send(world, a, old, old.activity("Move", bob, bob, target=robert))
    asked = world.wires.requests_to("new.example", "GET")[before:]
    assert len(asked) <= 4
    third = new.actor("third", number=2, alsoKnownAs=[bob])
    before = len(world.wires.requests_to("new.example"))
    there = (await found(anna, "@bob@old.example"))["id"]
    await a.house.store.unit(lambda u: moves.carry(u, int(there), int(there)))
    await anna.post(f"/api/v1/accounts/{there}/mute")
    await _send(world, a, old, old.activity("Move", bob, bob, 2, target=third))
    assert (await a.house.store.read(accounts.by_iri, bob)).moved_to == robert  # type: ignore[union-attr]
    assert len(world.wires.requests_to("new.example")) == before
    world.clock.turn(8 * DAY)
    await _send(world, a, old, old.activity("Move", bob, bob, 3, target=third))
    assert (await a.house.store.read(accounts.by_iri, bob)).moved_to == third  # type: ignore[union-attr]


async def test_a_member_moves_to_another_server(world: World) -> None:
    a, b = await world.instance("a.example"), await world.instance("b.example")
    anna, ben = await member(a, "anna", public=True), await member(b, "ben")
    newer, cara = await member(b, "anna2"), await member(a, "cara")
    await world.settle()
    await follow(world, ben, "@anna@a.example")
    await follow(world, cara, "@anna@a.example")
    peer = Peer(world)
    bob = peer.actor("bob")
    iri, new_iri = f"https://a.example/u/{anna.account_id}", f"https://b.example/u/{newer.account_id}"
    await _send(world, a, peer, peer.activity("Follow", bob, iri))
    peer.received.clear()
    target = await a.house.resolver.afresh("@anna2@b.example")
    assert target is not None
    with pytest.raises(RefusalError, match="move-unknown"):
        await a.house.store.unit(moves.move, anna.account_id, target)
    await b.house.store.unit(moves.add_alias, newer.account_id, iri)
    target = await a.house.resolver.afresh("@anna2@b.example")
    assert target is not None
    await a.house.store.unit(moves.move, anna.account_id, target)
    await world.settle()
    told = [one.body for one in peer.received]
    assert [body["type"] for body in told] == ["Update", "Move"]
    assert told[0]["object"]["movedTo"] == new_iri
    assert (told[1]["actor"], told[1]["object"], told[1]["target"]) == (iri, iri, new_iri)
    for reader, handle in ((ben, "@anna2"), (cara, "@anna2@b.example")):
        there = (await found(reader, handle))["id"]
        assert (await relationship(reader, there))["following"], handle
    answer = await anna.post("/api/v1/statuses", json={"status": "still here"})
    assert (answer.status_code, "has moved to" in answer.json()["error"]) == (403, True)
    me = (await anna.get("/api/v1/accounts/verify_credentials")).json()
    assert me["moved"]["acct"] == "anna2@b.example"
    peer.received.clear()
    await _send(
        world,
        a,
        peer,
        peer.activity("Follow", bob, iri, 2),
        peer.activity("Undo", bob, peer.activity("Follow", bob, iri, 2)),
    )
    assert [one.body["type"] for one in peer.received] == ["Reject"]
    document = (await peer.get(a, iri, bob)).json()
    assert document["movedTo"] == new_iri
    with pytest.raises(RefusalError, match="moved-already"):
        await a.house.store.unit(moves.move, anna.account_id, target)
    await a.house.store.unit(moves.come_back, anna.account_id)
    await write(world, anna, "back again", visibility="public")
    with pytest.raises(RefusalError, match="move-soon"):
        await a.house.store.unit(moves.move, anna.account_id, target)


async def test_somebody_moves_to_one_of_ours(world: World) -> None:
    a, anna, old, bob, _ = await _scene(world)
    bobby = await member(a, "bobby")
    await world.settle()
    iri = f"https://a.example/u/{bobby.account_id}"
    await _send(world, a, old, old.activity("Move", bob, bob, target=iri))
    assert not (await relationship(anna, str(bobby.account_id)))["following"]
    await a.house.store.unit(moves.add_alias, bobby.account_id, bob)
    await world.settle()
    shown = (await old.get(a, iri, bob)).json()
    assert shown["alsoKnownAs"] == [bob]
    await _send(world, a, old, old.activity("Move", bob, bob, 2, target=iri))
    assert (await relationship(anna, str(bobby.account_id)))["following"]
