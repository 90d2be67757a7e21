"""A policy as it is published: JSON-LD with W3C DPV and ODRL terms. Written here from ours, read here from a peer's.

Names of servers, accounts and words that posts may hold are not published; they go in through a digest under a secret,
so that nobody can guess them. What is agreed upon between two servers is `terms_digest`: what the document promises, without its
number and its dates, so that renewing a policy and blocking a server change no agreement.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import rfc8785

from policies.document import FIELDS, PolicyDocument
from policies.fields import Line, WrongError, build, lines_of, value_of
from policies.kinds import Span, Words, millis, moment
from policies.leaving import Requirement
from policies.purposes import ENDINGS, PURPOSES, USES, Ending, Purpose, Use
from policies.sections import Promises, Retention

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
    "jurisdiction": "dpv:hasJurisdiction",
    "rightLiteral": "odrl:rightOperand",
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
}
"""Our terms, written into each document: the address of our own context is not registered yet, and nobody could load it."""
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2", TERMS]
PROFILE = f"{NAMESPACE}odrl-profile-1"
LONGEST_VALIDITY = 92 * 86_400_000
ENVELOPE = frozenset({"@context", "id", "policyVersion", "validFrom", "validUntil", "skerry:sealedDigest", "proof"})
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
    obligation = [{"action": "odrl:delete", "constraint": [_after(ENDINGS[one])]} for one in sorted(made.deleted_after)]
    if made.breach_notice_within is not None:
        obligation.append({"action": "odrl:inform", "constraint": [_after("skerry:DataBreach")]})
    return {"permission": permission, "prohibition": prohibition, "obligation": obligation}


def _after(event: str) -> dict[str, str]:
    return {"leftOperand": "odrl:event", "operator": "odrl:eq", "rightOperand": event}


def terms_digest(published: Mapping[str, Any]) -> str:
    """What two servers agree upon: `sha-256:` and the hash of what is promised, in RFC 8785 form. Raises ValueError."""
    kept = {key: value for key, value in published.items() if key not in ENVELOPE}
    try:
        return "sha-256:" + hashlib.sha256(rfc8785.dumps(kept)).hexdigest()
    except rfc8785.CanonicalizationError as error:
        raise ValueError("not JSON that can be signed") from error


@dataclass(frozen=True, slots=True)
class Published:
    """A published policy as far as we understand it."""

    iri: str = ""
    actor: str = ""
    valid_from: int = 0
    valid_until: int = 0
    promises: Promises = field(default_factory=Promises)
    retention: Retention = field(default_factory=Retention)
    digest: str = ""
    proven: bool = False
    """Whether its proof was verified, and made with the key of the actor that publishes it."""
    faults: frozenset[str] = frozenset()
    """Names of what is missing, unknown or beyond the closed list; each fails every requirement."""


def read(data: Any, *, proven: bool = False) -> Published:
    """Understand a published policy. Never raises: what can't be understood is a fault, and fails closed."""
    if not isinstance(data, Mapping):
        return Published(faults=frozenset({"document"}))
    faults: set[str] = set()
    types = data.get("type")
    if "PrivacyPolicy" not in (types if isinstance(types, list) else [types]):
        faults.add("type")
    if data.get("profile", PROFILE) != PROFILE:
        faults.add("profile")
    if data.get("conflict", "odrl:prohibit") != "odrl:prohibit":
        faults.add("conflict")
    critical = data.get("skerry:critical", [])
    if not isinstance(critical, list) or set(map(str, critical)) - KNOWN:
        faults.add("critical")
    values = {name: read_terms(cls, data, faults) for name, cls in (("promises", Promises), ("retention", Retention))}
    values["promises"].update(_read_rules(data, faults))
    if "purposes" not in data:
        faults.add("purposes")
    try:
        digest = terms_digest(data)
    except (ValueError, RecursionError):
        digest = ""
        faults.add("document")
    return Published(
        iri=_text(data.get("id")),
        actor=_text(data.get("attributedTo")),
        valid_from=millis(data.get("validFrom")) or 0,
        valid_until=millis(data.get("validUntil")) or 0,
        promises=build(Promises, values["promises"]),
        retention=build(Retention, values["retention"]),
        digest=digest,
        proven=proven,
        faults=frozenset(faults),
    )


KNOWN = ENVELOPE | {line.spec.term for line in FIELDS if line.spec.term} | SHAPED


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def read_terms(cls: type, data: Mapping[str, Any], faults: set[str]) -> dict[str, Any]:
    """The plain terms of a section by the names of its lines; the names of those that can't be read go into `faults`."""
    values: dict[str, Any] = {}
    for line in lines_of(cls):
        term = line.spec.term
        if term in SHAPED or term not in data:
            continue
        try:
            values[line.name] = _unlinked(line, data[term])
        except WrongError:
            faults.add(term)
    return values


def _unlinked(line: Line, value: Any) -> Any:
    """A typed value of a JSON-LD one. Raises WrongError."""
    terms = getattr(line.spec.kind, "terms", None)
    if terms:
        words = {iri: str(word) for word, iri in terms.items()}
        if isinstance(value, list):
            value = [words.get(one, one) if isinstance(one, str) else one for one in value]
        elif isinstance(value, str):
            value = words.get(value, "")
    if isinstance(line.spec.kind, Words) and isinstance(value, str):
        value = [value]
    return line.spec.kind.read(value, (line.spec.term,))


def _read_rules(data: Mapping[str, Any], faults: set[str]) -> dict[str, Any]:
    """Prohibitions and obligations that count; a permission beyond the closed list is a fault."""
    never: set[Use] = set()
    undisclosed: set[Purpose] = set()
    ended: set[Ending] = set()
    members_only = False
    for rule in _list(data, "prohibition", faults):
        action, constraint = rule.get("action"), rule.get("constraint")
        if not constraint:
            never |= {use for use, iri in USES.items() if iri == action}
        elif action == "dpv:Disclose" and isinstance(constraint, list) and len(constraint) == 1:
            undisclosed |= _purposes(constraint[0])
    for rule in _list(data, "permission", faults):
        if rule == {"action": "odrl:display", "constraint": [MEMBERS_ONLY]}:
            members_only = True
        elif not _stores(rule, data.get("maxRetention")):
            faults.add("permission")
    for rule in _list(data, "obligation", faults):
        ended |= {one for one, iri in ENDINGS.items() if rule == {"action": "odrl:delete", "constraint": [_after(iri)]}}
    return {
        "never": frozenset(never),
        "never_disclosed_for": frozenset(undisclosed),
        "deleted_after": frozenset(ended),
        "members_only": members_only,
    }


def _purposes(constraint: Any) -> set[Purpose]:
    if not isinstance(constraint, Mapping) or constraint.get("leftOperand") != "odrl:purpose":
        return set()
    named = constraint.get("rightOperand")
    if constraint.get("operator") != "odrl:isAnyOf" or not isinstance(named, list):
        return set()
    return {purpose for purpose, iri in PURPOSES.items() if iri in named}


def _stores(rule: Mapping[str, Any], kept: Any) -> bool:
    """Whether a permission is that of keeping copies, for no longer than `maxRetention` says."""
    constraint = rule.get("constraint", [])
    if rule.get("action") != "dpv:Store" or set(rule) - {"action", "constraint"}:
        return False
    known = {"leftOperand": "odrl:elapsedTime", "operator": "odrl:lteq", "rightLiteral": kept}
    return bool(constraint == ([known] if kept is not None else []))


def _list(data: Mapping[str, Any], term: str, faults: set[str]) -> list[Mapping[str, Any]]:
    value = data.get(term, [])
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        faults.add(term)
        return []
    return value
