"""What a judgement is made from: frozen facts, gathered by the caller. What is not known is left at its strict default."""

from dataclasses import dataclass

from policies.claims import Published
from policies.document import PolicyDocument
from policies.purposes import Assurance


@dataclass(frozen=True, slots=True)
class PeerFacts:
    """Another server. `host` is `host[:port]`; for what it signed, the host of the key's owner."""

    host: str
    signed: bool = False
    """Whether a signature shows that it is this server that asks or sends."""
    at: int = 0
    """The moment of the judgement, in milliseconds; 0 is not known: what ends counts only where it is stricter."""
    policy: Published | None = None
    """The policy that the server publishes, as far as it is known."""
    assurance: Assurance = Assurance.NONE
    """How well its promises are known."""
    waits_until: int = 0
    """Until when words that the requirement keeps back wait for it, instead of being given up: its agreement ended a moment
    ago, or it was not looked at yet. Milliseconds."""


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The group that a post belongs to."""

    tier: str = ""
    """open, closed or sealed; anything else counts as not open."""
    policy: PolicyDocument | None = None
    """The group's own policy, which may be stricter; whatever it says, it never allows more than the instance's."""


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
    relation: bool = False
    """Whether it is a relation (Follow, Accept, Block, Like ...), which holds no words of a member."""
    kept_from_peer: bool = False
    """Whether the author keeps this server from her own posts."""


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """What came in. None is 'not known', which counts as the strict answer where a rule asks."""

    kind: str = ""
    object_kind: str = ""
    actor_host: str = ""
    """`host[:port]` of the activity's actor."""
    actor: str = ""
    """The actor's IRI."""
    visibility: str = ""
    """public, unlisted, followers or direct; anything else is not known."""
    age: int | None = None
    """Hours since it was published."""
    account_age: int | None = None
    """Hours since the account was made, or was first seen here."""
    followed_here: bool = False
    """Whether a member follows the author."""
    bot: bool | None = None
    mentions: int | None = None
    """How many accounts it mentions."""
    mentioned: frozenset[str] = frozenset()
    """IRIs of the accounts it mentions."""
    mentions_strangers: bool | None = None
    """Whether it mentions a member who doesn't follow the author."""
    answers_here: bool | None = None
    """Whether it answers a post of this server."""
    links: bool | None = None
    """Whether it holds links other than mentions and hashtags."""
    empty: bool | None = None
    """Whether it has no words, no pictures and no poll."""
    text: str | None = None
    """Its words, without markup: title, warning, content, names of pictures."""
    hashtags: frozenset[str] = frozenset()
    """Without the sign, as `str.casefold` has them."""
    report_says: bool | None = None
    """For a Flag: whether it names what it reports, and says why."""
