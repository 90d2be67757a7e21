"""What GoToSocial, Takahe, PieFed and NodeBB really send has the effect that their members expect."""

import json
from typing import Any

import pytest

from tests.instance.activities.recorded import Recorded
from tests.journeys.walk import found, home, notified, open_group, plain, relationship, seen, write
from tests.support.make import Member, member
from tests.support.world import Running, World

GTS_ALICE, GTS_BOB = "https://gts-a.test/users/alice", "https://gts-b.test/users/bob"
TAK_ALICE = "https://tak-b.test/@alice@tak-b.test/"
PIE_GROUP, PIE_ADMIN = "https://pie-a.test/c/support", "https://pie-b.test/u/adminb"
NBB_GROUP = "https://nbb-a.test/category/2"


async def _anna(world: World) -> tuple[Running, Member, str]:
    running = await world.instance("a.example")
    anna = await member(running, "anna", public=True)
    await world.settle()
    return running, anna, f"https://a.example/u/{anna.account_id}"


async def _follow(world: World, who: Member, iri: str) -> str:
    """Follow by address; the id of the account here."""
    account = await found(who, iri)
    await who.post(f"/api/v1/accounts/{account['id']}/follow")
    await world.settle()
    return str(account["id"])


async def _status(who: Member, status: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = (await who.get(f"/api/v1/statuses/{status['id']}")).json()
    return answer


async def test_gotosocial_s_members_with_a_post_of_ours(world: World) -> None:
    running, anna, iri = await _anna(world)
    mine = await write(world, anna, "Hello", visibility="public")
    asked = await write(world, anna, "Yes?", visibility="public", poll={"options": ["yes", "no"], "expires_in": 3600})
    ours = {GTS_BOB: iri, f"{GTS_BOB}/statuses/01M8071QVFANY8T80373EKDR5D": mine["uri"]}
    gts = Recorded(world, "gotosocial", ours | {f"{GTS_BOB}/statuses/01M8071WY7R00J797EZF371QE5": asked["uri"]})
    await gts.send(running, "follow")
    [accept] = gts.sent_to("gts-a.test")
    assert (accept["type"], accept["object"]["id"]) == ("Accept", gts.steps["follow"]["id"])
    await gts.send(running, "poll-vote", "like", "announce", "reply")
    shown = await _status(anna, mine)
    assert (shown["favourites_count"], shown["reblogs_count"], shown["replies_count"]) == (1, 1, 1)
    assert [option["votes_count"] for option in (await _status(anna, asked))["poll"]["options"]] == [1, 0]
    kinds = [kind for kind, who in await notified(anna) if who == "alice@gts-a.test"]
    assert set(kinds) == {"follow", "favourite", "reblog", "mention"}
    await gts.send(running, "undo-like", "undo-announce")
    shown = await _status(anna, mine)
    assert (shown["favourites_count"], shown["reblogs_count"]) == (0, 0)
    alice = (await found(anna, GTS_ALICE))["id"]
    assert (await relationship(anna, alice))["followed_by"]
    await gts.send(running, "block", "block-2")
    assert (await relationship(anna, alice))["blocked_by"]
    assert not (await relationship(anna, alice))["followed_by"]
    await gts.send(running, "undo-block", "follow", "undo-follow")
    assert not (await relationship(anna, alice))["blocked_by"]
    assert not (await relationship(anna, alice))["followed_by"]


async def test_gotosocial_s_posts_to_one_of_ours(world: World) -> None:
    running, anna, iri = await _anna(world)
    gts = Recorded(world, "gotosocial", {GTS_ALICE: iri, "gtsb.test": "gts-b.test"})
    gts.steps["stray"] = json.loads(json.dumps(gts.steps["create-public"]).replace("01M8071QVF", "01M8071XXX"))
    await gts.send(running, "stray")  # nobody here follows him, it names nobody: not kept
    assert (await anna.get("/api/v1/timelines/public")).json() == []
    bob = await _follow(world, anna, GTS_BOB)
    assert (await relationship(anna, bob))["requested"]
    await gts.send(running, "follow-accept")
    assert (await relationship(anna, bob))["following"]
    await gts.send(running, "create-default", "create-public", "create-followers-only", "create-direct", "create-poll")
    timeline = {plain(status["content"]): status for status in await home(anna)}
    assert timeline["hello default visibility"]["visibility"] == "unlisted"
    assert timeline["hello followers only"]["visibility"] == "private"
    public = timeline["hello public #peer with a content warning"]
    assert (public["visibility"], public["spoiler_text"], public["tags"][0]["name"]) == ("public", "CW test", "peer")
    assert [option["title"] for option in timeline["poll time"]["poll"]["options"]] == ["yes", "no"]
    [talk] = (await anna.get("/api/v1/conversations")).json()
    assert talk["last_status"]["visibility"] == "direct"
    await gts.send(running, "update-note", "poll-vote-2", "update-person", "move")
    edited = await _status(anna, public)
    assert edited["edited_at"]
    assert edited["content"] != public["content"]
    assert (await _status(anna, timeline["poll time"]))["poll"]["votes_count"] == 1
    shown = (await anna.get(f"/api/v1/accounts/{bob}")).json()
    assert shown["display_name"] == gts.steps["update-person"]["object"]["name"]
    await gts.send(running, "delete-note")
    assert (await anna.get(f"/api/v1/statuses/{public['id']}")).status_code == 404
    await gts.send(running, "delete-account", "delete-account-2")
    assert await home(anna) == []


async def test_takahe(world: World) -> None:
    running, anna, iri = await _anna(world)
    mine = await write(world, anna, "Hello", visibility="public")
    ours = {TAK_ALICE: f"{iri}", f"{TAK_ALICE}posts/647107626048426576/": mine["uri"]}
    takahe = Recorded(world, "takahe", ours)
    await takahe.send(running, "follow", "like", "announce")
    shown = await _status(anna, mine)
    assert (shown["favourites_count"], shown["reblogs_count"]) == (1, 1)
    assert takahe.sent_to("tak-a.test")[0]["type"] == "Accept"
    bob = (await found(anna, "https://tak-a.test/@bob@tak-a.test/"))["id"]
    await takahe.send(running, "block")
    assert (await relationship(anna, bob))["blocked_by"]
    await takahe.send(running, "undo-block", "undo-follow")
    relation = await relationship(anna, bob)
    assert (relation["blocked_by"], relation["followed_by"]) == (False, False)


async def test_takahe_s_posts(world: World) -> None:
    running, anna, iri = await _anna(world)
    takahe = Recorded(world, "takahe", {"https://tak-a.test/@bob@tak-a.test/": iri})
    await _follow(world, anna, TAK_ALICE)
    await takahe.send(running, "accept-follow", "create-note")
    shown = await seen(anna, "hello from b")
    assert shown["visibility"] == "public"
    assert ("mention", "alice@tak-b.test") in await notified(anna)
    await takahe.send(running, "update-note")
    assert "edited" in plain((await _status(anna, shown))["content"])
    await takahe.send(running, "delete-note")
    assert await home(anna) == []


async def test_a_piefed_community(world: World) -> None:
    running, anna, _ = await _anna(world)
    piefed = Recorded(world, "piefed")
    await _follow(world, anna, PIE_GROUP)
    await piefed.accept(running, PIE_GROUP)
    assert piefed.sent_to("pie-a.test")[0]["type"] == "Follow"
    await piefed.send(running, "announce-create-page")
    [boost] = await home(anna)
    assert (boost["account"]["acct"], boost["account"]["group"]) == ("support@pie-a.test", True)
    assert boost["reblog"]["account"]["acct"] == "admina@pie-a.test"
    assert "hi takahe" in boost["reblog"]["content"]
    await piefed.send(running, "announce-create-note")
    assert len(await home(anna)) == 1
    for odd in (
        "announce-like",
        "announce-lock",
        "announce-add",
        "announce-block",
        "announce-update-group",
        "announce-undo-delete",
    ):
        await piefed.send(running, odd)
    assert len(await home(anna)) == 1


async def test_a_moderator_s_removal_takes_a_post_out_of_the_group_only(world: World) -> None:
    running, anna, _ = await _anna(world)
    piefed = Recorded(world, "piefed")
    await _follow(world, anna, PIE_GROUP)
    await piefed.accept(running, PIE_GROUP)
    wrapped = {"id": "https://pie-a.test/activities/announce/x", "type": "Announce", "actor": PIE_GROUP}
    wrapped |= {"@context": "https://www.w3.org/ns/activitystreams", "object": piefed.steps["create-page"]}
    piefed.steps["announce-theirs"] = wrapped | {"to": piefed.steps["announce-create-page"]["to"]}
    await piefed.send(running, "announce-theirs")
    shown = await seen(anna, "edited")  # as its own server tells it now, not as the group said
    await piefed.send(running, "announce-delete")
    assert await home(anna) == []
    assert (await anna.get(f"/api/v1/statuses/{shown['id']}")).status_code == 200
    await piefed.send(running, "delete")
    assert (await anna.get(f"/api/v1/statuses/{shown['id']}")).status_code == 404


async def test_a_piefed_member_in_our_group(world: World) -> None:
    running, anna, _ = await _anna(world)
    group_id = await open_group(running, "support", anna)
    await world.settle()
    group = (await anna.get(f"/api/v1/accounts/{group_id}")).json()["uri"]
    piefed = Recorded(world, "piefed", {PIE_GROUP: group})
    await piefed.send(running, "follow", "create-page")
    [boost] = await home(anna)
    assert (boost["account"]["acct"], boost["reblog"]["account"]["acct"]) == ("support", "adminb@pie-b.test")
    forms = [body for body in piefed.sent_to("pie-b.test") if body["type"] == "Announce"]
    created = next(body["object"] for body in forms if isinstance(body["object"], dict))
    assert (created["type"], created["id"]) == ("Create", piefed.steps["create-page"]["id"])
    assert created["object"]["name"] == "Question from B"
    await piefed.send(running, "update-page")
    assert "edited" in (await home(anna))[0]["reblog"]["content"]
    await piefed.send(running, "delete", "undo-follow")
    assert await home(anna) == []


@pytest.mark.parametrize(
    "order", [("announce-article", "announce-create-article"), ("announce-create-article", "announce-article")]
)
async def test_both_forms_of_a_nodebb_category_make_one_post(world: World, order: tuple[str, str]) -> None:
    running, anna, _ = await _anna(world)
    nodebb = Recorded(world, "nodebb")
    nodebb.serve({"@context": "https://www.w3.org/ns/activitystreams"} | nodebb.steps["announce-article"]["object"])
    await _follow(world, anna, NBB_GROUP)
    await nodebb.accept(running, NBB_GROUP)
    await nodebb.send(running, *order)
    [boost] = await home(anna)
    assert boost["account"]["acct"] == "general-discussion@nbb-a.test"
    assert (boost["reblog"]["spoiler_text"], boost["reblog"]["account"]["acct"]) == ("", "nadmin@nbb-a.test")
    assert "hello federation" in plain(boost["reblog"]["content"])


async def test_a_nodebb_category_passes_on_a_third_server_s_post_and_takes_it_out(world: World) -> None:
    running, anna, _ = await _anna(world)
    nodebb = Recorded(world, "nodebb")
    await _follow(world, anna, NBB_GROUP)
    await nodebb.accept(running, NBB_GROUP)
    await nodebb.send(running, "announce-create-page")
    assert (await seen(anna, "hello nodebb from piefed"))["account"]["acct"] == "adminb@pie-b.test"
    await nodebb.send(running, "announce-create-note")
    [boost] = await home(anna)
    below = (await anna.get(f"/api/v1/statuses/{boost['reblog']['id']}/context")).json()["descendants"]
    assert [plain(status["content"]) for status in below] == ["a_reply_from_nodebb_admin_long_enough"]
    await nodebb.send(running, "undo-announce")
    assert await home(anna) == []


async def test_nobody_s_group_is_not_listened_to(world: World) -> None:
    running, anna, _ = await _anna(world)
    nodebb, piefed = Recorded(world, "nodebb"), Recorded(world, "piefed")
    await nodebb.send(running, "announce-create-page", "announce-create-article")
    await piefed.send(running, "announce-create-page", "announce-delete")
    assert (await anna.get("/api/v1/timelines/public")).json() == []
    asked = [url for url in world.wires.requests_to("pie-b.test", "GET") if "/p/" in url]
    assert asked == []
