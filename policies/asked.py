"""Requirements as groups write them and peers publish them, and the sentence for each term that a policy fails."""

from collections.abc import Callable, Mapping
from typing import Any

from policies.claims import read_terms
from policies.document import Refused
from policies.fields import WrongError, build, lines_of, read_lines, value_of, write_lines
from policies.leaving import Requirement
from policies.published import NAMESPACE, as_requirement
from policies.purposes import USES, Use
from policies.toml import read_toml
from policies.words import Sentence, say
from policies.written import leaf, located

LINES = lines_of(Requirement)
MOST_UNKNOWN = 20
"""How many terms that we don't understand are named: one is enough to fail."""
_HEAD = frozenset({"@context", "id", "type", "attributedTo", "proof", "published"})
_TERMS = frozenset(line.spec.term for line in LINES)


def from_plain(data: Any) -> Requirement:
    """A requirement from plain data with the names of the table of fields. Raises policies.document.Refused."""
    values, wrong = read_lines(LINES, data)
    if wrong:
        raise Refused(wrong)
    asked: Requirement = build(Requirement, values)
    if not asked.asks:
        sentence = say("without a level of assurance nothing is asked.")
        raise Refused([WrongError(("assurance",), sentence, say("Say claimed, agreed, probed or audited."))])
    return asked


def to_plain(requirement: Requirement) -> dict[str, Any]:
    """The same back."""
    return write_lines(LINES, requirement)


def to_toml(requirement: Requirement, words: Callable[[str], str] = str) -> str:
    """A requirement as people write it, each line with its sentence, which `words` puts into the reader's language."""
    return "\n".join(text for line in LINES for text in leaf(line, value_of(requirement, line.name), words)) + "\n"


def from_toml(text: str) -> Requirement:
    """A requirement as people write it. Raises policies.document.Refused, with the lines of the mistakes."""
    data = read_toml(text)
    try:
        return from_plain(data)
    except Refused as refused:
        raise Refused(located(refused.wrong, text)) from refused


def from_linked(data: Any) -> tuple[Requirement, frozenset[str]]:
    """A peer's PolicyRequirement, and the names of its terms that we don't understand. Never raises."""
    if not isinstance(data, Mapping):
        return Requirement(), frozenset({"requires"} if data is not None else ())
    unknown = sorted(str(name) for name in data if name not in _HEAD and name not in _TERMS)
    faults = {"".join(filter(str.isprintable, name))[:40] for name in unknown[:MOST_UNKNOWN]}
    values = read_terms(Requirement, {name: value for name, value in data.items() if name != "prohibition"}, faults)
    values["never"] = _never(data.get("prohibition", []), faults)
    return build(Requirement, values), frozenset(faults)


def _never(rules: Any, faults: set[str]) -> frozenset[Use]:
    uses = {iri: use for use, iri in USES.items()}
    found: set[Use] = set()
    for rule in rules if isinstance(rules, list) else [rules]:
        action = rule.get("action") if isinstance(rule, Mapping) and set(rule) == {"action"} else None
        if isinstance(action, str) and action in uses:
            found.add(uses[action])
        else:
            faults.add("prohibition")
    return frozenset(found)


def linked(requirement: Requirement, iri: str, owner: str) -> dict[str, Any]:
    """The document that a group publishes, without context and proof."""
    return as_requirement(requirement, iri, owner)


FAILING: dict[str, str] = {
    "privacyPolicy": "It publishes no policy that can be relied on.",
    "validUntil": "Its policy is not valid now, or was made to be valid for more than 92 days.",
    "proof": "Its policy has no proof that holds.",
    "assurance": "Its promises are not known well enough.",
    "authorizedFetch": "It doesn't promise that every read must be signed.",
    "memberScopedReads": "It doesn't promise that words of closed groups are read only in a member's name.",
    "protectedMedia": "It doesn't promise that pictures and files are protected.",
    "erasureReceipts": "It doesn't promise receipts of erasure.",
    "staffAccess": "Its staff may look at words with less of a record than is asked.",
    "maxRetention": "It keeps copies for longer than is asked, or doesn't say for how long.",
    "maxLease": "Its copies last longer without contact than is asked, or it doesn't say how long.",
    "erasureWithin": "It takes longer to erase than is asked, or doesn't say how long.",
    "breachNoticeWithin": "It takes longer to tell of a breach than is asked, or doesn't say how long.",
    "measures": "It doesn't guard data in all the ways that are asked.",
    "prohibition": "It doesn't rule out all the uses that are to be ruled out.",
    "jurisdiction": "It is under the law of other places than are asked, or doesn't say of which.",
    "purposes": "It uses data for more than is accepted, or doesn't say for what.",
    "permission": "It permits itself something that we don't know.",
    "document": "Its policy can't be read.",
    "type": "What it publishes is no privacy policy.",
    "profile": "Its policy is written by rules that we don't know.",
    "conflict": "Its policy doesn't let prohibitions win.",
    "critical": "Its policy says that a term must be understood which we don't know.",
    "obligation": "Its obligations can't be read.",
    "requires": "What is asked can't be read.",
    "assigner": "It speaks for another server than the one that publishes it.",
    "odrl:target": "It is about something else than what others have entrusted to that server.",
}
"""Term of a policy that fails -> one English sentence; doors put it into the reader's language."""


def why(failed: str) -> Sentence:
    """The sentence for a failed term; for one that we have no sentence for, its name."""
    if failed in FAILING:
        return say(FAILING[failed])
    return say("The term {term} is not understood, so it doesn't count.", term=failed.removeprefix(NAMESPACE))
