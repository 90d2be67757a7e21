"""What happened: recorded by services in their transaction, heard by the handlers that `wiring.EVENTS` names.

Events hold ids, not words. What is gone by the time a handler looks is carried along.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountCreated:
    """A local account (person, group) was made; it still needs its key."""

    account_id: int


@dataclass(frozen=True, slots=True)
class AccountUpdated:
    """A local account's profile changed."""

    account_id: int
    files_gone: tuple[str, ...] = ()
    """Keys of pictures that it showed before and shows no more."""


@dataclass(frozen=True, slots=True)
class AccountDeleted:
    """A local account was erased; its row is a tombstone."""

    account_id: int
    files_gone: tuple[str, ...] = ()
    """Keys of pictures that it showed before and shows no more."""


@dataclass(frozen=True, slots=True)
class AccountMoved:
    """A member has moved; her account here points to the new one."""

    account_id: int
    target_iri: str


@dataclass(frozen=True, slots=True)
class AccountSuspended:
    """A moderator suspended an account (`is_back` False), or took that back."""

    account_id: int
    is_back: bool


@dataclass(frozen=True, slots=True)
class MemberSignedUp:
    """Somebody signed up; `state` is 'active', or 'pending' while a moderator must decide."""

    account_id: int
    state: str


@dataclass(frozen=True, slots=True)
class FollowRequested:
    """A follow was asked for and waits for the target's answer (also: to be sent to a remote target)."""

    follow_id: int
    follower_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class FollowAccepted:
    """A follow is in force."""

    follow_id: int
    follower_id: int
    target_id: int
    requested_before: bool
    """Whether it waited as a request first."""


@dataclass(frozen=True, slots=True)
class FollowRejected:
    """The target refused a request, or removed a follower. `verb` is how it was asked, where that was not Follow."""

    follower_id: int
    target_id: int
    follow_iri: str | None
    verb: str | None = None


@dataclass(frozen=True, slots=True)
class FollowLapsed:
    """The target took its yes back: what was in force is a request again."""

    follower_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class FollowEnded:
    """The follower ended it, or took the request back."""

    follower_id: int
    target_id: int
    follow_iri: str | None


@dataclass(frozen=True, slots=True)
class BlockMade:
    """One account blocks another."""

    account_id: int
    target_id: int
    block_iri: str


@dataclass(frozen=True, slots=True)
class BlockEnded:
    """A block was lifted."""

    account_id: int
    target_id: int
    block_iri: str


@dataclass(frozen=True, slots=True)
class PostWritten:
    """A local post is there."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostReceived:
    """A remote post is there. `quiet`: an old one, of which nobody is notified."""

    post_id: int
    visibility: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class PostEdited:
    """A post (local or remote) changed."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostDeleted:
    """A post is gone: its row is a tombstone without words; boosts of it are gone too."""

    post_id: int
    account_id: int
    knew: tuple[int, ...] = ()
    """Remote accounts that had boosted, favourited, answered or voted on it."""
    boosts: tuple[tuple[int, str, int], ...] = ()
    """(id, IRI, booster) of the boosts by persons of ours, whose followers may have seen it by them."""


@dataclass(frozen=True, slots=True)
class PostBoosted:
    """A boost is there; `boost_id` is a row of `post`. `quiet`: an old one, of which nobody is notified."""

    boost_id: int
    post_id: int
    account_id: int
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class BoostUndone:
    """A boost was taken back."""

    boost_id: int
    boost_iri: str
    post_id: int
    account_id: int
    waited: bool = False
    """It had been shown to nobody but the post's author yet."""


@dataclass(frozen=True, slots=True)
class PostFavourited:
    """A favourite is there."""

    favourite_id: int
    post_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class FavouriteUndone:
    """A favourite was taken back."""

    favourite_iri: str
    post_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class PollVoted:
    """An account voted."""

    poll_id: int
    post_id: int
    account_id: int
    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PollClosed:
    """A poll's time is over."""

    poll_id: int
    post_id: int


@dataclass(frozen=True, slots=True)
class GroupPostHeld:
    """A post waits for the group's moderators."""

    group_post_id: int
    group_id: int
    post_id: int


@dataclass(frozen=True, slots=True)
class GroupPostAnnounced:
    """A group lets a post through: `boost_id` is the group's boost of it; an answer within the group has none."""

    group_post_id: int
    group_id: int
    post_id: int
    boost_id: int | None


@dataclass(frozen=True, slots=True)
class GroupActed:
    """Something was done in a group by whoever may: `verb` is what it is called on the wire.

    `object_iri` is the post or the account that it is about. `by_id` None is the group itself. `iri` is the activity by
    which somebody elsewhere did it. `undo`: it was taken back.
    """

    group_id: int
    verb: str  # Delete Lock Add Remove Block Update
    object_iri: str
    by_id: int | None = None
    reason: str = ""
    iri: str = ""
    target: str = ""  # featured moderators
    undo: bool = False
    until: int | None = None
    removes: bool = False
    post_id: int | None = None


@dataclass(frozen=True, slots=True)
class PostDisliked:
    """A dislike was counted, or taken back; `iri` is its activity's id."""

    post_id: int
    account_id: int
    iri: str
    undo: bool = False


@dataclass(frozen=True, slots=True)
class ReportFiled:
    """Somebody reported an account or posts."""

    report_id: int


@dataclass(frozen=True, slots=True)
class RelationsSevered:
    """A member lost relations at once; `severance_id` is what keeps them."""

    severance_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class PolicyAdopted:
    """Another policy is in force."""

    version: int


@dataclass(frozen=True, slots=True)
class PeerLookedAt:
    """What another server promises, or how well that is known, was found anew: it may stand otherwise now."""

    host: str


@dataclass(frozen=True, slots=True)
class InteractionAsked:
    """Something waits for the yes of a post's author; a row of `interaction`."""

    interaction_id: int


@dataclass(frozen=True, slots=True)
class InteractionAccepted:
    """The author of a post of ours said yes, or her rules did; `by_rule` where she was not asked."""

    interaction_id: int
    by_rule: bool = False


@dataclass(frozen=True, slots=True)
class InteractionRejected:
    """The author of a post of ours said no, or her rules did: then there is no row, and all is told here."""

    kind: str
    iri: str
    account_id: int
    post_id: int
    request_iri: str | None = None


@dataclass(frozen=True, slots=True)
class InteractionRevoked:
    """A yes was taken back: the authorization of this address holds no more."""

    interaction_id: int
    approval_iri: str


@dataclass(frozen=True, slots=True)
class QuoteAnswered:
    """A quote by a post of ours was accepted elsewhere: those who know the post are told of the authorization."""

    post_id: int


@dataclass(frozen=True, slots=True)
class PostPolicyChanged:
    """The author of a post of ours changed who may do what with it."""

    post_id: int


@dataclass(frozen=True, slots=True)
class QuoteMade:
    """A post quotes another one with its author's yes; a row of `interaction`."""

    interaction_id: int


@dataclass(frozen=True, slots=True)
class AgreementOffered:
    """An offer of ours is made and proven; it is to be sent."""

    agreement_id: int


@dataclass(frozen=True, slots=True)
class AgreementAnswered:
    """We accept or reject an agreement, end one, or tell a peer that a probe failed or that it is mended."""

    agreement_id: int
    answer: str
    """accept, reject, end, suspend, mend."""
