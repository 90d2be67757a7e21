"""Leaving: an account that is deleted or suspended is told to everyone who knew it, each server once, and to nobody else."""

from typing import Any

from sqlalchemy import func, select, update

from federation.schema import peer as peer_table
from instance.db.content import favourite, post
from instance.db.people import account, follow
from instance.db.reading import notification
from instance.people import accounts
from tests.journeys.walk import found, home, open_group, relationship, write
from tests.support.make import Member, member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World


async def _anna(world: World) -> tuple[Running, Member, str]:
    a = await world.instance("a.example")
    anna = await member(a, "anna", public=True)
    await world.settle()
    return a, anna, f"https://a.example/u/{anna.account_id}"


async def _send(world: World, a: Running, peer: Peer, *activities: dict[str, Any]) -> None:
    for activity in activities:
        assert (await peer.post(a, activity)).status_code == 202
        await world.settle()


def _heard(peer: Peer, kind: str) -> list[dict[str, Any]]:
    return [one.body for one in peer.received if one.body["type"] == kind]


async def test_everyone_who_knew_her_is_told_once_and_nobody_else(world: World) -> None:
    a, anna, iri = await _anna(world)
    group_id = await open_group(a, "lake")
    await world.settle()
    hosts = (
        "follows",
        "followed",
        "likes",
        "boosts",
        "replies",
        "named",
        "names",
        "liked",
        "blocked",
        "reads-the-group",
    )
    peers = {name: Peer(world, f"{name}.example") for name in hosts}
    who = {name: peers[name].actor("bob", number=1) for name in hosts}
    stranger = Peer(world, "stranger.example", shared_inbox=False)
    known_here = stranger.actor("bob")
    await found(anna, "@bob@stranger.example")
    mine = await write(world, anna, "Hello", visibility="public")
    lake = await a.house.store.read(accounts.by_id, group_id)
    assert lake is not None
    await _send(world, a, peers["follows"], peers["follows"].activity("Follow", who["follows"], iri))
    second = peers["follows"].actor("second", number=2)
    await _send(world, a, peers["follows"], peers["follows"].activity("Follow", second, iri))
    await _send(world, a, peers["likes"], peers["likes"].activity("Like", who["likes"], mine["uri"]))
    await _send(world, a, peers["boosts"], peers["boosts"].activity("Announce", who["boosts"], mine["uri"]))
    answer = peers["replies"].note(who["replies"], 1, inReplyTo=mine["uri"])
    await _send(world, a, peers["replies"], peers["replies"].activity("Create", who["replies"], answer, to=[PUBLIC]))
    tag = [{"type": "Mention", "href": iri, "name": "@anna@a.example"}]
    naming = peers["names"].note(who["names"], 1, tag=tag, cc=[iri])
    await _send(
        world, a, peers["names"], peers["names"].activity("Create", who["names"], naming, to=[PUBLIC], cc=[iri])
    )
    reading = peers["reads-the-group"]
    await _send(world, a, reading, reading.activity("Follow", who["reads-the-group"], lake.iri))
    there = {
        name: (await found(anna, f"@bob@{name}.example"))["id"] for name in ("followed", "named", "liked", "blocked")
    }
    await anna.post(f"/api/v1/accounts/{there['followed']}/follow")
    await anna.post(f"/api/v1/accounts/{there['blocked']}/block")
    await anna.post(f"/api/v1/accounts/{lake.id}/follow")
    await write(world, anna, "@bob@named.example hello", visibility="direct")
    await write(world, anna, "@lake about boats", visibility="public")
    theirs = peers["liked"].note(who["liked"], 1)
    search = await anna.get("/api/v2/search", params={"q": theirs["id"], "resolve": "true", "type": "statuses"})
    await anna.post(f"/api/v1/statuses/{search.json()['statuses'][0]['id']}/favourite")
    await world.settle()
    for one in peers.values():
        one.received.clear()
    await a.house.store.unit(accounts.delete, anna.account_id)
    await world.settle()
    for name, one in peers.items():
        deletes = [body for body in _heard(one, "Delete") if body["actor"] == iri]
        assert [body["object"] for body in deletes] == [iri], name  # the account, once; not post by post
        assert f'keyId="{iri}/main-key"' in next(x for x in one.received if x.body["actor"] == iri).headers["signature"]
        assert {body["type"] for body in (x.body for x in one.received) if body["actor"] == iri} == {"Delete"}
    assert stranger.received == []
    assert known_here


async def test_after_it_the_actor_and_its_posts_are_gone(world: World) -> None:
    a, anna, iri = await _anna(world)
    peer, late = Peer(world), Peer(world, "late.example")
    bob, carol = peer.actor("bob"), late.actor("carol", number=1)
    mine = await write(world, anna, "Hello", visibility="public")
    for one, actor in ((peer, bob), (late, carol)):
        await _send(world, a, one, one.activity("Follow", actor, iri))
    world.wires.down.add("late.example")
    await a.house.store.unit(accounts.delete, anna.account_id)
    await world.settle()
    for address, kind in ((iri, "Person"), (mine["uri"], "Note")):
        gone = await peer.get(a, address, bob)
        assert (gone.status_code, gone.json()["type"], gone.json()["formerType"]) == (410, "Tombstone", kind)
        assert (await a.client.get(address, headers={"Accept": "application/activity+json"})).status_code == 401
    world.wires.down.discard("late.example")  # it could not be told yet: it still finds the key, and nothing else
    shown = (await late.get(a, iri, carol)).json()
    assert (shown["type"], shown["name"], shown["summary"], shown["suspended"]) == ("Person", "", "", True)
    assert "BEGIN PUBLIC KEY" in shown["publicKey"]["publicKeyPem"]
    await a.house.store.unit(lambda u: u.connection.execute(update(peer_table).values(next_try_at=None)))
    await world.settle()
    assert [body["object"] for body in _heard(late, "Delete")] == [iri]
    assert (await late.get(a, iri, carol)).status_code == 410
    assert (await a.client.get(f"{iri}/main-key")).status_code == 200  # what she signed may still be under way
    assert (await peer.get(a, "https://a.example/u/12345", bob)).status_code == 404
    jrd = await a.client.get("/.well-known/webfinger", params={"resource": "acct:anna@a.example"})
    assert jrd.status_code == 404


async def test_a_suspension_and_its_end_are_told(world: World) -> None:
    a, anna, iri = await _anna(world)
    peer = Peer(world)
    bob = peer.actor("bob")
    await anna.patch("/api/v1/accounts/update_credentials", json={"note": "I row"})
    mine = await write(world, anna, "Hello", visibility="public")
    await _send(world, a, peer, peer.activity("Follow", bob, iri))
    peer.received.clear()
    for _ in range(2):
        await a.house.store.unit(accounts.suspend, anna.account_id)
    await world.settle()
    [told] = _heard(peer, "Update")
    assert (told["object"]["suspended"], told["object"]["summary"], told["object"]["name"]) == (True, "", "")
    assert "publicKey" in told["object"]
    shown = (await peer.get(a, iri, bob)).json()
    assert (shown["suspended"], shown["summary"]) == (True, "")
    assert (await peer.get(a, mine["uri"], bob)).status_code == 404
    jrd = await a.client.get("/.well-known/webfinger", params={"resource": iri})
    assert jrd.status_code == 404
    await a.house.store.unit(accounts.unsuspend, anna.account_id)
    await world.settle()
    back = _heard(peer, "Update")[-1]["object"]
    assert (back.get("suspended"), back["summary"]) == (None, "<p>I row</p>")
    assert (await peer.get(a, mine["uri"], bob)).status_code == 200


async def test_who_waits_for_approval_is_no_suspended_account(world: World) -> None:
    a, _, _ = await _anna(world)
    peer = Peer(world)
    bob = peer.actor("bob")
    waiting = await a.house.store.unit(lambda u: accounts.create(u, "wanda", waiting=True))
    await world.settle()
    assert (await peer.get(a, f"https://a.example/u/{waiting}", bob)).status_code == 404


async def test_a_remote_farewell_takes_everything_along(world: World) -> None:
    a, anna, iri = await _anna(world)
    peer = Peer(world)
    bob = peer.actor("bob")
    mine = await write(world, anna, "Hello", visibility="public")
    there = (await found(anna, "@bob@peer.example"))["id"]
    await anna.post(f"/api/v1/accounts/{there}/follow")
    await world.settle()
    note = peer.note(bob, 1)
    await _send(
        world, a, peer,
        peer.activity("Accept", bob, peer.received[-1].body["id"]),
        peer.activity("Follow", bob, iri),
        peer.activity("Create", bob, note, to=note["to"]),
        peer.activity("Like", bob, mine["uri"]),
    )  # fmt: skip
    assert len(await home(anna)) == 2
    await _send(world, a, peer, peer.activity("Delete", bob, bob))
    await _is_erased(a, anna, mine)


async def _is_erased(a: Running, anna: Member, mine: dict[str, Any]) -> None:
    shown = (await anna.get(f"/api/v1/statuses/{mine['id']}")).json()
    assert shown["favourites_count"] == 0
    credentials = (await anna.get("/api/v1/accounts/verify_credentials")).json()
    assert (credentials["followers_count"], credentials["following_count"]) == (0, 0)
    assert len(await home(anna)) == 1
    row = await a.house.store.read(accounts.by_name, "bob", "peer.example")
    assert row is not None
    assert (row.deleted_at is not None, row.display_name) == (True, "")
    for table in (follow, favourite, notification):
        count = select(func.count()).select_from(table)
        assert await a.house.store.read(lambda c, asked=count: c.execute(asked).scalar()) == 0
    left = select(func.count()).where(post.c.account_id == row.id, post.c.deleted_at.is_(None))
    assert await a.house.store.read(lambda c: c.execute(left).scalar()) == 0


async def test_a_remote_actor_that_answers_410_is_forgotten(world: World) -> None:
    a, anna, iri = await _anna(world)
    peer = Peer(world)
    bob = peer.actor("bob")
    mine = await write(world, anna, "Hello", visibility="public")
    await _send(world, a, peer, peer.activity("Follow", bob, iri), peer.activity("Like", bob, mine["uri"]))
    for status in (404, 410):
        peer.documents["/users/bob"] = status
        await _send(world, a, peer, peer.activity("Update", bob, bob, status))
        gone = (await a.house.store.read(accounts.by_name, "bob", "peer.example")).deleted_at is not None  # type: ignore[union-attr]
        assert gone is (status == 410)
    await _is_erased(a, anna, mine)


async def test_the_farewell_of_an_actor_that_nobody_knows_costs_nothing(world: World) -> None:
    a, _, _ = await _anna(world)
    peer = Peer(world)
    bob = peer.actor("bob")
    peer.documents["/users/bob"] = 410
    before = len(world.wires.log)
    await _send(world, a, peer, peer.activity("Delete", bob, bob))
    assert len(world.wires.log) == before
    assert (
        await a.house.store.read(lambda c: c.execute(select(account.c.id).where(account.c.iri == bob)).first()) is None
    )


async def test_one_of_ours_is_deleted_for_a_follower_on_another_skerry(world: World) -> None:
    a, anna, _ = await _anna(world)
    b = await world.instance("b.example")
    ben = await member(b, "ben")
    await world.settle()
    there = (await found(ben, "@anna@a.example"))["id"]
    await ben.post(f"/api/v1/accounts/{there}/follow")
    await world.settle()
    await write(world, anna, "Hello", visibility="public")
    assert len(await home(ben)) == 1
    await a.house.store.unit(accounts.delete, anna.account_id)
    await world.settle()
    assert await home(ben) == []
    assert (await ben.get(f"/api/v1/accounts/{there}")).status_code in {404, 410}
    assert not (await relationship(ben, there))["following"]
