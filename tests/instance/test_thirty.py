"""SECURITY's thirty, as far as they are the instance's; each test is named by its number. The others: tests/federation/test_thirty.py."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers

from instance.auth import oauth
from instance.entrance.proxies import caller
from instance.people import follows
from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.instance.content.test_leaks import WORD, ways_to, write
from tests.instance.media.pictures import picture
from tests.support.make import Member, member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World

BOB = "https://peer.example/users/bob"
JSON = {"Accept": "application/activity+json"}


@pytest.fixture
async def home(world: World) -> Running:
    return await world.instance("a.example", SKERRY_PUBLIC_POSTING="1")


@pytest.fixture
def peer(world: World) -> Peer:
    made = Peer(world)
    made.actor("bob")
    return made


async def relation(who: Member, account_id: str) -> dict[str, Any]:
    answer = await who.get("/api/v1/accounts/relationships", params={"id[]": account_id})
    return dict(answer.json()[0])


async def found(who: Member, handle: str) -> str:
    answer = await who.get("/api/v2/search", params={"q": handle, "resolve": "true", "type": "accounts"})
    return str(answer.json()["accounts"][0]["id"])


async def iri_of(home: Running, name: str) -> str:
    answer = await home.client.get("/.well-known/webfinger", params={"resource": f"acct:{name}@a.example"})
    return str(next(link["href"] for link in answer.json()["links"] if link["rel"] == "self"))


async def test_thirty_13_nobody_follows_before_the_accept(world: World, home: Running, peer: Peer) -> None:
    ana = await member(home, "ana")
    bob = await found(ana, "@bob@peer.example")
    await ana.post(f"/api/v1/accounts/{bob}/follow")
    await world.settle()
    before = await relation(ana, bob)
    assert (before["following"], before["requested"]) == (False, True)
    asked = next(got.body for got in peer.received if got.body["type"] == "Follow")
    note = peer.note(BOB, content=f"<p>{WORD}</p>", to=[f"{BOB}/followers"], cc=[])
    await peer.post(home, peer.activity("Create", BOB, note, to=[f"{BOB}/followers"]))
    await world.settle()
    assert WORD not in (await ana.get("/api/v1/timelines/home")).text
    eve = peer.actor("eve", number=1)
    await peer.post(home, peer.activity("Accept", eve, asked))
    await world.settle()
    assert (await relation(ana, bob))["following"] is False  # a third party's yes is none
    await peer.post(home, peer.activity("Accept", BOB, asked))
    await world.settle()
    assert (await relation(ana, bob))["following"] is True


async def test_thirty_14_what_is_for_some_is_nowhere_for_others(home: Running) -> None:
    ana, ben, eve = await member(home, "ana", public=True), await member(home, "ben"), await member(home, "eve")
    await home.house.store.unit(follows.request, ben.account_id, ana.account_id)
    start = await write(ana, "start", visibility="public")
    made = await write(ana, f"{WORD} {WORD} #{WORD}", visibility="private", in_reply_to_id=start["id"])
    assert await ways_to(home, ben, ana, made) != []
    assert await ways_to(home, eve, ana, made) == []
    assert await ways_to(home, None, ana, made) == []


@pytest.mark.parametrize("name", ["followers", "following"])
async def test_thirty_15_no_list_of_people_for_strangers(world: World, home: Running, peer: Peer, name: str) -> None:
    ana, ben = await member(home, "ana"), await member(home, "ben")
    await home.house.store.unit(follows.request, ben.account_id, ana.account_id)
    await home.house.store.unit(follows.request, ana.account_id, ben.account_id)
    await world.settle()
    iri = await iri_of(home, "ana")
    assert (await home.client.get(f"{iri}/{name}", headers=JSON)).status_code == 401
    told = (await peer.get(home, f"{iri}/{name}", BOB)).json()
    assert not {"totalItems", "items", "orderedItems", "first", "last"} & told.keys()


async def test_thirty_16_forbidden_answers_like_absent(world: World, home: Running, peer: Peer) -> None:
    ana, eve = await member(home, "ana"), await member(home, "eve")
    hidden = await write(ana, f"{WORD} {WORD}", visibility="private")
    await world.settle()
    for who in (eve.headers, {}):
        forbidden = await home.client.get(f"/api/v1/statuses/{hidden['id']}", headers=who)
        absent = await home.client.get(f"/api/v1/statuses/{int(hidden['id']) + 1}", headers=who)
        assert (forbidden.status_code, forbidden.content) == (absent.status_code, absent.content)
        assert forbidden.status_code == 404
    iri = await iri_of(home, "ana")
    for path in (hidden["uri"], iri):
        await home.house.store.unit(set_stance, peer.host, Stance.BLOCKED if path == iri else Stance.ALLOWED)
        refused = await peer.get(home, path, BOB)
        gone = await peer.get(home, f"{iri}/p/1", BOB)
        assert (refused.status_code, refused.content) == (gone.status_code, gone.content) == (404, b"Not found.")


async def test_thirty_18_another_ones_things_are_not_to_be_had_by_their_number(home: Running) -> None:
    ana, eve = await member(home, "ana"), await member(home, "eve")
    media = (await ana.post("/api/v1/media", files={"file": ("a.jpg", picture(), "image/jpeg")})).json()
    made = await write(ana, "mine")
    rule = (await ana.post("/api/v2/filters", json={"title": "x", "context": ["home"]})).json()
    shelf = (await ana.post("/api/v1/lists", json={"title": "x"})).json()
    tries = [
        ("GET", f"/api/v1/media/{media['id']}"),
        ("PUT", f"/api/v1/media/{media['id']}"),
        ("PUT", f"/api/v1/statuses/{made['id']}"),
        ("DELETE", f"/api/v1/statuses/{made['id']}"),
        ("GET", f"/api/v2/filters/{rule['id']}"),
        ("DELETE", f"/api/v2/filters/{rule['id']}"),
        ("GET", f"/api/v1/lists/{shelf['id']}"),
        ("DELETE", f"/api/v1/lists/{shelf['id']}"),
    ]
    for method, path in tries:
        data = {"status": "stolen", "description": "x"} if method == "PUT" else None
        answer = await home.client.request(method, path, headers=eve.headers, json=data)
        assert answer.status_code == 404, path
    stolen = {"status": "stolen", "media_ids": [media["id"]]}
    assert (await eve.post("/api/v1/statuses", json=stolen)).status_code in {404, 422}


async def test_thirty_19_no_cache_keeps_what_one_reader_may_see(world: World, home: Running, peer: Peer) -> None:
    ana = await member(home, "ana", public=True)
    made = await write(ana, "Hello", visibility="public")
    await world.settle()
    for path in (f"/api/v1/statuses/{made['id']}", "/api/v1/timelines/home", "/api/v1/accounts/verify_credentials"):
        assert (await ana.get(path)).headers["cache-control"] == "private, no-store"
    for path in (await iri_of(home, "ana"), made["uri"]):
        answer = await peer.get(home, path, BOB)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
        assert "Signature" in answer.headers["vary"]


async def test_thirty_20_no_audience_grows(world: World, home: Running, peer: Peer) -> None:
    """Neither by a second Create of the same post nor by an Update of it."""
    ana = await member(home, "ana")
    bob = await found(ana, "@bob@peer.example")
    await ana.post(f"/api/v1/accounts/{bob}/follow")
    await world.settle()
    asked = next(got.body for got in peer.received if got.body["type"] == "Follow")
    await peer.post(home, peer.activity("Accept", BOB, asked))
    narrow = peer.note(BOB, 7, f"<p>{WORD}</p>", to=[f"{BOB}/followers"], cc=[])
    await peer.post(home, peer.activity("Create", BOB, narrow, 7, to=[f"{BOB}/followers"]))
    await world.settle()
    shown = (await ana.get("/api/v1/timelines/home")).json()
    assert [status["visibility"] for status in shown] == ["private"]
    wide = narrow | {"to": [PUBLIC], "updated": "2026-11-21T12:00:00Z"}
    await peer.post(home, peer.activity("Create", BOB, wide, 8, to=[PUBLIC]))
    await peer.post(home, peer.activity("Update", BOB, wide | {"content": f"<p>{WORD} again</p>"}, 9, to=[PUBLIC]))
    await world.settle()
    changed = (await ana.get(f"/api/v1/statuses/{shown[0]['id']}")).json()
    assert (changed["visibility"], "again" in changed["content"]) == ("private", True)
    assert (await home.client.get(f"/api/v1/statuses/{shown[0]['id']}")).status_code == 404


async def test_thirty_26_uploads_are_pixels_only_and_speak_for_nobody(home: Running, tmp_path: Path) -> None:
    ana = await member(home, "ana")
    media = (await ana.post("/api/v1/media", files={"file": ("a.jpg", picture(exif=True), "image/jpeg")})).json()
    file = await home.client.get(media["url"])
    assert file.headers["content-security-policy"].startswith("sandbox")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert b"Exif" not in file.content
    assert b"Exif" in picture(exif=True)
    page = b"<html><script>alert(1)</script></html>"
    refused = await ana.post("/api/v1/media", files={"file": ("a.html", page, "text/html")})
    assert refused.status_code == 422


async def test_thirty_27_codes_go_where_they_were_asked_for_and_to_whom(home: Running) -> None:
    ana = await member(home, "ana")
    back, verifier = "https://app.example/back", "v" * 50
    app = (await home.client.post("/api/v1/apps", data={"client_name": "T", "redirect_uris": back})).json()
    other = (await home.client.post("/api/v1/apps", data={"client_name": "O", "redirect_uris": back})).json()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"client_id": app["client_id"], "redirect_uri": back, "response_type": "code", "scope": "read"}
    for near in (
        f"{back}/",
        f"{back}?x=1",
        "https://app.example/",
        "https://app.example.evil.example/back",
        back.upper(),
    ):
        with pytest.raises(oauth.OAuthError):
            await home.house.store.read(oauth.check_request, asked | {"redirect_uri": near})

    async def exchange(**change: str) -> int:
        proof = {"code_challenge": challenge, "code_challenge_method": "S256"}
        request = await home.house.store.read(oauth.check_request, asked | proof)
        granted = await home.house.store.unit(oauth.grant, request, ana.login_id, ana.account_id)
        body = {"grant_type": "authorization_code", "code": granted.code, "redirect_uri": back}
        body |= {"client_id": app["client_id"], "client_secret": app["client_secret"], "code_verifier": verifier}
        return (await home.client.post("/oauth/token", data=body | change)).status_code

    assert await exchange() == 200
    assert await exchange(code_verifier="w" * 50) == 400
    assert await exchange(code_verifier="") == 400
    assert await exchange(redirect_uri=f"{back}/") == 400
    assert await exchange(client_id=other["client_id"], client_secret=other["client_secret"]) == 400


def test_thirty_28_who_calls_is_told_by_our_proxies_only() -> None:
    told = Headers({"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"})
    assert caller("198.51.100.7", "http", told, []) == ("198.51.100.7", "http")
