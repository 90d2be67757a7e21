"""The house: what doors are handed. Built once by `app`, put in the request's state, passed on explicitly."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import HTTPConnection

from federation.context import Federation
from instance.db.store import Store
from instance.media.intake import Intake
from instance.site import Site


async def _knows_nobody(_text: str) -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class House:
    """One running instance."""

    site: Site
    store: Store
    intake: Intake
    federation: Federation
    runner_alive: Callable[[], bool]
    learn: Callable[[str], Awaitable[int | None]] = _knows_nobody
    """Asks other servers who or what is behind a handle (`ann@b.example`) or an address, and keeps the answer: the
    account's id, None where there is none."""
    shelf: dict[str, Any] = field(default_factory=dict)
    """What doors keep ready in memory, by name (instance.bounded); nothing that must not be lost."""


def house_of(connection: HTTPConnection) -> House:
    """The house that this request came to."""
    house: House = connection.state.house
    return house
