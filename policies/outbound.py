"""May this leave the house? Asked when a delivery is queued, again when it is sent, and when a peer fetches a post."""

from policies.audience import Visibility
from policies.decision import Decision, Reason, allow, deny, hold, limit, strictest
from policies.document import PolicyDocument
from policies.facts import GroupFacts, PeerFacts, PostFacts
from policies.peers import Stance, clean_host, stance

ANYONE = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})


def may_deliver(policy: PolicyDocument, peer: PeerFacts, group: GroupFacts | None, post: PostFacts) -> Decision:
    """Whether a post (or a relation, judged as `direct`) may be sent to a peer. Total: what is unknown is denied.

    That each recipient belongs to the post's audience is the sender's work (`instance.activities`); this judges the server.
    """
    tier = group.tier if group is not None else post.tier
    return strictest([_by_stance(policy, peer), _by_audience(post, tier)])


def may_read(policy: PolicyDocument, peer: PeerFacts, post: PostFacts) -> Decision:
    """Whether a post may be shown to a peer that asks for it. Total: what is unknown is denied, unsigned included."""
    if not peer.signed:
        return deny(Reason.NOT_SIGNED)
    return strictest([may_deliver(policy, peer, None, post), _by_readers(post)])


def _by_stance(policy: PolicyDocument, peer: PeerFacts) -> Decision:
    host = clean_host(peer.host)
    if host is None:
        return deny(Reason.PEER_UNKNOWN)
    match stance(policy, host):
        case Stance.ALLOWED:
            return allow(Reason.PEER_ALLOWED)
        case Stance.LIMITED:
            return limit(frozenset(), Reason.PEER_LIMITED)
        case Stance.HELD:
            return hold(Reason.PEER_HELD)
        case Stance.BLOCKED:
            return deny(Reason.PEER_BLOCKED)


def _by_audience(post: PostFacts, tier: str | None) -> Decision:
    if post.local_only:
        return deny(Reason.LOCAL_ONLY)
    if post.visibility not in set(Visibility):
        return deny(Reason.AUDIENCE_UNKNOWN)
    if (tier is not None or post.visibility == Visibility.GROUP) and tier != "open":
        return deny(Reason.GROUP_NOT_OPEN)
    return allow()


def _by_readers(post: PostFacts) -> Decision:
    if post.visibility in ANYONE or post.reader_there:
        return allow()
    return deny(Reason.NO_READER_THERE)
