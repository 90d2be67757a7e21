"""The rest of a thread, fetched from the servers that it lives on: what is above a post, and what answers it.

A job, never part of a request: at most 50 requests, 10 to each host that is no party to it, one minute. It
asks the thread's own collection first (FEP-7888 `context`, FEP-f228 `contextHistory`), then the `replies` of the posts
that it knows. What a collection lists is only a name: each post is fetched from its own origin, and kept if everyone may
read it and it answers something in this thread.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from federation.client import collections
from federation.client.budget import Budget, budget
from federation.client.fetch import fetch
from federation.context import Federation
from federation.errors import FederationError, UnbelievableError
from federation.inbound.belief import owns
from federation.vocab.iris import host_of, same_origin
from federation.vocab.reading import iri, type_of
from federation.vocab.types import Object
from instance.activities.arriving.gathering import learn, standing
from instance.activities.arriving.posts import Gathered, collect, is_public, keep
from instance.content.threads import first
from instance.content.visible import is_for_anyone, visible_to
from instance.db.content import post
from instance.db.people import account
from instance.db.unit import Unit
from instance.jobs.local import Effect
from instance.jobs.table import Job

SECONDS = 60.0
MOST_POSTS = 40
MOST_ABOVE = 20
MOST_KNOWN = 500
MOST_ASKED = 15
"""Of how many posts the replies are asked for."""


@dataclass(slots=True)
class Known:
    """A thread as our rows have it."""

    root: str
    opened: str
    missing: str = ""
    """What the oldest known post answers, where that is not here."""
    iris: set[str] = field(default_factory=set)
    remote: list[str] = field(default_factory=list)
    """Its posts of other servers that everyone may read: the first, then the opened one, then the newest."""


class Backfill:
    """The job `fetch-thread`."""

    def __init__(self, federation: Federation) -> None:
        self._federation = federation

    async def run(self, job: Job) -> Effect | None:
        """Fetch what is missing, and keep it: what is answered before what answers."""
        known = await self._federation.store.read(_known, int(job.payload["post_id"]))
        if known is None:
            return None
        walk = Walk(self._federation, known)
        party = str(job.payload.get("from") or host_of(known.missing or known.root))
        before = job.payload.get("spent")
        with budget(party, self._federation.domain, before=before) as spent, suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                await walk.go(spent)
        return lambda u: _keep(u, walk.found)


def _known(connection: Connection, post_id: int) -> Known | None:
    row = connection.execute(select(post).where(post.c.id == post_id, post.c.deleted_at.is_(None))).first()
    root = first(connection, row) if row is not None else None
    if row is None or root is None or not (is_for_anyone(row) and is_for_anyone(root)):
        return None
    seen = visible_to(None).label("seen")
    wanted = select(post.c.iri, seen, account.c.domain).join(account, account.c.id == post.c.account_id)
    there = (post.c.thread_id == row.thread_id, post.c.boost_of_id.is_(None), post.c.deleted_at.is_(None))
    rows = connection.execute(wanted.where(*there).order_by(post.c.id.desc()).limit(MOST_KNOWN)).all()
    theirs = [one.iri for one in rows if one.domain and one.seen]
    order = [name for name in (root.iri, row.iri) if name in theirs]
    missing = root.reply_to_iri if root.reply_to_id is None and root.reply_to_iri else ""
    known = Known(root.iri, row.iri, missing)
    known.iris = {one.iri for one in rows}
    known.remote = list(dict.fromkeys([*order, *theirs]))
    return known


class Walk:
    """One walk through a thread. `found` is what it brought, in the order in which it is to be kept."""

    def __init__(self, federation: Federation, known: Known) -> None:
        self._federation = federation
        self._known = known
        self._seen = set(known.iris)
        self._spent = Budget(frozenset())
        self.found: list[Gathered] = []

    async def go(self, spent: Budget) -> None:
        """Up first, then the thread's own collection, then the replies of what is known."""
        self._spent = spent
        top = await self._up(self._known.missing)
        queue = deque(about for about in top)
        for name in self._known.remote[:MOST_ASKED]:
            if self._over():
                return
            about = await self._fetched(name)
            if about is not None:
                queue.append(about)
        if queue:
            await self._collections(queue)

    def _over(self) -> bool:
        return len(self.found) >= MOST_POSTS or self._spent.exhausted

    async def _up(self, answered: str) -> list[Object]:
        """What the first known post answers, up to where the thread began; oldest first."""
        chain: list[Object] = []
        while answered and answered not in self._seen and len(chain) < MOST_ABOVE and not self._over():
            about = await self._fetched(answered)
            if about is None or not await self._take(about, above=True):
                break
            chain.insert(0, about)
            answered = about.in_reply_to
        return chain

    async def _collections(self, queue: deque[Object]) -> None:
        """Breadth first: of each post its replies, of the first one its thread's collection before."""
        root = queue[0]
        for name in ("context", "contextHistory"):
            start = root.raw.get(name)
            if start and same_origin(iri(start) or root.id, root.id):
                await self._each(start, root, queue)
        asked = 0
        while queue and asked < MOST_ASKED and not self._over():
            about = queue.popleft()
            start = about.raw.get("replies")
            if start:
                asked += 1
                await self._each(start, about, queue)

    async def _each(self, start: Any, of: Object, queue: deque[Object]) -> None:
        """Fetch what a collection lists; its items may come in any order, so what does not fit yet is tried once more."""
        listed: list[str] = []
        with suppress(FederationError):
            async for item in collections.items(self._federation, start, of.id):
                listed.append(_post_iri(item))
                if len(listed) >= collections.MOST_ITEMS:
                    break
        later = await self._round(listed, queue)
        while later:
            rest = await self._again(later, queue)
            if len(rest) == len(later):
                return
            later = rest

    async def _round(self, names: Iterable[str], queue: deque[Object]) -> list[Object]:
        later = []
        for name in dict.fromkeys(names):
            if self._over():
                return []
            if not name or name in self._seen or self._federation.is_ours(name):
                continue
            self._seen.add(name)
            about = await self._fetched(name)
            if about is not None and about.id not in self._known.iris:
                if await self._take(about):
                    queue.append(about)
                else:
                    later.append(about)
        return later

    async def _again(self, waiting: list[Object], queue: deque[Object]) -> list[Object]:
        rest = []
        for about in waiting:
            if await self._take(about):
                queue.append(about)
            else:
                rest.append(about)
        return rest

    async def _fetched(self, name: str) -> Object | None:
        """A post from its own origin, if everyone may read it."""
        if self._federation.is_ours(name):
            return None
        with suppress(FederationError):
            about = await fetch(self._federation, name)
            mine = isinstance(about, Object) and about.is_post and owns(about.attributed_to, about)
            if isinstance(about, Object) and mine and is_public(about):
                return about
        return None

    async def _take(self, about: Object, *, above: bool = False) -> bool:
        """Gather a post for keeping; False for what answers nothing in this thread."""
        if len(self.found) >= MOST_POSTS or (not above and about.in_reply_to not in self._known.iris):
            return False
        try:
            known = await standing(self._federation, about.attributed_to, [], [about.id])
            gathered = await collect(self._federation, about, known)
        except (FederationError, UnbelievableError):
            return False
        self._known.iris.add(about.id)
        self._seen.add(about.id)
        if above:
            self.found.insert(0, gathered)
        else:
            self.found.append(gathered)
        return True


def _post_iri(item: Any) -> str:
    """The post that an item of a collection names: itself, or what a Create in a `contextHistory` is about."""
    if isinstance(item, dict) and type_of(item) in {"Create", "Update", "Announce"}:
        return iri(item.get("object"))
    return iri(item)


def _keep(u: Unit, found: list[Gathered]) -> None:
    for one in found:
        learn(u, one.profiles)
        keep(u, one, quiet=True)
