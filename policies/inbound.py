"""May this come in? Asked when an activity is accepted, before anything of it is believed."""

from policies.decision import Decision, Obligation, Reason, allow, deny, hold, limit
from policies.document import PolicyDocument
from policies.facts import ActivityFacts, PeerFacts
from policies.peers import Stance, clean_host, stance

TAKES_AWAY = frozenset({"Delete", "Undo", "Block", "Reject"})
LIMITED = frozenset({Obligation.KEEP_OUT_OF_PUBLIC_TIMELINES, Obligation.DO_NOT_FETCH_MEDIA})


def may_receive(policy: PolicyDocument, peer: PeerFacts, activity: ActivityFacts) -> Decision:
    """Whether what a peer sends may come in. Total: what is unknown is denied.

    A held peer's Delete, Undo, Block and Reject pass: they take away, and waiting with them would harm someone.
    """
    if not peer.signed:
        return deny(Reason.NOT_SIGNED)
    host = clean_host(peer.host)
    if host is None:
        return deny(Reason.PEER_UNKNOWN)
    if clean_host(activity.actor_host) != host:
        return deny(Reason.NOT_THE_SENDER)
    match stance(policy, host):
        case Stance.ALLOWED:
            return allow(Reason.PEER_ALLOWED)
        case Stance.LIMITED:
            return limit(LIMITED, Reason.PEER_LIMITED)
        case Stance.HELD if activity.kind in TAKES_AWAY:
            return limit(LIMITED, Reason.ONLY_TAKES_AWAY)
        case Stance.HELD:
            return hold(Reason.PEER_HELD)
        case Stance.BLOCKED:
            return deny(Reason.PEER_BLOCKED)
