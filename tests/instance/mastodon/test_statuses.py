"""Posting, answering, editing, deleting through the client API."""

from typing import Any

import pytest
from sqlalchemy import select

from instance.db.content import post, revision
from instance.groups import groups
from instance.people import follows
from tests.support.make import Member, member
from tests.support.world import Running, World

API = "/api/v1/statuses"


async def write(who: Member, text: str = "hello", **more: Any) -> dict[str, Any]:
    answer = await who.post(API, json={"status": text, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def follow(running: Running, follower: Member, target: int) -> None:
    await running.house.store.unit(follows.request, follower.account_id, target)


async def group(running: Running, name: str, by: Member) -> int:
    return await running.house.store.unit(lambda u: groups.create(u, name, name, created_by=by.account_id))


async def test_post_and_read(world: World) -> None:
    a = await world.instance()
    ana = await member(a, "ana", public=True)
    made = await write(ana, "hello *you* #Tag", language="en", spoiler_text="cw", visibility="unlisted")
    assert made["visibility"] == "unlisted"
    assert made["spoiler_text"] == "cw"
    assert made["sensitive"] is True
    assert made["language"] == "en"
    assert [tag["name"] for tag in made["tags"]] == ["Tag"]
    assert made["url"] == f"https://a.example/@ana/{made['id']}"
    assert made["application"]["name"] == "Test app"
    assert made["created_at"].endswith("Z")
    assert made["account"]["statuses_count"] == 1
    read = (await a.client.get(f"{API}/{made['id']}")).json()
    assert read["content"] == made["content"]
    assert "application" not in read
    both = (await a.client.get(API, params={"id[]": [made["id"], "77"]})).json()
    assert [status["id"] for status in both] == [made["id"]]


@pytest.mark.parametrize(
    ("asked", "allowed", "given"),
    [
        ("public", False, "private"),
        ("unlisted", False, "private"),
        (None, False, "private"),
        ("private", False, "private"),
        ("direct", False, "direct"),
        ("public", True, "public"),
        ("unlisted", True, "unlisted"),
        (None, True, "public"),
        ("private", True, "private"),
        ("direct", True, "direct"),
    ],
)
async def test_a_forgotten_mention_publishes_nothing(world: World, asked: str, allowed: bool, given: str) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=allowed), await member(a, "ben")
    made = await write(ana, "about my illness @ben", visibility=asked)
    assert made["visibility"] == given
    assert (await ben.get(f"{API}/{made['id']}")).status_code == 200
    seen = await a.client.get(f"{API}/{made['id']}")
    assert seen.status_code == (200 if given in {"public", "unlisted"} else 404)


async def test_a_post_that_names_an_open_group(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana"), await member(a, "ben")
    lung = await group(a, "lung", ana)
    await follow(a, ben, lung)
    made = await write(ana, "hello @lung")
    assert made["visibility"] == "public"
    assert (await write(ana, "hello @lung", visibility="unlisted"))["visibility"] == "unlisted"
    for narrow in ("private", "direct"):
        refused = await ana.post(API, json={"status": "hello @lung", "visibility": narrow})
        assert refused.status_code == 422
        assert "take @lung out" in refused.json()["error"]

    answered = await write(ben, "an answer", in_reply_to_id=made["id"], visibility="public")
    assert answered["visibility"] == "public"
    assert (await write(ben, "to you", in_reply_to_id=made["id"], visibility="private"))["visibility"] == "private"
    assert (await write(ben, "to @ana", in_reply_to_id=made["id"], visibility="direct"))["visibility"] == "direct"
    assert (await write(ben, "no group"))["visibility"] == "private"


async def test_answers(world: World) -> None:
    a = await world.instance()
    ana, ben, eve = await member(a, "ana"), await member(a, "ben"), await member(a, "eve")
    await follow(a, ben, ana.account_id)
    first = await write(ana, "for followers")
    second = await write(ben, "answer @ana", in_reply_to_id=first["id"])
    assert second["in_reply_to_id"] == first["id"]
    assert second["in_reply_to_account_id"] == str(ana.account_id)
    assert (await ana.get(f"{API}/{first['id']}")).json()["replies_count"] == 0  # hidden answers are not told by number
    refused = await eve.post(API, json={"status": "x", "in_reply_to_id": first["id"]})
    assert (refused.status_code, refused.json()) == (404, {"error": "Record not found"})
    context = (await ana.get(f"{API}/{first['id']}/context")).json()
    assert [status["id"] for status in context["descendants"]] == [second["id"]]
    context = (await ben.get(f"{API}/{second['id']}/context")).json()
    assert [status["id"] for status in context["ancestors"]] == [first["id"]]
    await ana.delete(f"{API}/{first['id']}")
    assert (await ben.get(f"{API}/{second['id']}")).json()["in_reply_to_id"] is None


async def test_the_same_key_posts_once(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana"), await member(a, "ben")
    ids = set()
    for who in (ana, ana, ben):
        headers = who.headers | {"Idempotency-Key": "k1"}
        answer = await a.client.post(API, json={"status": "once"}, headers=headers)
        ids.add(answer.json()["id"])
    assert len(ids) == 2


async def test_edit_with_history(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben")
    made = await write(ana, "first **draft**", content_type="text/markdown", spoiler_text="cw")
    assert "<strong>draft</strong>" in made["content"]
    source = (await ana.get(f"{API}/{made['id']}/source")).json()
    assert (source["text"], source["spoiler_text"]) == ("first **draft**", "cw")
    assert (await ben.get(f"{API}/{made['id']}/source")).status_code == 404
    world.clock.turn(1000)
    edited = (await ana.put(f"{API}/{made['id']}", json={"status": "second **draft**"})).json()
    assert "second <strong>draft</strong>" in edited["content"]
    assert edited["edited_at"] is not None
    assert edited["spoiler_text"] == "cw"
    assert (await a.client.get(f"{API}/{made['id']}")).json()["content"] == edited["content"]
    states = (await a.client.get(f"{API}/{made['id']}/history")).json()
    assert [state["content"] for state in states] == [made["content"], edited["content"]]
    assert states[0]["created_at"] < states[1]["created_at"]
    assert (await ben.put(f"{API}/{made['id']}", json={"status": "x"})).status_code == 404


async def test_delete_erases_words(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben", public=True)
    made = await write(ana, "secret words")
    await ana.put(f"{API}/{made['id']}", json={"status": "secret words again"})
    boost = (await ben.post(f"{API}/{made['id']}/reblog")).json()
    assert (await ben.delete(f"{API}/{made['id']}")).status_code == 404
    gone = await ana.delete(f"{API}/{made['id']}")
    assert gone.json()["text"] == "secret words again"
    for path in (made["id"], boost["id"]):
        assert (await ana.get(f"{API}/{path}")).status_code == 404
    assert (await ana.delete(f"{API}/{made['id']}")).status_code == 404
    left = await a.house.store.read(lambda c: [tuple(row) for row in c.execute(select(post))])
    assert len(left) == 1
    assert "secret" not in str(left)
    assert await a.house.store.read(lambda c: c.execute(select(revision)).all()) == []


async def test_direct_posts_are_sealed(world: World) -> None:
    a = await world.instance()
    ana, ben, eve = await member(a, "ana"), await member(a, "ben"), await member(a, "eve")
    made = await write(ana, "only you @ben", visibility="direct", spoiler_text="quiet")
    await ana.put(f"{API}/{made['id']}", json={"status": "only you, dear @ben"})
    rows = await a.house.store.read(
        lambda c: [tuple(row) for table in (post, revision) for row in c.execute(select(table))]
    )
    assert "only" not in str(rows)
    assert "quiet" not in str(rows)
    read = (await ben.get(f"{API}/{made['id']}")).json()
    assert "dear" in read["content"]
    assert read["spoiler_text"] == "quiet"
    assert len((await ben.get(f"{API}/{made['id']}/history")).json()) == 2
    assert (await eve.get(f"{API}/{made['id']}")).status_code == 404


async def test_marks(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben", public=True)
    made = await write(ana, "hi")
    for on, off, shown in (
        ("favourite", "unfavourite", "favourited"),
        ("bookmark", "unbookmark", "bookmarked"),
        ("mute", "unmute", "muted"),
    ):
        for _ in range(2):
            assert (await ben.post(f"{API}/{made['id']}/{on}")).json()[shown] is True
        assert (await ben.post(f"{API}/{made['id']}/{off}")).json()[shown] is False
    liked = (await ben.post(f"{API}/{made['id']}/favourite")).json()
    assert liked["favourites_count"] == 1
    assert (await a.client.get(f"{API}/{made['id']}")).json()["favourites_count"] == 1
    who = (await a.client.get(f"{API}/{made['id']}/favourited_by")).json()
    assert [account["acct"] for account in who] == ["ben"]
    assert (await ana.post(f"{API}/{made['id']}/pin")).json()["pinned"] is True
    assert (await ben.post(f"{API}/{made['id']}/pin")).status_code == 422


async def test_boosts(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben", public=True)
    made = await write(ana, "hi")
    wrapper = (await ben.post(f"{API}/{made['id']}/reblog")).json()
    assert wrapper["reblog"]["id"] == made["id"]
    assert wrapper["reblog"]["reblogged"] is True
    assert wrapper["reblogged"] is True  # apps look at what they were answered
    assert wrapper["reblog"]["reblogs_count"] == 1
    assert (await ben.post(f"{API}/{wrapper['id']}/reblog")).json()["id"] == wrapper["id"]
    who = (await a.client.get(f"{API}/{made['id']}/reblogged_by")).json()
    assert [account["acct"] for account in who] == ["ben"]
    back = (await ben.post(f"{API}/{made['id']}/unreblog")).json()
    assert (back["id"], back["reblogged"], back["reblogs_count"]) == (made["id"], False, 0)
    private = await write(ana, "followers", visibility="private")
    await follow(a, ben, ana.account_id)
    assert (await ben.post(f"{API}/{private['id']}/reblog")).status_code == 422


async def test_polls(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben")
    asked = {"options": ["yes", "no"], "expires_in": 600, "multiple": False}
    made = await write(ana, "well?", poll=asked)
    poll = made["poll"]
    assert [option["title"] for option in poll["options"]] == ["yes", "no"]
    assert (poll["expired"], poll["votes_count"]) == (False, 0)
    voted = (await ben.post(f"/api/v1/polls/{poll['id']}/votes", json={"choices": ["1"]})).json()
    assert (voted["own_votes"], voted["options"][1]["votes_count"], voted["voters_count"]) == ([1], 1, 1)
    shown = (await ben.get(f"{API}/{made['id']}")).json()["poll"]
    assert shown == voted
    for bad in ([1], [0, 1], [7], ["x"], []):
        assert (await ben.post(f"/api/v1/polls/{poll['id']}/votes", json={"choices": bad})).status_code == 422
    assert (await ana.post(f"/api/v1/polls/{poll['id']}/votes", json={"choices": [0]})).status_code == 422
    world.clock.turn(601_000)
    await world.settle()
    ended = (await a.client.get(f"{API}/{made['id']}")).json()["poll"]
    assert ended["expired"] is True
    eve = await member(a, "eve")
    late = await eve.post(f"/api/v1/polls/{poll['id']}/votes", json={"choices": [0]})
    assert (late.status_code, "ended" in late.json()["error"]) == (422, True)


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"status": "  "},
        {"status": "x" * 5001},
        {"status": {"a": 1}},
        {"status": "x", "visibility": "galaxy"},
        {"status": "x", "poll": {"options": ["one"], "expires_in": 600}},
        {"status": "x", "poll": {"options": ["a", "b" * 51], "expires_in": 600}},
        {"status": "x", "poll": {"options": ["a", "b"], "expires_in": 1}},
        {"status": "x", "media_ids": ["5"]},
        {"status": "x", "media_ids": ["zzz"]},
        {"status": "x", "content_type": "text/html"},
        {"status": "x", "scheduled_at": "2030-01-01T00:00:00Z"},
        {"status": " ".join(f"@a{n}" for n in range(99))},
    ],
)
async def test_what_cannot_be_posted_is_refused_in_words(world: World, bad: dict[str, Any]) -> None:
    a = await world.instance()
    ana = await member(a, "ana")
    refused = await ana.post(API, json=bad)
    assert refused.status_code == 422
    assert len(refused.json()["error"]) > 10
    assert (await a.client.post(API, json={"status": "x"})).status_code == 401
    assert await a.house.store.read(lambda c: c.execute(select(post)).all()) == []


async def test_a_boost_is_for_followers_where_public_posting_is_not_allowed(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben")
    made = await write(ana, "hi")
    wrapper = (await ben.post(f"{API}/{made['id']}/reblog", json={"visibility": "public"})).json()
    assert (wrapper["visibility"], wrapper["reblog"]["visibility"]) == ("private", "public")
    assert (await a.client.get(f"{API}/{wrapper['id']}")).status_code == 404
    assert (await a.client.get(f"{API}/{made['id']}/reblogged_by")).json() == []
    assert (await a.client.get(f"{API}/{made['id']}")).json()["reblogs_count"] == 1
