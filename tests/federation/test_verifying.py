"""What is verified of a request, of either scheme; signed by another library or by the pretend peer, never by ourselves."""

import base64
import hashlib
import json
import time
from datetime import timedelta
from email.utils import formatdate
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from httpx import Response
from sqlalchemy import func, select

from federation.remote.actors import usable_keys
from federation.schema import inbox_activity, remote_actor, remote_key
from federation.signatures.keys import base58_encode
from federation.vocab.normalise import normalise
from federation.vocab.types import Actor
from tests.federation.conftest import Recorder
from tests.support import signing
from tests.support.peer import ACTIVITY, AS, Peer, cavage, key_number, pem_of
from tests.support.signing import COVERED, Request, ago
from tests.support.world import Running, World

BOB = "https://peer.example/users/bob"
KEY = f"{BOB}#main-key"
ED = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)


def sha(body: bytes, name: str = "sha256") -> str:
    return base64.b64encode(hashlib.new(name, body).digest()).decode()


async def count(home: Running) -> int:
    return await home.house.store.read(
        lambda c: c.execute(select(func.count()).select_from(inbox_activity)).scalar_one()
    )


def multikey(key: Ed25519PrivateKey = ED) -> str:
    return "z" + base58_encode(b"\xed\x01" + key.public_key().public_bytes_raw())


async def post(
    home: Running, peer: Peer, number: int = 1, url: str = "https://a.example/inbox", **change: Any
) -> Response:
    """A Like, signed by the other library. `change`: headers, key, key_id, after (on signed headers), and what `signing.sign` takes."""
    body = json.dumps(peer.activity("Like", BOB, "https://a.example/x", number)).encode()
    headers = {"Host": "a.example", "Content-Type": ACTIVITY} | change.pop("headers", {})
    after = change.pop("after", {})
    request = Request("POST", url, headers, body)
    made = signing.sign(request, change.pop("key", key_number(0)), change.pop("key_id", KEY), **change)
    return await home.client.post("/inbox", content=body, headers=made | {"host": "a.example"} | after)


@pytest.mark.parametrize(
    "covered",
    [
        ("@method", "@target-uri"),
        ("@method", "@authority", "@path"),
        ("@method", "@authority", "@request-target", "content-type"),
        ("@method", "host", "@path", "@query", "@scheme"),
    ],
)
async def test_another_implementations_signatures_hold(home: Running, peer: Peer, covered: tuple[str, ...]) -> None:
    assert (await post(home, peer, covered_component_ids=covered)).status_code == 202
    assert (await post(home, peer, 2, covered_component_ids=covered, include_alg=False)).status_code == 202
    assert await count(home) == 2


async def test_pss_is_taken_from_those_who_take_rfc9421_at_its_first_algorithm(home: Running, peer: Peer) -> None:
    assert (await post(home, peer, algorithm=signing.PSS)).status_code == 202
    assert (await post(home, peer, 2, algorithm=signing.PSS, include_alg=False)).status_code == 202


@pytest.mark.parametrize(
    "change",
    [
        {"covered_component_ids": ("@method", "@authority")},
        {"covered_component_ids": ("@target-uri",)},
        {"covered_component_ids": ("@method", "@path")},
        {"covered_component_ids": COVERED, "body": None},
        {"url": "https://b.example/inbox"},
        {"url": "http://a.example/inbox"},
        {"url": "https://a.example/users/1/inbox"},
        {"url": "https://a.example/inbox?x=1"},
        {"url": "https://b.example/inbox", "covered_component_ids": ("@method", "@authority", "@path")},
        {"created": ago(61 * 60)},
        {"created": ago(-13 * 3600)},
        {"headers": {"Date": formatdate(time.time() - 7200)}, "covered_component_ids": (*COVERED, "date")},
        {"created": ago(600), "expires": ago(120)},
        {"key": key_number(1)},
        {"after": {"content-digest": f"sha-256=:{sha(b'other')}:"}},
        {"after": {"digest": f"SHA-256={sha(b'other')}"}},
        {"after": {"signature-input": "nonsense"}},
        {"after": {"signature": "pyhms=::"}},
        {"key_id": "bob"},
    ],
    ids=lambda change: ",".join(map(str, change)),
)
async def test_what_must_not_pass(home: Running, peer: Peer, change: dict[str, Any]) -> None:
    assert (await post(home, peer, **change)).status_code == 401
    assert await count(home) == 0


@pytest.mark.parametrize("minutes", [59, -59])
async def test_an_hour_of_skew_passes(home: Running, peer: Peer, minutes: int) -> None:
    assert (await post(home, peer, created=ago(minutes * 60))).status_code == 202
    dated = {"headers": {"Date": formatdate(time.time() - minutes * 60)}, "covered_component_ids": (*COVERED, "date")}
    assert (await post(home, peer, 2, **dated)).status_code == 202


async def test_the_query_is_signed_where_there_is_one(home: Running, peer: Peer) -> None:
    """What is asked for is the whole target: nobody adds `?page=2` to what another signed."""
    for covered, status in ((("@path",), 401), (("@path", "@query"), 404), (("@request-target",), 404)):
        request = Request("GET", "https://a.example/u/1?x=1", {"Host": "a.example", "Accept": ACTIVITY})
        made = signing.sign(request, key_number(0), KEY, covered_component_ids=("@method", "@authority", *covered))
        assert (await home.client.get("/u/1?x=1", headers=made)).status_code == status


RIGHT, WRONG = "right", "wrong"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"digest": "SHA-256={0}"}, 202),
        ({"digest": "sha-256={0}"}, 202),
        ({"Digest": "SHA-512={1}"}, 202),
        ({"digest": "SHA-256={0},SHA-512={1}"}, 202),
        ({"digest": "SHA-256={0}, MD5=abc"}, 202),
        ({"digest": "SHA-256={0}", "content-digest": "sha-256=:{0}:"}, 202),
        ({"digest": "SHA-256={0}", "Content-Digest": "SHA-512=:{1}:, sha-256=:{0}:"}, 202),
        ({"content-digest": "sha-512=:{1}:"}, 202),
        ({"content-digest": "sha-256=:{0}:, unixsum=:AAAA:"}, 202),
        ({"digest": "SHA-256={2}"}, 401),
        ({"digest": "SHA-512={2}"}, 401),
        ({"digest": "SHA-256={0},SHA-512={2}"}, 401),
        ({"digest": "SHA-256={2},SHA-256={0}"}, 401),
        ({"digest": "SHA-256={0}", "content-digest": "sha-256=:{2}:"}, 401),
        ({"digest": "SHA-256={2}", "content-digest": "sha-256=:{0}:"}, 401),
        ({"content-digest": "sha-256=:{0}:, sha-512=:{2}:"}, 401),
        ({"digest": "MD5=abc"}, 401),
        ({"digest": "SHA-256={0}", "content-digest": "sha-256={0}"}, 401),
        ({"digest": ""}, 401),
    ],
)
async def test_every_digest_that_is_there_is_right(
    home: Running, peer: Peer, given: dict[str, str], status: int
) -> None:
    body = json.dumps(peer.activity("Like", BOB, "https://a.example/x")).encode()
    values = (sha(body), sha(body, "sha512"), sha(b"other"))
    digests = {name: value.format(*values) for name, value in given.items()}
    url = "https://a.example/inbox"
    plain = peer.signed_headers(BOB, "POST", url, body, names=["date"])
    base = {name: plain[name] for name in ("Host", "Date", "Content-Type")} | digests
    names = ["(request-target)", "host", "date", next(iter(digests)).lower()]
    headers = base | {"Signature": cavage(key_number(0), KEY, "POST", url, base, names)}
    assert (await home.client.post("/inbox", content=body, headers=headers)).status_code == status
    assert await count(home) == (status == 202)


@pytest.mark.parametrize("algorithm", ["ed25519", "hs2019", ""])
async def test_ed25519_by_assertion_method_and_cavage(home: Running, peer: Peer, algorithm: str) -> None:
    key = {"id": f"{BOB}#ed", "type": "Multikey", "controller": BOB, "publicKeyMultibase": multikey()}
    peer.actor("bob", assertionMethod=[key])
    url, body = "https://a.example/inbox", json.dumps(peer.activity("Like", BOB, "https://a.example/x")).encode()
    base = peer.signed_headers(BOB, "POST", url, body)
    names = ["(request-target)", "host", "date", "digest"]
    lower = {name.lower(): value for name, value in base.items()}
    text = "\n".join(f"{name}: {'post /inbox' if name.startswith('(') else lower[name]}" for name in names)
    made = base64.b64encode(ED.sign(text.encode())).decode()
    named = f',algorithm="{algorithm}"' if algorithm else ""
    headers = base | {"Signature": f'keyId="{BOB}#ed"{named},headers="{" ".join(names)}",signature="{made}"'}
    assert (await home.client.post("/inbox", content=body, headers=headers)).status_code == 202


async def test_both_keys_of_an_actor_are_read(home: Running, peer: Peer) -> None:
    key = {"id": f"{BOB}#ed", "type": "Multikey", "controller": BOB, "publicKeyMultibase": multikey()}
    peer.actor("bob", assertionMethod=key)
    change = {"key": ED, "key_id": f"{BOB}#ed", "algorithm": signing.ED25519}
    assert (await post(home, peer, 1, **change)).status_code == 202
    assert (await post(home, peer, 2)).status_code == 202
    assert (await post(home, peer, 3, key=ED, algorithm=signing.ED25519)).status_code == 401  # the other key's id
    stored = await home.house.store.read(lambda c: set(c.execute(select(remote_key.c.id)).scalars()))
    assert stored == {KEY, f"{BOB}#ed"}


async def test_a_key_listed_by_its_name_alone(home: Running, peer: Peer) -> None:
    """FEP-521a: the actor names the key, the key's own document has it, and names the actor."""
    name = f"{BOB}/keys/1"
    peer.actor("bob", assertionMethod=[name])
    alone = {"@context": AS, "id": name, "type": "Multikey", "controller": BOB, "publicKeyMultibase": multikey()}
    peer.documents["/users/bob/keys/1"] = alone
    change = {"key": ED, "key_id": name, "algorithm": signing.ED25519}
    assert (await post(home, peer, 1, **change)).status_code == 202
    peer.documents["/users/bob/keys/2"] = alone | {"id": f"{BOB}/keys/2"}  # not listed
    assert (await post(home, peer, 2, **change | {"key_id": f"{BOB}/keys/2"})).status_code == 401


@pytest.mark.parametrize("shape", ["stub", "alone"])
async def test_keys_without_a_fragment(home: Running, peer: Peer, shape: str) -> None:
    """GoToSocial serves a stub of the actor at its key's address; others the key alone."""
    name = f"{BOB}/main-key"
    key = {"id": name, "owner": BOB, "publicKeyPem": pem_of(key_number(0))}
    peer.actor("bob", publicKey=key)
    stub = {"@context": [AS, "https://w3id.org/security/v1"], "id": BOB, "type": "Person", "publicKey": key}
    peer.documents["/users/bob/main-key"] = stub if shape == "stub" else {"@context": AS, "type": "Key"} | key
    assert (await post(home, peer, key_id=name)).status_code == 202


async def test_a_key_that_its_owner_does_not_list_is_none(home: Running, peer: Peer) -> None:
    name = f"{BOB}/other-key"
    other = {"id": name, "owner": BOB, "publicKeyPem": pem_of(key_number(1))}
    peer.documents["/users/bob/other-key"] = {"@context": AS, "type": "Key"} | other
    assert (await post(home, peer, key=key_number(1), key_id=name)).status_code == 401


async def test_nobody_takes_over_anothers_key_by_listing_it(home: Running, peer: Peer) -> None:
    assert (await post(home, peer, 1)).status_code == 202
    eve = peer.actor("eve", number=1)
    theirs = peer.documents["/users/eve"]["publicKey"]
    mine = {"id": KEY, "owner": eve, "publicKeyPem": pem_of(key_number(1))}
    peer.documents["/users/eve"]["publicKey"] = [theirs, mine]
    like = peer.activity("Like", eve, "https://a.example/x")
    assert (await peer.post(home, like, key=key_number(1))).status_code == 202
    home.house.federation.memory.keys.clear()
    assert (await post(home, peer, 2)).status_code == 202
    assert (
        await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", 5), key=key_number(1))
    ).status_code == 401


async def test_an_update_of_the_actor_changes_its_key_at_once(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    """Signed with the old key, for the new one; from then on the old one is nothing."""
    assert (await post(home, peer, 1)).status_code == 202
    peer.actor("bob", number=3)
    update = peer.activity("Update", BOB, peer.documents["/users/bob"])
    assert (await peer.post(home, update, key=key_number(0))).status_code == 202
    await world.settle()
    before = len(peer.world.wires.log)
    assert (await post(home, peer, 2, key=key_number(3))).status_code == 202
    assert len(peer.world.wires.log) == before  # nothing had to be fetched
    assert (await post(home, peer, 3, key=key_number(0))).status_code == 401
    assert [activity.type for activity in recorder.applied] == ["Like", "Update"]


@pytest.mark.parametrize(("age", "status"), [(15_000, 401), (30_000, 202)])
async def test_a_key_that_was_exchanged_without_a_word_counts_within_a_minute(
    home: Running, peer: Peer, age: int, status: int
) -> None:
    assert (await post(home, peer, 1)).status_code == 202
    peer.actor("bob", number=3)
    then = home.house.federation.clock.wire() - age
    await home.house.store.unit(lambda u: u.connection.execute(remote_key.update().values(fetched_at=then)))
    home.house.federation.memory.forget(BOB)
    assert (await post(home, peer, 2, key=key_number(3))).status_code == status
    assert (await post(home, peer, 3, key=key_number(0))).status_code == (401 if status == 202 else 202)


async def test_a_key_that_is_listed_no_more_is_none(home: Running, peer: Peer) -> None:
    """The new one has a name of its own."""
    assert (await post(home, peer, 1)).status_code == 202
    new = f"{BOB}#second"
    peer.documents["/users/bob"]["publicKey"] = {"id": new, "owner": BOB, "publicKeyPem": pem_of(key_number(3))}
    assert (await post(home, peer, 2, key=key_number(3), key_id=new)).status_code == 202
    assert (await post(home, peer, 3)).status_code == 401


def test_of_the_keys_that_an_actor_lists_its_own_count(peer: Peer) -> None:
    pem = pem_of(key_number(0))
    listed = [
        {"id": KEY, "owner": BOB, "publicKeyPem": pem},
        {"id": f"{BOB}#2", "owner": f"{peer.base}/users/eve", "publicKeyPem": pem},
        {"id": "https://other.example/users/zoe#main-key", "owner": BOB, "publicKeyPem": pem},
        {"id": f"{BOB}#3", "owner": BOB, "publicKeyPem": "none"},
    ]
    found = normalise(peer.documents["/users/bob"] | {"publicKey": listed})
    assert isinstance(found, Actor)
    assert [(key.id, key.owner) for key in usable_keys(found)] == [(KEY, BOB)]


@pytest.mark.parametrize(("status", "gone"), [(410, True), (404, False), (500, False)])
async def test_who_answers_410_for_the_key_is_gone_for_good(home: Running, peer: Peer, status: int, gone: bool) -> None:
    """404 may be a mishap, and so may a server that has trouble."""
    assert (await post(home, peer, 1)).status_code == 202
    peer.documents["/users/bob"] = status
    began = home.house.federation.clock.wire()
    assert (await post(home, peer, 2, key_id=f"{BOB}#2")).status_code == (503 if status == 500 else 401)
    at = await home.house.store.read(lambda c: c.execute(select(remote_actor.c.gone_at)).scalar_one())
    assert (at is not None) == gone
    missed = home.house.federation.memory.missed[f"{BOB}#2"].until - began
    assert 0 <= missed - (30_000 if status == 500 else 300_000) < 20_000


async def test_a_key_is_of_its_owners_server(home: Running, peer: Peer) -> None:
    """Though its owner lists it: nobody else's server speaks for her."""
    other = Peer(peer.world, "other.example")
    key = {"id": f"{other.base}/key", "owner": BOB, "publicKeyPem": pem_of(key_number(1))}
    other.documents["/key"] = {"@context": AS, "type": "Key"} | key
    own = peer.documents["/users/bob"]
    own["publicKey"] = [own["publicKey"], key]
    own["assertionMethod"] = [key["id"]]
    for key_id, number, status in ((KEY, 0, 404), (key["id"], 1, 401)):
        answer = await peer.get(home, "/u/1", BOB, key=key_number(number), key_id=key_id)
        assert answer.status_code == status


async def test_another_process_that_learns_a_new_key_ends_the_old_one_here(home: Running, peer: Peer) -> None:
    assert (await post(home, peer, 1)).status_code == 202
    new = pem_of(key_number(3))
    await home.house.store.unit(lambda u: u.connection.execute(remote_key.update().values(public=new)))
    home.house.federation.memory.looked[KEY] -= 6000
    assert (await post(home, peer, 2, key=key_number(3))).status_code == 202
    assert (await post(home, peer, 3, key=key_number(0))).status_code == 401


async def test_one_good_signature_among_others(home: Running, peer: Peer) -> None:
    """A proxy's signature beside the actor's; whoever's comes first."""
    body = json.dumps(peer.activity("Like", BOB, "https://a.example/x")).encode()
    request = Request("POST", "https://a.example/inbox", {"Host": "a.example", "Content-Type": ACTIVITY}, body)
    signing.sign(request, key_number(1), "proxy-7", label="proxy", body=body)
    made = signing.sign(
        request, key_number(0), KEY, label="actor", append_if_signature_exists=True, use_existing_digest=True
    )
    assert (await home.client.post("/inbox", content=body, headers=made)).status_code == 202


def test_the_second_opinion_has_one_of_its_own() -> None:
    """The other library refuses what it should: else its agreement means nothing."""
    request = Request("POST", "https://a.example/inbox", {"Host": "a.example"}, b"{}")
    headers = signing.sign(request, key_number(0), KEY)
    public = serialization.load_pem_public_key(pem_of(key_number(0)).encode())
    assert signing.verify(Request("POST", request.url, headers, b"{}"), public, at_most=timedelta(hours=1))
    with pytest.raises(Exception, match=r"(?i)digest"):
        signing.verify(Request("POST", request.url, headers, b"[]"), public)
