"""May this leave the house? Asked when a delivery is queued, again when it is sent, and when a peer fetches a post."""

from policies.audience import OPEN_TO_ALL, Visibility
from policies.decision import Decision, Reason, allow, deny, hold, limit, strictest
from policies.document import PolicyDocument
from policies.engine import meets, stands
from policies.facts import GroupFacts, PeerFacts, PostFacts
from policies.leaving import Reach
from policies.peers import Stance, clean_host


def may_deliver(policy: PolicyDocument, peer: PeerFacts, group: GroupFacts | None, post: PostFacts) -> Decision:
    """Whether a post (or a relation, judged as `direct`) may be sent to a peer. Total: what is unknown is denied.

    That each recipient belongs to the post's audience is the sender's work (`instance.activities`); this judges the server.
    A group's own policy is asked as well, and the stricter answer stands.
    """
    tier = group.tier if group is not None else post.tier
    policies = [policy] if group is None or group.policy is None else [policy, group.policy]
    return strictest([*(_by_policy(one, peer, post) for one in policies), _by_audience(post, tier)])


def may_read(policy: PolicyDocument, peer: PeerFacts, post: PostFacts) -> Decision:
    """Whether a post may be shown to a peer that asks for it. Total: what is unknown is denied, unsigned included."""
    if not peer.signed:
        return deny(Reason.NOT_SIGNED)
    return strictest([may_deliver(policy, peer, None, post), _by_readers(post)])


def _by_policy(policy: PolicyDocument, peer: PeerFacts, post: PostFacts) -> Decision:
    if clean_host(peer.host) is None:
        return deny(Reason.PEER_UNKNOWN)
    is_open = post.relation or post.visibility in OPEN_TO_ALL
    match stands(policy, peer).stance:
        case Stance.ALLOWED:
            by_stance = allow(Reason.PEER_ALLOWED)
        case Stance.LIMITED:
            reach = policy.outgoing.limited_gets
            enough = (
                post.relation or reach is Reach.EVERYTHING or (reach is Reach.PUBLIC and post.visibility in OPEN_TO_ALL)
            )
            by_stance = limit(frozenset(), Reason.PEER_LIMITED) if enough else deny(Reason.LIMITED_REACH)
        case Stance.HELD:
            return hold(Reason.PEER_HELD)
        case Stance.BLOCKED:
            return deny(Reason.PEER_BLOCKED)
    if not is_open and not meets(policy.requirement, peer):
        waits = 0 < peer.at < peer.waits_until
        return strictest([by_stance, hold(Reason.REQUIREMENT_WAITS) if waits else deny(Reason.REQUIREMENT_NOT_MET)])
    return by_stance


def _by_audience(post: PostFacts, tier: str | None) -> Decision:
    if post.local_only:
        return deny(Reason.LOCAL_ONLY)
    if post.visibility not in set(Visibility):
        return deny(Reason.AUDIENCE_UNKNOWN)
    if (tier is not None or post.visibility == Visibility.GROUP) and tier != "open":
        return deny(Reason.GROUP_NOT_OPEN)
    if post.kept_from_peer:
        return deny(Reason.AUTHOR_KEEPS_FROM_PEER)
    return allow()


def _by_readers(post: PostFacts) -> Decision:
    if post.visibility in OPEN_TO_ALL or post.reader_there:
        return allow()
    return deny(Reason.NO_READER_THERE)
