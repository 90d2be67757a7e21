"""Garbage at every route about posts: refused in words, never a 500, nothing half-written."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from instance.db.content import mention, post, tag
from tests.support.make import member
from tests.support.world import World

PATHS = [
    ("GET", "/api/v1/statuses"),
    ("POST", "/api/v1/statuses"),
    *[(method, "/api/v1/statuses/{id}") for method in ("GET", "PUT", "DELETE")],
    *[("GET", f"/api/v1/statuses/{{id}}/{name}") for name in ("context", "source", "history", "card")],
    *[("GET", f"/api/v1/statuses/{{id}}/{name}") for name in ("favourited_by", "reblogged_by")],
    *[("POST", f"/api/v1/statuses/{{id}}/{name}") for name in ("favourite", "unfavourite", "reblog", "unreblog")],
    *[
        ("POST", f"/api/v1/statuses/{{id}}/{name}")
        for name in ("bookmark", "mute", "unmute", "pin", "unpin", "translate")
    ],
    *[("GET", f"/api/v1/timelines/{name}") for name in ("home", "public", "tag/{id}", "list/{id}")],
    ("GET", "/api/v1/polls/{id}"),
    ("POST", "/api/v1/polls/{id}/votes"),
]
FIELDS = [
    *(
        "status",
        "visibility",
        "spoiler_text",
        "sensitive",
        "language",
        "in_reply_to_id",
        "media_ids",
        "poll",
        "options",
    ),
    *(
        "expires_in",
        "multiple",
        "choices",
        "content_type",
        "local_only",
        "media_attributes",
        "id",
        "focus",
        "description",
    ),
    *("limit", "max_id", "min_id", "since_id", "local", "remote", "only_media", "scheduled_at"),
]
ODD = st.sampled_from(
    [
        "-1",
        "0",
        "99999999999999999999",
        "9223372036854775808",
        "x",
        "",
        "\x00",
        "\ud800",
        "1.5",
        "NaN",
        "１",
        "#",
        "@",
        "a" * 6000,
    ]
)
value = st.recursive(
    ODD | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=8,
)
body = st.dictionaries(st.sampled_from(FIELDS), value, max_size=5)
raw = st.binary(max_size=60) | st.just(b"[" * 5000) | st.just(b'{"status":"\xff\xfe"}')
kind = st.sampled_from(["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
query = st.lists(st.tuples(st.sampled_from(FIELDS), ODD.filter(lambda text: text != "\ud800")), max_size=3)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(PATHS),
    ODD.filter(lambda t: t.isprintable() and "#" not in t) | st.just("real"),
    body | raw,
    kind,
    query,
)
async def test_never_a_500(world: World, route: tuple[str, str], where: str, sent: Any, kind: str, query: Any) -> None:
    a = world.instances.get("a.example") or await world.instance()
    who = getattr(a, "who", None)
    if who is None:
        who = a.who = await member(a, "ana")  # type: ignore[attr-defined]
        a.mine = (await who.post("/api/v1/statuses", json={"status": "x"})).json()["id"]  # type: ignore[attr-defined]
    path = route[1].replace("{id}", a.mine if where == "real" and route[0] != "DELETE" else where[:300])  # type: ignore[attr-defined]
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    answer = await who.client.request(
        route[0], path, content=content, params=query, headers=who.headers | {"Content-Type": kind}
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800x"])
async def test_what_no_database_keeps_is_taken_out(world: World, text: str) -> None:
    a = await world.instance()
    ana = await member(a, "ana")
    body = json.dumps({"status": f"x{text}", "spoiler_text": text, "language": text}).encode()
    headers = ana.headers | {"Content-Type": "application/json"}
    answer = await a.client.post("/api/v1/statuses", content=body, headers=headers)
    assert answer.status_code in {200, 400}


async def test_what_is_refused_late_leaves_nothing_behind(world: World) -> None:
    a = await world.instance()
    ana = await member(a, "ana")
    refused = await ana.post("/api/v1/statuses", json={"status": "hello @ana #tag", "media_ids": ["12345"]})
    assert refused.status_code == 422
    for table in (post, mention, tag):
        assert await a.house.store.read(lambda c, t=table: c.execute(select(func.count()).select_from(t)).scalar()) == 0
