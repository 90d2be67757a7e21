"""What strangers may put into an activity: each is answered 202 and settled at once, on both databases, never put aside."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from federation.schema import inbox_activity
from tests.support.make import member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import World

NUL = "a\x00b"
ANNA = "https://a.example/mentions/anna"  # replaced by her IRI

POSTS: dict[str, dict[str, Any]] = {
    "NUL in every text": {
        **dict.fromkeys(("content", "summary", "name", "url", "inReplyTo"), NUL),
        "contentMap": {"e\x00n": NUL},
        "tag": [{"type": "Hashtag", "name": f"#{NUL}"}, {"type": "Mention", "href": ANNA, "name": NUL}],
        "attachment": [{"type": "Image", "url": "https://peer.example/1.png", "name": NUL, "blurhash": NUL}],
    },
    "numbers and lists where texts belong": {
        **dict.fromkeys(("summary", "published", "updated", "url", "replies", "audience"), 5),
        "content": [1, {}],
        "inReplyTo": [5, None],
        "tag": [1, None, [], {}, {"type": 5}, {"type": "Mention", "href": [ANNA]}, {"type": "Hashtag", "name": None}],
        "attachment": [1, {"type": "Image"}, {"type": "Image", "url": [{"href": "javascript:1"}], "width": 2**70}],
    },
    "one thing where lists belong": {"to": PUBLIC, "cc": {"id": ANNA}, "tag": {"type": "Mention", "href": ANNA}},
    "too many": {
        "tag": [{"type": "Mention", "href": ANNA}] + [{"type": "Hashtag", "name": f"#t{n}"} for n in range(4000)],
        "attachment": [{"type": "Image", "url": f"https://peer.example/{n}.png"} for n in range(1000)],
    },
    "a poll of a thousand": {"type": "Question", "oneOf": [{"type": "Note", "name": f"{n}"} for n in range(1000)]},
    "a poll of nonsense": {
        "type": "Question",
        "oneOf": [{"name": NUL, "replies": {"totalItems": 2**70}}, {"name": NUL, "replies": {"totalItems": -5}}, 7],
        "endTime": "0001-01-01T00:00:00Z",
        "votersCount": 2**80,
    },
    "the end of time": {"published": "9999-12-31T23:59:59.999999Z", "updated": "0001-01-01T00:00:00Z"},
    "half a character": {"content": "a\ud800b", "summary": "\udfff"},
    "deep HTML": {"content": "<div>" * 40_000 + "x"},
}


async def _states(world: World) -> list[tuple[str, str | None]]:
    asked = select(inbox_activity.c.state, inbox_activity.c.reason)
    found = await world.instances["a.example"].house.store.read(lambda c: c.execute(asked).all())
    return [(row.state, row.reason) for row in found]


@pytest.mark.parametrize("odd", list(POSTS))
async def test_odd_posts_are_settled(world: World, odd: str) -> None:
    a = await world.instance("a.example")
    anna = await member(a, "anna")
    peer = Peer(world)
    bob = peer.actor()
    iri = f"https://a.example/u/{anna.account_id}"
    note = json.loads(json.dumps(peer.note(bob, cc=[iri]) | POSTS[odd]).replace(ANNA, iri))
    body = json.dumps(peer.activity("Create", bob, note, to=[PUBLIC], cc=[iri])).encode()
    answer = await peer.post(a, None, signer=bob, body=body)
    if "\\ud800" in body.decode() or str(2**70) in body.decode():
        assert answer.status_code == 400  # half a character is no JSON, and no number goes beyond all bounds
        return
    assert answer.status_code == 202
    await world.settle()
    assert await _states(world) == [("done", None)]
    shown = await anna.get("/api/v1/notifications")
    assert shown.status_code == 200
    assert "\\u0000" not in shown.text


async def test_an_odd_profile_is_settled(world: World) -> None:
    a = await world.instance("a.example")
    anna = await member(a, "anna")
    peer = Peer(world)
    bob = peer.actor("bob", summary=f"<p>{NUL}</p>", icon=[5], image={"url": 7}, published="0001-01-01", endpoints=5)
    peer.documents["/users/bob"] |= {
        "name": NUL,
        "attachment": [5, {"type": "PropertyValue", "name": NUL, "value": NUL}, {"type": "PropertyValue", "name": 5}],
        "alsoKnownAs": [NUL, 5],
        "tag": 5,
        "url": "javascript:alert(1)",
    }
    assert (await peer.post(a, peer.activity("Follow", bob, f"https://a.example/u/{anna.account_id}"))).is_success
    await world.settle()
    changed = peer.documents["/users/bob"] | {"name": "x" * 50_000, "summary": NUL * 50_000, "publicKey": [1]}
    assert (await peer.post(a, peer.activity("Update", bob, changed))).status_code == 202
    await world.settle()
    assert await _states(world) == [("done", None)] * 2
    [follower] = (await anna.get(f"/api/v1/accounts/{anna.account_id}/followers")).json()
    assert "javascript:" not in json.dumps(follower)
