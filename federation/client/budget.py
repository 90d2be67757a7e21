"""How many requests one incoming activity may cause: 50 in all, 10 to each host that is no party to it (SECURITY).

Some of them are kept for the question by which handle a new account is to be shown, which is asked a moment later. Kept in a context variable, for it follows whatever the handlers of that activity ask for.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from federation.errors import RefusedError

MOST, MOST_TO_STRANGERS = 46, 9
FOR_HANDLE, FOR_HANDLE_TO_STRANGERS = 4, 1


@dataclass(slots=True)
class Budget:
    """What is left."""

    parties: frozenset[str]
    spent: Counter[str] = field(default_factory=Counter)
    most: int = MOST
    most_to_strangers: int = MOST_TO_STRANGERS

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left."""
        return self.spent.total() >= self.most

    def spend(self, host: str) -> None:
        """Take one request. Raises RefusedError."""
        self.spent[host] += 1
        stranger = host not in self.parties
        if self.spent.total() > self.most or (stranger and self.spent[host] > self.most_to_strangers):
            raise RefusedError("one activity asks for too many requests")


_current: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def budget(*parties: str, before: Mapping[str, int] | None = None) -> Iterator[Budget]:
    """Count the requests made inside; `parties` are hosts that the activity itself comes from or goes to.

    `before`: what the same cause has spent already, by host.
    """
    token = _current.set(Budget(frozenset(parties), Counter(before)))
    try:
        yield _current.get()  # type: ignore[misc]
    finally:
        _current.reset(token)


@contextmanager
def budget_for_handle(*parties: str) -> Iterator[None]:
    """The same, for the question by which handle an account is to be shown."""
    token = _current.set(Budget(frozenset(parties), Counter(), FOR_HANDLE, FOR_HANDLE_TO_STRANGERS))
    try:
        yield
    finally:
        _current.reset(token)


def spent() -> dict[str, int]:
    """How many requests were made so far, by host, if anybody counts."""
    current = _current.get()
    return dict(current.spent) if current is not None else {}


def is_party(host: str) -> bool:
    """Whether a host is a party to what is being done, so that it may be asked for more; where nobody counts, all are."""
    current = _current.get()
    return current is None or host in current.parties


def spend(host: str) -> None:
    """Count a request to a host, if anybody counts. Raises RefusedError."""
    current = _current.get()
    if current is not None:
        current.spend(host)
