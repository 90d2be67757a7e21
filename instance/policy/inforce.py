"""The policy in force: the newest `policy_version`, read once for each version and kept parsed."""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from sqlalchemy import Connection, select

from federation.ports import PolicyVersion
from instance.db.hot import Query
from instance.db.store import Store
from instance.db.system import policy_version
from instance.policy.peers import facts_for
from policies.document import PolicyDocument, parse
from policies.facts import PeerFacts
from policies.presets import preset

NEWEST = Query("SELECT id FROM policy_version ORDER BY id DESC LIMIT 1")
DOCUMENT = Query("SELECT digest, document, adopted_at FROM policy_version WHERE id = :id")
FAR_AHEAD = 1 << 62


class HasStore(Protocol):
    """The house, as far as this module needs it."""

    @property
    def store(self) -> Store: ...


@lru_cache(maxsize=8)
def _parsed(digest: str, text: str) -> PolicyDocument:
    """Parsed once: a digest names one text for ever. Raises ValueError where the stored text is not what it is named."""
    found = parse(text)
    if found.digest != digest:
        raise ValueError("the stored policy does not match its digest")
    return found


class InForce:
    """The policy in force of one instance, one hot statement a question; asked again for every use.

    With `now` (milliseconds), rules that have ended are left out at once.
    """

    def __init__(self, store: Store, now: Callable[[], int] | None = None) -> None:
        self._store = store
        self._now = now
        self._judged = preset("closed")
        self._good_until = 0
        self._version = 0
        self._adopted_at = 0
        self._document = preset("closed")
        self._next: asyncio.Task[None] | None = None

    async def newest(self) -> PolicyVersion:
        """The policy in force with its number and since when; number 0: none was adopted yet."""
        await self._look()
        return PolicyVersion(self._version, self._adopted_at, self._document)

    async def document(self) -> PolicyDocument:
        """The policy by which to judge now. Before one was adopted: closed."""
        await self._look()
        return self._by_now()

    async def about(self, host: str) -> tuple[PolicyDocument, PeerFacts]:
        """The policy by which to judge now, and what is known of a peer, as far as that policy asks for it."""
        await self._look()
        policy = self._by_now()
        at = self._now() if self._now is not None else 0
        if not policy.requirement.asks:
            return policy, PeerFacts(host, at=at)
        return policy, (await self._store.read(facts_for, [host], at))[host]

    def _by_now(self) -> PolicyDocument:
        if self._now is None:
            return self._document
        now = self._now()
        if now >= self._good_until:
            self._judged = self._document.at(now)
            self._good_until = next((end for end in self._document.ends if end > now), FAR_AHEAD)
        return self._judged

    async def _look(self) -> None:
        """One look for all who ask in the same turn of the loop, begun after they asked."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._look_now())
        await asyncio.shield(self._next)

    async def _look_now(self) -> None:
        self._next = None
        newest = await self._store.hot(NEWEST)
        version = newest[0][0] if newest else 0
        if version > self._version:
            [(digest, text, adopted_at)] = await self._store.hot(DOCUMENT, id=version)
            if version > self._version:  # another look may have been faster
                self._document, self._version, self._adopted_at = _parsed(digest, text), version, adopted_at
                self._good_until = 0


async def in_force(house: HasStore) -> PolicyDocument:
    """The policy by which to judge now, where there is only a house at hand."""
    newest = await house.store.hot(NEWEST)
    if not newest:
        return preset("closed")
    [(digest, text, _)] = await house.store.hot(DOCUMENT, id=newest[0][0])
    return _parsed(digest, text)


def in_force_to_change(connection: Connection) -> PolicyDocument:
    """The same, for a transaction that is about to change it: of two at once the second waits, and sees what the first did."""
    first = (
        select(policy_version.c.id).order_by(policy_version.c.id).limit(1)
    )  # the same for all, which the newest is not
    connection.execute(first.with_for_update()).first()
    return in_force_here(connection)


def in_force_here(connection: Connection) -> PolicyDocument:
    """The policy in force as a transaction sees it. Before one was adopted: closed."""
    newest = select(policy_version.c.digest, policy_version.c.document).order_by(policy_version.c.id.desc()).limit(1)
    row = connection.execute(newest).first()
    return _parsed(row.digest, row.document) if row else preset("closed")
