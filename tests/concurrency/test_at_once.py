"""The same thing asked for many times at once (a tired finger, an app that repeats itself): done once, never a 500."""

import asyncio
from typing import Any

import pytest

from tests.support.make import Member, member
from tests.support.world import World

AT_ONCE = 8

DEEDS: list[tuple[str, dict[str, Any]]] = [
    ("/api/v1/accounts/{account}/follow", {}),
    ("/api/v1/accounts/{account}/note", {"comment": "met at the clinic"}),
    ("/api/v1/accounts/{account}/block", {}),
    ("/api/v1/accounts/{account}/unfollow", {}),
    ("/api/v1/statuses/{post}/favourite", {}),
    ("/api/v1/statuses/{post}/reblog", {}),
    ("/api/v1/statuses/{post}/unreblog", {}),
    ("/api/v1/statuses/{post}/bookmark", {}),
    ("/api/v1/polls/{poll}/votes", {"choices": [0]}),
    ("/api/v1/lists/{list}/accounts", {"account_ids": ["{account}"]}),
    ("/api/v1/markers", {"home": {"last_read_id": "{post}"}}),
]


async def _names(anna: Member, ben: Member) -> dict[str, str]:
    poll = {"options": ["yes", "no"], "expires_in": 3600}
    made = (await ben.post("/api/v1/statuses", json={"status": "x", "visibility": "public", "poll": poll})).json()
    await anna.post(f"/api/v1/accounts/{ben.account_id}/follow")
    kept = (await anna.post("/api/v1/lists", json={"title": "x"})).json()
    return {"account": str(ben.account_id), "post": made["id"], "poll": made["poll"]["id"], "list": kept["id"]}


@pytest.mark.parametrize(("path", "body"), DEEDS, ids=[path for path, _ in DEEDS])
async def test_done_once_however_often_asked(world: World, path: str, body: dict[str, Any]) -> None:
    a = await world.instance()
    anna, ben = await member(a, "anna", public=True), await member(a, "ben", public=True)
    names = await _names(anna, ben)
    if path.endswith("/follow"):
        await anna.post(f"/api/v1/accounts/{names['account']}/unfollow")
    if path.endswith("/unreblog"):
        await anna.post(path.format(**names).replace("/un", "/"))
    sent = {name: [names["account"]] if name == "account_ids" else value for name, value in body.items()}
    if "home" in sent:
        sent["home"] = {"last_read_id": names["post"]}
    answers = await asyncio.gather(*(anna.post(path.format(**names), json=sent) for _ in range(AT_ONCE)))
    allowed = {200, 422} if path.endswith(("votes", "accounts")) else {200}  # a second vote is told so
    assert {answer.status_code for answer in answers} <= allowed, [answer.text for answer in answers]
    shown = (await ben.get(f"/api/v1/statuses/{names['post']}")).json()
    assert max(shown["favourites_count"], shown["reblogs_count"], shown["poll"]["votes_count"]) <= 1
    assert min(shown["favourites_count"], shown["reblogs_count"]) >= 0
    profile = (await anna.get(f"/api/v1/accounts/{names['account']}")).json()
    assert profile["followers_count"] == (0 if path.endswith(("/block", "/unfollow")) else 1)


async def test_one_name_is_given_once(world: World) -> None:
    a = await world.instance()
    app = {"client_name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"}
    made = (await a.client.post("/api/v1/apps", json=app)).json()
    given = {"grant_type": "client_credentials", "scope": "read write"}
    named = {name: made[name] for name in ("client_id", "client_secret")}
    token = (await a.client.post("/oauth/token", json=given | named)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    body = {"username": "dora", "password": "a long enough phrase", "agreement": True, "email": "dora@mail.example"}
    sent = (a.client.post("/api/v1/accounts", json=body, headers=headers) for _ in range(4))
    codes = sorted(answer.status_code for answer in await asyncio.gather(*sent))
    assert codes == [200, 422, 422, 422]


async def test_one_key_makes_one_post(world: World) -> None:
    a = await world.instance()
    anna = await member(a, "anna")
    headers = anna.headers | {"Idempotency-Key": "one"}
    sent = (a.client.post("/api/v1/statuses", json={"status": "x"}, headers=headers) for _ in range(AT_ONCE))
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
