"""A token opens what its scopes say and no more, also where a stranger would be answered."""

from typing import Any

import pytest

from instance.auth.bearer import caller_of
from instance.content import tags
from instance.mastodon.streaming import open_stream
from instance.people import follows
from tests.support.make import member
from tests.support.world import World

ANYONE = [
    ("/api/v1/accounts/{ana}", "read:accounts"),
    ("/api/v1/accounts?id[]={ana}", "read:accounts"),
    ("/api/v1/accounts/lookup?acct=ana", "read:accounts"),
    ("/api/v1/accounts/{ana}/statuses", "read:statuses"),
    ("/api/v1/accounts/{ana}/statuses?tagged=x", "read:statuses"),
    ("/api/v1/accounts/{ana}/followers", "read:accounts"),
    ("/api/v1/accounts/{ana}/following", "read:accounts"),
    ("/api/v1/accounts/{ana}/featured_tags", "read:accounts"),
    ("/api/v1/directory", "read:accounts"),
    ("/api/v1/statuses/{post}/quotes", "read:statuses"),
]


async def test_what_anyone_may_ask_takes_a_scope_of_a_token(world: World) -> None:
    a = await world.instance()
    ana = await member(a, "ana", public=True)
    made = (await ana.post("/api/v1/statuses", json={"status": "x", "visibility": "public"})).json()
    names = {"ana": ana.account_id, "post": made["id"]}
    writes = await member(a, "ben", scopes="write follow push")
    for number, (path, scope) in enumerate(ANYONE):
        reads = await member(a, f"reads_{number}", scopes=scope)
        asked = path.format(**names)
        assert (await a.client.get(asked)).status_code == 200, path
        assert (await reads.get(asked)).status_code == 200, path
        assert (await writes.get(asked)).status_code == 403, path
    assert (await writes.get("/api/v1/accounts/verify_credentials")).status_code == 403


@pytest.mark.parametrize(("scopes", "told"), [("read:follows", True), ("follow", True), ("read:statuses", None)])
async def test_a_hashtag_is_shown_to_any_token_and_who_follows_it_to_some(world: World, scopes: str, told: Any) -> None:
    a = await world.instance()
    ana = await member(a, "ana", scopes=scopes)
    await a.house.store.unit(tags.follow, ana.account_id, "x")
    answer = await ana.get("/api/v1/tags/x")
    assert (answer.status_code, answer.json()["name"], answer.json().get("following")) == (200, "x", told)


async def test_words_for_followers_are_not_read_by_a_token_that_only_writes(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana"), await member(a, "ben", scopes="write")
    await a.house.store.unit(follows.request, ben.account_id, ana.account_id)
    await ana.post("/api/v1/statuses", json={"status": "quillfeather", "visibility": "private"})
    answer = await ben.get(f"/api/v1/accounts/{ana.account_id}/statuses")
    assert answer.status_code == 403
    assert "quillfeather" not in answer.text


@pytest.mark.parametrize(("scopes", "told"), [("read:statuses", []), ("read", ["mention"])])
async def test_the_stream_of_home_tells_of_notifications_where_the_token_may_read_them(
    world: World, scopes: str, told: list[str]
) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana"), await member(a, "ben", scopes=scopes)
    stream = await open_stream(a.house, await caller_of(a.house, ben.token), "user", {})
    await ana.post("/api/v1/statuses", json={"status": "@ben hello", "visibility": "direct"})
    news = await stream.news()
    assert [
        one.payload.partition('"type":"')[2].partition('"')[0] for one in news if one.event == "notification"
    ] == told
