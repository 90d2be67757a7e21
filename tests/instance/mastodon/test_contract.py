"""Every operation of Mastodon's client API: none is unknown here, none fails, each answers in its right shape.

`contract/operations.txt` and `contract/entities.json` were taken from Mastodon's OpenAPI schema by `contract/make.py`.
What is answered otherwise than there stands in OTHERWISE, each with its reason.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.instance.media.pictures import picture
from tests.support.make import Member, member
from tests.support.world import Running, World

HERE = Path(__file__).parent / "contract"
ENTITIES: dict[str, dict[str, dict[str, Any]]] = json.loads((HERE / "entities.json").read_text())
OPERATIONS = [line.split(" ", 2) for line in (HERE / "operations.txt").read_text().splitlines()]
ORDER = ["GET", "POST", "PUT", "PATCH", "DELETE"]
SIMPLE = {"string": str, "integer": int, "boolean": bool, "object": dict, "number": (int, float)}

# operation -> (status, why)
OTHERWISE = {
    "GET /api/oembed": (404, "posts are not embedded elsewhere"),
    "GET /api/v1/instance/terms_of_service": (404, "there are none"),
    "GET /api/v1/instance/terms_of_service/{date}": (404, "there are none"),
    "POST /api/v1/accounts/{id}/pin": (422, "profiles feature nobody"),
    "POST /api/v1/accounts/{id}/endorse": (422, "profiles feature nobody"),
    "POST /api/v1/featured_tags": (422, "hashtags are not featured"),
    "POST /api/v1/tags/{id}/feature": (422, "hashtags are not featured"),
    "DELETE /api/v1/featured_tags/{id}": (404, "hashtags are not featured"),
    "POST /api/v1/emails/confirmations": (403, "mail is asked for on our own pages"),
    "POST /api/v1/announcements/{id}/dismiss": (404, "no announcement is there"),
    "PUT /api/v1/announcements/{id}/reactions/{name}": (404, "no announcement is there"),
    "DELETE /api/v1/announcements/{id}/reactions/{name}": (404, "no announcement is there"),
    "GET /api/v1/annual_reports/{year}": (404, "nobody is summed up"),
    "POST /api/v1/annual_reports/{year}/read": (404, "nobody is summed up"),
    "POST /api/v1/annual_reports/{year}/generate": (404, "nobody is summed up"),
    "GET /api/v1/scheduled_statuses/{id}": (404, "none is scheduled"),
    "PUT /api/v1/scheduled_statuses/{id}": (404, "none is scheduled"),
    "DELETE /api/v1/scheduled_statuses/{id}": (404, "none is scheduled"),
    "GET /api/v1_alpha/async_refreshes/{id}": (404, "none runs"),
    "POST /api/v1/collections": (422, "there are no collections"),
    "GET /api/v1/collections/{id}": (404, "there are no collections"),
    "PATCH /api/v1/collections/{id}": (404, "there are no collections"),
    "DELETE /api/v1/collections/{id}": (404, "there are no collections"),
    "POST /api/v1/collections/{collection_id}/items": (404, "there are no collections"),
    "DELETE /api/v1/collections/{collection_id}/items/{id}": (404, "there are no collections"),
    "POST /api/v1/collections/{collection_id}/items/{id}/revoke": (404, "there are no collections"),
    "GET /api/v1/notifications/requests/{id}": (404, "nothing is held back"),
    "POST /api/v1/notifications/requests/{id}/accept": (404, "nothing is held back"),
    "POST /api/v1/notifications/requests/{id}/dismiss": (404, "nothing is held back"),
    "POST /api/v1/statuses/{id}/translate": (404, "nothing is sent away to be translated"),
    "POST /api/v1/statuses/{id}/quotes/{quoting_status_id}/revoke": (404, "nobody quotes it"),
}
# elsewhere: pages, and streams that do not end
APART = {
    "GET /oauth/authorize",
    *(f"GET {path}" for _, path, _ in OPERATIONS if path.startswith("/api/v1/streaming/") and "health" not in path),
}
# the schema names another shape than the methods' pages, or one that differs between its own cases
SHAPELESS = {
    "GET /health",
    "GET /api/v1/streaming/health",
    "GET /api/v1/instance/activity",
    "GET /api/v1/trends/links",
    "GET /api/v1/filters",
}


@dataclass
class Things:
    """What the operations are tried on."""

    ids: dict[str, str] = field(default_factory=dict)


@dataclass
class Tried:
    """What one operation answered."""

    operation: str
    answer: httpx.Response


async def _things(running: Running, ann: Member, bea: Member) -> dict[str, str]:
    """Make one of everything; returns what stands for each placeholder."""

    async def made(who: Member, path: str, **options: Any) -> Any:
        answer = await who.post(path, **options)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    hers = await made(bea, "/api/v1/statuses", json={"status": "A #sea of words", "visibility": "public"})
    mine = await made(ann, "/api/v1/statuses", json={"status": "Mine", "visibility": "public"})
    asked = {"status": "Which?", "poll": {"options": ["a", "b"], "expires_in": 3600}, "visibility": "public"}
    poll = (await made(bea, "/api/v1/statuses", json=asked))["poll"]
    cleo = await member(running, "cleo")  # whom nobody blocks: a block ends conversations
    await made(cleo, "/api/v1/statuses", json={"status": "@ann a word", "visibility": "direct"})
    await made(ann, f"/api/v1/accounts/{bea.account_id}/follow")
    await made(bea, f"/api/v1/statuses/{mine['id']}/favourite")
    media = await made(ann, "/api/v2/media", files={"file": ("x.jpg", picture(), "image/jpeg")})
    reading = await made(ann, "/api/v1/lists", json={"title": "Friends"})
    words = await made(
        ann, "/api/v2/filters", json={"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "gale"}]}
    )
    old = await made(ann, "/api/v1/filters", json={"phrase": "storm", "context": ["home"]})
    named = await made(ann, f"/api/v2/filters/{words['id']}/statuses", json={"status_id": hers["id"]})
    told = (await ann.get("/api/v1/notifications")).json()
    talk = (await ann.get("/api/v1/conversations")).json()
    await made(ann, "/api/v1/push/subscription", json=PUSH)
    return {
        "account": str(bea.account_id),
        "status": hers["id"],
        "mine": mine["id"],
        "poll": poll["id"],
        "media": media["id"],
        "list": reading["id"],
        "filter": words["id"],
        "keyword": words["keywords"][0]["id"],
        "named": named["id"],
        "old_filter": old["id"],
        "notification": told[0]["id"],
        "group_key": told[0]["group_key"],
        "conversation": talk[0]["id"],
    }


PUSH = {
    "subscription": {"endpoint": "https://push.example/1", "keys": {"p256dh": "BKey", "auth": "secret"}},
    "data": {"alerts": {"mention": True}},
}

# placeholder of a path -> the thing it stands for; the first pattern that fits the path counts
PLACES = [
    (r"/api/v1/media/", "media"),
    (r"/api/v1/lists/|/timelines/list/", "list"),
    (r"/api/v2/filters/keywords/", "keyword"),
    (r"/api/v2/filters/statuses/", "named"),
    (r"/api/v2/filters/", "filter"),
    (r"/api/v1/filters/", "old_filter"),
    (r"/api/v1/conversations/", "conversation"),
    (r"/api/v1/notifications/requests/", "status"),
    (r"/api/v2/notifications/", "group_key"),
    (r"/api/v1/notifications/", "notification"),
    (r"/api/v1/polls/", "poll"),
    (r"/api/v1/statuses/\{id\}/(pin|unpin|source|history|mute|unmute|interaction_policy|quotes)", "mine"),
    (r"/api/v1/statuses/\{id\}$", "mine"),
    (r"/api/v1/statuses/", "status"),
    (r"/accounts/|/follow_requests/|/suggestions/", "account"),
]
WORDS = {"name": "sea", "hashtag": "sea", "year": "2025", "date": "2025-01-01"}

QUERIES = {
    "GET /api/v1/accounts": {"id[]": "{account}"},
    "GET /api/v1/accounts/lookup": {"acct": "bea"},
    "GET /api/v1/accounts/search": {"q": "bea"},
    "GET /api/v1/accounts/relationships": {"id[]": "{account}"},
    "GET /api/v1/accounts/familiar_followers": {"id[]": "{account}"},
    "GET /api/v1/statuses": {"id[]": "{status}"},
    "GET /api/v1/markers": {"timeline[]": "home"},
    "GET /api/v2/search": {"q": "bea"},
    "GET /api/v1/timelines/link": {"url": "https://x.example"},
    "GET /api/oembed": {"url": "https://a.example/@bea/1"},
}
BODIES: dict[str, Any] = {
    "POST /api/v1/apps": {"client_name": "x", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"},
    "POST /api/v1/domain_blocks": {"domain": "b.example"},
    "DELETE /api/v1/domain_blocks": {"domain": "b.example"},
    "POST /api/v1/filters": {"phrase": "x", "context": ["home"]},
    "PUT /api/v1/filters/{id}": {"phrase": "y", "context": ["home"]},
    "POST /api/v2/filters": {"title": "x", "context": ["home"]},
    "PUT /api/v2/filters/{id}": {"title": "y"},
    "POST /api/v2/filters/{filter_id}/keywords": {"keyword": "x"},
    "PUT /api/v2/filters/keywords/{id}": {"keyword": "y"},
    "POST /api/v2/filters/{filter_id}/statuses": {"status_id": "{status}"},
    "POST /api/v1/lists": {"title": "x"},
    "PUT /api/v1/lists/{id}": {"title": "y"},
    "POST /api/v1/lists/{id}/accounts": {"account_ids": ["{account}"]},
    "DELETE /api/v1/lists/{id}/accounts": {"account_ids": ["{account}"]},
    "POST /api/v1/markers": {"home": {"last_read_id": "12"}},
    "PUT /api/v1/media/{id}": {"description": "A boat", "focus": "0,0.5"},
    "POST /api/v1/polls/{id}/votes": {"choices": ["0"]},
    "POST /api/v1/push/subscription": PUSH,
    "PUT /api/v1/push/subscription": {"data": {"alerts": {"follow": True}}},
    "POST /api/v1/reports": {"account_id": "{account}", "comment": "x"},
    "POST /api/v1/statuses": {"status": "Hello"},
    "PUT /api/v1/statuses/{id}": {"status": "Mine, mended"},
    "PUT /api/v1/statuses/{id}/interaction_policy": {"quote_approval_policy": "public"},
    "PATCH /api/v1/accounts/update_credentials": {"display_name": "Ann"},
    "PATCH /api/v1/profile": {"note": "Ann"},
    "POST /oauth/token": {"grant_type": "client_credentials"},
    "POST /api/v1/featured_tags": {"name": "sea"},
    "POST /api/v1/accounts": {
        "username": "dora",
        "password": "stones and sea 7",
        "agreement": True,
        "locale": "en",
        "email": "dora@mail.example",
    },
}
FILES = {"POST /api/v1/media", "POST /api/v2/media"}


def _filled(value: Any, things: dict[str, str]) -> Any:
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda m: things.get(m[1], m[0]), value)
    if isinstance(value, dict):
        return {key: _filled(each, things) for key, each in value.items()}
    return [_filled(each, things) for each in value] if isinstance(value, list) else value


def _path(template: str, things: dict[str, str]) -> str:
    thing = next((name for pattern, name in PLACES if re.search(pattern, template)), "status")

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if template.startswith("/api/v1/tags/"):
            return "sea"
        return WORDS.get(name) or things[thing]

    return re.sub(r"\{(\w+)\}", fill, template)


def problems(value: Any, kind: Any, where: str, *, null: bool = False) -> list[str]:
    """What of a value does not fit a kind of the contract."""
    if value is None:
        return [] if null or kind is None else [f"{where} is null"]
    if kind is None:
        return []
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [found for n, item in enumerate(value) for found in problems(item, kind[0], f"{where}[{n}]")]
    if kind in SIMPLE:
        wanted: Any = SIMPLE[kind]
        fits = isinstance(value, wanted) and not (kind == "integer" and isinstance(value, bool))
        return [] if fits else [f"{where} is no {kind}: {value!r}"]
    if kind not in ENTITIES:
        return []
    if not isinstance(value, dict):
        return [f"{where} is no {kind}"]
    found = [f"{where}.{name} is missing" for name in ENTITIES[kind] if name not in value]
    for name, wanted in ENTITIES[kind].items():
        if name in value:
            found += problems(value[name], wanted["kind"], f"{where}.{name}", null=wanted["null"])
    return found


def _order(operation: list[str]) -> tuple[int, int, str]:
    """Reading first, deleting last, parts before the whole."""
    return ORDER.index(operation[0]), -len(operation[1].split("/")), operation[1]


async def test_every_operation(world: World) -> None:
    running = await world.instance()
    ann, bea = await member(running, "ann", public=True), await member(running, "bea", public=True)
    app = await _app(running)
    things = await _things(running, ann, bea)
    wrong: list[str] = []
    for method, path, kind in sorted(OPERATIONS, key=_order):
        operation = f"{method} {path}"
        if operation in APART:
            continue
        options: dict[str, Any] = {"params": _filled(QUERIES.get(operation, {}), things)}
        if operation in FILES:
            options["files"] = {"file": ("x.jpg", picture(), "image/jpeg")}
        elif operation in BODIES:
            options["json"] = _filled(BODIES[operation], things)
        who = ann
        if operation in {"POST /api/v1/accounts", "POST /oauth/token", "POST /oauth/revoke"}:
            who, more = app
            options["json"] = {**more, **options.get("json", {})}
        if path.endswith(("/{id}/follow", "/lists/{id}/accounts")):
            await ann.post(f"/api/v1/accounts/{bea.account_id}/unblock")
            await ann.post(f"/api/v1/accounts/{bea.account_id}/follow")
        if path.startswith("/api/v1/follow_requests/"):
            await ann.patch("/api/v1/accounts/update_credentials", json={"locked": True})
            await bea.post(f"/api/v1/accounts/{ann.account_id}/follow")
        answer = await who.client.request(method, _path(path, things), headers=who.headers, **options)
        status, _why = OTHERWISE.get(operation, (200, ""))
        if answer.status_code != status:
            wrong.append(f"{operation}: {answer.status_code} instead of {status}: {answer.text[:150]}")
        elif status == 200 and operation not in SHAPELESS:
            wrong += [f"{operation}: {found}" for found in problems(answer.json(), json.loads(kind), "it")]
        elif status != 200:
            assert answer.json()["error"], operation
    assert not wrong, "\n".join(wrong)


async def _app(running: Running) -> tuple[Member, dict[str, str]]:
    asked = {"client_name": "x", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"}
    made = (await running.client.post("/api/v1/apps", json=asked)).json()
    keys = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    grant = {**keys, "grant_type": "client_credentials", "scope": "read write"}
    token = (await running.client.post("/oauth/token", json=grant)).json()["access_token"]
    return Member("app", 0, 0, 0, token, running.client), {**keys, "token": token}


async def test_streams_ask_for_a_token(world: World) -> None:
    running = await world.instance()
    for operation in sorted(APART - {"GET /oauth/authorize"}):
        answer = await running.client.get(operation.removeprefix("GET "))
        assert (answer.status_code, answer.json()["error"]) == (401, "The access token is invalid")
