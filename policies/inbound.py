"""May this come in? Asked when an activity arrives, by what its head says, and again when all of it is known."""

from dataclasses import replace

from policies.content import by_content
from policies.decision import Decision, Obligation, Reason, Verdict, allow, deny, hold, limit, strictest
from policies.document import PolicyDocument
from policies.engine import stands
from policies.facts import ActivityFacts, PeerFacts
from policies.peers import Stance, Standing, clean_host
from policies.sections import Incoming, PeerRule
from policies.treating import TAKES_AWAY, is_post, treated
from policies.treatments import Treatment

OUT_OF_SIGHT = frozenset({Obligation.KEEP_OUT_OF_PUBLIC_TIMELINES})
LIMITED = OUT_OF_SIGHT | {Obligation.DO_NOT_FETCH_MEDIA}

EARLY = frozenset({Treatment.REFUSE, Treatment.NO_DELETES, Treatment.NO_REPORTS})
"""Treatments that need no more than the kind of an activity."""


def may_arrive(policy: PolicyDocument, peer: PeerFacts, activity: ActivityFacts) -> Decision:
    """Whether an activity may be stored, of which only kind, actor and sender are known yet.

    Denied is only what `may_receive` denies as well, whatever else is found out about it; only a held server's is held here.
    """
    decision, found = _by_sender(policy, peer, activity)
    if decision.denied:
        return decision
    account = policy.incoming.accounts.get(activity.actor)
    given = [(rule.treat, Reason.SERVER_RULE) for rule in found.rules]
    given += [(policy.incoming.treat, Reason.GENERAL_RULE)]
    given += [(account.treat, Reason.ACCOUNT_RULE)] if account else []
    early = [one for treat, why in given for one in treated(treat & EARLY, why, activity) if one.denied]
    if activity.kind in policy.incoming.refused_kinds and activity.kind not in TAKES_AWAY:
        early.append(deny(Reason.KIND_REFUSED))
    listed = [one for one in _by_server(found, activity) if Reason.ACCOUNT_NOT_LISTED in one.reasons]
    return strictest([decision, *early, *listed])


def may_receive(policy: PolicyDocument, peer: PeerFacts, activity: ActivityFacts) -> Decision:
    """Whether what a peer sends may come in, and what must be done to it. Total: what is unknown is denied.

    A held peer's Delete, Undo, Block and Reject pass: they take away, and waiting with them would harm someone.
    """
    decision, found = _by_sender(policy, peer, activity)
    if decision.denied:
        return decision
    return strictest(
        [decision, *_by_server(found, activity), *_by_account(policy, activity), *by_content(policy, activity)]
    )


def of_account(policy: PolicyDocument, peer: PeerFacts, actor: str) -> Decision:
    """What is done to all that an account shows and says, whatever it is: by its server's stance, and the rules for both.

    Only the obligations are of use: whether something may come in is asked of each thing. What is here already of those of
    whom nothing comes in now is no more in sight than what is here of limited servers.
    """
    decision = may_receive(
        replace(policy, incoming=_of_accounts(policy)), replace(peer, signed=True), _profile(peer, actor)
    )
    if decision.allowed:
        return decision
    return replace(decision, obligations=decision.obligations | (LIMITED if decision.denied else OUT_OF_SIGHT))


def _of_accounts(policy: PolicyDocument) -> Incoming:
    return Incoming(treat=policy.incoming.treat, accounts=policy.incoming.accounts)


def _profile(peer: PeerFacts, actor: str) -> ActivityFacts:
    return ActivityFacts("Update", "Person", peer.host, actor)


NOWHERE: Standing[PeerRule] = Standing(Stance.BLOCKED)


def _by_sender(policy: PolicyDocument, peer: PeerFacts, activity: ActivityFacts) -> tuple[Decision, Standing[PeerRule]]:
    """What the sender's stance says, and the stance."""
    if not peer.signed:
        return deny(Reason.NOT_SIGNED), NOWHERE
    host = clean_host(peer.host)
    if host is None:
        return deny(Reason.PEER_UNKNOWN), NOWHERE
    if clean_host(activity.actor_host) != host:
        return deny(Reason.NOT_THE_SENDER), NOWHERE
    found = stands(policy, peer)
    return _by_stance(found.stance, activity), found


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
