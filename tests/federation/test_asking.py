"""What conformance suites ask of a server's doors: RFC 7033, content negotiation, collections, other spellings of signing."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from starlette.datastructures import Headers

from federation.client import nodeinfo
from federation.client.fetch import fetch_document
from federation.endpoints.wanted import LONGEST, wants_object, wants_page
from federation.errors import MalformedError, RefusedError
from tests.federation.conftest import Recorder
from tests.federation.test_endpoints import BOB, ann
from tests.support.peer import ACTIVITY, AS, Peer
from tests.support.world import Running, World

WEBFINGER = "/.well-known/webfinger"
PAGE = "http://webfinger.net/rel/profile-page"
ANN = ("resource", "acct:ann@a.example")
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ([], 400),
        ([("resource", "")], 400),
        ([("resource", "x")], 400),  # neither a URI nor a name at a host
        ([("resource", "=acct:ann@a.example")], 400),
        ([("resource", "acct:ann @a.example")], 400),
        ([ANN, ("resource", "acct:eve@a.example")], 400),
        ([("resource", "mailto:abc@def.example")], 404),  # any scheme may be asked for (§4.5)
        ([("resource", "foo://a.example")], 404),
        ([("resource", "acct:")], 404),
        ([ANN], 200),
    ],
)
async def test_webfinger_tells_bad_queries_from_unknown_resources(
    world: World, home: Running, query: list[tuple[str, str]], status: int
) -> None:
    """RFC 7033 §4.2; whatever the answer, scripts on other sites may read it (§5)."""
    await ann(world, home)
    answer = await home.client.get(f"{WEBFINGER}?{urlencode(query)}")
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert ("jrd" in answer.headers["content-type"]) == (status == 200)
    head = await home.client.head(f"{WEBFINGER}?{urlencode(query)}")
    assert (head.status_code, head.headers["content-type"]) == (status, answer.headers["content-type"])


async def test_webfinger_filters_links_and_nothing_else(world: World, home: Running) -> None:
    """RFC 7033 §4.3; in what order they are asked for does not matter (§4.1)."""
    await ann(world, home)

    async def asked(*rels: str) -> dict[str, Any]:
        query = urlencode([ANN, *(("rel", rel) for rel in rels)])
        found: dict[str, Any] = (await home.client.get(f"{WEBFINGER}?{query}")).json()
        return found

    whole = await asked()
    only = await asked("self")
    assert [link["rel"] for link in only["links"]] == ["self"]
    assert only | {"links": whole["links"]} == whole
    assert await asked("self", PAGE, "else") == await asked("else", PAGE, "self") == whole
    assert (await asked("else"))["links"] == []
    of_us = await home.client.get(f"{WEBFINGER}?resource=https://a.example&rel=self")
    assert [link["rel"] for link in of_us.json()["links"]] == ["self"]


@pytest.mark.parametrize(
    ("accept", "page", "item"),
    [
        ("text/html", True, False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True, False),
        ("TEXT/HTML ; q=0.5", True, False),
        ("application/activity+json", False, True),
        (LD, False, True),
        (f"{LD}, text/html", False, True),
        (f"application/activity+json, {LD}, text/html;q=0.1", False, True),
        ("text/html;q=0.1, application/activity+json", False, True),
        ("text/html, application/activity+json;q=0.9", True, False),
        ("text/html;q=0.9, application/activity+json;q=0.9", True, False),
        ("text/html;q=0, */*", False, False),
        ("application/activity+json;q=0, text/html;q=0.1", True, False),
        ('application/ld+json; profile="a, text/html"', False, True),
        ("application/json, text/plain, */*", False, True),
        ("*/*", False, False),
        ("image/png", False, False),
        ("", False, False),
        ('"' * 70_000, False, False),
        ("," * LONGEST + "text/html", False, False),
    ],
)
def test_who_wants_the_page_and_who_the_object(accept: str, page: bool, item: bool) -> None:
    headers = Headers({"accept": accept})
    assert (wants_page(headers), wants_object(headers)) == (page, item)


async def test_an_address_leads_to_what_is_wanted_more(world: World, home: Running, peer: Peer) -> None:
    """Mastodon looks addresses up with `text/html;q=0.1` at the end, and signs."""
    iri = await ann(world, home)
    accept = f"application/activity+json, {LD}, text/html;q=0.1"
    for signed in (accept, "text/html"):  # who signs is no browser
        headers = peer.signed_headers(BOB, "GET", iri) | {"Accept": signed}
        assert (await home.client.get(iri, headers=headers)).json()["id"] == iri
    assert (await home.client.get(iri, headers={"Accept": accept})).status_code == 401
    page = await home.client.get("/@ann", headers={"Accept": accept})
    assert (page.status_code, page.headers["location"]) == (302, iri)
    browser = await home.client.get(iri, headers={"Accept": "text/html, application/activity+json;q=0.9"})
    assert (browser.status_code, browser.headers["location"]) == (302, "/@ann")


async def test_inboxes_are_collections_that_show_nothing(world: World, home: Running, peer: Peer) -> None:
    """ActivityPub §5.2: an inbox is an OrderedCollection; what is in it is for its owner."""
    iri = await ann(world, home)
    answer = await peer.get(home, f"{iri}/inbox", BOB)
    empty = {"@context": AS, "type": "OrderedCollection"}
    assert answer.json() == empty | {"id": f"{iri}/inbox"}
    assert (await home.client.get(f"{iri}/inbox")).status_code == 401
    assert (await peer.get(home, "/u/1/inbox", BOB)).status_code == 404
    of_us = await home.client.get("/actor/inbox")
    assert of_us.json() == empty | {"id": "https://a.example/actor/inbox"}
    shared = await home.client.get("/inbox")
    assert (shared.status_code, shared.headers["allow"]) == (405, "POST")


async def test_actors_name_their_handle(world: World, home: Running, peer: Peer) -> None:
    """FEP-2c59; WebFinger leads back to the same address."""
    iri = await ann(world, home)
    for document in ((await peer.get(home, iri, BOB)).json(), (await home.client.get("/actor")).json()):
        found = await home.client.get(WEBFINGER, params={"resource": f"acct:{document['webfinger']}"})
        assert found.json()["subject"] == f"acct:{document['webfinger']}"
        assert document["id"] in {link["href"] for link in found.json()["links"] if link["rel"] == "self"}


@pytest.mark.parametrize("form", ["authorization", "prefixed"])
async def test_signatures_in_the_authorization_header(world: World, home: Running, peer: Peer, form: str) -> None:
    """draft-cavage-12 §3.1: `Authorization: Signature ...`; some libraries write the scheme's name in `Signature` too."""
    iri = await ann(world, home)
    headers = peer.signed_headers(BOB, "GET", iri)
    given = f"Signature {headers.pop('Signature')}"
    headers["Authorization" if form == "authorization" else "Signature"] = given
    assert (await home.client.get(iri, headers=headers)).status_code == 200
    forged = {name: value.replace('signature="', 'signature="AAAA') for name, value in headers.items()}
    assert (await home.client.get(iri, headers=forged)).status_code == 401


@pytest.mark.parametrize("context", [None, "https://w3id.org/security/v1"])
async def test_activities_that_forget_the_context(
    world: World, home: Running, peer: Peer, recorder: Recorder, context: str | None
) -> None:
    """Activity Streams 2.0 §2.1.3: where the context is missing it is taken to be there."""
    follow = peer.activity("Follow", BOB, await ann(world, home)) | {"@context": context}
    body = json.dumps({name: value for name, value in follow.items() if value is not None}).encode()
    assert (await peer.post(home, follow, body=body)).status_code == 202
    await world.settle()
    assert [activity.type for activity in recorder.applied] == ["Follow"]


async def test_documents_that_forget_the_context(home: Running, peer: Peer) -> None:
    """The same for what we fetch, but for `application/ld+json`, which is nothing without it."""
    note = {name: value for name, value in peer.note(BOB).items() if name != "@context"}
    path = urlsplit(note["id"]).path
    for kind, fits in ((ACTIVITY, True), (LD, False)):
        peer.documents[path] = (200, {"content-type": kind}, json.dumps(note).encode())
        if fits:
            assert (await fetch_document(home.house.federation, note["id"]))["content"] == note["content"]
        else:
            with pytest.raises(MalformedError):
                await fetch_document(home.house.federation, note["id"])


async def test_what_a_server_runs_is_asked_of_itself_alone(world: World, home: Running, peer: Peer) -> None:
    other = Peer(world, "other.example")
    links = {"links": [{"rel": f"{nodeinfo.SCHEMA}/2.1", "href": f"{peer.base}/info"}]}
    told = (200, {"content-type": "application/json"}, json.dumps({"software": {"name": "a", "version": "1"}}).encode())
    peer.documents["/.well-known/nodeinfo"] = (200, {"content-type": "application/json"}, json.dumps(links).encode())
    peer.documents["/info"] = other.documents["/info"] = told
    assert await nodeinfo.software(home.house.federation, peer.host) == ("a", "1")
    peer.documents["/info"] = (302, {"location": f"{other.base}/info"}, b"")
    with pytest.raises(RefusedError):
        await nodeinfo.software(home.house.federation, peer.host)
    assert world.wires.requests_to(other.host) == []
