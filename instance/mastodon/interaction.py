"""Rules about consent in the words of apps: Mastodon's quote policies, GoToSocial's interaction policies."""

from collections.abc import Mapping, Sequence
from typing import Any

from federation.vocab.iris import is_iri
from instance.mastodon.params import Params, wrong
from policies.interaction import (
    AUTHOR,
    FOLLOWERS,
    FOLLOWING,
    PUBLIC,
    QUOTERS,
    WORDS,
    Rule,
    choice,
    cleaned,
    rule_of,
)

CAN = {"can_favourite": "like", "can_reply": "reply", "can_reblog": "boost"}
VISIBILITIES = {"public": "public", "unlisted": "unlisted", "private": "followers", "direct": "direct"}
QUOTE_WORDS = ("public", "followers", "nobody")
TOLD = (PUBLIC, FOLLOWERS, FOLLOWING)


def quote_rule(asked: Params, name: str = "quote_approval_policy") -> dict[str, Rule]:
    """Mastodon's `quote_approval_policy`; nothing where it is not sent. Raises RefusalError."""
    value = asked.maybe(name)
    if not value:
        return {}
    if value not in QUOTE_WORDS:
        raise wrong(name)
    return {"quote": QUOTERS[value]}


def rules_of(asked: Params | None) -> dict[str, Rule]:
    """GoToSocial's InteractionPolicy: `{can_reply: {automatic_approval, manual_approval}}`, or always, with_approval."""
    if asked is None:
        return {}
    found = {}
    for name, kind in CAN.items():
        rule = asked.child(name)
        if rule is not None:
            automatic = _terms(rule, "automatic_approval", "always")
            manual = _terms(rule, "manual_approval", "with_approval")
            found[kind] = Rule(automatic, manual)
    return found


def _terms(rule: Params, name: str, older: str) -> tuple[str, ...]:
    given = [AUTHOR if term == "me" else term for term in rule.texts(name if name in rule else older)]
    if any(term not in WORDS and not is_iri(term) for term in given):
        raise wrong(name)
    return cleaned([term for term in given if term])


def policy_entity(policy: Mapping[str, Any] | None, *, locked: bool = False) -> dict[str, Any]:
    """GoToSocial's InteractionPolicy, in both its spellings. To a locked post nobody may reply."""
    made = {}
    for name, kind in CAN.items():
        rule = Rule() if locked and kind == "reply" else rule_of(policy, kind)
        automatic, manual = _shown(rule.automatic), _shown(rule.manual)
        made[name] = {
            "automatic_approval": automatic,
            "manual_approval": manual,
            "always": automatic,
            "with_approval": manual,
        }
    return made


def _shown(terms: Sequence[str]) -> list[str]:
    return list(terms)


def quote_policy_word(rule: Rule) -> str:
    """The member's default as Mastodon's apps name it."""
    word = choice(QUOTERS, rule)
    return word if word in QUOTE_WORDS else "nobody"


def quote_approval(rule: Rule) -> dict[str, list[str]]:
    """The part of a QuoteApproval that is the same for all readers."""
    return {"automatic": _groups(rule.automatic), "manual": _groups(rule.manual)}


def _groups(terms: Sequence[str]) -> list[str]:
    named = [term if term in TOLD else "unsupported_policy" for term in terms if term != AUTHOR]
    return list(dict.fromkeys(named))
