"""A peer's published policy, as far as we understand it: what it claims. What can't be understood is a fault, and fails closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.document import FIELDS
from policies.fields import Line, WrongError, build, lines_of
from policies.kinds import Words
from policies.published import ENVELOPE, MEMBERS_ONLY, PROFILE, SHAPED, TARGET, after, terms_digest
from policies.purposes import ENDINGS, PURPOSES, USES, Ending, Purpose, Use
from policies.sections import Promises, Retention
from policies.times import millis


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
    if data.get("odrl:target", TARGET) != TARGET:
        faults.add("odrl:target")
    if data.get("assigner", data.get("attributedTo")) != data.get("attributedTo"):
        faults.add("assigner")
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
        ended |= {one for one, iri in ENDINGS.items() if rule == {"action": "odrl:delete", "constraint": [after(iri)]}}
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
