"""A pretend Mastodon, GoToSocial and Misskey with one of ours: follow both ways, post, answer, like, boost, poll, edit, delete."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from federation.client import nodeinfo
from tests.journeys.walk import follow, found, home, notified, plain, relationship, seen, texts, write
from tests.support.make import Member, member
from tests.support.peers.gotosocial import GoToSocial
from tests.support.peers.lemmy import Lemmy
from tests.support.peers.mastodon import Mastodon
from tests.support.peers.misskey import Misskey
from tests.support.peers.nodebb import NodeBB
from tests.support.peers.piefed import PieFed
from tests.support.peers.server import Server
from tests.support.world import World

SERVERS: list[type[Any]] = [Mastodon, GoToSocial, Misskey]


async def _friends(world: World, kind: type[Any]) -> tuple[Any, Member, str, str]:
    """Anna and Bob follow each other: (server, anna, her IRI, his)."""
    a = await world.instance("a.example")
    anna = await member(a, "anna", public=True)
    await world.settle()
    server: Server = kind(world)
    bob = server.person("bob")
    relation = await follow(world, anna, f"@bob@{server.host}")
    await world.settle()
    relation = await relationship(anna, (await found(anna, f"@bob@{server.host}"))["id"])
    assert relation["following"]
    iri = f"https://a.example/u/{anna.account_id}"
    await server.follow(bob, iri)
    await world.settle()
    assert iri in server.following[bob]
    return server, anna, iri, bob


async def _status(who: Member, status_id: str) -> dict[str, Any]:
    status: dict[str, Any] = (await who.get(f"/api/v1/statuses/{status_id}")).json()
    return status


@pytest.mark.parametrize("kind", SERVERS)
async def test_their_member_s_post_and_what_becomes_of_it(world: World, kind: type[Any]) -> None:
    server, anna, _, bob = await _friends(world, kind)
    note = await server.create(bob, "Good morning")
    await world.settle()
    shown = await seen(anna, "Good morning")
    assert (shown["visibility"], shown["uri"]) == ("public", note["id"])
    mine = await write(world, anna, f"@bob@{server.host} And to you", in_reply_to_id=shown["id"], visibility="public")
    answer = server.heard("Create")[-1]["object"]
    assert (answer["inReplyTo"], answer["id"]) == (note["id"], mine["uri"])
    await anna.post(f"/api/v1/statuses/{shown['id']}/favourite")
    await anna.post(f"/api/v1/statuses/{shown['id']}/reblog")
    await world.settle()
    assert (server.heard("Like")[-1]["object"], server.heard("Announce")[-1]["object"]) == (note["id"], note["id"])
    await anna.post(f"/api/v1/statuses/{shown['id']}/unfavourite")
    await anna.post(f"/api/v1/statuses/{shown['id']}/unreblog")
    await world.settle()
    assert len(server.heard("Undo")) == 2
    changed = await server.edit(note, "Good evening")
    await world.settle()
    assert plain((await seen(anna, "Good evening"))["content"]) == "Good evening"
    await server.delete(changed)
    await world.settle()
    assert "Good evening" not in " ".join(texts(await home(anna)))
    assert server.refused == []


@pytest.mark.parametrize("kind", SERVERS)
async def test_our_member_s_post_and_what_they_do_with_it(world: World, kind: type[Any]) -> None:
    server, anna, iri, bob = await _friends(world, kind)
    mine = await write(world, anna, "Hello there", visibility="public")
    told = server.heard("Create")[-1]["object"]
    assert told["id"] == mine["uri"]
    like = await server.like(bob, mine["uri"])
    boost = await server.boost(bob, mine["uri"])
    reply = await server.reply(bob, told, "Hello yourself")
    await world.settle()
    shown = await _status(anna, mine["id"])
    assert (shown["favourites_count"], shown["reblogs_count"], shown["replies_count"]) == (1, 1, 1)
    assert {name for name, _ in await notified(anna)} >= {"follow", "favourite", "reblog", "mention"}
    await server.undo(like)
    await server.undo(boost)
    await server.delete(reply)
    await world.settle()
    shown = await _status(anna, mine["id"])
    assert (shown["favourites_count"], shown["reblogs_count"], shown["replies_count"]) == (0, 0, 0)
    world.clock.turn(60_000)
    await anna.put(f"/api/v1/statuses/{mine['id']}", json={"status": "Hello again"})
    await world.settle()
    assert server.heard("Update", "Note")[-1]["object"]["id"] == mine["uri"]
    await anna.delete(f"/api/v1/statuses/{mine['id']}")
    await world.settle()
    assert server.heard("Delete")[-1]["object"]["id"] == mine["uri"]
    await server.block(bob, iri)
    await world.settle()
    relation = await relationship(anna, (await found(anna, f"@bob@{server.host}"))["id"])
    assert (relation["blocked_by"], relation["following"]) == (True, False)
    assert server.refused == []


@pytest.mark.parametrize("kind", SERVERS)
async def test_polls_both_ways(world: World, kind: type[Any]) -> None:
    server, anna, _, bob = await _friends(world, kind)
    asked = await server.question(bob, "Tea or coffee?", ["tea", "coffee"])
    await world.settle()
    shown = await seen(anna, "Tea or coffee?")
    assert [option["title"] for option in shown["poll"]["options"]] == ["tea", "coffee"]
    await anna.post(f"/api/v1/polls/{shown['poll']['id']}/votes", json={"choices": [1]})
    await world.settle()
    vote = server.heard("Create")[-1]["object"]
    assert (vote["name"], vote["inReplyTo"]) == ("coffee", asked["id"])
    assert not {"published", "content"} & vote.keys()  # with them PieFed and Mastodon take it for an answer
    mine = await write(
        world, anna, "When?", visibility="public", poll={"options": ["now", "later"], "expires_in": 3600}
    )
    await server.vote(bob, mine["uri"], server.heard("Create")[-1]["actor"], "later")
    await world.settle()
    assert [option["votes_count"] for option in (await _status(anna, mine["id"]))["poll"]["options"]] == [0, 1]


@pytest.mark.parametrize("first", ["cavage", "rfc9421"])
async def test_both_ways_to_sign(world: World, first: str) -> None:
    a = await world.instance("a.example")
    anna = await member(a, "anna", public=True)
    await world.settle()
    server = Mastodon(world)
    server.scheme_out = first
    bob = server.person("bob")
    await server.follow(bob, f"https://a.example/u/{anna.account_id}")
    await world.settle()
    assert ("follow", "bob@mastodon.example") in await notified(anna)


async def test_gotosocial_refuses_who_does_not_sign(world: World) -> None:
    await world.instance("a.example")
    server = GoToSocial(world)
    bob = server.person("bob")
    request = {"headers": [], "path": urlsplit(bob).path, "method": "GET", "query_string": b""}
    status, _, _ = await server.served(request, b"")
    assert status == 401


@pytest.mark.parametrize("kind", [*SERVERS, Lemmy, PieFed, NodeBB])
async def test_their_software_is_known_by_its_name(world: World, kind: type[Any]) -> None:
    running = await world.instance("a.example")
    server = kind(world)
    assert await nodeinfo.software(running.house.federation, server.host) == (server.SOFTWARE, server.VERSION)
