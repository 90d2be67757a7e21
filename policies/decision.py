"""What policies answer: allow, limit, hold or deny, with the reasons and what the answer obliges us to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Verdict(IntEnum):
    """From mild to strict: where two judgements meet, the stricter one stands (deny beats allow)."""

    ALLOW = 0
    LIMIT = 1
    HOLD = 2
    DENY = 3


class Reason(StrEnum):
    """Why. Stable codes: they are stored beside what was refused."""

    PEER_ALLOWED = "peer-allowed"
    PEER_LIMITED = "peer-limited"
    PEER_HELD = "peer-held"
    PEER_BLOCKED = "peer-blocked"
    PEER_UNKNOWN = "peer-unknown"
    NOT_SIGNED = "not-signed"
    NOT_THE_SENDER = "not-the-sender"
    ONLY_TAKES_AWAY = "only-takes-away"
    LOCAL_ONLY = "local-only"
    AUDIENCE_UNKNOWN = "audience-unknown"
    NO_READER_THERE = "no-reader-there"
    GROUP_NOT_OPEN = "group-not-open"


class Obligation(StrEnum):
    """What must be done where the answer is not plainly allow."""

    KEEP_OUT_OF_PUBLIC_TIMELINES = "keep-out-of-public-timelines"
    DO_NOT_FETCH_MEDIA = "do-not-fetch-media"


EXPLANATIONS: dict[Reason, str] = {
    Reason.PEER_ALLOWED: "The policy allows this server.",
    Reason.PEER_LIMITED: "The policy limits this server: its posts stay out of public timelines.",
    Reason.PEER_HELD: "The policy holds what comes from this server until a steward decides.",
    Reason.PEER_BLOCKED: "The policy blocks this server.",
    Reason.PEER_UNKNOWN: "The other server could not be named.",
    Reason.NOT_SIGNED: "The request was not signed, so nobody knows who asks.",
    Reason.NOT_THE_SENDER: "The sender speaks for an account of another server.",
    Reason.ONLY_TAKES_AWAY: "This only takes something away, which is never held back.",
    Reason.LOCAL_ONLY: "The post is for this server only.",
    Reason.AUDIENCE_UNKNOWN: "The post's audience is not one that we know.",
    Reason.NO_READER_THERE: "Nobody on that server is meant to read this post.",
    Reason.GROUP_NOT_OPEN: "The post belongs to a group that is not open.",
}
"""One English sentence for each reason; doors translate them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer. `allowed` is what most callers ask; a limited one is allowed with obligations."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    obligations: frozenset[Obligation] = frozenset()

    @property
    def allowed(self) -> bool:
        return self.verdict in {Verdict.ALLOW, Verdict.LIMIT}

    @property
    def held(self) -> bool:
        return self.verdict is Verdict.HOLD

    @property
    def denied(self) -> bool:
        return self.verdict is Verdict.DENY

    def explain(self) -> str:
        """Why, in plain English."""
        return " ".join(EXPLANATIONS[reason] for reason in self.reasons)


def allow(*reasons: Reason) -> Decision:
    """Go ahead."""
    return Decision(Verdict.ALLOW, reasons)


def limit(obligations: frozenset[Obligation], *reasons: Reason) -> Decision:
    """Go ahead, but do what is asked."""
    return Decision(Verdict.LIMIT, reasons, obligations)


def hold(*reasons: Reason) -> Decision:
    """Keep it until a person decides."""
    return Decision(Verdict.HOLD, reasons)


def deny(*reasons: Reason) -> Decision:
    """No."""
    return Decision(Verdict.DENY, reasons)


def strictest(decisions: Iterable[Decision]) -> Decision:
    """Several judgements in one: the strictest verdict and its reasons, all obligations. None at all denies."""
    given = list(decisions)
    if not given:
        return deny()
    verdict = max(decision.verdict for decision in given)
    reasons = tuple(dict.fromkeys(r for d in given if d.verdict is verdict for r in d.reasons))
    return Decision(verdict, reasons, frozenset().union(*(decision.obligations for decision in given)))
