"""A peer's privacy policy: found, fetched, its proof checked against the Application that publishes it. Never believed otherwise.

Sources: RFC 6903 (`rel="privacy-policy"`), FEP-2677 and FEP-d556 (the Application), FEP-8b32 (the proof), FEP-521a (its key).
"""

import re
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation.client.fetch import TYPES, check_status
from federation.client.gate import SPOKEN_TO, Allow
from federation.client.http import Headers
from federation.context import Federation
from federation.errors import (
    AnsweredError,
    FederationError,
    MalformedError,
    RefusedError,
    TooLargeError,
    UnbelievableError,
    UnreachableError,
)
from federation.remote import actors
from federation.signatures import keys
from federation.signatures.proofs import is_right, owner_of, read
from federation.signatures.sign import get_headers
from federation.vocab import limits
from federation.vocab.iris import bare, host_of, is_iri, same_origin
from federation.vocab.normalise import normalise
from federation.vocab.reading import iri, listed
from federation.vocab.types import Actor
from policies import claims
from policies.claims import Published
from policies.document import PolicyDocument
from policies.peers import Stance, standing
from policies.published import LONGEST_VALIDITY

APPLICATION = "https://www.w3.org/ns/activitystreams#Application"
NODEINFO_TYPES = frozenset({"application/json", "application/jrd+json"})
LINK = re.compile(r'<([^<>\s]{1,2000})>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s;,"]+))*)')
RELATION = re.compile(r'rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)
PAGE_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class FoundPolicy:
    """What a look at a peer's policy brought. `fault` '' means that it can be relied on."""

    fault: str = ""
    """absent, too-large, malformed, not-its-own, proof, critical, terms, expired, too-long."""
    details: tuple[str, ...] = ()
    iri: str = ""
    actor: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    published: Published = field(default_factory=Published)


class _NotGoodError(FederationError):
    """The policy can't be relied on; `fault` says why."""

    def __init__(self, fault: str, *details: str) -> None:
        super().__init__(fault)
        self.fault, self.details = fault, details


async def policy_of(federation: Federation, host: str, actor: str = "") -> FoundPolicy:
    """Look at the policy that `host[:port]` publishes. `actor`: its Application, where it is known already.

    What is wrong with it is said in the answer. Raises UnreachableError (later again) and RefusedError (not spoken to).
    """
    policy = await federation.ports.policy.document()
    if host == federation.domain or not may_ask(policy, host, federation.clock.now()):
        raise RefusedError("the policy in force does not let us speak to that server")
    try:
        found = await _discover(federation, host, actor)
        return await _read(federation, host, found)
    except _NotGoodError as error:
        return FoundPolicy(error.fault, error.details)
    except RefusedError:
        raise
    except TooLargeError:
        return FoundPolicy("too-large")
    except FederationError as error:
        if error.retry:
            raise
        return FoundPolicy("absent" if isinstance(error, AnsweredError) else "malformed")


async def _application_of(federation: Federation, host: str, base: str) -> str:
    """The IRI of a host's Application, as its NodeInfo links name it (FEP-2677); '' where it names none."""
    document = await _document(federation, host, f"{base}/.well-known/nodeinfo", NODEINFO_TYPES)
    for link in listed(document.get("links")):
        if isinstance(link, dict) and link.get("rel") == APPLICATION:
            return iri(link.get("href"))
    return ""


def privacy_link(links: list[str], base: str) -> str:
    """The target of the first `rel="privacy-policy"` among Link headers, if it is of the same origin as `base`."""
    for line in links:
        for target, parameters in LINK.findall(line):
            relations = [one or other for one, other in RELATION.findall(parameters)]
            if any("privacy-policy" in relation.lower().split() for relation in relations):
                absolute = (
                    base.rstrip("/") + target if target.startswith("/") and not target.startswith("//") else target
                )
                return absolute if is_iri(absolute) and same_origin(absolute, base + "/") else ""
    return ""


async def _discover(federation: Federation, host: str, actor: str) -> str:
    """The policy's IRI: named by the Application, or by the Link header of the first page."""
    if actor and host_of(actor) == host:
        named = iri((await _application(federation, host, actor)).raw.get("privacyPolicy"))
        if named:
            return named
    base, links = await _front(federation, host)
    found = privacy_link(links, base)
    if found:
        return found
    try:
        named = await _application_of(federation, host, base)
    except FederationError as error:
        if error.retry:
            raise
        named = ""
    if named and host_of(named) == host and named != actor:
        found = iri((await _application(federation, host, named)).raw.get("privacyPolicy"))
    if not found:
        raise _NotGoodError("absent")
    return found


async def _front(federation: Federation, host: str) -> tuple[str, list[str]]:
    """(base address, Link headers) of a host's first page; http only where peers may be spoken to without TLS."""
    for scheme in ("https", "http") if federation.plain_peers else ("https",):
        base = f"{scheme}://{host}"
        try:
            seen = await federation.client.look(f"{base}/", _plain, _only(host), PAGE_BYTES)
        except (UnreachableError, RefusedError):
            if scheme == "http" or not federation.plain_peers:
                raise
            continue
        if seen.status >= 500 or seen.status == 429:
            raise UnreachableError(f"{host} answered {seen.status}")
        return base, seen.links
    raise UnreachableError(f"{host} can't be reached")


async def _read(federation: Federation, host: str, address: str) -> FoundPolicy:
    if host_of(address) != host:
        raise _NotGoodError("not-its-own")
    document = await _document(federation, host, address)
    if document.get("id") != address:
        raise _NotGoodError("not-its-own")
    publisher = iri(document.get("attributedTo"))
    if not publisher or not same_origin(publisher, address):
        raise _NotGoodError("not-its-own")
    application = await _application(federation, host, publisher)
    named = iri(application.raw.get("privacyPolicy"))
    if named and named != address:
        raise _NotGoodError("not-its-own")
    if not proven(document, application, federation.clock.now()):
        raise _NotGoodError("proof")
    understood = claims.read(document, proven=True)
    fault, details = _fault(understood, federation.clock.now())
    return FoundPolicy(fault, details, address, publisher, document, understood)


def _fault(policy: Published, now: int) -> tuple[str, tuple[str, ...]]:
    if "critical" in policy.faults:
        return "critical", ("critical",)
    if policy.faults:
        return "terms", tuple(sorted(policy.faults))
    if not 0 < policy.valid_until - policy.valid_from <= LONGEST_VALIDITY:
        return "too-long", ("validUntil",)
    if not policy.valid_from <= now < policy.valid_until:
        return "expired", ("validUntil",)
    return "", ()


def proven(document: dict[str, Any], by: Actor, now: int) -> bool:
    """Whether a document's one proof was made with a key that this actor lists as its `assertionMethod`, of its own origin."""
    try:
        proof = read(document)
    except MalformedError:
        return False
    if owner_of(proof.method) != by.id or not same_origin(proof.method, by.id):
        return False
    for key in by.keys:
        if key.id == proof.method and key.owner == by.id and key.multibase:
            try:
                public = keys.load_multibase(key.multibase)
            except MalformedError:
                return False
            return isinstance(public, Ed25519PublicKey) and is_right(proof, public, now)
    return False


async def application(federation: Federation, address: str) -> Actor:
    """A peer's Application, fetched anew and kept with its keys. Raises what a fetch raises, UnbelievableError."""
    return await _application(federation, host_of(address), address)


async def _application(federation: Federation, host: str, address: str) -> Actor:
    document = await _document(federation, host, bare(address))
    found = normalise(document)
    if not isinstance(found, Actor) or found.id != address or found.type != "Application":
        raise UnbelievableError(f"{host} answered with something that is no Application")
    await actors.learn(federation, found)
    return found


async def _document(federation: Federation, host: str, url: str, types: frozenset[str] = TYPES) -> dict[str, Any]:
    """A signed GET within one host. Raises what a fetch raises."""
    key = await federation.keyring.signer(federation.actor)

    async def headers(address: str) -> Headers:
        return get_headers(key, address, federation.clock.wire())

    answer = await federation.client.get(url, types, headers, _only(host))
    check_status(answer.status, host)
    return limits.parse(answer.body)


def may_ask(policy: PolicyDocument, host: str, now: int) -> bool:
    """Whether a host's policy may be asked for: it is spoken to, or could be if it promised enough."""
    found = standing(policy, host, now)
    return found.stance in SPOKEN_TO or (not found.rules and policy.meeting is not Stance.BLOCKED)


def _only(host: str) -> Allow:
    """No other host than this; who sends us elsewhere for its policy has none of its own."""

    async def allow(other: str) -> bool:
        if other != host:
            raise _NotGoodError("not-its-own")
        return True

    return allow


async def _plain(_address: str) -> Headers:
    return {"accept": "text/html, */*"}
