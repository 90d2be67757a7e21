"""Facts as they are kept beside a queued activity, and as policies want them. What is missing or strange fails closed."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from instance.clock import Millis
from instance.policy.kept import AUTHORS, KEPT, WRITTEN, Keeping
from instance.policy.peers import facts_where_asked
from policies.decision import Decision, Reason, deny
from policies.document import PolicyDocument
from policies.facts import PeerFacts, PostFacts
from policies.outbound import may_deliver
from policies.redaction import redact

RELATION: dict[str, Any] = {"visibility": "direct", "relation": True}
"""Facts of what concerns only the two who are named: Follow, Accept, Block, Like of a post ..."""


def facts_of(
    visibility: str, *, local_only: bool = False, tier: str | None = None, authors: Iterable[int | None] = ()
) -> dict[str, Any]:
    """Facts of a post, to be kept beside its activity in the outbox. `authors`: ids of those whose words go along."""
    whose = {AUTHORS: sorted({one for one in authors if one is not None})} if authors else {}
    return {"visibility": visibility, "local_only": local_only, "tier": tier, **whose}


def farewell(facts: Mapping[str, Any], written_at: Millis) -> dict[str, Any]:
    """Facts of what takes a post away, which was written then: it goes where the post went."""
    return {**facts, WRITTEN: written_at}


def post_facts(kept: Mapping[str, Any]) -> PostFacts:
    """What `facts_of` kept."""
    tier = kept.get("tier")
    return PostFacts(
        visibility=str(kept.get("visibility") or ""),
        local_only=kept.get("local_only", False) is not False,
        tier=None if tier is None else str(tier),
        relation=kept.get("relation") is True,
        kept_from_peer=kept.get(KEPT, False) is not False,
    )


def may_send(policy: PolicyDocument, peer: PeerFacts, kept: Mapping[str, Any]) -> Decision:
    """Whether what was queued with these facts may go to a peer; allowed, its obligations say what is taken out first.

    Held says that it waits, for the peer may come to be one that may have it. A peer that the stance holds gets nothing,
    not even later.
    """
    post = post_facts(kept)
    leaves = may_deliver(policy, peer, None, post)
    if leaves.held and Reason.PEER_HELD in leaves.reasons:
        return deny(*leaves.reasons)
    return redact(policy, peer, post) if leaves.allowed else leaves


def judging(
    connection: Connection, policy: PolicyDocument, now: Millis
) -> Callable[[Collection[str]], Callable[[str, Mapping[str, Any]], Decision]]:
    """(hosts) -> (host, facts) -> `may_send`; what is known of the hosts is asked for once, and only where it matters."""

    keeping = Keeping(connection)

    def of(hosts: Collection[str]) -> Callable[[str, Mapping[str, Any]], Decision]:
        peers = facts_where_asked(connection, policy, hosts, now)
        return lambda host, kept: may_send(policy, peers[host], keeping.marked(host, kept))

    return of
