"""What a moderator has let in: while it is worked on, rules that hold things do not hold it again. Refusals still count."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from federation.errors import JudgedError
from federation.vocab.types import Activity
from policies.decision import Decision

_let_in: ContextVar[frozenset[str]] = ContextVar("let_in", default=frozenset())


@contextmanager
def letting_in(let_in: bool, activity: Activity) -> Iterator[None]:
    """Work on an activity; what it is about, and nothing else that is gathered for it, is let in with it."""
    inner = activity.object
    names = {activity.object_id, inner.object_id if isinstance(inner, Activity) else ""}
    token = _let_in.set(frozenset(names - {""}) if let_in else frozenset())
    try:
        yield
    finally:
        _let_in.reset(token)


def check(decision: Decision, iri: str) -> None:
    """Raise JudgedError where the policy does not let in what has this id."""
    if not (decision.allowed or (decision.held and iri in _let_in.get())):
        raise JudgedError(decision)
