"""What is remembered of others in this process: parsed keys, keys that could not be had, hosts that did not answer."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from federation.errors import FederationError
from federation.signatures.keys import PublicKey
from federation.vocab.plainly import Plainly

MOST = 5000
T = TypeVar("T")


class Bounded(OrderedDict[str, T], Generic[T]):
    """A dictionary of the newest `MOST` entries."""

    def __setitem__(self, key: str, value: T) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        while len(self) > MOST:
            self.popitem(last=False)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A peer's key, parsed. Times are of `clock.wire()`."""

    id: str
    owner: str
    algorithm: str
    public: PublicKey
    fetched_at: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A look-up that failed and is not tried again before `until`.

    Of the error only what it says is kept: an exception that is raised again and again holds on to whatever each of those who
    met it had in hand, bodies of a megabyte too.
    """

    kind: type[FederationError]
    args: tuple[object, ...]
    said: dict[str, object]
    until: int

    @classmethod
    def of(cls, error: FederationError, until: int) -> "Missed":
        """Remember an error until a moment."""
        return cls(type(error), error.args, dict(vars(error)), until)

    @property
    def error(self) -> FederationError:
        """The same error, made anew."""
        made = self.kind.__new__(self.kind)
        made.args = self.args
        vars(made).update(self.said)
        return made


@dataclass(slots=True)
class Memory:
    """Lost when the process ends, and nothing is lost by that."""

    keys: Bounded[KnownKey] = field(default_factory=Bounded)
    missed: Bounded[Missed] = field(default_factory=Bounded)
    looked: Bounded[int] = field(default_factory=Bounded)
    """key id -> when its row was last looked at."""
    fetching: dict[str, asyncio.Task[KnownKey]] = field(default_factory=dict)
    refreshed: Bounded[int] = field(default_factory=Bounded)
    """key id -> when it was last fetched anew because a signature failed."""
    cost: Bounded[dict[str, int]] = field(default_factory=Bounded)
    """key id -> requests that its last fetch took, by host, until an activity that it signed answers for them."""
    asked_after: Bounded[int] = field(default_factory=Bounded)
    """inbox -> when its owners were last asked after because it said that it is gone."""

    plainly: Plainly = field(default_factory=Plainly)

    schemes: Bounded[str] = field(default_factory=Bounded)
    """host -> what `remote.schemes` knows of it."""

    def forget(self, owner: str) -> None:
        """Drop all keys of an actor."""
        for key_id in [key.id for key in self.keys.values() if key.owner == owner]:
            del self.keys[key_id]
            self.missed.pop(key_id, None)
