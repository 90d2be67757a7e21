"""Two and three servers: what members write reaches whom it is for, and nobody else; answers, changes and marks go back."""

import io
from typing import Any

from PIL import Image

from tests.journeys.walk import follow, found, home, notified, plain, seen, texts, write
from tests.support.make import Member, member
from tests.support.world import World


async def _friends(world: World) -> tuple[Member, Member]:
    """Ben follows Anna, Anna follows Ben, from different servers."""
    a, b = await world.instance("a.example"), await world.instance("b.example")
    anna, ben = await member(a, "anna", public=True), await member(b, "ben", public=True)
    await world.settle()
    await follow(world, anna, "@ben@b.example")
    await follow(world, ben, "@anna@a.example")
    return anna, ben


async def _status(who: Member, status_id: str) -> dict[str, Any]:
    answer = await who.get(f"/api/v1/statuses/{status_id}")
    assert answer.status_code == 200, answer.text
    status: dict[str, Any] = answer.json()
    return status


async def test_a_thread_across_servers(world: World) -> None:
    anna, ben = await _friends(world)
    first = await write(world, anna, "How was your week?", visibility="public")
    asked = await seen(ben, "How was your week?")
    assert asked["uri"] == first["uri"]
    await write(world, ben, "@anna@a.example Better, thank you", in_reply_to_id=asked["id"], visibility="public")
    assert ("mention", "ben@b.example") in await notified(anna)
    below = (await anna.get(f"/api/v1/statuses/{first['id']}/context")).json()["descendants"]
    assert [plain(status["content"]) for status in below] == ["@anna Better, thank you"]
    assert below[0]["in_reply_to_id"] == first["id"]
    assert below[0]["mentions"][0]["acct"] == "anna"
    await write(world, anna, "@ben@b.example Good!", in_reply_to_id=below[0]["id"], visibility="public")
    thread = (await ben.get(f"/api/v1/statuses/{asked['id']}/context")).json()["descendants"]
    assert [plain(status["content"]) for status in thread] == ["@anna Better, thank you", "@ben Good!"]


async def test_an_edit_and_a_deletion_arrive(world: World) -> None:
    anna, ben = await _friends(world)
    mine = await write(world, anna, "Frist", visibility="public")
    theirs = await seen(ben, "Frist")
    world.clock.turn(60_000)
    await anna.put(f"/api/v1/statuses/{mine['id']}", json={"status": "First"})
    await world.settle()
    changed = await _status(ben, theirs["id"])
    assert plain(changed["content"]) == "First"
    assert changed["edited_at"]
    await anna.delete(f"/api/v1/statuses/{mine['id']}")
    await world.settle()
    assert (await ben.get(f"/api/v1/statuses/{theirs['id']}")).status_code == 404
    assert await home(ben) == []


async def test_likes_and_boosts_go_back(world: World) -> None:
    anna, ben = await _friends(world)
    mine = await write(world, anna, "Worth a boost", visibility="public")
    theirs = await seen(ben, "Worth a boost")
    await ben.post(f"/api/v1/statuses/{theirs['id']}/favourite")
    await ben.post(f"/api/v1/statuses/{theirs['id']}/reblog")
    await world.settle()
    counted = await _status(anna, mine["id"])
    assert (counted["favourites_count"], counted["reblogs_count"]) == (1, 1)
    assert {kind for kind, _ in await notified(anna)} >= {"favourite", "reblog"}
    await ben.post(f"/api/v1/statuses/{theirs['id']}/unfavourite")
    await ben.post(f"/api/v1/statuses/{theirs['id']}/unreblog")
    await world.settle()
    counted = await _status(anna, mine["id"])
    assert (counted["favourites_count"], counted["reblogs_count"]) == (0, 0)


async def test_a_boost_brings_a_third_server_s_post(world: World) -> None:
    anna, ben = await _friends(world)
    cleo = await member(await world.instance("c.example"), "cleo", public=True)
    await world.settle()
    await write(world, cleo, "Seen by nobody yet", visibility="public")
    assert (await follow(world, ben, "@cleo@c.example"))["following"]
    await write(world, cleo, "From afar", visibility="public")
    theirs = await seen(ben, "From afar")
    await ben.post(f"/api/v1/statuses/{theirs['id']}/reblog")
    await world.settle()
    [boost] = [status for status in await home(anna) if status["reblog"]]
    assert boost["account"]["acct"] == "ben@b.example"
    assert boost["reblog"]["account"]["acct"] == "cleo@c.example"
    assert plain(boost["reblog"]["content"]) == "From afar"
    [mine] = [status for status in await home(cleo) if plain(status["content"]) == "From afar"]
    assert (await cleo.delete(f"/api/v1/statuses/{mine['id']}")).status_code == 200
    await world.settle()
    for reader in (ben, anna):  # anna's server knows it by the boost alone
        assert "From afar" not in texts(await home(reader))


async def test_who_knows_a_post_by_a_boost_here_is_told_that_it_is_gone(world: World) -> None:
    a, b = await world.instance("a.example"), await world.instance("b.example")
    anna, ben, dora = await member(a, "anna"), await member(b, "ben", public=True), await member(b, "dora", public=True)
    await world.settle()
    await follow(world, anna, "@ben@b.example")
    mine = await write(world, dora, "Told on", visibility="public")
    await ben.post(f"/api/v1/statuses/{mine['id']}/reblog")
    await world.settle()
    [boost] = [status for status in await home(anna) if status["reblog"]]
    assert (await dora.delete(f"/api/v1/statuses/{mine['id']}")).status_code == 200
    await world.settle()
    assert not [status for status in await home(anna) if status["reblog"]]
    assert (await anna.get(f"/api/v1/statuses/{boost['reblog']['id']}")).status_code == 404


async def test_a_poll_is_voted_in_from_elsewhere(world: World) -> None:
    anna, ben = await _friends(world)
    poll = {"options": ["tea", "coffee"], "expires_in": 3600}
    mine = await write(world, anna, "Which?", visibility="public", poll=poll)
    theirs = await seen(ben, "Which?")
    assert [option["title"] for option in theirs["poll"]["options"]] == ["tea", "coffee"]
    voted = await ben.post(f"/api/v1/polls/{theirs['poll']['id']}/votes", json={"choices": [1]})
    assert voted.status_code == 200, voted.text
    await world.settle()
    counts = (await _status(anna, mine["id"]))["poll"]["options"]
    assert [option["votes_count"] for option in counts] == [0, 1]
    world.clock.turn(10 * 60_000)
    await world.settle()
    assert [o["votes_count"] for o in (await _status(ben, theirs["id"]))["poll"]["options"]] == [0, 1]


async def test_what_is_for_followers_reaches_no_stranger(world: World) -> None:
    anna, ben = await _friends(world)
    c = await world.instance("c.example")
    cleo = await member(c, "cleo", public=True)
    await world.settle()
    await found(cleo, "@anna@a.example")
    mine = await write(world, anna, "Only for those who follow", visibility="private")
    assert (await seen(ben, "Only for those who follow"))["visibility"] == "private"
    assert not [url for url in world.wires.requests_to("c.example", "POST") if "inbox" in url]
    answer = await cleo.get("/api/v2/search", params={"q": mine["uri"], "resolve": "true"})
    assert answer.json()["statuses"] == []
    boosted = await ben.post(f"/api/v1/statuses/{(await seen(ben, 'Only for'))['id']}/reblog")
    assert boosted.status_code in {403, 404, 422}


async def test_a_direct_post_reaches_only_whom_it_names(world: World) -> None:
    anna, ben = await _friends(world)
    b = world.instances["b.example"]
    bea = await member(b, "bea", public=True)
    await world.settle()
    await follow(world, bea, "@anna@a.example")
    await write(world, anna, "@ben@b.example just you", visibility="direct")
    assert (await notified(ben))[0][0] == "mention"
    [talk] = (await ben.get("/api/v1/conversations")).json()
    assert plain(talk["last_status"]["content"]) == "@ben just you"
    assert talk["last_status"]["visibility"] == "direct"
    assert texts(await home(bea)) == []
    assert (await bea.get(f"/api/v1/statuses/{talk['last_status']['id']}")).status_code == 404


async def test_a_mention_finds_somebody_whom_nobody_here_knew(world: World) -> None:
    anna = await member(await world.instance("a.example"), "anna", public=True)
    ben = await member(await world.instance("b.example"), "ben")
    await world.settle()
    mine = await write(world, anna, "@ben@b.example and @nobody@b.example and @x@gone.example", visibility="public")
    assert [mention["acct"] for mention in mine["mentions"]] == ["ben@b.example"]
    assert ("mention", "anna@a.example") in await notified(ben)


async def test_a_picture_arrives_with_its_description(world: World) -> None:
    anna, ben = await _friends(world)
    image = io.BytesIO()
    Image.new("RGB", (64, 32), "teal").save(image, "PNG")
    given = {"file": ("walk.png", image.getvalue(), "image/png")}
    media = await anna.post("/api/v2/media", files=given, data={"description": "The sea, calm"})
    assert media.status_code in {200, 202}, media.text
    await world.settle()
    await write(world, anna, "A walk", visibility="private", media_ids=[media.json()["id"]])
    [attached] = (await seen(ben, "A walk"))["media_attachments"]
    assert (attached["type"], attached["description"]) == ("image", "The sea, calm")
    assert attached["blurhash"]
    assert attached["url"].startswith("https://b.example/media/")


async def test_an_answer_brings_what_it_answers(world: World) -> None:
    anna, ben = await _friends(world)
    cleo = await member(await world.instance("c.example"), "cleo", public=True)
    await world.settle()
    await follow(world, ben, "@cleo@c.example")
    await write(world, cleo, "Where does it start?", visibility="public")
    asked = await seen(ben, "Where does it start?")
    await write(world, ben, "@cleo@c.example Here", in_reply_to_id=asked["id"], visibility="public")
    found_by = (await anna.get("/api/v2/search", params={"q": "@ben@b.example", "resolve": "true"})).json()["accounts"]
    [mine] = (await anna.get(f"/api/v1/accounts/{found_by[0]['id']}/statuses")).json()
    above = (await anna.get(f"/api/v1/statuses/{mine['id']}/context")).json()["ancestors"]
    assert [plain(status["content"]) for status in above] == ["Where does it start?"]
