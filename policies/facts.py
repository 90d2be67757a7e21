"""What a judgement is made from: frozen facts, gathered by the caller. What is not known is left at its strict default."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PeerFacts:
    """Another server. `host` is `host[:port]`; for what it signed, the host of the key's owner."""

    host: str
    signed: bool = False
    """Whether a signature shows that it is this server that asks or sends."""


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The group that a post belongs to."""

    tier: str = ""
    """open, closed or sealed; anything else counts as not open."""


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """The local account that something concerns."""

    blocks_peer: bool = False
    """Whether she refuses this whole server."""


@dataclass(frozen=True, slots=True)
class PostFacts:
    """A post of ours. Relations (Follow, Accept, ...) are judged as `direct` to those they are addressed to."""

    visibility: str = ""
    """As stored: public, unlisted, followers, group, direct. Anything else is unknown."""
    local_only: bool = False
    tier: str | None = None
    """The tier of the post's group; None where there is no group."""
    reader_there: bool = False
    """Whether somebody on the peer is one whom the author addressed: a follower, or one who is mentioned."""


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """What came in."""

    kind: str = ""
    object_kind: str = ""
    actor_host: str = ""
    """`host[:port]` of the activity's actor."""
