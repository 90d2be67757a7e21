"""Facts as they are kept beside a queued activity, and as policies want them. What is missing or strange fails closed."""

from collections.abc import Mapping
from typing import Any

from policies.decision import Decision
from policies.document import PolicyDocument
from policies.facts import PeerFacts, PostFacts
from policies.outbound import may_deliver

RELATION: dict[str, Any] = {"visibility": "direct", "relation": True}
"""Facts of what concerns only the two who are named: Follow, Accept, Block, Like of a post ..."""


def facts_of(visibility: str, *, local_only: bool = False, tier: str | None = None) -> dict[str, Any]:
    """Facts of a post, to be kept beside its activity in the outbox."""
    return {"visibility": visibility, "local_only": local_only, "tier": tier}


def post_facts(kept: Mapping[str, Any]) -> PostFacts:
    """What `facts_of` kept."""
    tier = kept.get("tier")
    return PostFacts(
        visibility=str(kept.get("visibility") or ""),
        local_only=kept.get("local_only", False) is not False,
        tier=None if tier is None else str(tier),
        relation=kept.get("relation") is True,
    )


def may_send(policy: PolicyDocument, host: str, kept: Mapping[str, Any], at: int = 0) -> Decision:
    """Whether what was queued with these facts may go to a host at a moment (milliseconds; 0: not known)."""
    return may_deliver(policy, PeerFacts(host, at=at), None, post_facts(kept))
