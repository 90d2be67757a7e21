"""A policy as it is published: JSON-LD with W3C DPV and ODRL terms. Written here from ours, read here from a peer's.

Names of servers, accounts and words that posts may hold are not published; they go in through a digest under a secret,
so that nobody can guess them. What is agreed upon between two servers is `terms_digest`: what the document promises, without its
number and its dates, so that renewing a policy and blocking a server change no agreement.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from policies.document import FIELDS, PolicyDocument
from policies.fields import Line, lines_of, value_of
from policies.kinds import Span
from policies.leaving import Requirement
from policies.purposes import ENDINGS, PURPOSES, USES
from policies.times import moment

NAMESPACE = "https://w3id.org/skerry/ns#"
_TYPED = {
    "duration": ("maxRetention", "maxLease", "erasureWithin", "breachNoticeWithin"),
    "dateTime": ("validFrom", "validUntil"),
}
_WORDS = {
    "permission": "odrl:permission",
    "prohibition": "odrl:prohibition",
    "obligation": "odrl:obligation",
    "constraint": "odrl:constraint",
}
_NAMED = {
    "conflict": "odrl:conflict",
    "action": "odrl:action",
    "leftOperand": "odrl:leftOperand",
    "operator": "odrl:operator",
    "rightOperand": "odrl:rightOperand",
    "measures": "dpv:hasTechnicalOrganisationalMeasure",
    "purposes": "dpv:hasPurpose",
    "personalData": "dpv:hasPersonalData",
    "legalBasis": "dpv:hasLegalBasis",
    "staffAccess": "skerry:staffAccess",
    "assurance": "skerry:assurance",
}
_LINKS = {
    "profile": "odrl:profile",
    "controller": "dpv:hasDataController",
    "notice": "dpv:hasNotice",
    "assigner": "odrl:assigner",
    "odrl:target": "http://www.w3.org/ns/odrl/2/target",
    "requires": "skerry:requires",
    "searchableBy": "http://fedibird.com/ns#searchableBy",
}
_OWN = (
    *("PrivacyPolicy", "PolicyRequirement", "policyVersion"),
    *("authorizedFetch", "memberScopedReads", "protectedMedia", "erasureReceipts"),
    *("loggedAndDisclosed", "logged", "unlogged", "none", "claimed", "agreed", "probed", "audited"),
)
TERMS: dict[str, Any] = {
    "skerry": NAMESPACE,
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "dpv-ai": "https://w3id.org/dpv/ai#",
    **{name: f"skerry:{name}" for name in _OWN},
    **_WORDS,
    **{name: {"@id": iri, "@type": "@vocab"} for name, iri in _NAMED.items()},
    **{name: {"@id": iri, "@type": "@id"} for name, iri in _LINKS.items()},
    **{
        name: {"@id": f"skerry:{name}", "@type": f"http://www.w3.org/2001/XMLSchema#{kind}"}
        for kind, names in _TYPED.items()
        for name in names
    },
    "rightLiteral": {"@id": "odrl:rightOperand", "@type": "http://www.w3.org/2001/XMLSchema#duration"},
    "jurisdiction": {
        "@id": "dpv:hasJurisdiction",
        "@type": "@vocab",
        "@context": {"@vocab": "https://w3id.org/dpv/loc#"},  # DE is DPV's Germany, EU its European Union
    },
}
"""Our terms, written into each document: the address of our own context is not registered yet, and nobody could load it."""
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2", TERMS]
PROFILE = f"{NAMESPACE}odrl-profile-1"
LONGEST_VALIDITY = 92 * 86_400_000
TARGET = "skerry:DataOfOthers"
"""What the rules are about: all that other servers and their people have entrusted to this one (ODRL wants an asset)."""
_ODRL = {"assigner", "odrl:target"}
ENVELOPE = frozenset(
    {"@context", "id", "policyVersion", "validFrom", "validUntil", "skerry:sealedDigest", "proof"} | _ODRL
)
MEMBERS_ONLY = {"leftOperand": "odrl:recipient", "operator": "odrl:eq", "rightOperand": "skerry:AdmittedMember"}
SHAPED = frozenset({"permission", "prohibition", "obligation"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who publishes the policy, under what number and for how long (milliseconds)."""

    iri: str
    actor: str
    page: str
    version: int
    valid_from: int
    valid_until: int
    seal: bytes
    """A secret of the publisher; keeps what is not published from being guessed by its digest."""


def publish(document: PolicyDocument, envelope: Envelope) -> dict[str, Any]:
    """The document to be signed. Raises ValueError for a validity of more than 92 days."""
    if not 0 < envelope.valid_until - envelope.valid_from <= LONGEST_VALIDITY:
        raise ValueError("a policy is published for at most 92 days")
    return {
        "@context": CONTEXT,
        "id": envelope.iri,
        "type": ["PrivacyPolicy", "odrl:Offer"],
        "attributedTo": envelope.actor,
        "profile": PROFILE,
        "conflict": "odrl:prohibit",
        "policyVersion": envelope.version,
        "validFrom": moment(envelope.valid_from),
        "validUntil": moment(envelope.valid_until),
        "assigner": envelope.actor,
        "odrl:target": TARGET,
        "controller": envelope.actor,
        "notice": envelope.page,
        **_terms([line for line in FIELDS if not line.name.startswith("requirement.")], document),
        **_rules(document),
        "requires": as_requirement(document.requirement),
        "skerry:sealedDigest": "sha256:" + hmac.new(envelope.seal, document.digest.encode(), "sha256").hexdigest(),
    }


def as_requirement(requirement: Requirement, iri: str = "", owner: str = "") -> dict[str, Any]:
    """A PolicyRequirement as JSON-LD; of a group with its IRI and owner, else embedded in a policy."""
    lines = lines_of(Requirement)
    head: dict[str, Any] = {"id": iri, "attributedTo": owner} if iri else {}
    named = head | {"type": ["PolicyRequirement", "odrl:Request"]} | _terms(lines, requirement)
    if requirement.never:
        named["prohibition"] = [{"action": USES[use]} for use in sorted(requirement.never)]
    return named


def _terms(lines: list[Line], document: Any) -> dict[str, Any]:
    """The fields whose term has a plain value. A field that is not said is left out; yes and no are always said."""
    found: dict[str, Any] = {}
    for line in lines:
        value = value_of(document, line.name)
        said = (
            value is not None and value != "" and not (isinstance(value, frozenset) and not value and not line.default)
        )
        if line.spec.term and line.spec.term not in SHAPED and said and line.spec.kind.linked(value) != "":
            found[line.spec.term] = line.spec.kind.linked(value)
    return found


def _rules(document: PolicyDocument) -> dict[str, Any]:
    """What is permitted, prohibited and owed, as ODRL rules."""
    made, kept = document.promises, Span().plain(document.retention.remote_posts)
    store: dict[str, Any] = {"action": "dpv:Store"}
    if kept is not None:
        store["constraint"] = [{"leftOperand": "odrl:elapsedTime", "operator": "odrl:lteq", "rightLiteral": kept}]
    permission = [store]
    if made.members_only:
        permission.append({"action": "odrl:display", "constraint": [MEMBERS_ONLY]})
    prohibition: list[dict[str, Any]] = [{"action": USES[use]} for use in sorted(made.never)]
    if made.never_disclosed_for:
        purposes = sorted(PURPOSES[one] for one in made.never_disclosed_for)
        among = {"leftOperand": "odrl:purpose", "operator": "odrl:isAnyOf", "rightOperand": purposes}
        prohibition.append({"action": "dpv:Disclose", "constraint": [among]})
    obligation = [{"action": "odrl:delete", "constraint": [after(ENDINGS[one])]} for one in sorted(made.deleted_after)]
    if made.breach_notice_within is not None:
        obligation.append({"action": "odrl:inform", "constraint": [after("skerry:DataBreach")]})
    return {"permission": permission, "prohibition": prohibition, "obligation": obligation}


def after(event: str) -> dict[str, str]:
    """The constraint that something is owed once this has happened."""
    return {"leftOperand": "odrl:event", "operator": "odrl:eq", "rightOperand": event}


def terms_digest(published: Mapping[str, Any]) -> str:
    """What two servers agree upon: `sha-256:` and the hash of what is promised, in RFC 8785 form. Raises ValueError."""
    kept = {key: value for key, value in published.items() if key not in ENVELOPE}
    try:
        return "sha-256:" + hashlib.sha256(rfc8785.dumps(kept)).hexdigest()
    except rfc8785.CanonicalizationError as error:
        raise ValueError("not JSON that can be signed") from error
