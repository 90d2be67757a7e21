"""Two servers: members follow each other, locked and not, change their minds, and block."""

from tests.journeys.walk import follow, found, home, notified, relationship, seen, texts, write
from tests.support.make import Member, member
from tests.support.world import World


async def _two(world: World) -> tuple[Member, Member]:
    a, b = await world.instance("a.example"), await world.instance("b.example")
    anna, ben = await member(a, "anna", public=True), await member(b, "ben", public=True)
    await world.settle()
    return anna, ben


async def test_following_both_ways_and_posts_arrive(world: World) -> None:
    anna, ben = await _two(world)
    assert (await follow(world, anna, "@ben@b.example"))["following"]
    assert ("follow", "anna@a.example") in await notified(ben)
    relation = await follow(world, ben, "anna@a.example")
    assert relation["following"]
    assert relation["followed_by"]
    await write(world, anna, "Hello from **a**", visibility="private", spoiler_text="greeting", language="de")
    shown = await seen(ben, "Hello from")
    assert (shown["visibility"], shown["spoiler_text"], shown["language"]) == ("private", "greeting", "de")
    assert shown["account"]["acct"] == "anna@a.example"


async def test_a_locked_account_is_asked(world: World) -> None:
    anna, ben = await _two(world)
    answer = await ben.patch("/api/v1/accounts/update_credentials", json={"locked": True})
    assert answer.status_code == 200
    relation = await follow(world, anna, "@ben@b.example")
    assert (relation["following"], relation["requested"]) == (False, True)
    [asking] = (await ben.get("/api/v1/follow_requests")).json()
    assert asking["acct"] == "anna@a.example"
    await write(world, ben, "not yet for anna", visibility="private")
    assert await home(anna) == []
    await ben.post(f"/api/v1/follow_requests/{asking['id']}/authorize")
    await world.settle()
    assert (await relationship(anna, relation["id"]))["following"]
    await write(world, ben, "now for anna", visibility="private")
    assert texts(await home(anna)) == ["now for anna"]


async def test_a_request_is_refused(world: World) -> None:
    anna, ben = await _two(world)
    await ben.patch("/api/v1/accounts/update_credentials", json={"locked": True})
    relation = await follow(world, anna, "@ben@b.example")
    [asking] = (await ben.get("/api/v1/follow_requests")).json()
    await ben.post(f"/api/v1/follow_requests/{asking['id']}/reject")
    await world.settle()
    after = await relationship(anna, relation["id"])
    assert (after["following"], after["requested"]) == (False, False)


async def test_unfollowing_ends_it_on_both_sides(world: World) -> None:
    anna, ben = await _two(world)
    relation = await follow(world, anna, "@ben@b.example")
    await anna.post(f"/api/v1/accounts/{relation['id']}/unfollow")
    await world.settle()
    there = await found(ben, "anna@a.example")
    assert not (await relationship(ben, there["id"]))["followed_by"]
    await write(world, ben, "for nobody", visibility="private")
    assert await home(anna) == []


async def test_a_block_reaches_the_other_server(world: World) -> None:
    anna, ben = await _two(world)
    relation = await follow(world, anna, "@ben@b.example")
    there = await found(ben, "anna@a.example")
    await ben.post(f"/api/v1/accounts/{there['id']}/block")
    await world.settle()
    after = await relationship(anna, relation["id"])
    assert not after["following"]
    assert after["blocked_by"]
    refused = await anna.post(f"/api/v1/accounts/{relation['id']}/follow")
    assert refused.status_code == 403
    await write(world, ben, "without anna")
    assert "without anna" not in texts(await home(anna))
    await ben.post(f"/api/v1/accounts/{there['id']}/unblock")
    await world.settle()
    assert not (await relationship(anna, relation["id"]))["blocked_by"]
    assert (await follow(world, anna, "@ben@b.example"))["following"]


async def test_a_changed_profile_and_a_deleted_account(world: World) -> None:
    anna, ben = await _two(world)
    relation = await follow(world, anna, "@ben@b.example")
    await ben.patch("/api/v1/accounts/update_credentials", json={"display_name": "Ben B.", "note": "I <b>read</b>"})
    await world.settle()
    shown = (await anna.get(f"/api/v1/accounts/{relation['id']}")).json()
    assert shown["display_name"] == "Ben B."
    assert "<b>" not in shown["note"]
