"""SECURITY's thirty most dangerous to get wrong, as far as they are federation's; each test is named by its number."""

import json
from email.utils import formatdate
from time import time
from typing import Any

import pytest
from sqlalchemy import select

from federation.client.fetch import fetch
from federation.errors import (
    FederationError,
    MalformedError,
    RefusedError,
    TooLargeError,
    UnbelievableError,
    UnreachableError,
    WrongTypeError,
)
from federation.inbound import authority
from federation.schema import inbox_activity, remote_actor, remote_key
from federation.vocab.normalise import normalise
from federation.vocab.types import Activity, Actor, Object
from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.federation.conftest import Recorder
from tests.support.peer import ACTIVITY, AS, Peer, key_number, pem_of
from tests.support.world import Running, World

BOB = "https://peer.example/users/bob"
EVE = "https://peer.example/users/eve"


async def states(home: Running) -> list[str]:
    wanted = select(inbox_activity.c.state).order_by(inbox_activity.c.id)
    return await home.house.store.read(lambda c: list(c.execute(wanted).scalars()))


def judged(home: Running, signer: str, document: dict[str, Any]) -> Activity:
    found = normalise(document)
    assert isinstance(found, Activity)
    return authority.check(home.house.federation, signer, found)


async def test_thirty_01_the_actor_is_the_owner_of_the_key(home: Running, peer: Peer) -> None:
    peer.actor("eve", number=1)
    answer = await peer.post(home, peer.activity("Like", EVE, "https://a.example/x"), signer=BOB)
    assert answer.status_code == 401
    other = Peer(peer.world, "evil.example")
    mallory = other.actor("mallory", number=2)
    answer = await other.post(home, peer.activity("Like", BOB, "https://a.example/x"), signer=mallory)
    assert (answer.status_code, await states(home)) == (401, [])


async def test_thirty_02_a_key_document_speaks_for_its_own_address(home: Running, peer: Peer) -> None:
    """A document at one address that names another's id, and a key that its owner does not list."""
    evil = Peer(peer.world, "evil.example")
    mallory = evil.actor("mallory", number=2)
    evil.documents["/users/mallory"] |= {"id": BOB, "publicKey": {"id": f"{mallory}#main-key", "owner": BOB}}
    answer = await evil.post(home, peer.activity("Like", BOB, "https://a.example/x"), signer=mallory)
    assert answer.status_code == 401
    evil.documents["/key"] = {
        "@context": AS,
        "id": "https://evil.example/key",
        "owner": BOB,
        "publicKeyPem": pem_of(key_number(2)),
    }
    claimed = peer.activity("Like", BOB, "https://a.example/x")
    change = {"key_id": "https://evil.example/key", "key": key_number(2)}
    assert (await peer.post(home, claimed, signer=BOB, **change)).status_code == 401
    peer.documents["/key"] = evil.documents["/key"] | {"id": "https://peer.example/key"}
    change["key_id"] = "https://peer.example/key"
    assert (await peer.post(home, claimed, signer=BOB, **change)).status_code == 401
    assert await states(home) == []


async def test_a_key_with_an_address_of_its_own_is_believed_when_its_owner_lists_it(home: Running, peer: Peer) -> None:
    """GoToSocial: `.../main-key` answers with a stub of the actor."""
    key = {"id": f"{BOB}/main-key", "owner": BOB, "publicKeyPem": pem_of(key_number(0))}
    peer.documents["/users/bob"]["publicKey"] = key
    stub = {"@context": AS, "id": BOB, "type": "Person", "preferredUsername": "bob", "publicKey": key}
    peer.documents["/users/bob/main-key"] = stub
    answer = await peer.post(home, peer.activity("Like", BOB, "https://a.example/x"), key_id=f"{BOB}/main-key")
    assert answer.status_code == 202


async def test_thirty_03_an_object_is_attributed_to_the_actor(home: Running, peer: Peer) -> None:
    note = peer.note(BOB) | {"attributedTo": EVE}
    seen = judged(home, BOB, peer.activity("Create", BOB, note))
    assert seen.object == f"{BOB}/statuses/1"  # not believed as sent: a name, to be fetched
    believed = judged(home, BOB, peer.activity("Create", BOB, peer.note(BOB)))
    assert isinstance(believed.object, Object)


async def test_thirty_04_an_object_has_an_id_of_its_actors_origin(home: Running, peer: Peer) -> None:
    for iri in ("https://third.example/1", "http://peer.example/1", "https://peer.example:8443/1", ""):
        seen = judged(home, BOB, peer.activity("Create", BOB, peer.note(BOB) | {"id": iri}))
        assert seen.object == iri
    with pytest.raises(UnbelievableError):
        judged(home, BOB, peer.activity("Create", BOB, peer.note(BOB) | {"id": "https://a.example/u/1/p/2"}))
    with pytest.raises(UnbelievableError):
        judged(home, BOB, peer.activity("Create", BOB, peer.note(BOB)) | {"id": "https://third.example/a"})


async def test_thirty_04_a_third_origin_is_202_and_never_stored(home: Running, peer: Peer) -> None:
    activity = peer.activity("Create", BOB, peer.note(BOB)) | {"id": "https://third.example/a"}
    assert (await peer.post(home, activity)).status_code == 202
    assert await states(home) == []


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "SHA-256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {"drop": ("Digest",)},
        {"names": ["(request-target)", "host", "date"]},
    ],
    ids=["wrong", "absent", "unsigned"],
)
async def test_thirty_05_the_digest_is_signed_and_right(home: Running, peer: Peer, change: dict[str, Any]) -> None:
    answer = await peer.post(home, peer.activity("Like", BOB, "https://a.example/x"), **change)
    assert (answer.status_code, await states(home)) == (401, [])
    assert peer.world.wires.log == []  # and nothing was fetched for it


@pytest.mark.parametrize(
    "change",
    [
        {"names": ["date"]},
        {"names": ["(request-target)", "date", "digest"]},
        {"names": ["host", "date", "digest"]},
        {"names": ["(request-target)", "host", "digest"]},
        {"date": formatdate(time() - 13 * 3600, usegmt=True)},
        {"date": formatdate(time() + 13 * 3600, usegmt=True)},
        {"date": "nonsense"},
        {"drop": ("Signature",)},
    ],
)
async def test_thirty_06_target_host_and_date_are_signed(home: Running, peer: Peer, change: dict[str, Any]) -> None:
    answer = await peer.post(home, peer.activity("Like", BOB, "https://a.example/x"), **change)
    assert answer.status_code == 401
    assert (await states(home), peer.world.wires.log) == ([], [])


async def test_thirty_06_a_signature_for_another_address_is_none(home: Running, peer: Peer) -> None:
    body = json.dumps(peer.activity("Like", BOB, "https://a.example/x")).encode()
    headers = peer.signed_headers(BOB, "POST", "https://a.example/u/1/inbox", body)
    assert (await home.client.post("/inbox", content=body, headers=headers)).status_code == 401


@pytest.mark.parametrize("kind", ["text/html", "application/json", "application/ld+json", "image/png", ""])
async def test_thirty_07_fetched_documents_have_the_right_type(home: Running, peer: Peer, kind: str) -> None:
    document = json.dumps(peer.documents["/users/bob"]).encode()
    peer.documents["/users/bob"] = (200, {"content-type": kind} if kind else {}, document)
    with pytest.raises(WrongTypeError):
        await fetch(home.house.federation, BOB)
    profiled = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    peer.documents["/users/bob"] = (200, {"content-type": profiled}, document)
    assert isinstance(await fetch(home.house.federation, BOB), Actor)


async def test_thirty_08_a_redirect_does_not_speak_for_the_first_host(home: Running, peer: Peer) -> None:
    evil = Peer(peer.world, "evil.example")
    forged = peer.note(BOB, 7, "<p>forged</p>")
    evil.documents["/forged"] = {"@context": AS} | forged
    peer.documents["/users/bob/statuses/7"] = (302, {"location": "https://evil.example/forged"}, b"")
    with pytest.raises(FederationError):
        await fetch(home.house.federation, f"{BOB}/statuses/7")
    # and a document that names another's id is asked for there
    peer.documents["/users/bob/statuses/7"] = {"@context": AS} | forged | {"content": "<p>true</p>"}
    found = await fetch(home.house.federation, "https://evil.example/forged")
    assert isinstance(found, Object)
    assert (found.id, found.content) == (f"{BOB}/statuses/7", "<p>true</p>")


async def test_thirty_08_redirects_end(home: Running, peer: Peer) -> None:
    peer.documents["/loop"] = (302, {"location": "https://peer.example/loop"}, b"")
    with pytest.raises(UnreachableError):
        await fetch(home.house.federation, "https://peer.example/loop")
    assert len(peer.world.wires.requests_to("peer.example", "GET")) == 4
    for location in ("file:///etc/passwd", "gopher://peer.example/", "https://a.example/actor", "//", "https://u:p@x/"):
        peer.documents["/away"] = (302, {"location": location}, b"")
        with pytest.raises(FederationError):
            await fetch(home.house.federation, "https://peer.example/away")


async def test_thirty_09_ld_signatures_are_not_looked_at(home: Running, peer: Peer) -> None:
    activity = peer.activity("Create", EVE, peer.note(EVE)) | {
        "signature": {"type": "RsaSignature2017", "creator": f"{EVE}#main-key", "signatureValue": "AAAA"}
    }
    assert (await peer.post(home, activity, signer=BOB)).status_code == 401


@pytest.mark.parametrize("verb", ["Update", "Undo", "Accept"])
async def test_thirty_11_third_parties_change_nothing(home: Running, peer: Peer, verb: str) -> None:
    other = "https://other.example/users/zoe"
    theirs: dict[str, Any] = {
        "Update": {"id": other, "type": "Person", "inbox": f"{other}/inbox"},
        "Undo": {"id": f"{other}/follow/1", "type": "Follow", "actor": other, "object": BOB},
        "Accept": {"id": "https://a.example/f/1", "type": "Follow", "actor": "https://a.example/u/1", "object": other},
    }
    with pytest.raises(UnbelievableError):
        judged(home, BOB, peer.activity(verb, BOB, theirs[verb]))


@pytest.mark.parametrize(
    "about",
    [
        "https://other.example/users/zoe/statuses/1",
        "https://a.example/u/1/p/2",
        {"id": f"{EVE}/statuses/1", "type": "Note", "attributedTo": EVE},
    ],
)
async def test_thirty_11_third_parties_delete_nothing(
    world: World, home: Running, peer: Peer, recorder: Recorder, about: Any
) -> None:
    assert (await peer.post(home, peer.activity("Delete", BOB, about))).status_code == 202
    await world.settle()
    assert (await states(home), recorder.applied) == (["ignored"], [])


async def test_thirty_12_what_an_announce_embeds_is_not_believed(home: Running, peer: Peer) -> None:
    group = "https://peer.example/users/circle"
    third = "https://third.example/users/zoe"
    note = {"id": f"{third}/1", "type": "Note", "attributedTo": third, "content": "x", "audience": group}
    create = {"id": f"{third}/1/create", "type": "Create", "actor": third, "object": note, "audience": group}
    seen = judged(home, group, peer.activity("Announce", group, create))
    assert isinstance(seen.object, Activity)
    assert (seen.object.believed, seen.object.object) == (False, f"{third}/1")
    assert judged(home, BOB, peer.activity("Announce", BOB, note)).object == f"{third}/1"
    # a Group is believed about its own members' posts of its own origin, if they are addressed to it
    own = peer.note(BOB, audience=group)
    inner = peer.activity("Create", BOB, own, audience=group)
    believed = judged(home, group, peer.activity("Announce", group, inner)).object
    assert isinstance(believed, Activity)
    assert isinstance(believed.object, Object)
    stranger = judged(home, EVE, peer.activity("Announce", EVE, inner)).object
    assert isinstance(stranger, Activity)
    assert not stranger.believed


async def test_thirty_22_a_blocked_peer_is_not_asked_for_anything(world: World, home: Running, peer: Peer) -> None:
    await home.house.store.unit(set_stance, peer.host, Stance.BLOCKED)
    assert (await peer.post(home, peer.activity("Like", BOB, "https://a.example/x"))).status_code == 202
    with pytest.raises(RefusedError):
        await fetch(home.house.federation, BOB)
    assert (world.wires.log, await states(home)) == ([], [])


async def test_thirty_23_a_second_post_is_202_without_effect(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    activity = peer.activity("Create", BOB, peer.note(BOB))
    without_id = {name: value for name, value in activity.items() if name != "id"}
    for given in (activity, without_id):
        for _ in range(3):
            assert (await peer.post(home, given)).status_code == 202
            await world.settle()
    assert len(recorder.applied) == 2


async def test_thirty_23_a_stranger_cannot_burn_a_victims_id(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    evil = Peer(world, "evil.example")
    mallory = evil.actor("mallory", number=2)
    victims = peer.activity("Create", BOB, peer.note(BOB))
    # in mallory's name with bob's id; in bob's name with mallory's key; unsigned in bob's name
    assert (await evil.post(home, victims | {"actor": mallory})).status_code == 202
    assert (await evil.post(home, victims, signer=mallory)).status_code == 401
    assert (await peer.post(home, victims, drop=("Signature",))).status_code == 401
    assert (await peer.post(home, victims)).status_code == 202
    await world.settle()
    assert [activity.id for activity in recorder.applied] == [victims["id"]]


async def test_thirty_25_bodies_end_at_a_megabyte(home: Running, peer: Peer) -> None:
    peer.documents["/long"] = (200, {"content-type": ACTIVITY}, b'{"a":"' + b"x" * 1_000_001 + b'"}')
    with pytest.raises(TooLargeError):
        await fetch(home.house.federation, "https://peer.example/long")
    peer.documents["/deep"] = (200, {"content-type": ACTIVITY}, b'{"a":' * 40 + b"1" + b"}" * 40)
    with pytest.raises(MalformedError):
        await fetch(home.house.federation, "https://peer.example/deep")
    peer.documents["/packed"] = (200, {"content-type": ACTIVITY, "content-encoding": "gzip"}, b"\x1f\x8b")
    with pytest.raises(WrongTypeError):
        await fetch(home.house.federation, "https://peer.example/packed")


async def test_thirty_28_forwarded_addresses_change_nothing(home: Running, peer: Peer) -> None:
    """Who sends is told by the signature alone."""
    url = "https://a.example/inbox"
    body = json.dumps(peer.activity("Like", BOB, "https://a.example/x")).encode()
    headers = peer.signed_headers(BOB, "POST", url, body) | {"X-Forwarded-Host": "b.example", "X-Forwarded-For": "::1"}
    assert (await home.client.post(url, content=body, headers=headers)).status_code == 202
    headers["Host"] = "b.example"
    assert (await home.client.post(url, content=body, headers=headers)).status_code >= 400


async def test_thirty_29_the_policy_is_asked_before_any_handler(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    await home.house.store.unit(set_stance, peer.host, Stance.HELD)
    assert (await peer.post(home, peer.activity("Create", BOB, peer.note(BOB)))).status_code == 202
    assert await states(home) == ["held"]  # at the door
    await world.settle()
    assert (await states(home), recorder.applied) == (["held"], [])
    await home.house.store.unit(set_stance, peer.host, Stance.ALLOWED)
    await world.settle()
    assert (await states(home), len(recorder.applied)) == (["done"], 1)


async def test_thirty_30_stored_before_202(
    world: World, home: Running, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the write fails there is no 202."""
    await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", 1))

    def fails(_u: Any, _rows: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(home.house.federation.arrivals, "_write", fails)
    answer = await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", 2))
    assert answer.status_code >= 500
    assert len(await states(home)) == 1


async def test_a_rotated_key_is_accepted_and_the_old_one_refused(home: Running, peer: Peer) -> None:
    assert (await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", 1))).status_code == 202
    peer.actor("bob", number=3)
    home.house.federation.memory.keys[f"{BOB}#main-key"] = _older(home, f"{BOB}#main-key")
    assert (await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", 2))).status_code == 202
    answer = await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", 3), key=key_number(0))
    assert answer.status_code == 401


def _older(home: Running, key_id: str) -> Any:
    from dataclasses import replace

    return replace(home.house.federation.memory.keys[key_id], fetched_at=0)


async def test_wrong_signatures_do_not_make_us_fetch_again_and_again(home: Running, peer: Peer) -> None:
    await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", 0))
    home.house.federation.memory.keys[f"{BOB}#main-key"] = _older(home, f"{BOB}#main-key")
    before = len(peer.world.wires.log)
    for number in range(20):
        bad = await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", number), key=key_number(1))
        assert bad.status_code == 401
    assert len(peer.world.wires.log) - before <= 1


async def test_what_is_not_to_be_had_is_not_asked_for_again(home: Running, peer: Peer) -> None:
    peer.documents["/users/bob"] = 404
    for number in range(5):
        answer = await peer.post(home, peer.activity("Like", BOB, "https://a.example/x", number))
        assert answer.status_code == 401
    assert len(peer.world.wires.log) == 1


async def test_a_deleted_actors_keys_are_forgotten(world: World, home: Running, peer: Peer, recorder: Recorder) -> None:
    await peer.post(home, peer.activity("Like", BOB, "https://a.example/x"))
    assert (await peer.post(home, peer.activity("Delete", BOB, BOB))).status_code == 202
    await world.settle()
    store = home.house.store
    assert await store.read(lambda c: c.execute(select(remote_key)).all()) == []
    assert await store.read(lambda c: c.execute(select(remote_actor.c.gone_at)).scalar_one()) is not None
    assert recorder.applied[-1].type == "Delete"
