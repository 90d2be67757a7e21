"""Activities that write ActivityStreams' terms otherwise arrive like others, and cost what they may cost."""

import asyncio
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from federation.client.fetch import fetch
from federation.errors import MalformedError, UnreachableError
from federation.schema import inbox_activity
from federation.vocab.jsonld import compacted, needs_processing
from federation.vocab.normalise import normalise
from federation.vocab.plainly import MOST_WAITING, Plainly
from federation.vocab.types import Activity, Actor, Object
from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.federation.conftest import Recorder
from tests.support.peer import AS, Peer
from tests.support.world import Running, World

BOB = "https://peer.example/users/bob"
ID = f"{BOB}/create/1"
NOTE = {"id": f"{BOB}/statuses/1", "type": "Note", "attributedTo": BOB, "content": "<p>Hello</p>"}

SHAPES: dict[str, dict[str, Any]] = {
    "keywords": {"@context": AS, "@id": ID, "@type": "Create", "actor": BOB, "object": NOTE},
    "prefixed": {
        "@context": AS,
        "id": ID,
        "type": "as:Create",
        "as:actor": {"id": BOB},
        "as:object": {
            "id": NOTE["id"],
            "type": "as:Note",
            "as:attributedTo": {"id": BOB},
            "as:content": "<p>Hello</p>",
        },
    },
    "its own prefix": {
        "@context": [AS, {"ap": f"{AS}#"}],
        "id": ID,
        "type": "ap:Create",
        "ap:actor": {"id": BOB},
        "object": NOTE,
    },
    "expanded": {
        "@context": AS,
        "@id": ID,
        "@type": [f"{AS}#Create"],
        f"{AS}#actor": [{"@id": BOB}],
        f"{AS}#object": [
            {
                "@id": NOTE["id"],
                "@type": [f"{AS}#Note"],
                f"{AS}#attributedTo": [{"@id": BOB}],
                f"{AS}#content": [{"@value": "<p>Hello</p>"}],
            }
        ],
    },
    "renamed": {
        "@context": [AS, {"kind": "@type", "who": {"@id": "as:actor", "@type": "@id"}, "what": "as:object"}],
        "id": ID,
        "kind": "Create",
        "who": BOB,
        "what": NOTE,
    },
    "whole IRI as type": {"@context": AS, "id": ID, "type": f"{AS}#Create", "actor": BOB, "object": NOTE},
    "several types": {"@context": AS, "id": ID, "type": ["x:Odd", "Create"], "actor": [BOB], "object": [NOTE]},
    "its own vocabulary": {"@context": {"@vocab": f"{AS}#", "id": "@id", "type": "@type"}}
    | {"id": ID, "type": "Create", "actor": {"id": BOB}, "object": NOTE | {"attributedTo": {"id": BOB}}},
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_they_arrive_and_are_read(
    world: World, home: Running, peer: Peer, recorder: Recorder, shape: str
) -> None:
    for _ in range(2):
        assert (await peer.post(home, SHAPES[shape], signer=BOB)).status_code == 202
    await world.settle()
    (activity,) = recorder.applied
    assert (activity.type, activity.actor, activity.id) == ("Create", BOB, ID)
    assert isinstance(activity.object, Object)
    assert (activity.object.type, activity.object.content) == ("Note", "<p>Hello</p>")
    rows = await home.house.store.read(lambda c: c.execute(select(inbox_activity)).all())
    assert [(row.kind, row.actor, row.state) for row in rows] == [("Create", BOB, "done")]


@pytest.mark.parametrize("shape", SHAPES)
async def test_who_signs_must_be_whom_it_means(home: Running, peer: Peer, shape: str) -> None:
    """Neither by another name for the actor nor by a second one."""
    eve = peer.actor("eve", number=1)
    assert (await peer.post(home, SHAPES[shape], signer=eve)).status_code == 401
    plainly = {"@context": [AS, {"actor": "https://x.example/other", "who": {"@id": "as:actor", "@type": "@id"}}]}
    two = {"id": ID, "type": "Create", "actor": eve, "who": BOB, "object": NOTE}
    assert (await peer.post(home, plainly | two, signer=eve)).status_code == 401
    assert (await peer.post(home, plainly | two, signer=BOB)).status_code == 202


async def test_nothing_is_read_for_who_does_not_sign(
    home: Running, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_self: Plainly, _document: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError("that costs too much for a stranger")

    monkeypatch.setattr(Plainly, "__call__", never)
    assert (await peer.post(home, SHAPES["renamed"], signer=BOB, drop=("Signature",))).status_code == 401
    assert (await peer.post(home, SHAPES["renamed"], signer=BOB, digest="SHA-256=AAAA")).status_code == 401
    await home.house.store.unit(set_stance, peer.host, Stance.BLOCKED)
    assert (await peer.post(home, SHAPES["renamed"], signer=BOB)).status_code == 202


async def test_thirty_10_what_can_not_be_read_is_400_and_nothing_is_loaded(
    world: World, home: Running, peer: Peer
) -> None:
    bodies: list[dict[str, Any]] = [
        SHAPES["renamed"] | {"@context": ["https://evil.example/context", {"who": "as:actor"}]},
        SHAPES["renamed"] | {"@context": ["https://evil.example/context", *SHAPES["renamed"]["@context"]]},
        SHAPES["renamed"] | {"kind": "View it"} | {"who": None},
        SHAPES["keywords"] | {"@type": 5},
        SHAPES["keywords"] | {"to": [f"https://x.example/{n}" for n in range(5000)]},
        SHAPES["keywords"] | {"@graph": [{}]},
    ]
    for body in bodies:
        assert (await peer.post(home, body, signer=BOB)).status_code == 400
    assert world.wires.requests_to("evil.example") == []


FOLLOW = {"id": "https://a.example/u/1#follows/2", "type": "Follow", "object": BOB}
FEDIFY: dict[str, Any] = {
    "@context": ["https://w3id.org/identity/v1", "https://www.w3.org/ns/activitystreams", "https://gotosocial.org/ns"],
    "id": "https://peer.example/acc/1",
    "type": "Accept",
    "actor": BOB,
    "object": FOLLOW
    | {
        "@context": "https://unknown.example/context",
        "actor": {
            "@context": ["https://www.w3.org/ns/activitystreams", {"toot": "http://joinmastodon.org/ns#"}],
            "id": "https://a.example/u/1",
            "type": "Person",
            "as:manuallyApprovesFollowers": False,
            "http://joinmastodon.org/ns#featured": {"id": "https://a.example/u/1/featured"},
        },
    },
    "proof": {"@context": ["https://w3id.org/security/data-integrity/v1"], "type": "DataIntegrityProof"},
    "signature": {"@context": "https://w3id.org/identity/v1", "type": "RsaSignature2017"},
}
"""As Fedify accepts: our whole actor embedded, in long names, and two proofs with contexts of their own."""


async def test_contexts_within_that_rename_nothing_are_passed_over(
    world: World, home: Running, peer: Peer, recorder: Recorder
) -> None:
    assert (await peer.post(home, FEDIFY)).status_code == 202
    await world.settle()
    (found,) = recorder.applied
    assert (found.type, found.objects, str(getattr(found.object, "type", ""))) == ("Accept", [FOLLOW["id"]], "Follow")
    renaming = FOLLOW | {"@context": [AS, {"who": "as:actor"}], "who": "https://a.example/u/1", "as:name": "x"}
    assert (await peer.post(home, FEDIFY | {"object": renaming})).status_code == 400
    assert world.wires.requests_to("unknown.example") == []


async def test_fetched_documents_may_be_renamed_as_well(home: Running, peer: Peer) -> None:
    document = peer.documents["/users/bob"]
    renamed = {"@id" if name == "id" else "@type" if name == "type" else name: it for name, it in document.items()}
    peer.documents["/users/bob"] = renamed
    assert isinstance(await fetch(home.house.federation, BOB), Actor)
    assert (await peer.post(home, SHAPES["keywords"], signer=BOB)).status_code == 202


async def test_one_at_a_time_and_not_too_many() -> None:
    plainly = Plainly()
    heavy = SHAPES["keywords"] | {"to": [f"https://x.example/{n}" for n in range(60)]}
    results = await asyncio.gather(*(plainly(heavy) for _ in range(MOST_WAITING + 20)), return_exceptions=True)
    assert sum(isinstance(one, UnreachableError) for one in results) == 20
    assert await plainly(SHAPES["renamed"])


def test_the_most_that_one_document_can_cost() -> None:
    """Wide, long, and chained: the worst within the limits stays under a third of a second of this thread's time."""
    wide = SHAPES["keywords"] | {"to": [f"https://x.example/{n}" for n in range(950)]}
    kinds = SHAPES["keywords"] | {"@type": [f"as:T{n}" for n in range(950)]}
    names = SHAPES["keywords"] | {f"as:k{n}": 1 for n in range(950)}
    many = SHAPES["keywords"] | {"@context": [AS] * 32}
    for document in (wide, kinds, names, many):
        started = time.thread_time()
        compacted(document)
        assert time.thread_time() - started < 0.3


@given(
    st.recursive(
        st.text(max_size=8), lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
    )
)
def test_plain_documents_go_the_plain_way(value: Any) -> None:
    names = str(value)
    if "@" not in names and ":" not in names.replace("': ", ""):
        assert not needs_processing({"@context": AS, "type": "Note", "content": value})


@given(
    st.sampled_from(list(SHAPES)),
    st.sampled_from(["actor", "as:actor", "@id", "type", "@type", "who"]),
    st.text(max_size=20),
)
def test_whatever_is_put_into_them_is_read_or_refused(shape: str, name: str, value: str) -> None:
    try:
        found = normalise(SHAPES[shape] | {name: value})
    except MalformedError:
        return
    assert isinstance(found, Activity | Object | Actor)


@pytest.mark.parametrize("number", [2**63, -(2**70), 10**400])
@pytest.mark.parametrize("shape", ["keywords", "several types"])
async def test_numbers_beyond_all_bounds_are_400(home: Running, peer: Peer, shape: str, number: int) -> None:
    for body in (SHAPES[shape] | {"duration": number}, SHAPES[shape] | {"tag": [{"width": [number]}]}):
        assert (await peer.post(home, body, signer=BOB)).status_code == 400
    peer.documents["/users/bob"] |= {"votersCount": number}
    assert (await peer.post(home, SHAPES[shape], signer=BOB)).status_code == 401  # such a key can't be had


@pytest.mark.parametrize("number", ["1e999999", "-0", "1e308", "9223372036854775807"])
async def test_other_numbers_do_no_harm(world: World, home: Running, peer: Peer, number: str) -> None:
    body = '{"@context":"%s","@id":"%s","@type":"Create","actor":"%s","object":{"type":"Note","width":%s}}'
    answer = await peer.post(home, None, signer=BOB, body=(body % (AS, ID, BOB, number)).encode())
    assert answer.status_code in {202, 400}
    await world.settle()
