"""Fixtures of federation's tests: an instance, a pretend peer, a handler that records what it is handed."""

from typing import Any

import pytest

from federation.vocab.types import Activity
from instance import wiring
from tests.support.peer import Peer
from tests.support.world import Running, World


class Recorder:
    """A handler that keeps what came to it; `fail` makes `apply` raise so many times."""

    def __init__(self) -> None:
        self.applied: list[Activity] = []
        self.fail = 0
        self.gathers: Any = None

    async def gather(self, federation: Any, activity: Activity) -> Any:
        return await self.gathers(federation, activity) if self.gathers else None

    def apply(self, u: Any, activity: Activity, gathered: Any) -> None:
        if self.fail:
            self.fail -= 1
            raise ValueError("words that must not be kept")
        self.applied.append(activity)


KINDS = ["Create", "Update", "Delete", "Follow", "Accept", "Reject", "Undo", "Like", "Announce"]


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Takes the place of all handlers."""
    made = Recorder()
    monkeypatch.setattr(wiring, "ACTIVITIES", {(kind, "*"): made for kind in KINDS})
    return made


@pytest.fixture
async def home(world: World, recorder: Recorder) -> Running:
    """Our instance."""
    return await world.instance("a.example")


@pytest.fixture
def peer(world: World) -> Peer:
    """Another server, with bob on it."""
    made = Peer(world)
    made.actor("bob")
    return made
