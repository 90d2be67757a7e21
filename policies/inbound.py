"""May this come in? Asked when an activity is accepted, before anything of it is believed."""

from policies.content import by_content
from policies.decision import Decision, Obligation, Reason, Verdict, allow, deny, hold, limit, strictest
from policies.document import PolicyDocument
from policies.engine import stands
from policies.facts import ActivityFacts, PeerFacts
from policies.peers import Stance, Standing, clean_host
from policies.sections import PeerRule
from policies.treating import TAKES_AWAY, is_post, treated

LIMITED = frozenset({Obligation.KEEP_OUT_OF_PUBLIC_TIMELINES, Obligation.DO_NOT_FETCH_MEDIA})


def may_receive(policy: PolicyDocument, peer: PeerFacts, activity: ActivityFacts) -> Decision:
    """Whether what a peer sends may come in, and what must be done to it. Total: what is unknown is denied.

    A held peer's Delete, Undo, Block and Reject pass: they take away, and waiting with them would harm someone.
    """
    if not peer.signed:
        return deny(Reason.NOT_SIGNED)
    host = clean_host(peer.host)
    if host is None:
        return deny(Reason.PEER_UNKNOWN)
    if clean_host(activity.actor_host) != host:
        return deny(Reason.NOT_THE_SENDER)
    found = stands(policy, peer)
    by_stance = _by_stance(found.stance, activity)
    if by_stance.denied:
        return by_stance
    return strictest(
        [by_stance, *_by_server(found, activity), *_by_account(policy, activity), *by_content(policy, activity)]
    )


def _by_stance(stance: Stance, activity: ActivityFacts) -> Decision:
    match stance:
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


def _by_server(found: Standing[PeerRule], activity: ActivityFacts) -> list[Decision]:
    made: list[Decision] = []
    for rule in found.rules:
        made += treated(rule.treat, Reason.SERVER_RULE, activity)
        if rule.accounts and activity.actor not in rule.accounts and activity.kind not in TAKES_AWAY:
            made.append(deny(Reason.ACCOUNT_NOT_LISTED))
    return made


def _by_account(policy: PolicyDocument, activity: ActivityFacts) -> list[Decision]:
    rules = policy.incoming
    made = treated(rules.treat, Reason.GENERAL_RULE, activity)
    rule = rules.accounts.get(activity.actor)
    if rule is not None:
        made += treated(rule.treat, Reason.ACCOUNT_RULE, activity)
    if policy.retention.remote_posts is not None and is_post(activity):
        made.append(Decision(Verdict.ALLOW, (Reason.KEPT_FOR_A_TIME,), keep_for=policy.retention.remote_posts))
    return made
