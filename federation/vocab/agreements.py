"""FederationAgreements on the wire: Offer, Accept, Reject, taking back, and receipts of erasure; built here, read here.

Pure: proofs are added and checked elsewhere. CLOSED-GROUPS §7 has the samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.errors import MalformedError
from federation.vocab import times
from federation.vocab.iris import is_iri, same_origin
from federation.vocab.reading import iri, listed, text
from federation.vocab.terms import ACTIVITYSTREAMS, Document

NAMESPACE = "https://w3id.org/skerry/ns#"
_IRIS = {
    "assigner": "odrl:assigner",
    "assignee": "odrl:assignee",
    "privacyPolicy": "skerry:privacyPolicy",
    "requires": "skerry:requires",
    "assignerPolicy": "skerry:assignerPolicy",
    "canary": "skerry:canary",
}
TERMS: Document = {
    "skerry": NAMESPACE,
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "dpv": "https://w3id.org/dpv#",
    **{
        name: f"skerry:{name}"
        for name in (
            "FederationAgreement",
            "ErasureReceipt",
            "CanaryCopy",
            "policyDigest",
            "assignerPolicyDigest",
            "probes",
        )
    },
    **{name: {"@id": term, "@type": "@id"} for name, term in _IRIS.items()},
    "reasonCode": {"@id": "skerry:reasonCode", "@type": "@vocab"},
    "validUntil": {"@id": "skerry:validUntil", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
}
CONTEXT: list[Any] = [ACTIVITYSTREAMS, "https://w3id.org/security/data-integrity/v2", TERMS]
LONGEST = 92 * times.DAY
"""An agreement never reaches further ahead than a policy does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an Offer says. The assigner offers, the assignee answers; each is an Application."""

    iri: str
    offer: str
    assigner: str
    assignee: str
    policy: str
    """IRI of the assignee's policy."""
    policy_digest: str
    requires: str
    valid_until: int
    assigner_policy: str = ""
    assigner_digest: str = ""
    probes: bool = False
    """Whether each lets the other look from outside."""
    canary: str = ""
    """The assigner's synthetic account."""


def offer(terms: Terms) -> Document:
    """Offer{FederationAgreement}."""
    about = {
        "id": terms.iri,
        "type": ["FederationAgreement", "odrl:Agreement"],
        "assigner": terms.assigner,
        "assignee": terms.assignee,
        "privacyPolicy": terms.policy,
        "policyDigest": terms.policy_digest,
        "requires": terms.requires,
        "validUntil": times.write(terms.valid_until),
        "assignerPolicy": terms.assigner_policy,
        "assignerPolicyDigest": terms.assigner_digest,
        "probes": terms.probes,
        "canary": terms.canary,
    }
    kept = {name: value for name, value in about.items() if value != ""}
    return _activity("Offer", terms.offer, terms.assigner, kept, terms.assignee)


def is_of_agreement(document: Mapping[str, Any]) -> bool:
    """Whether an Offer is of an agreement."""
    about = next(iter(listed(document.get("object"))), None)
    return isinstance(about, dict) and "FederationAgreement" in listed(about.get("type"))


def read_offer(document: Mapping[str, Any]) -> Terms:
    """Understand an Offer. Raises MalformedError for what is missing, or of another origin than it must be."""
    actor = iri(document.get("actor"))
    about = next(iter(listed(document.get("object"))), None)
    if document.get("type") != "Offer" or not isinstance(about, dict):
        raise MalformedError("that is no offer of an agreement")
    if "FederationAgreement" not in listed(about.get("type")):
        raise MalformedError("what is offered is no agreement that we know")
    until = times.read(about.get("validUntil"))
    terms = Terms(
        iri=iri(about.get("id")),
        offer=iri(document.get("id")),
        assigner=iri(about.get("assigner")),
        assignee=iri(about.get("assignee")),
        policy=iri(about.get("privacyPolicy")),
        policy_digest=text(about.get("policyDigest"), 80),
        requires=iri(about.get("requires")),
        valid_until=until or 0,
        assigner_policy=iri(about.get("assignerPolicy")),
        assigner_digest=text(about.get("assignerPolicyDigest"), 80),
        probes=about.get("probes") is True,
        canary=iri(about.get("canary")),
    )
    if not terms.iri or not terms.offer or terms.assigner != actor or until is None:
        raise MalformedError("the offer does not say who offers what, until when")
    if not all(same_origin(one, actor) for one in (terms.iri, terms.offer)):
        raise MalformedError("the agreement is of another origin than who offers it")
    if terms.canary and not same_origin(terms.canary, actor):
        raise MalformedError("the canary is of another origin than who offers it")
    return terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What an Accept of an Offer says."""

    id: str
    actor: str
    offer: str
    agreement: str = ""
    policy_digest: str = ""
    """Of the assigner's policy, as the assignee counts on it; '' where it does not say."""
    canary: str = ""


def accept(given: Acceptance, to: str) -> Document:
    """Accept{Offer}: the assignee says yes, and which policy of the assigner it counts on."""
    terms = {"result": given.agreement, "policyDigest": given.policy_digest, "canary": given.canary}
    return _activity("Accept", given.id, given.actor, given.offer, to, **terms)


def read_accept(document: Mapping[str, Any]) -> Acceptance:
    """Understand an Accept."""
    about = next(iter(listed(document.get("object"))), None)
    canary = iri(document.get("canary"))
    actor = iri(document.get("actor"))
    return Acceptance(
        id=iri(document.get("id")),
        actor=actor,
        offer=iri(about),
        agreement=iri(document.get("result")),
        policy_digest=text(document.get("policyDigest"), 80),
        canary=canary if canary and same_origin(canary, actor) else "",
    )


def reject(id_: str, actor: str, offer_iri: str, to: str, reason: str) -> Document:
    """Reject of an Offer, or of an agreement that was made: the assignee says no, or no longer."""
    return _activity("Reject", id_, actor, offer_iri, to, reasonCode=f"skerry:{reason}" if reason else "")


def take_back(id_: str, actor: str, offer_iri: str, to: str, reason: str) -> Document:
    """Undo of an Offer: who offered offers no more, also where it was accepted."""
    undone = {"id": offer_iri, "type": "Offer", "actor": actor}
    return _activity("Undo", id_, actor, undone, to, reasonCode=f"skerry:{reason}" if reason else "")


def suspension(id_: str, actor: str, offer_iri: str, to: str, summary: str) -> Document:
    """TentativeReject: a probe failed; nothing goes there until it is mended. `summary` says what was found."""
    return _activity("TentativeReject", id_, actor, offer_iri, to, reasonCode="skerry:probeFailed", summary=summary)


def mended(id_: str, suspension_id: str, actor: str, offer_iri: str, to: str) -> Document:
    """Undo of a suspension."""
    undone = {"id": suspension_id, "type": "TentativeReject", "actor": actor, "object": offer_iri}
    return _activity("Undo", id_, actor, undone, to)


def receipt(id_: str, actor: str, about: str, to: str, at: int) -> Document:
    """Accept with an ErasureReceipt: what `about` (a Delete or Remove) asked for is done."""
    result = {"type": ["ErasureReceipt", "dpv:StorageDeletion"], "published": times.write(at)}
    return _activity("Accept", id_, actor, about, to, result=result)


def is_receipt(document: Mapping[str, Any]) -> bool:
    """Whether an Accept is a receipt of erasure."""
    result = document.get("result")
    return isinstance(result, dict) and "ErasureReceipt" in listed(result.get("type"))


def copy_told(id_: str, actor: str, about: str, to: str, copy: str) -> Document:
    """Accept of a canary: where its copy is kept, to be read by who sent it."""
    return _activity("Accept", id_, actor, about, to, result={"id": copy, "type": "CanaryCopy"})


def copy_in(document: Mapping[str, Any]) -> str:
    """Where an Accept says that a canary's copy is kept, on its own origin; '' where it doesn't."""
    result = document.get("result")
    if not isinstance(result, dict) or "CanaryCopy" not in listed(result.get("type")):
        return ""
    where = text(result.get("id"), 2048)
    return where if is_iri(where) and same_origin(where, iri(document.get("actor"))) else ""


def reason_in(document: Mapping[str, Any]) -> str:
    """The reason's code, without our prefix."""
    return text(document.get("reasonCode"), 80).removeprefix("skerry:").removeprefix(NAMESPACE)


def _activity(kind: str, id_: str, actor: str, about: Any, to: str, **terms: Any) -> Document:
    head = {"@context": CONTEXT, "id": id_, "type": kind, "actor": actor, "to": [to], "object": about}
    return head | {name: value for name, value in terms.items() if value != ""}
