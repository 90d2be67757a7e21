"""What we sign is checked as W3C's text says (Data Integrity EdDSA Cryptosuites v1.0, 3.3: eddsa-jcs-2022), with none of our own code.

JCS (RFC 8785), base58btc and Multikey are written here anew; only the curve and the hash are a library's.
"""

import copy
import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.federation.test_policy_document import promise
from tests.support.world import Running, World

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
TYPES = (
    "application/activity+json",
    "application/ld+json",
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
)


def jcs(value: Any) -> str:
    """RFC 8785, for documents without fractions: names by their UTF-16 code units, no spaces."""
    match value:
        case dict():
            names = sorted(value, key=lambda name: name.encode("utf-16-be"))
            return "{" + ",".join(f"{jcs(name)}:{jcs(value[name])}" for name in names) + "}"
        case list():
            return "[" + ",".join(map(jcs, value)) + "]"
        case float():
            raise AssertionError("a policy holds no fractions")
    return json.dumps(value, ensure_ascii=False)


def base58btc(text: str) -> bytes:
    assert text.startswith("z")  # Multibase
    number = 0
    for letter in text[1:]:
        number = number * 58 + BASE58.index(letter)
    zeros = len(text[1:]) - len(text[1:].lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def verify(secured: dict[str, Any], multikey: str) -> None:
    """3.3.2 Verify Proof. Raises InvalidSignature."""
    unsecured = {name: value for name, value in secured.items() if name != "proof"}
    options = {name: value for name, value in secured["proof"].items() if name != "proofValue"}
    assert (options["type"], options["cryptosuite"]) == ("DataIntegrityProof", "eddsa-jcs-2022")
    assert options["proofPurpose"] == "assertionMethod"
    assert (
        options["@context"] == secured["@context"][: len(options["@context"])]
    )  # the document begins with the proof's
    unsecured["@context"] = options["@context"]
    hashed = [hashlib.sha256(jcs(part).encode()).digest() for part in (options, unsecured)]
    key = base58btc(multikey)
    assert key[:2] == b"\xed\x01"  # ed25519-pub
    Ed25519PublicKey.from_public_bytes(key[2:]).verify(base58btc(secured["proof"]["proofValue"]), b"".join(hashed))


@pytest.mark.parametrize("accept", TYPES)
async def test_the_policy_verifies_with_another_s_reading_of_the_standard(world: World, accept: str) -> None:
    home: Running = await world.instance("a.example")
    await home.house.store.unit(promise)
    await home.house.store.unit(set_stance, "bär.example", Stance.BLOCKED)
    answer = await home.client.get("/policy", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "application/activity+json")
    secured = answer.json()
    assert isinstance(secured["proof"], dict)
    assert {"id", "type", "attributedTo", "validUntil", "proof"} <= set(secured)
    actor = (await home.client.get("/actor", headers={"Accept": TYPES[0]})).json()
    [method] = [one for one in actor["assertionMethod"] if one["id"] == secured["proof"]["verificationMethod"]]
    assert (method["type"], method["controller"]) == ("Multikey", secured["attributedTo"])
    verify(secured, method["publicKeyMultibase"])
    for change in ({"validUntil": "2099-01-01T00:00:00Z"}, {"more": True}, {"attributedTo": "https://b.example/actor"}):
        with pytest.raises(InvalidSignature):
            verify(copy.deepcopy(secured) | change, method["publicKeyMultibase"])
    for term in ("measures", "permission"):
        with pytest.raises(InvalidSignature):
            verify({name: value for name, value in secured.items() if name != term}, method["publicKeyMultibase"])


def test_the_form_is_that_of_the_rfc() -> None:
    assert jcs({"\u20ac": 1, "\r": [True, None], "1": '\b\n\u000f\u00f6"\\', "\U0001f600": {}, "\ufb33": "/"}) == (
        '{"\\r":[true,null],"1":"\\b\\n\\u000f\u00f6\\"\\\\","\u20ac":1,"\U0001f600":{},"\ufb33":"/"}'
    )
