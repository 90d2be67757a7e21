"""One door in: a request becomes SignedBy(actor, key, scheme), or a refusal with its status.

Cheap checks come first; a request that has no signature worth the trouble causes no request of ours.
"""

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from federation.context import Federation
from federation.errors import FederationError, RefusedError, UnreachableError, UnsignedError
from federation.remote import actors
from federation.remote.memory import KnownKey
from federation.signatures import cavage, keys, rfc9421
from federation.signatures.digest import check_content_digest, check_digest
from federation.signatures.message import Message
from federation.vocab import times
from federation.vocab.iris import host_of

SKEW = times.HOUR
CAVAGE, RFC9421 = "cavage", "rfc9421"
_ALGORITHMS = {"", "rsa-sha256", "rsa-sha512", "hs2019", "ed25519", "rsa-v1_5-sha256", "rsa-v1_5-sha512"}


@dataclass(frozen=True, slots=True)
class SignedBy:
    """Who signed a request, as far as keys can tell."""

    actor: str
    host: str
    key_id: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature that is there, complete and in time; whether it holds is for the key to say."""

    key_id: str
    host: str
    scheme: str
    signature: bytes
    base: bytes
    hash_name: str = "sha256"


def claim(message: Message, domain: str, wire_now: int) -> Claim:
    """Read the signature of a request, and check all that needs no key: coverage, Host, date, digest.

    Raises UnsignedError.
    """
    if not message.headers.get("signature"):
        raise UnsignedError("the request is not signed")
    if message.header("host").lower() not in {domain, f"{domain}:443"}:
        raise UnsignedError("the Host is not this instance")
    if message.headers.get("signature-input"):
        return _claim_9421(message, wire_now)
    return _claim_cavage(message, wire_now)


async def verify(federation: Federation, message: Message) -> SignedBy:
    """Who signed this request. Raises UnsignedError (401), or UnreachableError (503) when the key's host is silent."""
    return await check(federation, claim(message, federation.domain, federation.clock.wire()))


async def check(federation: Federation, made: Claim) -> SignedBy:
    """Whether a claim holds; a key that does not fit is fetched anew once, for it may have been exchanged."""
    try:
        key = await actors.key_of(federation, made.key_id)
        if not _holds(made, key):
            if not actors.may_refresh(federation, key):
                raise UnsignedError("the signature does not hold")
            key = await actors.key_of(federation, made.key_id, fresh=True)
            if not _holds(made, key):
                raise UnsignedError("the signature does not hold")
    except UnreachableError:
        raise
    except RefusedError as error:
        raise UnsignedError("the key is at an address that we don't ask") from error
    except UnsignedError:
        raise
    except FederationError as error:
        raise UnsignedError("the key can't be had") from error
    return SignedBy(key.owner, host_of(key.owner), key.id, made.scheme)


def _holds(made: Claim, key: KnownKey) -> bool:
    return keys.holds(key.public, made.signature, made.base, made.hash_name)


def _claim_cavage(message: Message, wire_now: int) -> Claim:
    given = cavage.parse(message.header("signature"))
    if given.algorithm not in _ALGORITHMS:
        raise UnsignedError("the signature's algorithm is none that we take")
    _covers(given.headers, {"(request-target)", "host"})
    if "date" in given.headers:
        _in_time(_date(message), wire_now)
    elif "(created)" in given.headers and given.created is not None:
        _in_time(given.created * 1000, wire_now)
    else:
        raise UnsignedError("the date is not signed")
    _not_expired(given.expires, wire_now)
    if message.method == "POST":
        _covers(given.headers, {"digest"})
        check_digest(message.header("digest"), message.body)
    base = cavage.signing_string(given, message)
    hash_name = "sha512" if given.algorithm.endswith("512") else "sha256"
    return _named(given.key_id, CAVAGE, given.signature, base, hash_name)


def _claim_9421(message: Message, wire_now: int) -> Claim:
    found = rfc9421.parse(message.header("signature-input"), message.header("signature"))
    given = next((one for one in found if host_of(one.key_id)), found[0])
    if given.algorithm not in _ALGORITHMS:
        raise UnsignedError("the signature's algorithm is none that we take")
    _covers(given.components, {"@method"})
    if not {"@target-uri"} & set(given.components):
        _covers_one(given.components, {"@authority", "host"})
        _covers_one(given.components, {"@path", "@request-target"})
        if "?" in message.target:
            _covers_one(given.components, {"@query", "@request-target"})
    if given.created is None:
        raise UnsignedError("the signature says not when it was made")
    _in_time(given.created * 1000, wire_now)
    _not_expired(given.expires, wire_now)
    if message.method == "POST":
        _covers(given.components, {"content-digest"})
        check_content_digest(message.header("content-digest"), message.body)
    base = rfc9421.signature_base(given, message)
    hash_name = "sha512" if given.algorithm.endswith("512") else "sha256"
    return _named(given.key_id, RFC9421, given.signature, base, hash_name)


def _named(key_id: str, scheme: str, signature: bytes, base: bytes, hash_name: str) -> Claim:
    host = host_of(key_id)
    if not host:
        raise UnsignedError("the keyId is no IRI")
    return Claim(key_id, host, scheme, signature, base, hash_name)


def _covers(signed: tuple[str, ...], wanted: set[str]) -> None:
    missing = wanted - set(signed)
    if missing:
        raise UnsignedError(f"not signed: {', '.join(sorted(missing))}")


def _covers_one(signed: tuple[str, ...], wanted: set[str]) -> None:
    if not wanted & set(signed):
        raise UnsignedError(f"not signed: {' or '.join(sorted(wanted))}")


def _date(message: Message) -> int:
    try:
        moment = parsedate_to_datetime(message.header("date"))
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise UnsignedError("the Date can't be read") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _in_time(at: int, wire_now: int) -> None:
    if abs(wire_now - at) > SKEW:
        raise UnsignedError("the signature is more than an hour away from now")


def _not_expired(expires: int | None, wire_now: int) -> None:
    if expires is not None and expires * 1000 < wire_now - SKEW:
        raise UnsignedError("the signature has expired")
