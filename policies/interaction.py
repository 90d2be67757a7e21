"""Who may reply to a post, like, boost and quote it: the author's rules, and what they say of one asker.

Sources: GoToSocial's interaction policies (docs.gotosocial.org, Interaction Policy), FEP-044f for quotes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

KINDS = ("like", "reply", "boost", "quote")
PUBLIC, FOLLOWERS, FOLLOWING, MUTUALS = "public", "followers", "following", "mutuals"
MENTIONED, AUTHOR = "mentioned", "author"
WORDS = (PUBLIC, FOLLOWERS, FOLLOWING, MUTUALS, MENTIONED, AUTHOR)
MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may at once, and who after the author has said yes: WORDS, or IRIs of actors."""

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()


USUAL: Mapping[str, Rule] = {
    "like": Rule((PUBLIC,)),
    "reply": Rule((PUBLIC,)),
    "boost": Rule((PUBLIC,)),
    "quote": Rule((AUTHOR,)),
}
"""What holds where a post says nothing: all who can read it, but quotes are the author's own alone."""


class Verdict(StrEnum):
    """What a rule says of one asker."""

    YES = "yes"
    """Any server can see for itself that it may be."""
    STAMPED = "stamped"
    """Yes, but only the author's server knows: others want to see its authorization."""
    ASK = "ask"
    """The author is asked."""
    NO = "no"


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever wants to do something with a post. All False is a stranger."""

    iri: str
    is_author: bool = False
    is_named: bool = False
    """The post mentions or answers her: she may always reply."""
    follows_author: bool = False
    followed_by_author: bool = False


def rule_of(policy: Mapping[str, Any] | None, kind: str) -> Rule:
    """The rule of a stored policy, `{kind: [automatic, manual]}`."""
    given = (policy or {}).get(kind)
    return Rule(tuple(given[0]), tuple(given[1])) if given is not None else USUAL[kind]


def stored(rules: Mapping[str, Rule]) -> dict[str, list[list[str]]] | None:
    """Rules as a post keeps them: only what differs from the usual ones; None where nothing does."""
    kept = {
        kind: [list(rule.automatic), list(rule.manual)]
        for kind, rule in rules.items()
        if kind in USUAL and rule != USUAL[kind]
    }
    return kept or None


def judge(kind: str, rule: Rule, asker: Asker) -> Verdict:
    """What a rule says; what is named more closely counts more: a person, then a collection, then everybody.

    Whoever is on both lists may at once.
    """
    if asker.is_author or asker.iri in rule.automatic or (kind == "reply" and asker.is_named):
        return Verdict.YES
    if asker.iri in rule.manual:
        return Verdict.ASK
    groups = _groups_of(asker)
    if MENTIONED in rule.automatic and asker.is_named:
        return Verdict.YES
    if PUBLIC in rule.automatic and not groups & set(rule.manual) - set(rule.automatic):
        return Verdict.YES
    if groups & set(rule.automatic):
        return Verdict.STAMPED
    if PUBLIC in rule.manual or groups & set(rule.manual):
        return Verdict.ASK
    return Verdict.NO


def _groups_of(asker: Asker) -> set[str]:
    follows = {FOLLOWERS} if asker.follows_author else set()
    followed = {FOLLOWING} if asker.followed_by_author else set()
    mutual = {MUTUALS} if follows and followed else set()
    named = {MENTIONED} if asker.is_named else set()
    return follows | followed | mutual | named


REPLIERS: Mapping[str, Rule] = {
    "everyone": Rule((PUBLIC,)),
    "asked": Rule((AUTHOR, MENTIONED), (PUBLIC,)),
    "followers": Rule((AUTHOR, FOLLOWERS, MENTIONED)),
    "following": Rule((AUTHOR, FOLLOWING, MENTIONED)),
    "mentioned": Rule((AUTHOR, MENTIONED)),
    "nobody": Rule((AUTHOR,)),
}
"""What a member can choose as "who may reply". Whoever is mentioned may always (see `judge`)."""

QUOTERS: Mapping[str, Rule] = {
    "public": Rule((PUBLIC,)),
    "followers": Rule((AUTHOR, FOLLOWERS)),
    "asked": Rule((AUTHOR,), (PUBLIC,)),
    "nobody": Rule((AUTHOR,)),
}
"""What a member can choose as "who may quote"; apps know public, followers and nobody."""


def choice(rules: Mapping[str, Rule], rule: Rule) -> str:
    """The name of a rule among REPLIERS or QUOTERS; '' where it is another one."""
    return next((name for name, known in rules.items() if known == rule), "")


def cleaned(terms: Sequence[str]) -> tuple[str, ...]:
    """Each once, at most MOST_NAMED."""
    return tuple(dict.fromkeys(terms))[:MOST_NAMED]
