"""What is taken out: which parts a policy takes out of a post before it leaves, and the taking out itself, both ways."""

from collections.abc import Callable, Mapping
from typing import Any

from policies.decision import Decision, Obligation, Reason, allow, deny, limit
from policies.document import PolicyDocument
from policies.engine import stands
from policies.facts import PeerFacts, PostFacts
from policies.leaving import Part
from policies.outbound import may_deliver
from policies.peers import Stance

PARTS: dict[Part, Obligation] = {
    Part.LOCATION: Obligation.REMOVE_LOCATION,
    Part.APPLICATION: Obligation.REMOVE_APPLICATION,
    Part.MEDIA: Obligation.REMOVE_MEDIA,
    Part.LANGUAGE: Obligation.REMOVE_LANGUAGE,
    Part.PROFILE_FIELDS: Obligation.REMOVE_PROFILE_FIELDS,
    Part.AVATAR: Obligation.REMOVE_AVATAR,
    Part.BANNER: Obligation.REMOVE_BANNER,
}
PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
PEOPLE = frozenset({"Person", "Group", "Service", "Application", "Organization"})
ADDRESSES = ("to", "cc", "bto", "bcc", "audience")
DEEPEST = 8
Change = Callable[[dict[str, Any]], None]


def redact(policy: PolicyDocument, peer: PeerFacts, post: PostFacts) -> Decision:
    """What must be taken out of a post for this peer. What may not leave at all is denied here too."""
    leaves = may_deliver(policy, peer, None, post)
    if not leaves.allowed:
        return deny(*leaves.reasons)
    parts = policy.outgoing.taken_out
    if stands(policy, peer).stance is not Stance.ALLOWED:
        parts |= policy.outgoing.taken_out_for_limited
    return limit(frozenset(PARTS[part] for part in parts), Reason.PARTS_TAKEN_OUT) if parts else allow()


def take_out(document: Mapping[str, Any], obligations: frozenset[Obligation]) -> dict[str, Any]:
    """An activity or object (as ActivityStreams JSON) with the obligations done to it and to what it holds.

    Only takes away or narrows: whoever is addressed afterwards was addressed before. Too deep a document raises ValueError.
    """
    changes = [CHANGES[one] for one in sorted(obligations) if one in CHANGES]
    return _changed(dict(document), changes, 0)


def _changed(document: dict[str, Any], changes: list[Change], depth: int) -> dict[str, Any]:
    if depth > DEEPEST:
        raise ValueError("an activity within too many others")
    inner = document.get("object")
    if isinstance(inner, Mapping):
        document["object"] = _changed(dict(inner), changes, depth + 1)
    elif isinstance(inner, list):
        document["object"] = [
            _changed(dict(one), changes, depth + 1) if isinstance(one, Mapping) else one for one in inner
        ]
    for change in changes:
        change(document)
    return document


def _drop(*names: str, of_people: bool | None = None) -> Change:
    """Takes properties out; of people only, of anything but people, or of all."""

    def change(document: dict[str, Any]) -> None:
        if of_people is None or _is_person(document) is of_people:
            for name in names:
                document.pop(name, None)

    return change


def _without_emoji(document: dict[str, Any]) -> None:
    tags = document.get("tag")
    if isinstance(tags, Mapping):
        tags = [tags]
    if isinstance(tags, list):
        document["tag"] = [
            tag for tag in tags if not (isinstance(tag, Mapping) and "Emoji" in _listed(tag.get("type")))
        ]


def _sensitive(document: dict[str, Any]) -> None:
    if not _is_person(document) and "content" in document:
        document["sensitive"] = True


def _unlisted(document: dict[str, Any]) -> None:
    """Public goes from `to` to `cc`, as others write 'unlisted'."""
    to = _listed(document.get("to"))
    public = [one for one in to if _is_public(one)]
    if public:
        document["to"] = [one for one in to if one not in public]
        document["cc"] = [*(one for one in _listed(document.get("cc")) if one not in public), *public]


def _followers_only(document: dict[str, Any]) -> None:
    for name in ADDRESSES:
        if name in document:
            document[name] = [one for one in _listed(document[name]) if not _is_public(one)]


def _is_person(document: Mapping[str, Any]) -> bool:
    return any(isinstance(one, str) and one in PEOPLE for one in _listed(document.get("type")))


def _is_public(one: Any) -> bool:
    return isinstance(one, str) and one in PUBLIC


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


CHANGES: dict[Obligation, Change] = {
    Obligation.REMOVE_MEDIA: _drop("attachment", "image", "icon", "preview", of_people=False),
    Obligation.MARK_SENSITIVE: _sensitive,
    Obligation.SHOW_TO_FOLLOWERS_ONLY: _followers_only,
    Obligation.KEEP_OUT_OF_PUBLIC_TIMELINES: _unlisted,
    Obligation.REMOVE_AVATAR: _drop("icon", of_people=True),
    Obligation.REMOVE_BANNER: _drop("image", of_people=True),
    Obligation.REMOVE_EMOJI: _without_emoji,
    Obligation.REMOVE_LOCATION: _drop("location"),
    Obligation.REMOVE_APPLICATION: _drop("generator"),
    Obligation.REMOVE_LANGUAGE: _drop("contentMap", "summaryMap", "nameMap"),
    Obligation.REMOVE_PROFILE_FIELDS: _drop("attachment", of_people=True),
}
"""`do-not-fetch-media` and `add-warning` have no part here: they are kept where a post is kept."""
