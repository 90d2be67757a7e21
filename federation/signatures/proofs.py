"""FEP-8b32 integrity proofs, cryptosuite eddsa-jcs-2022: made and checked over RFC 8785 bytes. Only policies, agreements, receipts.

Sources: FEP-8b32; W3C Data Integrity EdDSA Cryptosuites v1.0 §3.3. Members' words are never proven: a proof can be shown around.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric import ed25519

from federation.errors import MalformedError
from federation.signatures.keys import base58_decode, base58_encode, holds
from federation.vocab import times

SUITE, TYPE, PURPOSE = "eddsa-jcs-2022", "DataIntegrityProof", "assertionMethod"
KNOWN = frozenset(
    {"@context", "type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue", "created", "expires"}
)
SIGNATURE_LENGTH = 64
LONGEST_VALUE = 100
EARLY = 5 * 60_000
"""How many milliseconds a proof may seem to come from the future."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it stands in a document, read but not yet checked."""

    method: str
    """IRI of the key."""
    created: int
    """Milliseconds; 0 where it does not say."""
    expires: int | None
    signature: bytes
    digest: bytes
    """What was signed: the hashes of the options and of the document."""


def prove(document: Mapping[str, Any], key: ed25519.Ed25519PrivateKey, method: str, created: int) -> dict[str, Any]:
    """The document with one `proof`, made with the key that `method` names; `created` in milliseconds.

    Raises MalformedError for what can't be written in RFC 8785 form, and for a document that has a proof already.
    """
    if "proof" in document:
        raise MalformedError("the document has a proof already")
    options: dict[str, Any] = {
        "type": TYPE,
        "cryptosuite": SUITE,
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
        "created": times.write(created),
    }
    if "@context" in document:
        options = {"@context": document["@context"], **options}
    signature = key.sign(_digest(document, options))
    return {**document, "proof": {**options, "proofValue": "z" + base58_encode(signature)}}


def read(document: Mapping[str, Any]) -> Proof:
    """The one proof of a document. Raises MalformedError where there is none, several, or one that we don't know."""
    options = document.get("proof")
    if isinstance(options, list) and len(options) == 1:
        options = options[0]
    if not isinstance(options, Mapping):
        raise MalformedError("one proof is wanted")
    expected = {"type": TYPE, "cryptosuite": SUITE, "proofPurpose": PURPOSE}
    if set(options) - KNOWN or any(options.get(name) != value for name, value in expected.items()):
        raise MalformedError("that proof is of a kind we don't take")
    method = options.get("verificationMethod")
    if not isinstance(method, str) or not method:
        raise MalformedError("the proof does not name its key")
    if "@context" in options and not _begins(document.get("@context"), options["@context"]):
        raise MalformedError("the proof was made in another context")
    moments = {name: _moment(options, name) for name in ("created", "expires")}
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    if "@context" in options:
        unsigned["@context"] = options["@context"]
    bare = {name: value for name, value in options.items() if name != "proofValue"}
    digest = _digest(unsigned, bare)
    return Proof(method, moments["created"] or 0, moments["expires"], _signature(options.get("proofValue")), digest)


def is_right(proof: Proof, key: ed25519.Ed25519PublicKey, now: int) -> bool:
    """Whether a proof was made with this key and holds at `now` (milliseconds).

    That the key belongs to whom the document names, and may assert, is the caller's to see: `owner_of` helps.
    """
    if proof.created > now + EARLY or (proof.expires is not None and proof.expires <= now):
        return False
    return holds(key, proof.signature, proof.digest)


def owner_of(method: str) -> str:
    """The actor that a key's IRI belongs to, as FEP-521a writes keys: the IRI without its fragment."""
    return method.partition("#")[0]


def _digest(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """The hash of the options, then that of the document."""
    try:
        parts = [rfc8785.dumps(dict(options)), rfc8785.dumps(dict(document))]
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeEncodeError) as error:
        raise MalformedError("that document can't be written in one form") from error
    return b"".join(hashlib.sha256(part).digest() for part in parts)


def _begins(whole: Any, part: Any) -> bool:
    """Whether the document's context begins with the proof's, so that nobody changed what its words mean."""
    longer = whole if isinstance(whole, list) else [whole]
    shorter = part if isinstance(part, list) else [part]
    return longer[: len(shorter)] == shorter


def _moment(options: Mapping[str, Any], name: str) -> int | None:
    if name not in options:
        return None
    found = times.read(options[name])
    if found is None:
        raise MalformedError(f"the proof's {name} is no moment")
    return found


def _signature(value: Any) -> bytes:
    if not isinstance(value, str) or not value.startswith("z") or len(value) > LONGEST_VALUE:
        raise MalformedError("the proof has no value that we can read")
    raw = base58_decode(value[1:])
    if len(raw) != SIGNATURE_LENGTH:
        raise MalformedError("the proof's value has the wrong length")
    return raw
