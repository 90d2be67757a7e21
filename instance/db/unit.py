"""The unit of work: one transaction, the events recorded in it, and the runners it wakes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection

from instance.clock import Millis
from instance.site import Site

Handler = Callable[["Unit", Any], None]
Handlers = Mapping[type, Sequence[Handler]]


@dataclass(slots=True)
class Unit:
    """What a service works with. It never commits: whoever called `store.unit` does.

    `now` is the time by which the whole unit is judged. `record` tells what happened: handlers from the table of
    events run in the same transaction, and one that raises undoes all. `wake` names runners to wake after the commit;
    `after_commit` is for what lives in memory only (streams, caches), never for effects that must not be lost.
    """

    connection: Connection
    site: Site
    now: Millis
    events: list[Any] = field(default_factory=list)
    wakes: set[str] = field(default_factory=set)
    after: list[Callable[[], None]] = field(default_factory=list)

    def record(self, event: Any) -> None:
        """Something happened; its handlers run before the commit."""
        self.events.append(event)

    def wake(self, runner: str) -> None:
        """Wake the runner of that name ('jobs', 'inbox', 'deliveries') after the commit."""
        self.wakes.add(runner)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call this, on the event loop, once the transaction has committed."""
        self.after.append(call)


T = TypeVar("T")


def run_unit(unit: Unit, handlers: Handlers, fn: Callable[..., T], args: tuple[Any, ...]) -> T:
    """Run a service and then the handlers of the events it recorded, until none are left."""
    result = fn(unit, *args)
    while unit.events:
        event = unit.events.pop(0)
        for handler in handlers.get(type(event), ()):
            handler(unit, event)
    return result
