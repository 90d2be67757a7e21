"""The house: what doors are handed. Built once by `app`, put in the request's state, passed on explicitly."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import HTTPConnection

from federation.context import Federation
from instance.db.store import Store
from instance.media.intake import Intake
from instance.site import Site


@dataclass(frozen=True, slots=True)
class Found:
    """What a handle or an address names: an account, a post, or nothing."""

    account_id: int | None = None
    post_id: int | None = None


class Resolver(Protocol):
    """Finds accounts and posts, here or at their own server (`instance.activities.fetching.lookup`). Never raises for absence."""

    async def find(self, asked: str, *, fetching: bool = True) -> Found:
        """What a handle (`ann@b.example`) or an address names."""
        ...

    async def account(self, handle: str, *, fetching: bool = True) -> int | None:
        """The id of the account behind a handle; one without a host is ours."""
        ...

    async def afresh(self, asked: str) -> int | None:
        """The account behind a handle or an address, its profile as it is at its own server now; None: can't be had."""
        ...

    async def learn(self, text: str) -> int | None:
        """The id of the account, if any, that a handle or an address names; a post is kept all the same."""
        ...

    async def meet(self, text: str) -> None:
        """Look up whom a text is about to mention and whom we don't know yet; call it before the text is posted."""
        ...


@dataclass(frozen=True, slots=True)
class House:
    """One running instance."""

    site: Site
    store: Store
    intake: Intake
    federation: Federation
    resolver: Resolver
    runner_alive: Callable[[], bool]
    shelf: dict[str, Any] = field(default_factory=dict)
    """What doors keep ready in memory, by name (instance.bounded); nothing that must not be lost."""

    async def learn(self, text: str) -> int | None:
        """Ask other servers who or what is behind a handle or an address, and keep the answer; an account's id."""
        return await self.resolver.learn(text)


def house_of(connection: HTTPConnection) -> House:
    """The house that this request came to."""
    house: House = connection.state.house
    return house
