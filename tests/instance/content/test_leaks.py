"""What is for some is nowhere for others (LEAKS L14, L17, L50): every way to a followers-only, direct or local post, tried."""

from typing import Any

import pytest

from instance.people import follows, restrictions
from tests.support.make import Member, member
from tests.support.world import Running, World

WORD = "blomkvist"


async def get(a: Running, who: Member | None, path: str, **query: str) -> Any:
    headers = who.headers if who is not None else {}
    return await a.client.get(path, params=query, headers=headers)


async def ways_to(a: Running, who: Member | None, ana: Member, made: dict[str, Any]) -> list[str]:
    """The paths that show a post, its words or that it is there."""
    post_id, parent = made["id"], made["in_reply_to_id"]
    ways = [
        f"/api/v1/statuses/{post_id}",
        *[f"/api/v1/statuses/{post_id}/{name}" for name in ("context", "history", "source", "card")],
        *[f"/api/v1/statuses/{post_id}/{name}" for name in ("favourited_by", "reblogged_by")],
        f"/api/v1/statuses?id[]={post_id}",
        f"/api/v1/statuses/{parent}/context",
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        "/api/v1/timelines/public?local=true",
        f"/api/v1/timelines/tag/{WORD}",
        f"/api/v1/accounts/{ana.account_id}/statuses",
        f"/api/v1/accounts/{ana.account_id}/statuses?pinned=true",
        f"/api/v2/search?q={WORD}",
        f"/api/v2/search?q={made['uri']}",
        "/api/v1/notifications",
        "/api/v1/conversations",
        f"/@ana/{post_id}",
        f"/@ana/{parent}",
        "/@ana",
        f"/tags/{WORD}",
    ]
    if made.get("poll"):
        ways.append(f"/api/v1/polls/{made['poll']['id']}")
    told = []
    for path in ways:
        answer = await get(a, who, path)
        assert answer.status_code < 500, path
        text = answer.text.replace(f"q={WORD}", "").replace(f"/tags/{WORD}", "")
        asked_alone = answer.status_code == 200 and f"/statuses/{post_id}" in path
        if asked_alone or ("error" not in text and (f'"{post_id}"' in text or f"{WORD} {WORD}" in text)):
            told.append(path)
    return told


async def write(who: Member, text: str, **more: Any) -> dict[str, Any]:
    answer = await who.post("/api/v1/statuses", json={"status": text, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


@pytest.mark.parametrize("visibility", ["private", "direct"])
async def test_nobody_else_finds_it(world: World, visibility: str) -> None:
    a = await world.instance()
    ana, ben, eve = await member(a, "ana", public=True), await member(a, "ben"), await member(a, "eve")
    await a.house.store.unit(follows.request, ben.account_id, ana.account_id)
    start = await write(ana, "start", visibility="public")
    text = f"{WORD} {WORD} #{WORD} @ben"
    made = await write(ana, text, visibility=visibility, in_reply_to_id=start["id"])
    await ana.post(f"/api/v1/statuses/{made['id']}/favourite")
    assert await ways_to(a, eve, ana, made) == []
    assert await ways_to(a, None, ana, made) == []
    assert f"/api/v1/statuses/{start['id']}/context" in await ways_to(a, ben, ana, made)  # the walk can find it
    for action in ("favourite", "reblog", "bookmark", "pin", "mute"):
        assert (await eve.post(f"/api/v1/statuses/{made['id']}/{action}")).status_code == 404


async def test_poll_of_a_hidden_post(world: World) -> None:
    a = await world.instance()
    ana, eve = await member(a, "ana"), await member(a, "eve")
    poll = {"options": [WORD, "no"], "expires_in": 600}
    made = await write(ana, f"{WORD} {WORD}", visibility="private", poll=poll)
    assert (await get(a, eve, f"/api/v1/polls/{made['poll']['id']}")).status_code == 404
    votes = f"/api/v1/polls/{made['poll']['id']}/votes"
    assert (await eve.post(votes, json={"choices": [0]})).status_code == 404


async def test_it_ends_at_once_with_the_follow_or_a_block(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ana, ben, eve = await member(a, "ana"), await member(a, "ben"), await member(a, "eve")
    for who in (ben, eve):
        await store.unit(follows.request, who.account_id, ana.account_id)
    made = await write(ana, f"{WORD} {WORD}", visibility="private")
    made["in_reply_to_id"] = made["id"]
    assert await ways_to(a, ben, ana, made) != []
    await store.unit(follows.reject, ben.account_id, ana.account_id)
    assert await ways_to(a, ben, ana, made) == []
    await store.unit(restrictions.block, ana.account_id, eve.account_id)
    assert await ways_to(a, eve, ana, made) == []


async def test_local_posts_are_for_members_only_and_told_as_private(world: World) -> None:
    a = await world.instance()
    ana, eve = await member(a, "ana", public=True), await member(a, "eve")
    made = await write(ana, f"{WORD} {WORD}", visibility="public", local_only=True)
    made["in_reply_to_id"] = made["id"]
    assert made["visibility"] == "private"
    assert await ways_to(a, None, ana, made) == []
    assert f"/api/v1/statuses/{made['id']}" in await ways_to(a, eve, ana, made)
    assert (await eve.post(f"/api/v1/statuses/{made['id']}/reblog")).status_code == 422


async def test_an_answer_below_a_hidden_post_stays_in_the_thread(world: World) -> None:
    a = await world.instance()
    ana, ben, eve = await member(a, "ana", public=True), await member(a, "ben", public=True), await member(a, "eve")
    start = await write(ana, "start")
    hidden = await write(ana, f"{WORD} @ben", visibility="direct", in_reply_to_id=start["id"])
    below = await write(ben, "in public", visibility="public", in_reply_to_id=hidden["id"])
    context = (await get(a, eve, f"/api/v1/statuses/{start['id']}/context")).json()
    assert [status["id"] for status in context["descendants"]] == [below["id"]]


async def test_numbers_do_not_tell_of_hidden_posts(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben", public=True)
    start = await write(ana, "start")
    hidden = await write(ben, "for you @ana", visibility="direct", in_reply_to_id=start["id"])
    await write(ben, "for followers", visibility="private", in_reply_to_id=start["id"])

    async def numbers() -> tuple[int, int]:
        shown = (await get(a, None, f"/api/v1/statuses/{start['id']}")).json()
        account = (await get(a, None, f"/api/v1/accounts/{ben.account_id}")).json()
        return shown["replies_count"], account["statuses_count"]

    assert await numbers() == (0, 1)
    await ben.delete(f"/api/v1/statuses/{hidden['id']}")
    assert await numbers() == (0, 1)
    open_answer = await write(ben, "for all", visibility="public", in_reply_to_id=start["id"])
    assert await numbers() == (1, 2)
    await ben.delete(f"/api/v1/statuses/{open_answer['id']}")
    assert await numbers() == (0, 1)
