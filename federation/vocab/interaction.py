"""`interactionPolicy` on the wire, in GoToSocial's old and new forms, and the quotes of FEP-044f beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from federation.vocab.iris import PUBLIC, same_origin
from federation.vocab.reading import iri, iris, listed
from policies.interaction import AUTHOR, FOLLOWERS, FOLLOWING, MENTIONED, USUAL, Rule, cleaned, stored
from policies.interaction import PUBLIC as ANYONE

Document = dict[str, Any]

TERMS = {"canLike": "like", "canReply": "reply", "canAnnounce": "boost", "canQuote": "quote"}
STAMPS = {
    "like": ("LikeAuthorization", "LikeApproval"),
    "reply": ("ReplyAuthorization", "ReplyApproval"),
    "boost": ("AnnounceAuthorization", "AnnounceApproval"),
    "quote": ("QuoteAuthorization",),
}
"""Types of the document that shows an author's yes, the one that we write first."""
REQUESTS = {"LikeRequest": "like", "ReplyRequest": "reply", "AnnounceRequest": "boost", "QuoteRequest": "quote"}
CLAIMS = {
    "like": ("likeAuthorization", "approvedBy"),
    "reply": ("replyAuthorization", "approvedBy"),
    "boost": ("announceAuthorization", "approvedBy"),
    "quote": ("quoteAuthorization",),
}
LEGACY_QUOTES = ("quoteUri", "quoteUrl", "_misskey_quote")
QUOTING = ("#_misskey_quote", "fep/044f#quote")


def policy_of(raw: Document, author: str, followers: str = "", following: str = "") -> Document | None:
    """The policy that a post says, as `policies.interaction.stored` keeps it; None: it says nothing unusual.

    A rule without words (null or {}) is the usual one; one with empty lists lets only the author.
    """
    given = raw.get("interactionPolicy")
    given = given[0] if isinstance(given, list) and given else given
    if not isinstance(given, dict):
        return None
    named = {PUBLIC: ANYONE, author: AUTHOR} | {name: word for name, word in ((followers, FOLLOWERS),) if name}
    rules = {}
    for term, kind in TERMS.items():
        rule = given.get(term)
        rule = rule[0] if isinstance(rule, list) and rule else rule
        if isinstance(rule, dict) and rule:
            automatic = _terms(rule, ("automaticApproval", "always"), named, author, following)
            manual = _terms(rule, ("manualApproval", "approvalRequired"), named, author, following)
            rules[kind] = Rule(automatic, manual)
    return stored(rules)


def _terms(rule: Document, names: tuple[str, str], named: Mapping[str, str], author: str, following: str) -> Any:
    value = rule.get(names[0]) if names[0] in rule else rule.get(names[1])
    found = []
    for name in iris(value):
        known = named.get(name, "")
        if not known and (name == following or (name.endswith("/following") and same_origin(name, author))):
            known = FOLLOWING
        found.append(known or name)
    return cleaned(found)


def policy(rules: Mapping[str, Rule], words: Mapping[str, Sequence[str]]) -> Document:
    """Rules for the wire, in both forms. `words`: the IRIs that a word of a rule stands for; others are IRIs already."""
    made: Document = {}
    for term, kind in TERMS.items():
        rule = rules.get(kind, USUAL[kind])
        automatic, manual = _iris(_unless_named(rule, words), words), _iris(rule.manual, words)
        if PUBLIC not in automatic:
            automatic = list(dict.fromkeys([*words[AUTHOR], *automatic]))
        manual = [name for name in manual if name not in automatic]
        made[term] = {"automaticApproval": automatic, "manualApproval": manual}
        if kind != "quote":
            made[term] |= {"always": automatic, "approvalRequired": manual}
    return made


def _unless_named(rule: Rule, words: Mapping[str, Sequence[str]]) -> list[str]:
    """Who may at once, without those whom a word lets in but who are to be asked by name (see `judge`)."""
    asked = {name for name in rule.manual if name not in words} - {name for name in rule.automatic if name not in words}
    told = [name for term in rule.automatic for name in (words[term] if term == MENTIONED else (term,))]
    return [name for name in told if name not in asked]


def _iris(terms: Sequence[str], words: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(name for term in terms for name in words.get(term, (term,))))


def claim(raw: Document, kind: str) -> str:
    """The authorization that a document says it goes with; '' where it says none."""
    return next((found for found in (iri(raw.get(term)) for term in CLAIMS[kind]) if found), "")


def quoted(raw: Document) -> str:
    """What a post quotes by FEP-044f."""
    return iri(raw.get("quote"))


def linked(raw: Document) -> str:
    """What a post points to in the older ways, which nobody is asked for: shown as a link only."""
    tags = (iri(item.get("href")) for item in listed(raw.get("tag")) if isinstance(item, dict) and _is_quote(item))
    return next((found for found in (*(iri(raw.get(term)) for term in LEGACY_QUOTES), *tags) if found), "")


def _is_quote(tag: Document) -> bool:
    """A Link to the object that is quoted (FEP-e232)."""
    rels = [rel for rel in listed(tag.get("rel")) if isinstance(rel, str)]
    return "Link" in listed(tag.get("type")) and any(rel.endswith(QUOTING) for rel in rels)


def stamp(kind: str, iri_: str, owner: str, interacting: str, target: str) -> Document:
    """The document that shows an author's yes. It speaks both ways: FEP-044f's terms, and those of `…Approval`."""
    made = {"id": iri_, "type": STAMPS[kind][0], "attributedTo": owner}
    made |= {"interactingObject": interacting, "interactionTarget": target}
    return made if kind == "quote" else made | {"object": interacting, "target": target}


def stamped(raw: Document, kind: str, owner: str, interacting: str, target: str) -> bool:
    """Whether a document, fetched from where `owner` lives, is the owner's yes to this one and no other.

    An Accept counts like an authorization (GoToSocial before 0.19). Both sides must be named.
    """
    types = raw.get("type")
    types = types if isinstance(types, list) else [types]
    accepts = "Accept" in types and kind != "quote"
    if not accepts and not any(name in types for name in STAMPS[kind]):
        return False
    by = iri(raw.get("actor")) if accepts else iri(raw.get("attributedTo"))
    what = iri(raw.get("interactingObject")) or iri(raw.get("object"))
    of = iri(raw.get("interactionTarget")) or iri(raw.get("target"))
    return by == owner and what == interacting and of == target
