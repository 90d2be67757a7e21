"""A pretend Lemmy, PieFed and NodeBB: one of ours in their group, one of theirs in ours: post, comment, vote, edit, deletion."""

from typing import Any

import pytest

from tests.journeys.walk import follow, found, home, open_group, plain, relationship, seen, texts, write
from tests.support.make import Member, member
from tests.support.peers.lemmy import Lemmy
from tests.support.peers.nodebb import NodeBB
from tests.support.peers.piefed import PieFed
from tests.support.world import World

SERVERS: list[type[Any]] = [Lemmy, PieFed, NodeBB]


async def _anna(world: World) -> Member:
    anna = await member(await world.instance("a.example"), "anna", public=True)
    await world.settle()
    return anna


async def _status(who: Member, status_id: str) -> dict[str, Any]:
    status: dict[str, Any] = (await who.get(f"/api/v1/statuses/{status_id}")).json()
    return status


@pytest.mark.parametrize("kind", SERVERS)
async def test_one_of_ours_in_their_group(world: World, kind: type[Any]) -> None:
    anna = await _anna(world)
    server = kind(world)
    bob = server.person("bob")
    group = server.group("support", [bob])
    await follow(world, anna, f"@support@{server.host}")
    await world.settle()
    assert (await relationship(anna, (await found(anna, f"@support@{server.host}"))["id"]))["following"]
    post = await server.group_post(bob, group, "A question", "What helps against heat?")
    await world.settle()
    [boost] = await home(anna)
    assert (boost["account"]["group"], boost["reblog"]["account"]["username"]) == (True, "bob")
    assert "What helps against heat?" in plain(boost["reblog"]["content"])
    comment = await server.comment(bob, group, post, "Shade, perhaps")
    await world.settle()
    below = (await anna.get(f"/api/v1/statuses/{boost['reblog']['id']}/context")).json()["descendants"]
    assert [plain(status["content"]) for status in below] == ["Shade, perhaps"]
    assert len(await home(anna)) == 1
    await server.like_in(bob, group, post["id"])
    await world.settle()
    await write(world, anna, f"@bob@{server.host} Water", in_reply_to_id=boost["reblog"]["id"], visibility="public")
    sent = server.heard("Create")[-1]["object"]
    assert (sent["inReplyTo"], sent["audience"]) == (post["id"], group)
    await anna.post(f"/api/v1/statuses/{boost['reblog']['id']}/favourite")
    await world.settle()
    assert server.heard("Like")[-1]["object"] == post["id"]
    changed = await server.group_edit(post, group, "What helps against cold?")
    await world.settle()
    assert await seen(anna, "What helps against cold?")
    await server.group_delete(changed, group)
    await world.settle()
    assert "cold" not in " ".join(texts(await home(anna)))
    assert comment["type"] == "Note"
    assert server.refused == []


@pytest.mark.parametrize("kind", SERVERS)
async def test_one_of_theirs_in_our_group(world: World, kind: type[Any]) -> None:
    anna = await _anna(world)
    group_id = await open_group(world.instances["a.example"], "lupus", anna)
    await world.settle()
    group = (await anna.get(f"/api/v1/accounts/{group_id}")).json()["uri"]
    server = kind(world)
    bob = server.person("bob")
    await server.follow(bob, group)
    await world.settle()
    assert group in server.following[bob]
    post = await server.group_post(bob, group, "New here", "Does heat help you?")
    await world.settle()
    [boost] = await home(anna)
    assert (boost["account"]["acct"], boost["reblog"]["uri"]) == ("lupus", post["id"])
    passed_on = [body["object"] for body in server.heard("Announce") if isinstance(body["object"], dict)]
    assert passed_on[-1]["type"] == "Create"
    await server.like_in(bob, group, post["id"])
    await server.comment(bob, group, post, "It helps me")
    await world.settle()
    below = (await anna.get(f"/api/v1/statuses/{boost['reblog']['id']}/context")).json()["descendants"]
    assert [plain(status["content"]) for status in below] == ["It helps me"]
    assert (await _status(anna, boost["reblog"]["id"]))["favourites_count"] == 1
    await server.group_edit(post, group, "Does cold help you?")
    await world.settle()
    assert await seen(anna, "Does cold help you?")
    mine = await write(world, anna, "@lupus From me", visibility="public")
    told = [body["object"] for body in server.heard("Announce") if isinstance(body["object"], dict)]
    assert told[-1]["object"]["id"] == mine["uri"]
    deleted = await server.made("Delete", bob, post["id"], group)
    await server.into_group(group, deleted)
    await world.settle()
    assert "Does cold help you?" not in texts(await home(anna))
    assert server.refused == []
