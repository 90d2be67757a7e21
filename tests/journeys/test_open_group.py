"""An open group with followers here and on two other servers: posts, answers, moderation, both forms of Announce."""

import json
from typing import Any

from sqlalchemy import Connection, select

from federation.schema import outbox_item
from instance.content import submissions
from tests.journeys.walk import follow, found, home, open_group, plain, seen, texts, write
from tests.support.make import Member, member
from tests.support.world import Running, World


async def _circle(world: World) -> tuple[Running, int, Member, Member, Member]:
    """Anna (moderator) and the group on a, Ben on b and Cleo on c; Ben and Anna follow the group."""
    a = await world.instance("a.example")
    anna = await member(a, "anna")
    ben = await member(await world.instance("b.example"), "ben")
    cleo = await member(await world.instance("c.example"), "cleo")
    group_id = await open_group(a, "lupus", anna)
    await world.settle()
    assert (await follow(world, ben, "@lupus@a.example"))["following"]
    return a, group_id, anna, ben, cleo


def _announced(connection: Connection) -> list[Any]:
    rows = connection.execute(select(outbox_item.c.body).where(outbox_item.c.kind == "Announce"))
    return [json.loads(body) for (body,) in rows]


async def test_a_local_post_reaches_remote_members_once(world: World) -> None:
    a, _, anna, ben, _ = await _circle(world)
    mine = await write(world, anna, "@lupus New here, hello")
    assert mine["visibility"] == "public"
    timeline = await home(ben)
    assert texts(timeline) == ["@lupus New here, hello"]
    assert timeline[0]["account"]["acct"] == "lupus@a.example"
    assert timeline[0]["account"]["group"] is True
    assert timeline[0]["reblog"]["uri"] == mine["uri"]
    forms = await a.house.store.read(_announced)
    assert sorted(type(form["object"]).__name__ for form in forms) == ["dict", "str"]
    created = next(form["object"] for form in forms if isinstance(form["object"], dict))
    assert (created["type"], created["object"]["type"], created["audience"]) == ("Create", "Note", forms[0]["actor"])
    assert texts(await home(anna)) == ["@lupus New here, hello"]


async def test_a_remote_member_posts_and_is_answered(world: World) -> None:
    _, _, anna, ben, cleo = await _circle(world)
    assert (await follow(world, cleo, "@lupus@a.example"))["following"]
    mine = await write(world, ben, "@lupus@a.example Does heat help you?")
    assert mine["visibility"] == "public"
    for reader in (anna, ben, cleo):
        assert len([text for text in texts(await home(reader)) if "Does heat help" in text]) == 1
    asked = await seen(cleo, "Does heat help")
    assert asked["uri"] == mine["uri"]
    await write(world, cleo, "@ben@b.example It helps me", in_reply_to_id=asked["id"])
    below = (await ben.get(f"/api/v1/statuses/{mine['id']}/context")).json()["descendants"]
    assert [plain(status["content"]) for status in below] == ["@ben It helps me"]
    here = await seen(anna, "Does heat help")
    thread = (await anna.get(f"/api/v1/statuses/{here['id']}/context")).json()["descendants"]
    assert [plain(status["content"]) for status in thread] == ["@ben It helps me"]
    boosts = [status for status in await home(anna) if status["reblog"] and "It helps" in status["reblog"]["content"]]
    assert boosts == []


async def test_a_stranger_s_post_waits_for_a_moderator(world: World) -> None:
    a, group_id, anna, ben, cleo = await _circle(world)
    await found(cleo, "@lupus@a.example")
    await cleo.patch("/api/v1/accounts/update_credentials", json={"note": "new"})
    await write(world, cleo, "@lupus@a.example May I ask something?", visibility="public")
    await write(world, cleo, "@lupus@a.example Buy this", visibility="public")
    assert not any("May I" in text or "Buy" in text for text in texts(await home(ben)) + texts(await home(anna)))
    first, second = await a.house.store.read(submissions.held, group_id)
    await a.house.store.unit(submissions.approve, first.id, anna.account_id)
    await a.house.store.unit(submissions.refuse, second.id, anna.account_id)
    await world.settle()
    for reader in (anna, ben):
        assert texts(await home(reader)) == ["@lupus May I ask something?"]
    assert await a.house.store.read(submissions.held, group_id) == []


async def test_an_edit_and_a_deletion_reach_the_group(world: World) -> None:
    _, _, anna, ben, cleo = await _circle(world)
    await follow(world, cleo, "@lupus@a.example")
    mine = await write(world, ben, "@lupus@a.example Whta helps?")
    world.clock.turn(60_000)
    await ben.put(f"/api/v1/statuses/{mine['id']}", json={"status": "@lupus@a.example What helps?"})
    await world.settle()
    for reader in (anna, cleo):
        assert texts(await home(reader)) == ["@lupus What helps?"]
    await ben.delete(f"/api/v1/statuses/{mine['id']}")
    await world.settle()
    for reader in (anna, ben, cleo):
        assert await home(reader) == []


async def test_what_is_not_public_never_reaches_the_group(world: World) -> None:
    a, group_id, anna, ben, _ = await _circle(world)
    refused = await anna.post("/api/v1/statuses", json={"status": "@lupus between us", "visibility": "private"})
    assert refused.status_code == 422
    await ben.post("/api/v1/statuses", json={"status": "@lupus@a.example between us", "visibility": "direct"})
    await world.settle()
    assert await a.house.store.read(submissions.held, group_id) == []
    assert await home(anna) == []
