"""What can go wrong on the wire: a small tree; each error knows its HTTP status and whether a later try may help.

Texts name facts (hosts, headers, limits), never words of members: they may be logged and sent as problem texts.
"""

from policies.decision import Decision


class FederationError(Exception):
    """Root of the tree. `status` is what an inbox answers; `retry` whether the same may work later."""

    status = 400
    retry = False
    after = 60
    """Seconds until the same may work, where it may."""

    @property
    def text(self) -> str:
        """The short problem text."""
        return str(self) or type(self).__name__


class MalformedError(FederationError):
    """Not JSON, not an activity, or beyond the limits of depth and width."""


class TooLargeError(FederationError):
    """More bytes than we take."""

    status = 413


class SlowError(FederationError):
    """A body that does not arrive in time."""

    status = 408


class WrongTypeError(FederationError):
    """A content type that is not ActivityStreams."""

    status = 415


class UnsignedError(FederationError):
    """No signature, or one that does not hold."""

    status = 401


class UnreachableError(FederationError):
    """The other server can't be reached for the moment (network, time-out, 5xx, 429)."""

    status = 503
    retry = True


class AwayError(UnreachableError):
    """Nobody answers there at all: no connection. `origin` is what we tried, which after redirects is not what was named."""

    def __init__(self, text: str, origin: str) -> None:
        super().__init__(text)
        self.origin = origin


class TooMuchError(FederationError):
    """A server sends, or has us fetch, more than it may: it is to come back later. `why`: rate, waiting or keys."""

    status = 429
    retry = True

    def __init__(self, why: str, after: int) -> None:
        super().__init__(_TOO_MUCH[why])
        self.why = why
        self.after = after


_TOO_MUCH = {
    "rate": "too much at once: send it again later",
    "waiting": "too much of yours waits here already: send it again later",
    "keys": "too many keys are to be fetched: send it again later",
}


class RefusedError(FederationError):
    """We do not speak to that address, by the guard or by the policy in force."""

    status = 401


class AnsweredError(FederationError):
    """The other server answered a fetch with a status that a later try will not change."""

    def __init__(self, text: str, answered: int) -> None:
        super().__init__(text)
        self.answered = answered


class GoneError(AnsweredError):
    """The other server says that it is not there (404, 410, Tombstone)."""


class UnbelievableError(FederationError):
    """Somebody says what is not theirs to say: another's object, another's origin."""


class JudgedError(FederationError):
    """The policy in force says that something may not come in, or that it waits for a person."""

    status = 202

    def __init__(self, decision: Decision) -> None:
        super().__init__(", ".join(decision.reasons))
        self.decision = decision
