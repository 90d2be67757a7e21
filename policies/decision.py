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
    AUTHOR_KEEPS_FROM_PEER = "author-keeps-from-peer"
    LIMITED_REACH = "limited-reach"
    REQUIREMENT_NOT_MET = "requirement-not-met"
    REQUIREMENT_WAITS = "requirement-waits"
    SERVER_RULE = "server-rule"
    ACCOUNT_RULE = "account-rule"
    ACCOUNT_NOT_LISTED = "account-not-listed"
    GENERAL_RULE = "general-rule"
    KIND_REFUSED = "kind-refused"
    TOO_OLD = "too-old"
    TOO_MANY_MENTIONS = "too-many-mentions"
    MENTIONS_PROTECTED = "mentions-protected"
    MENTIONS_STRANGERS = "mentions-strangers"
    WORDS = "words"
    HASHTAG = "hashtag"
    NEW_ACCOUNT = "new-account"
    BOT = "bot"
    EMPTY = "empty"
    BARE_REPORT = "bare-report"
    KEPT_FOR_A_TIME = "kept-for-a-time"
    PARTS_TAKEN_OUT = "parts-taken-out"


class Obligation(StrEnum):
    """What must be done where the answer is not plainly allow."""

    KEEP_OUT_OF_PUBLIC_TIMELINES = "keep-out-of-public-timelines"
    DO_NOT_FETCH_MEDIA = "do-not-fetch-media"
    REMOVE_MEDIA = "remove-media"
    MARK_SENSITIVE = "mark-sensitive"
    ADD_WARNING = "add-warning"
    SHOW_TO_FOLLOWERS_ONLY = "show-to-followers-only"
    REMOVE_AVATAR = "remove-avatar"
    REMOVE_BANNER = "remove-banner"
    REMOVE_EMOJI = "remove-emoji"
    REMOVE_LOCATION = "remove-location"
    REMOVE_APPLICATION = "remove-application"
    REMOVE_LANGUAGE = "remove-language"
    REMOVE_PROFILE_FIELDS = "remove-profile-fields"


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
    Reason.AUTHOR_KEEPS_FROM_PEER: "The author keeps this server from her posts.",
    Reason.LIMITED_REACH: "The policy gives limited servers less than this.",
    Reason.REQUIREMENT_NOT_MET: "The post is not public, and that server doesn't promise what is asked for such words.",
    Reason.REQUIREMENT_WAITS: "The post is not public, and waits: what that server promises is being looked at, or agreed anew.",
    Reason.SERVER_RULE: "There is a rule for what comes from this server.",
    Reason.ACCOUNT_RULE: "There is a rule for this account.",
    Reason.ACCOUNT_NOT_LISTED: "Only some accounts of this server are let in, and this is none of them.",
    Reason.GENERAL_RULE: "There is a rule for all that comes in.",
    Reason.KIND_REFUSED: "Things of this kind are not taken.",
    Reason.TOO_OLD: "The post is old, and there is a rule for old posts.",
    Reason.TOO_MANY_MENTIONS: "The post mentions too many accounts.",
    Reason.MENTIONS_PROTECTED: "The post mentions an account that must not be mentioned from outside.",
    Reason.MENTIONS_STRANGERS: "The post mentions a member who doesn't follow its author.",
    Reason.WORDS: "The post holds words for which there is a rule.",
    Reason.HASHTAG: "The post has a hashtag for which there is a rule.",
    Reason.NEW_ACCOUNT: "The account is new, and there is a rule for what new accounts do.",
    Reason.BOT: "There is a rule for bots.",
    Reason.EMPTY: "The post is empty.",
    Reason.BARE_REPORT: "The report doesn't say what it reports, or why.",
    Reason.KEPT_FOR_A_TIME: "Copies are kept for a time only.",
    Reason.PARTS_TAKEN_OUT: "Some parts are taken out before it leaves.",
}
"""One English sentence for each reason; doors translate them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer. `allowed` is what most callers ask; a limited one is allowed with obligations."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    obligations: frozenset[Obligation] = frozenset()
    keep_for: int | None = None
    """Hours after which a copy is to be forgotten; None: no limit."""

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
    obligations = frozenset().union(*(decision.obligations for decision in given))
    ends = [decision.keep_for for decision in given if decision.keep_for is not None]
    return Decision(verdict, reasons, obligations, min(ends, default=None))
