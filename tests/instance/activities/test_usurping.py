"""Who speaks for whom, tried by those who may say something: a moderator elsewhere, a neighbour on the same server, a group."""

from contextlib import suppress
from typing import Any

from sqlalchemy import select

from federation.schema import remote_actor, remote_key
from instance.content import moderation
from instance.db.content import post
from instance.db.people import account
from instance.errors import NotFoundError
from instance.groups import moderators
from instance.groups.acting import By
from instance.people import accounts
from tests.instance.policy.elsewhere import elsewhere
from tests.journeys.walk import follow, found, home, open_group, write
from tests.support.make import member
from tests.support.peer import AS, PUBLIC, Peer, pem_of
from tests.support.world import Running, World


async def _accept(world: World, peer: Peer, a: Running, actor: str) -> None:
    asked = [one.body for one in peer.received if one.body["type"] == "Follow" and one.body["object"] == actor][-1]
    await peer.post(a, peer.activity("Accept", actor, asked, "f"))
    await world.settle()


async def test_a_moderator_elsewhere_gives_a_group_words_and_never_keys(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    group_id = await open_group(a, "lake", anna)
    eve = peer.actor("eve", number=1)
    await world.settle()
    eve_id = int((await found(anna, eve))["id"])
    await a.house.store.unit(lambda u: moderators.add(u, group_id, eve_id, By()))
    row = await a.house.store.read(accounts.by_id, group_id)
    assert row is not None
    group = row.iri
    stolen = {"id": f"{group}#stolen", "owner": group, "publicKeyPem": pem_of(peer.keys[eve])}
    document = {"id": group, "type": "Group", "name": "The Lake", "inbox": f"{group}/inbox", "publicKey": stolen}
    await peer.post(a, peer.activity("Update", eve, document, audience=group))
    await world.settle()
    changed = await a.house.store.read(accounts.by_id, group_id)
    assert changed is not None
    assert changed.display_name == "The Lake"
    for table in (remote_actor, remote_key):
        kept = await a.house.store.read(lambda c, table=table: c.execute(select(table)).all())
        assert not [one for one in kept if group in tuple(one)]
    farewell = {"@context": AS, "id": f"{group}#x", "type": "Delete", "actor": group, "object": group}
    key: Any = {"signer": group, "key": peer.keys[eve], "key_id": f"{group}#stolen"}
    assert (await peer.post(a, farewell | {"type": "Update"}, **key)).status_code == 401
    await world.settle()
    assert accounts.is_shown(await a.house.store.read(accounts.by_id, group_id))


async def test_nobody_gives_a_group_of_her_server_another_key(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    await world.settle()
    written = await write(world, anna, "Hello", visibility="public")
    eve, circle = peer.actor("eve", number=1), peer.actor("circle", "Group", number=2)
    await peer.post(
        a, peer.activity("Flag", circle, "https://third.example/x")
    )  # nothing more is known of it than its key
    await world.settle()
    owned = {"id": f"{circle}#main-key", "owner": circle, "publicKeyPem": pem_of(peer.keys[eve])}
    document = peer.documents["/users/circle"] | {"attributedTo": eve, "publicKey": owned}
    await peer.post(a, peer.activity("Update", eve, document))
    await world.settle()
    peer.documents["/users/circle"] = 404
    like = peer.activity("Like", circle, written["uri"])
    assert (await peer.post(a, like, key=peer.keys[eve])).status_code == 401
    assert (await peer.post(a, like)).status_code == 202


async def test_what_an_announce_or_a_request_embeds_is_the_words_of_whoever_signs(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    vic, mal = peer.actor("vic"), peer.actor("mal", number=1)
    await world.settle()
    await found(anna, vic)
    await follow(world, anna, "@mal@peer.example")
    await _accept(world, peer, a, mal)
    asked = await write(world, anna, "Who comes?", visibility="public")
    both = [{"type": "Person", "id": vic}, mal]
    for number, kind in enumerate(["Announce", "ReplyRequest", "QuoteRequest"]):
        note = peer.note(
            mal, number, f"Words by {kind}", attributedTo=both, cc=[f"https://a.example/u/{anna.account_id}"]
        )
        peer.documents.pop(f"/users/mal/statuses/{number}")
        if kind == "Announce":
            made = peer.activity(kind, mal, note, to=[PUBLIC])
        else:
            note |= {"inReplyTo": asked["uri"]} if kind == "ReplyRequest" else {"quote": asked["uri"]}
            made = peer.activity(kind, mal, asked["uri"], instrument=note)
        await peer.post(a, made)
    await world.settle()
    authors = select(account.c.iri, post.c.iri).join(post, post.c.account_id == account.c.id)
    rows = await a.house.store.read(lambda c: c.execute(authors.where(post.c.iri.startswith(f"{mal}/"))).all())
    assert rows
    assert {row[0] for row in rows} == {mal}


async def test_what_is_only_named_stays_its_authors(world: World) -> None:
    """Create, Update and an undone Delete of another's post, by its address: nobody becomes its author by saying so."""
    at = await elsewhere(world)
    eve = at.peer.actor("eve", number=1)
    hers, his = at.peer.note(eve, 1, "<p>Hers</p>"), at.peer.note(at.bob, 2, "<p>His</p>")
    terms = {"to": hers["to"], "cc": hers["cc"]}
    for number, note in enumerate((hers, his)):
        await at.peer.post(at.a, at.peer.activity("Create", at.bob, note["id"], number, **terms))
        await world.settle()
    await at.peer.post(at.a, at.peer.activity("Update", at.bob, hers["id"], 3, **terms))
    await at.peer.post(at.a, at.peer.activity("Undo", at.bob, at.peer.activity("Delete", at.bob, hers["id"]), 4))
    await world.settle()
    assert [(one["uri"], one["account"]["acct"]) for one in await at.home()] == [(his["id"], "bob@peer.example")]
    known = (await at.ana.get("/api/v2/search", params={"q": hers["id"], "type": "statuses"})).json()
    assert known["statuses"] == []


async def test_an_announce_for_few_is_shown_to_few(world: World) -> None:
    a, peer, third = await world.instance("a.example"), Peer(world), Peer(world, "third.example")
    anna = await member(a, "anna", public=True)
    bob, carol = peer.actor("bob"), third.actor("carol")
    await world.settle()
    relation = await follow(world, anna, "@bob@peer.example")
    await _accept(world, peer, a, bob)
    for number, (to, cc) in enumerate([([f"{bob}/followers"], []), ([PUBLIC], [f"{bob}/followers"])]):
        note = third.note(carol, number, f"Note {number}")
        await peer.post(a, peer.activity("Announce", bob, note["id"], number, to=to, cc=cc))
    await world.settle()
    shown = await a.client.get(f"/api/v1/accounts/{relation['id']}/statuses")
    assert [status["reblog"]["content"] for status in shown.json() if status["reblog"]] == ["Note 1"]
    assert {status["reblog"]["content"] for status in await home(anna) if status["reblog"]} == {"Note 1", "Note 0"}


async def test_only_the_group_that_a_post_belongs_to_closes_it(world: World) -> None:
    a = await world.instance("a.example")
    anna, bea = await member(a, "anna", public=True), await member(a, "bea", public=True)
    first, second = await open_group(a, "lake", anna), await open_group(a, "wood", bea)
    await world.settle()
    for name in ("lake", "wood"):
        await follow(world, anna, f"@{name}")
    status = await write(world, anna, "@lake @wood Who comes?")
    post_id = int(status["id"])
    row = await a.house.store.read(lambda c: c.execute(select(post.c.group_id).where(post.c.id == post_id)).one())
    owner, other = (first, second) if row.group_id == first else (second, first)
    locked = select(post.c.locked_at).where(post.c.id == post_id)
    for group_id, closed in ((other, False), (owner, True)):
        with suppress(NotFoundError):
            await a.house.store.unit(moderation.lock, group_id, post_id, By())
        assert (await a.house.store.read(lambda c: c.execute(locked).scalar()) is not None) is closed
