"""First half, in the request: verify, ask the policy, deduplicate, store. Returning means 202; refusals are raised.

The order is the point (SECURITY no. 23, 29 and 30): nothing is fetched for what is unsigned, nothing is remembered of
what is not verified, nothing is answered 202 before it is on disk.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from federation.at_rest import seal_in
from federation.context import Federation
from federation.errors import MalformedError, TooMuchError, UnsignedError
from federation.inbound.arrivals import key_of
from federation.ledger import OTHER, TOO_MUCH, Refused, digest_of
from federation.remote import actors
from federation.signatures import verify
from federation.signatures.message import Message
from federation.signatures.verify import Claim, SignedBy
from federation.synchronise import HEADER, MOST_REQUESTS, compare
from federation.vocab import limits
from federation.vocab.iris import host_of, is_iri, same_origin
from federation.vocab.jsonld import needs_processing
from federation.vocab.normalise import KNOWN
from federation.vocab.reading import iri, listed, type_of
from policies.engine import stands
from policies.facts import ActivityFacts
from policies.inbound import may_arrive
from policies.peers import Stance


@dataclass(frozen=True, slots=True)
class Head:
    """What must be known of an activity before it is stored."""

    id: str
    kind: str
    actor: str
    object_id: str
    object_kind: str


NO_HEAD = Head("", "", "", "", "")
"""Of a document that is not read yet."""


async def accept(federation: Federation, message: Message, recipient: str | None) -> None:
    """Take a POST to an inbox. `recipient` is the inbox's owner, None for the shared inbox.

    Raises a FederationError whose status is the answer; returns once a 202 is true.
    """
    document = limits.parse(message.body)
    if needs_processing(document):  # terms of its own: who signs it comes first, then what it costs to read it
        await _accept_renamed(federation, message, document, recipient)
        return
    head = read_head(document)
    claim = verify.claim(message, federation.domain, federation.clock.wire())
    if claim.host != host_of(head.actor):
        raise UnsignedError("the actor is not the key's owner")
    _knock(federation, claim, head)
    if await _ends_before_the_key(federation, claim, head):
        return
    signed = await verify.check(federation, claim)
    await _count(federation, signed, head, message.body)
    await _keep_of(federation, signed, head, message, recipient)
    if HEADER in message.headers:
        await compare(federation, head.actor, message.header(HEADER), claim.base)


async def _accept_renamed(
    federation: Federation, message: Message, document: dict[str, Any], recipient: str | None
) -> None:
    claim = verify.claim(message, federation.domain, federation.clock.wire())
    _knock(federation, claim, NO_HEAD)
    if await _ends_before_the_key(federation, claim, NO_HEAD):
        return
    signed = await verify.check(federation, claim)
    await _count(federation, signed, NO_HEAD, message.body)
    head = read_head(await federation.memory.plainly(document))
    await _keep_of(federation, signed, head, message, recipient)


def _knock(federation: Federation, claim: Claim, head: Head) -> None:
    """Before the key is fetched and the signature verified: raises TooMuchError where that server may send no more anyway.

    That it is that server is not proven, and nothing is counted against it, unless it was proven from this address before.
    """
    try:
        federation.allowance.knock(claim.host)
    except TooMuchError:
        host = claim.host if federation.allowance.is_proven(claim.caller, claim.host) else OTHER
        federation.ledger.refuse(Refused(host, head.kind or OTHER, TOO_MUCH))
        raise


async def _count(federation: Federation, signed: SignedBy, head: Head, body: bytes) -> None:
    """Once it is proven who sends this: count it. Raises TooMuchError."""
    try:
        await federation.allowance.take(signed.host, len(body))
    except TooMuchError:
        federation.ledger.refuse(Refused(signed.host, head.kind or OTHER, TOO_MUCH))
        raise


async def _keep_of(
    federation: Federation, signed: SignedBy, head: Head, message: Message, recipient: str | None
) -> None:
    if signed.actor != head.actor:
        raise UnsignedError("the actor is not the key's owner")
    await _keep(federation, signed, head, message, recipient)


def _spent(federation: Federation, signed: SignedBy, message: Message) -> dict[str, int] | None:
    """What an activity has cost at the door: its sender's key, and what its header may have us ask for (SECURITY no. 24)."""
    spent = Counter(federation.memory.cost.pop(signed.key_id, {}))
    if HEADER in message.headers:
        spent[signed.host] += MOST_REQUESTS
    return dict(spent) or None


def read_head(document: dict[str, Any]) -> Head:
    """The parts of an activity that decide what becomes of it. Raises MalformedError.

    A context that is missing is taken to be ActivityStreams' (Activity Streams 2.0 §2.1.3).
    """
    kind = type_of(document, KNOWN)
    actor = iri(document.get("actor"))
    if not kind or not actor:
        raise MalformedError("that is no activity: it lacks type or actor")
    given = document.get("id")
    about = next(iter(listed(document.get("object"))), None)
    object_kind = type_of(about) if isinstance(about, dict) else ""
    return Head(str(given) if is_iri(given) else "", kind, actor, iri(about), object_kind)


async def _ends_before_the_key(federation: Federation, claim: Claim, head: Head) -> bool:
    """Whether this is done with without the sender's key: an unknown actor's farewell, or a blocked server."""
    policy, peer = await federation.ports.policy.about(claim.host)
    if stands(policy, peer).stance is Stance.BLOCKED:
        _turn_away(federation, claim.host, head, "peer-blocked")
        return True
    if head.kind == "Delete" and head.object_id == head.actor and not await actors.is_known(federation, head.actor):
        # DECISIONS 20: nothing fetched, nothing stored; whose it is is not proven, so no host is named for it either
        federation.ledger.refuse(Refused(OTHER, head.kind, "farewell"))
        return True
    return False


async def _keep(federation: Federation, signed: SignedBy, head: Head, message: Message, recipient: str | None) -> None:
    host, body = signed.host, message.body
    policy, peer = await federation.ports.policy.about(host)
    facts = ActivityFacts(head.kind, head.object_kind, host_of(head.actor), head.actor)
    decision = may_arrive(policy, replace(peer, signed=True), facts)
    federation.ledger.heard(host)
    if decision.denied:
        _turn_away(federation, host, head, ", ".join(decision.reasons))
        return
    if head.id and not same_origin(head.id, head.actor):
        _turn_away(federation, host, head, "foreign-id")
        return
    if head.kind not in federation.kinds:
        _turn_away(federation, host, head, "unknown-verb")
        return
    key = key_of(head.id, body)
    await federation.arrivals.add(
        {
            "host": host,
            "family": await federation.allowance.family(host),
            "activity_key": key,
            "actor": head.actor,
            "kind": head.kind[:40],
            "about": digest_of(head.object_id) if head.object_id else None,
            "object_kind": head.object_kind[:40] or None,
            "recipient": recipient,
            "signed_at": signed.signed_at,
            "spent": _spent(federation, signed, message),
            "body": seal_in(federation.seals, body, key),
            "state": "held" if decision.held else "received",
            "reason": ", ".join(decision.reasons) if decision.held else None,
        }
    )


def _turn_away(federation: Federation, host: str, head: Head, reason: str) -> None:
    """Answered 202, and nothing done: counted by peer, kind and reason. No body is kept."""
    federation.ledger.refuse(Refused(host, head.kind, reason, head.id, head.object_id))
