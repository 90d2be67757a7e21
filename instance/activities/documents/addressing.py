"""Audiences between our rows and the wire, by set inclusion: what we can't place is read by fewer people, never by more.

public: Public in `to`; unlisted: Public in `cc`; followers: the author's own followers collection; direct: the rest, which
only the accounts that are named may read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from federation.vocab.iris import PUBLIC


def visibility_of(to: Collection[str], cc: Collection[str], followers: str | None) -> str:
    """The visibility of a remote object; `followers` is its author's followers collection, where one is known."""
    if PUBLIC in to:
        return "public"
    if PUBLIC in cc:
        return "unlisted"
    if followers and (followers in to or followers in cc):
        return "followers"
    return "direct"


def inner_of(object_visibility: str, activity_visibility: str) -> str:
    """The narrower of what an object and the activity around it say (some servers put Public in one of them only)."""
    order = ["public", "unlisted", "followers", "direct"]
    return max(object_visibility, activity_visibility, key=order.index)


@dataclass(frozen=True, slots=True)
class Addressed:
    """`to` and `cc` of an outgoing object."""

    to: list[str]
    cc: list[str]


def addressed(visibility: str, followers: str, named: Sequence[str], group: str = "") -> Addressed:
    """To whom a local post is addressed. `named`: actors who are mentioned; `group`: the group that it is written to.

    Raises ValueError for a visibility that has no form on the wire.
    """
    people = [iri for iri in dict.fromkeys(named) if iri != group]
    groups = [group] if group else []
    match visibility:
        case "public":
            return Addressed([PUBLIC, *groups], [followers, *people])
        case "unlisted":
            return Addressed([followers, *groups], [PUBLIC, *people])
        case "followers":
            return Addressed([followers], people + groups)
        case "direct":
            return Addressed(people + groups, [])
    raise ValueError(f"no audience on the wire for {visibility}")
