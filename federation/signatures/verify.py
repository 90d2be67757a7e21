"""One door in: a request becomes SignedBy(actor, key, scheme), or a refusal with its status.

Cheap checks come first; a request that has no signature worth the trouble causes no request of ours.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime

from federation.context import Federation
from federation.errors import FederationError, RefusedError, TooMuchError, UnreachableError, UnsignedError
from federation.remote import keys as remote_keys
from federation.remote import schemes
from federation.remote.memory import KnownKey
from federation.signatures import cavage, keys, rfc9421
from federation.signatures.digest import check_all
from federation.signatures.message import CAVAGE, RFC9421, Message
from federation.vocab import times
from federation.vocab.iris import host_of

SKEW = times.HOUR
_PORT = re.compile(r":[0-9]+$")
EXPIRED_LEEWAY = 30_000
_ANY = ("", keys.V1_5_SHA512, keys.PSS)
_ALGORITHMS = {
    "": _ANY,
    "hs2019": _ANY,  # the key says which: RFC drafts meant PSS, servers use V1_5
    "rsa-sha256": (keys.V1_5,),
    "rsa-sha512": (keys.V1_5_SHA512,),
    **{name: (name,) for name in (keys.V1_5, keys.V1_5_SHA512, keys.PSS, keys.EDDSA)},
}


@dataclass(frozen=True, slots=True)
class SignedBy:
    """Who signed a request, as far as keys can tell."""

    actor: str
    host: str
    key_id: str
    scheme: str
    signed_at: int = 0
    """Milliseconds, by the sender's clock."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature that is there, complete and in time; whether it holds is for the key to say."""

    key_id: str
    host: str
    scheme: str
    signature: bytes
    base: bytes
    algorithms: tuple[str, ...] = ("",)
    """Those of `keys.holds` that may have been used."""
    signed_at: int = 0
    """When it was signed, as the signature says; milliseconds."""
    caller: str = ""
    """The address that it came from."""


def claim(message: Message, domain: str, wire_now: int) -> Claim:
    """Read the signature of a request, and check all that needs no key: coverage, Host, date, digest.

    Raises UnsignedError.
    """
    if not message.signature:
        raise UnsignedError("the request is not signed")
    port = "" if _PORT.search(domain) else rfc9421.PORTS.get(message.scheme, "")
    if message.header("host").lower() not in {domain, f"{domain}{port}"}:
        raise UnsignedError("the Host is not this instance")
    if message.method == "POST":
        check_all(message.headers, message.body)
    if "signature-input" in message.headers:
        return replace(_claim_9421(message, wire_now), caller=message.caller)
    return replace(_claim_cavage(message, wire_now), caller=message.caller)


async def verify(federation: Federation, message: Message) -> SignedBy:
    """Who signed this request. Raises UnsignedError (401), or UnreachableError (503) when the key's host is silent."""
    return await check(federation, claim(message, federation.domain, federation.clock.wire()))


async def check(federation: Federation, made: Claim) -> SignedBy:
    """Whether a claim holds; a key that does not fit is fetched anew once, for it may have been exchanged."""
    try:
        key = await remote_keys.key_of(federation, made.key_id, made.caller)
        if not _holds(made, key):
            if not remote_keys.may_refresh(federation, key):
                raise UnsignedError("the signature does not hold")
            key = await remote_keys.key_of(federation, made.key_id, made.caller, fresh=True)
            if not _holds(made, key):
                raise UnsignedError("the signature does not hold")
    except (UnreachableError, TooMuchError):
        raise
    except RefusedError as error:
        raise UnsignedError("the key is at an address that we don't ask") from error
    except UnsignedError:
        raise
    except FederationError as error:
        raise UnsignedError("the key can't be had") from error
    if made.scheme == RFC9421:
        await schemes.offered(federation, made.host)
    federation.allowance.prove(made.caller, host_of(key.owner))
    return SignedBy(key.owner, host_of(key.owner), key.id, made.scheme, made.signed_at)


def _holds(made: Claim, key: KnownKey) -> bool:
    return any(keys.holds(key.public, made.signature, made.base, name) for name in made.algorithms)


def _claim_cavage(message: Message, wire_now: int) -> Claim:
    given = cavage.parse(message.signature)
    algorithms = _algorithms(given.algorithm)
    _covers(given.headers, {"(request-target)", "host"})
    signed_at = 0
    if "date" in given.headers:
        signed_at = _in_time(_date(message), wire_now)
    elif "(created)" not in given.headers or given.created is None:
        raise UnsignedError("the date is not signed")
    if given.created is not None:
        created = _in_time(given.created * 1000, wire_now)
        signed_at = signed_at or created
    _not_expired(given.expires, wire_now)
    if message.method == "POST":
        _covers_one(given.headers, {"digest", "content-digest"})
    base = cavage.signing_string(given, message)
    return replace(_named(given.key_id, CAVAGE, given.signature, base, algorithms), signed_at=signed_at)


def _claim_9421(message: Message, wire_now: int) -> Claim:
    """The first signature by a key with an IRI that is complete; proxies may have added theirs."""
    found = rfc9421.parse(message.header("signature-input"), message.header("signature"))
    refusal = UnsignedError("the keyId is no IRI")
    for given in found:
        if host_of(given.key_id):
            try:
                return _one_9421(given, message, wire_now)
            except UnsignedError as error:
                refusal = error
    raise refusal


def _one_9421(given: rfc9421.Parameters, message: Message, wire_now: int) -> Claim:
    algorithms = _algorithms(given.algorithm)
    _covers(given.components, {"@method"})
    if not {"@target-uri"} & set(given.components):
        _covers_one(given.components, {"@authority", "host"})
        _covers_one(given.components, {"@path", "@request-target"})
        if "?" in message.target:
            _covers_one(given.components, {"@query", "@request-target"})
    if given.created is None:
        raise UnsignedError("the signature says not when it was made")
    signed_at = _in_time(given.created * 1000, wire_now)
    if "date" in given.components:
        _in_time(_date(message), wire_now)
    _not_expired(given.expires, wire_now)
    if message.method == "POST":
        _covers_one(given.components, {"content-digest", "digest"})
    base = rfc9421.signature_base(given, message)
    return replace(_named(given.key_id, RFC9421, given.signature, base, algorithms), signed_at=signed_at)


def _algorithms(name: str) -> tuple[str, ...]:
    if name not in _ALGORITHMS:
        raise UnsignedError("the signature's algorithm is none that we take")
    return _ALGORITHMS[name]


def _named(key_id: str, scheme: str, signature: bytes, base: bytes, algorithms: tuple[str, ...]) -> Claim:
    host = host_of(key_id)
    if not host:
        raise UnsignedError("the keyId is no IRI")
    return Claim(key_id, host, scheme, signature, base, algorithms)


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


def _in_time(at: int, wire_now: int) -> int:
    if abs(wire_now - at) > SKEW:
        raise UnsignedError("the signature is more than an hour away from now")
    return at


def _not_expired(expires: int | None, wire_now: int) -> None:
    if expires is not None and expires * 1000 < wire_now - EXPIRED_LEEWAY:
        raise UnsignedError("the signature has expired")
