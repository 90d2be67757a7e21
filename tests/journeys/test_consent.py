"""Two servers: who may reply and quote, asked and answered across; what waits is seen by nobody else."""

from typing import Any

import pytest

from tests.journeys.walk import follow, found, home, notified, plain, seen, texts, write
from tests.support.make import Member, member
from tests.support.world import World

EVERYONE_ASKS = {"can_reply": {"automatic_approval": ["author", "mentioned"], "manual_approval": ["public"]}}
NOBODY = {"can_reply": {"always": ["author"], "with_approval": []}}


async def _friends(world: World) -> tuple[Member, Member, Member]:
    """Ben (elsewhere) and Bea (there too) follow Anna; Bea follows Ben."""
    a, b = await world.instance("a.example"), await world.instance("b.example")
    anna, ben = await member(a, "anna", public=True), await member(b, "ben", public=True)
    bea = await member(b, "bea", public=True)
    await world.settle()
    await follow(world, ben, "@anna@a.example")
    await follow(world, bea, "@anna@a.example")
    await follow(world, bea, "@ben")
    return anna, ben, bea


async def _requests(who: Member) -> list[dict[str, Any]]:
    answer = await who.get("/api/v1/interaction_requests")
    assert answer.status_code == 200, answer.text
    waiting: list[dict[str, Any]] = answer.json()
    return waiting


async def _decide(world: World, who: Member, how: str) -> dict[str, Any]:
    [one] = await _requests(who)
    answer = await who.post(f"/api/v1/interaction_requests/{one['id']}/{how}")
    assert answer.status_code == 200, answer.text
    await world.settle()
    decided: dict[str, Any] = answer.json()
    return decided


async def _below(who: Member, status_id: str) -> list[str]:
    around = (await who.get(f"/api/v1/statuses/{status_id}/context")).json()
    return [plain(status["content"]) for status in around["descendants"]]


async def _status(who: Member, status_id: str) -> dict[str, Any]:
    answer = await who.get(f"/api/v1/statuses/{status_id}")
    assert answer.status_code == 200, answer.text
    status: dict[str, Any] = answer.json()
    return status


async def _waiting_reply(world: World, anna: Member, ben: Member) -> tuple[dict[str, Any], dict[str, Any]]:
    """Anna's post that asks for a yes, and Ben's answer to it, as each server has it."""
    mine = await write(world, anna, "Ask me first", visibility="public", interaction_policy=EVERYONE_ASKS)
    theirs = await seen(ben, "Ask me first")
    reply = await write(world, ben, "May I answer?", visibility="public", in_reply_to_id=theirs["id"])
    return mine, reply


async def test_a_reply_waits_and_is_shown_after_a_yes(world: World) -> None:
    anna, ben, bea = await _friends(world)
    mine, reply = await _waiting_reply(world, anna, ben)
    assert texts(await home(bea)) == ["Ask me first"]
    assert (await bea.get(f"/api/v1/statuses/{reply['id']}")).status_code == 404
    assert "This waits for" in plain((await _status(ben, reply["id"]))["content"])
    assert (await _status(anna, mine["id"]))["replies_count"] == 0
    [waiting] = await _requests(anna)
    assert (waiting["type"], waiting["status"]["id"]) == ("reply", mine["id"])
    assert "May I answer?" in plain(waiting["reply"]["content"])
    assert ("mention", "ben@b.example") in await notified(anna)
    decided = await _decide(world, anna, "authorize")
    assert decided["accepted_at"]
    assert decided["uri"].startswith("https://a.example/u/")
    assert await _requests(anna) == []
    assert await _below(anna, mine["id"]) == ["May I answer?"]
    assert (await _status(anna, mine["id"]))["replies_count"] == 1
    assert plain((await seen(bea, "May I answer?"))["content"]) == "May I answer?"
    assert [kind for kind, _ in await notified(anna)].count("mention") == 1


async def test_a_refused_reply_stays_with_its_author(world: World) -> None:
    anna, ben, bea = await _friends(world)
    mine, reply = await _waiting_reply(world, anna, ben)
    assert (await _decide(world, anna, "reject"))["rejected_at"]
    assert await _below(anna, mine["id"]) == []
    assert "has said no" in plain((await _status(ben, reply["id"]))["content"])
    assert (await bea.get(f"/api/v1/statuses/{reply['id']}")).status_code == 404
    assert texts(await home(bea)) == ["Ask me first"]
    again = await anna.post(f"/api/v1/interaction_requests/{reply['id']}/authorize")
    assert again.status_code == 404


async def test_nobody_may_reply(world: World) -> None:
    anna, ben, _ = await _friends(world)
    await write(world, anna, "I only tell", visibility="public", interaction_policy=NOBODY)
    theirs = await seen(ben, "I only tell")
    refused = await ben.post("/api/v1/statuses", json={"status": "But", "in_reply_to_id": theirs["id"]})
    assert refused.status_code == 422
    assert "limited who can reply" in refused.json()["error"]


async def test_who_is_mentioned_may_always_reply(world: World) -> None:
    anna, ben, _ = await _friends(world)
    mine = await write(world, anna, "@ben@b.example what do you say?", visibility="public", interaction_policy=NOBODY)
    theirs = await seen(ben, "what do you say?")
    await write(world, ben, "This", visibility="public", in_reply_to_id=theirs["id"])
    assert await _below(anna, mine["id"]) == ["This"]


@pytest.mark.parametrize(("follows", "status"), [(True, 200), (False, 422)])
async def test_followers_may_reply(world: World, follows: bool, status: int) -> None:
    anna, ben, bea = await _friends(world)
    if not follows:
        account = await found(ben, "@anna@a.example")
        await ben.post(f"/api/v1/accounts/{account['id']}/unfollow")
        await world.settle()
    policy = {"can_reply": {"always": ["followers"], "with_approval": []}}
    mine = await write(world, anna, "For my followers to say", visibility="public", interaction_policy=policy)
    theirs = await seen(bea, "For my followers to say")
    answer = await ben.post(
        "/api/v1/statuses", json={"status": "Yes", "in_reply_to_id": theirs["id"], "visibility": "public"}
    )
    assert answer.status_code == status
    await world.settle()
    assert await _below(anna, mine["id"]) == (["Yes"] if follows else [])
    if follows:
        assert plain((await seen(bea, "Yes"))["content"]) == "Yes"  # shown once the author's server had said so


async def test_local_replies_ask_too(world: World) -> None:
    a = await world.instance("a.example")
    anna, ada, ann = [await member(a, name, public=True) for name in ("anna", "ada", "ann")]
    await world.settle()
    mine = await write(world, anna, "Ask me", visibility="public", interaction_policy=EVERYONE_ASKS)
    reply = await write(world, ada, "Hello", visibility="public", in_reply_to_id=mine["id"])
    assert (await ann.get(f"/api/v1/statuses/{reply['id']}")).status_code == 404
    assert await _below(ann, mine["id"]) == []
    own = await ada.post("/api/v1/statuses", json={"status": "And", "in_reply_to_id": reply["id"]})
    assert own.status_code == 422
    await write(world, anna, "Answering is saying yes", visibility="public", in_reply_to_id=reply["id"])
    assert await _below(ann, mine["id"]) == ["Hello", "Answering is saying yes"]
    assert await _requests(anna) == []


async def test_defaults_are_kept_by_visibility(world: World) -> None:
    anna = await member(await world.instance("a.example"), "anna", public=True)
    changed = await anna.patch("/api/v1/interaction_policies/defaults", json={"public": NOBODY})
    assert changed.json()["public"]["can_reply"]["always"] == ["author"]
    public = await write(world, anna, "One", visibility="public")
    unlisted = await write(world, anna, "Two", visibility="unlisted")
    assert public["interaction_policy"]["can_reply"]["automatic_approval"] == ["author"]
    assert unlisted["interaction_policy"]["can_reply"]["automatic_approval"] == ["public"]
    await anna.patch("/api/v1/interaction_policies/defaults", json={"public": None})
    assert (await write(world, anna, "Three", visibility="public"))["interaction_policy"]["can_reply"]["always"] == [
        "public"
    ]


async def test_a_like_and_a_boost_wait_for_a_yes(world: World) -> None:
    anna, ben, bea = await _friends(world)
    asked = {"automatic_approval": ["author"], "manual_approval": ["public"]}
    policy = {"can_favourite": asked, "can_reblog": asked}
    mine = await write(world, anna, "Ask for all", visibility="public", interaction_policy=policy)
    theirs = await seen(ben, "Ask for all")
    await ben.post(f"/api/v1/statuses/{theirs['id']}/favourite")
    await ben.post(f"/api/v1/statuses/{theirs['id']}/reblog")
    await world.settle()
    before = await _status(anna, mine["id"])
    assert (before["favourites_count"], before["reblogs_count"]) == (0, 0)
    kinds = {one["type"]: one["id"] for one in await _requests(anna)}
    assert set(kinds) == {"favourite", "reblog"}
    for one in kinds.values():
        assert (await anna.post(f"/api/v1/interaction_requests/{one}/authorize")).status_code == 200
    await world.settle()
    after = await _status(anna, mine["id"])
    assert (after["favourites_count"], after["reblogs_count"]) == (1, 1)
    assert (await _status(bea, theirs["id"]))["reblogs_count"] == 1


# --- quotes


async def _quote(world: World, who: Member, text: str, target: dict[str, Any], **terms: Any) -> dict[str, Any]:
    return await write(world, who, text, visibility="public", quoted_status_id=target["id"], **terms)


async def test_a_quote_is_asked_for_and_shown(world: World) -> None:
    anna, ben, bea = await _friends(world)
    mine = await write(world, anna, "Quote me", visibility="public", quote_approval_policy="public")
    assert mine["quote_approval"] == {"automatic": ["public"], "manual": [], "current_user": "automatic"}
    theirs = await seen(ben, "Quote me")
    assert theirs["quote_approval"]["current_user"] == "automatic"
    made = await _quote(world, ben, "So true", theirs)
    assert made["quote"]["state"] == "pending"
    now = await _status(ben, made["id"])
    assert now["quote"]["state"] == "accepted"
    assert now["quote"]["quoted_status"]["id"] == theirs["id"]
    assert (await seen(bea, "So true"))["quote"]["quoted_status"]["id"] == theirs["id"]
    assert (await _status(anna, mine["id"]))["quotes_count"] == 1
    assert ("quote", "ben@b.example") in await notified(anna)
    [quoting] = (await anna.get(f"/api/v1/statuses/{mine['id']}/quotes")).json()
    assert quoting["quote"]["quoted_status"]["id"] == mine["id"]
    revoked = await anna.post(f"/api/v1/statuses/{mine['id']}/quotes/{quoting['id']}/revoke")
    assert revoked.json()["quote"] == {"state": "revoked", "quoted_status": None}
    await world.settle()
    assert (await _status(ben, made["id"]))["quote"]["state"] == "revoked"
    assert (await _status(anna, mine["id"]))["quotes_count"] == 0
    assert (await anna.get(f"/api/v1/statuses/{mine['id']}/quotes")).json() == []


async def test_nobody_quotes_without_a_yes(world: World) -> None:
    anna, ben, _ = await _friends(world)
    await write(world, anna, "Not to be quoted", visibility="public")
    theirs = await seen(ben, "Not to be quoted")
    assert theirs["quote_approval"]["current_user"] == "denied"
    refused = await ben.post("/api/v1/statuses", json={"status": "Ha", "quoted_status_id": theirs["id"]})
    assert refused.status_code == 422


async def test_a_quote_waits_where_its_author_is_asked_each_time(world: World) -> None:
    anna, ben, _ = await _friends(world)
    mine = await write(world, anna, "Later more", visibility="public", quote_approval_policy="followers")
    theirs = await seen(ben, "Later more")
    assert theirs["quote_approval"]["current_user"] == "automatic"  # Ben follows her
    # she narrows it before he writes, and his server has not heard of it
    world.wires.down.add("b.example")
    await anna.put(f"/api/v1/statuses/{mine['id']}/interaction_policy", json={"quote_approval_policy": "nobody"})
    await world.settle()
    made = await ben.post(
        "/api/v1/statuses", json={"status": "See", "visibility": "public", "quoted_status_id": theirs["id"]}
    )
    world.wires.down.clear()
    await world.settle()
    world.clock.turn(3_600_000)
    await world.settle()
    assert (await _status(ben, made.json()["id"]))["quote"]["state"] == "rejected"


async def test_a_quoted_post_that_is_gone(world: World) -> None:
    anna, ben, _ = await _friends(world)
    mine = await write(world, anna, "Soon gone", visibility="public", quote_approval_policy="public")
    made = await _quote(world, ben, "Look", await seen(ben, "Soon gone"))
    await anna.delete(f"/api/v1/statuses/{mine['id']}")
    await world.settle()
    assert (await _status(ben, made["id"]))["quote"] == {"state": "deleted", "quoted_status": None}


async def test_an_edit_is_told_to_who_quotes(world: World) -> None:
    a = await world.instance("a.example")
    anna, ada = [await member(a, name, public=True) for name in ("anna", "ada")]
    mine = await write(world, anna, "Frist", visibility="public", quote_approval_policy="public")
    await _quote(world, ada, "Look", mine)
    assert ("quote", "ada") in await notified(anna)
    world.clock.turn(60_000)
    await anna.put(f"/api/v1/statuses/{mine['id']}", json={"status": "First"})
    assert ("quoted_update", "anna") in await notified(ada)


async def test_a_quote_never_widens_an_audience(world: World) -> None:
    a = await world.instance("a.example")
    anna, ada, ann = [await member(a, name, public=True) for name in ("anna", "ada", "ann")]
    await follow(world, ada, "@anna")
    narrow = await write(world, anna, "For followers", visibility="private", quote_approval_policy="public")
    for who, visibility in ((ada, "private"), (anna, "public")):
        terms = {"status": "Look", "visibility": visibility, "quoted_status_id": narrow["id"]}
        assert (await who.post("/api/v1/statuses", json=terms)).status_code == 422
    assert (
        await ann.post("/api/v1/statuses", json={"status": "L", "quoted_status_id": narrow["id"]})
    ).status_code == 404
    made = await write(world, anna, "My own", visibility="private", quoted_status_id=narrow["id"])
    assert (await _status(ada, made["id"]))["quote"]["quoted_status"]["id"] == narrow["id"]
    public = await write(world, anna, "For all", visibility="public", quote_approval_policy="public")
    quote = await _quote(world, ada, "Hers", public)
    await anna.post(f"/api/v1/accounts/{ann.account_id}/block")
    assert (await _status(ann, quote["id"]))["quote"] == {"state": "unauthorized", "quoted_status": None}
