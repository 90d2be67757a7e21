"""FEP-8b32 proofs: the FEP's own vectors, round trips, and that no change of a byte goes unnoticed."""

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import MalformedError
from federation.signatures import keys
from federation.signatures.proofs import is_right, owner_of, prove, read
from federation.vocab import times

VECTORS = json.loads((Path(__file__).parent / "data" / "fep8b32.json").read_text())
SECRET = ed25519.Ed25519PrivateKey.from_private_bytes(keys.base58_decode(VECTORS["secret_key_multibase"][1:])[2:])
PUBLIC = SECRET.public_key()
METHOD = "https://server.example/users/alice#ed25519-key"
CREATED = times.read("2023-02-24T23:36:38Z") or 0
NOW = CREATED + 1000
SIGNED = VECTORS["signed"][0]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(
    st.text(max_size=6).filter(lambda name: name not in {"proof", "@context"}), JSON, max_size=4
)


def test_the_key_of_the_vectors() -> None:
    assert keys.to_multibase(PUBLIC) == VECTORS["unsigned"][1]["assertionMethod"][0]["publicKeyMultibase"]


@pytest.mark.parametrize("signed", VECTORS["signed"])
def test_the_vectors_are_right(signed: dict[str, Any]) -> None:
    proof = read(signed)
    assert (proof.method, proof.created, owner_of(proof.method)) == (
        METHOD,
        CREATED,
        "https://server.example/users/alice",
    )
    assert is_right(proof, PUBLIC, NOW)
    assert not is_right(proof, ed25519.Ed25519PrivateKey.generate().public_key(), NOW)


def test_we_make_the_same_proof() -> None:
    assert prove(VECTORS["unsigned"][0], SECRET, METHOD, CREATED) == SIGNED


@settings(max_examples=50)
@given(DOCUMENTS)
def test_what_we_prove_is_right(document: dict[str, Any]) -> None:
    try:
        made = prove(document, SECRET, METHOD, CREATED)
    except MalformedError:  # a number that JSON can't hold exactly
        return
    assert is_right(read(json.loads(json.dumps(made))), PUBLIC, NOW)


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += _paths(inner, (*at, key))
    return found


@pytest.mark.parametrize("path", _paths(SIGNED), ids=str)
@pytest.mark.parametrize("how", ["other", "gone"])
def test_tampering_is_noticed(path: tuple[Any, ...], how: str) -> None:
    document = copy.deepcopy(SIGNED)
    place = document
    for step in path[:-1]:
        place = place[step]
    if how == "gone":
        del place[path[-1]]
    else:
        place[path[-1]] = "other"
    with contextlib.suppress(MalformedError):
        assert not is_right(read(document), PUBLIC, NOW)


def test_something_added_is_noticed() -> None:
    for place in (("object",), ()):
        document = copy.deepcopy(SIGNED)
        inner = document
        for step in place:
            inner = inner[step]
        inner["summary"] = "added"
        assert not is_right(read(document), PUBLIC, NOW)


def test_a_context_may_be_added_behind_but_not_before() -> None:
    behind = {**SIGNED, "@context": [*SIGNED["@context"], "https://w3id.org/security/v1"]}
    assert is_right(read(behind), PUBLIC, NOW)
    with pytest.raises(MalformedError, match="another context"):
        read({**SIGNED, "@context": ["https://evil.example/", *SIGNED["@context"]]})


def test_a_proof_has_its_time() -> None:
    assert not is_right(read(SIGNED), PUBLIC, CREATED - 3_600_000)
    assert is_right(read(SIGNED), PUBLIC, CREATED - 60_000)
    bare = VECTORS["unsigned"][0]
    options = {key: value for key, value in SIGNED["proof"].items() if key != "proofValue"} | {
        "expires": "2023-03-01T00:00:00Z"
    }
    unsigned_value = "z" + keys.base58_encode(b"\x01" * 64)
    proof = read({**bare, "proof": {**options, "proofValue": unsigned_value}})
    value = "z" + keys.base58_encode(SECRET.sign(proof.digest))
    limited = read({**bare, "proof": {**options, "proofValue": value}})
    assert is_right(limited, PUBLIC, NOW)
    assert not is_right(limited, PUBLIC, times.read("2023-03-01T00:00:00Z") or 0)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "RsaSignature2017"},
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"proofPurpose": "authentication"},
        {"verificationMethod": ""},
        {"verificationMethod": None},
        {"created": "yesterday"},
        {"expires": 7},
        {"proofValue": "m" + "A" * 80},
        {"proofValue": "z" + "1" * 200},
        {"proofValue": "z0OIl"},
        {"proofValue": "z1111"},
        {"proofValue": None},
        {"domain": "elsewhere.example"},
        {"previousProof": "urn:x"},
    ],
)
def test_a_proof_that_we_do_not_know_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        read({**SIGNED, "proof": SIGNED["proof"] | change})


@pytest.mark.parametrize("proof", [None, [], "x", [SIGNED["proof"], SIGNED["proof"]]])
def test_just_one_proof_is_wanted(proof: Any) -> None:
    with pytest.raises(MalformedError):
        read({**SIGNED, "proof": proof})
    assert is_right(read({**SIGNED, "proof": [SIGNED["proof"]]}), PUBLIC, NOW)


@pytest.mark.parametrize(
    "document", [{"x": 2**60}, {"x": "\ud800"}, {"x": float("inf")}, {"x": object()}, {"proof": 1}]
)
def test_what_has_no_one_form_can_not_be_proven(document: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        prove(document, SECRET, METHOD, CREATED)
