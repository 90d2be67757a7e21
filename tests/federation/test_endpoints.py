"""GETs: who is told what. Unsigned is 401 before any look-up, forbidden is like absent, browsers go to the page."""

from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx
import pytest

from federation.client import webfinger
from federation.remote import schemes
from instance.app import user_agent
from instance.groups import groups
from instance.people import accounts
from instance.policy.adopt import adopt, set_stance
from policies import presets
from policies.peers import Stance
from tests.federation.test_outbound import send
from tests.support.peer import AS, Peer
from tests.support.world import Running, World

BOB = "https://peer.example/users/bob"


async def ann(world: World, home: Running) -> str:
    account_id = await home.house.store.unit(accounts.create, "ann")
    await world.settle()
    row = await home.house.store.read(accounts.by_id, account_id)
    assert row is not None
    return str(row.iri)


async def test_the_application_is_open_and_has_both_keys(home: Running) -> None:
    answer = await home.client.get("/actor")
    document = answer.json()
    assert answer.headers["content-type"].startswith("application/activity+json")
    assert (document["type"], document["id"]) == ("Application", "https://a.example/actor")
    assert document["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY")
    assert document["publicKey"]["owner"] == document["id"]
    assert document["assertionMethod"][0]["publicKeyMultibase"].startswith("z6Mk")
    assert document["endpoints"]["sharedInbox"] == "https://a.example/inbox"
    assert (await home.client.get("/actor/outbox")).json()["totalItems"] == 0


async def test_an_actor_is_served_to_who_signs(world: World, home: Running, peer: Peer) -> None:
    iri = await ann(world, home)
    answer = await peer.get(home, iri, BOB)
    document = answer.json()
    assert (answer.status_code, document["id"], document["type"]) == (200, iri, "Person")
    assert document["publicKey"]["id"] == f"{iri}/main-key"
    assert document["name"] == "ann"  # she gave none: WordPress shows an empty one as it is
    assert answer.headers["cache-control"] == "private, no-store"
    assert "Signature" in answer.headers["vary"]


async def test_a_key_is_told_to_everybody_and_says_nothing_else(world: World, home: Running, peer: Peer) -> None:
    iri = await ann(world, home)
    key = (await peer.get(home, iri, BOB)).json()["publicKey"]
    answer = await home.client.get(urlsplit(key["id"]).path, headers={"Accept": "application/activity+json"})
    assert answer.status_code == 200
    told = answer.json()
    assert told.pop("@context")[0] == AS  # Mastodon reads no document without it
    assert told == {"type": "CryptographicKey", "publicKey": key} | key
    for absent in ("/u/1/main-key", "/g/none/main-key", "/u/1/main-key/x", f"{urlsplit(iri).path}/other-key"):
        assert (await home.client.get(absent)).status_code in {401, 404}


async def test_unsigned_is_401_before_any_look_up(home: Running) -> None:
    before = home.house.store.hot_count
    for path in ("/u/1", "/u/1/p/2", "/u/1/outbox", "/u/1/followers", "/g/none", "/g/none/followers"):
        answer = await home.client.get(path, headers={"Accept": "application/activity+json"})
        assert answer.status_code == 401, path
    assert home.house.store.hot_count == before


async def test_absent_and_forbidden_are_the_same_bytes(world: World, home: Running, peer: Peer) -> None:
    iri = await ann(world, home)
    absent = await peer.get(home, "/u/1", BOB)
    await home.house.store.unit(set_stance, peer.host, Stance.BLOCKED)
    forbidden = await peer.get(home, iri, BOB)
    same = ("content-type", "cache-control", "content-length")
    assert (absent.status_code, absent.content) == (forbidden.status_code, forbidden.content) == (404, b"Not found.")
    assert [absent.headers[name] for name in same] == [forbidden.headers[name] for name in same]


async def test_an_actor_without_key_is_not_there_yet(world: World, home: Running, peer: Peer) -> None:
    account_id = await home.house.store.unit(accounts.create, "ann")
    row = await home.house.store.read(accounts.by_id, account_id)
    assert row is not None
    assert (await peer.get(home, row.iri, BOB)).status_code == 404
    assert (await home.client.get("/.well-known/webfinger?resource=acct:ann@a.example")).status_code == 404
    await world.settle()
    assert (await peer.get(home, row.iri, BOB)).status_code == 200


async def test_browsers_are_sent_to_the_page(world: World, home: Running) -> None:
    iri = await ann(world, home)
    answer = await home.client.get(iri, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["location"]) == (302, "/@ann")
    assert (await home.client.get("/u/1", headers={"Accept": "text/html"})).status_code == 404


SPELLINGS = ["acct:ann@a.example", "ann@a.example", "@ann@a.example", "acct:ANN@A.example", "https://a.example/@ann"]


async def test_webfinger_in_every_spelling(world: World, home: Running) -> None:
    iri = await ann(world, home)
    for resource in (*SPELLINGS, iri):
        answer = await home.client.get("/.well-known/webfinger", params={"resource": resource})
        assert answer.status_code == 200, (resource, answer.text)
        _is_ann(answer, iri)


def _is_ann(answer: httpx.Response, iri: str) -> None:
    assert answer.headers["content-type"].startswith("application/jrd+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["subject"] == "acct:ann@a.example"
    (link,) = [link for link in answer.json()["links"] if link["rel"] == "self"]
    assert (link["href"], link["type"]) == (iri, "application/activity+json")


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("", 400),
        ("acct:nobody@a.example", 404),
        ("acct:ann@b.example", 404),
        ("x", 400),
        ("https://b.example/@ann", 404),
    ],
)
async def test_webfinger_of_nobody(world: World, home: Running, resource: str, status: int) -> None:
    await ann(world, home)
    answer = await home.client.get("/.well-known/webfinger", params={"resource": resource})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "resource", ["https://a.example", "https://a.example/", "https://a.example/actor", "acct:a.example@a.example"]
)
async def test_webfinger_of_the_instance_itself(home: Running, resource: str) -> None:
    answer = await home.client.get("/.well-known/webfinger", params={"resource": resource})
    links = {link["rel"]: link["href"] for link in answer.json()["links"]}
    assert links["self"] == links["https://www.w3.org/ns/activitystreams#Service"] == "https://a.example/actor"


async def test_webfinger_of_a_group_says_that_it_is_one(world: World, home: Running) -> None:
    creator = await home.house.store.unit(accounts.create, "ann")
    await home.house.store.unit(lambda u: groups.create(u, "circle", "Circle", created_by=creator))
    await world.settle()
    answer = await home.client.get("/.well-known/webfinger?resource=acct:circle@a.example")
    (link,) = [link for link in answer.json()["links"] if link["rel"] == "self"]
    assert link["properties"] == {"https://www.w3.org/ns/activitystreams#type": "Group"}


async def test_host_meta_in_both_forms(home: Running) -> None:
    answer = await home.client.get("/.well-known/host-meta")
    link = ElementTree.fromstring(answer.text)[0]
    template = "https://a.example/.well-known/webfinger?resource={uri}"
    assert (answer.headers["content-type"].partition(";")[0], link.get("template")) == ("application/xrd+xml", template)
    assert (await home.client.get("/.well-known/host-meta.json")).json()["links"][0]["template"] == template


async def test_nodeinfo_names_the_software_and_counts_nobody(home: Running) -> None:
    links = (await home.client.get("/.well-known/nodeinfo")).json()["links"]
    found = [link["href"] for link in links if "/ns/schema/2" in link["rel"]]
    assert found == ["https://a.example/nodeinfo/2.1", "https://a.example/nodeinfo/2.0"]
    for href in found:
        answer = await home.client.get(href)
        document = answer.json()
        assert document["version"] == href[-3:]
        assert document["software"]["name"] == "skerry"
        assert document["protocols"] == ["activitypub"]
        assert document["usage"] == {"users": {}}
        assert f"schema/{href[-3:]}#" in answer.headers["content-type"]
    assert (await home.client.get("/nodeinfo/1.0")).status_code == 404


async def test_actors_say_what_their_server_can_do(world: World, home: Running, peer: Peer) -> None:
    """FEP-844e: on the Application, and on each actor's `generator`; what is listed is true."""
    iri = await ann(world, home)
    application = (await home.client.get("/actor")).json()
    actor = (await peer.get(home, iri, f"{peer.base}/users/bob")).json()
    assert actor["generator"]["id"] == application["id"]
    for listed in (application["implements"], actor["generator"]["implements"]):
        assert listed[0]["href"] == "https://datatracker.ietf.org/doc/html/rfc9421"
    assert schemes.implements(application)
    assert schemes.implements(actor)


async def test_every_request_of_ours_names_host_and_contact(world: World, home: Running, peer: Peer) -> None:
    seen: list[str] = []

    class Watched(Peer):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            seen.append(dict(scope["headers"])[b"user-agent"].decode())
            await super().__call__(scope, receive, send)

    other = Watched(world, "other.example")
    zoe = other.actor("zoe", number=1)
    iri = await ann(world, home)
    assert (await other.post(home, other.activity("Follow", zoe, iri))).status_code == 202
    await webfinger.resolve(home.house.federation, "zoe@other.example")
    await send(home, iri, [zoe])
    await world.settle()
    assert len(seen) >= 3
    for agent in seen:
        assert agent.startswith("Skerry/")
        assert "+https://a.example/" in agent
        assert "contact: https://a.example/about" in agent  # where nobody is named in the settings


@pytest.mark.parametrize("preset", ["closed", "allowlist", "open"])
async def test_a_person_is_to_be_found_in_every_mode(world: World, preset: str) -> None:
    """Whoever wonders what this server is, also one that we don't speak to, reads who answers for it."""
    running = await world.instance(
        "c.example", SKERRY_CONTACT_EMAIL="ann@c.example", SKERRY_CONTACT="Ann (steward)\u00e9"
    )
    await running.house.store.unit(adopt, presets.preset(preset), "test")
    assert user_agent(running.house.site.settings, "https://c.example").endswith("contact: ann@c.example)")
    for headers in ({}, {"Accept": "text/html"}, {"User-Agent": "Mastodon/4.5 (+https://blocked.example/)"}):
        answer = await running.client.get("/about", headers=headers)
        assert answer.status_code == 200
        assert "ann@c.example" in answer.text
