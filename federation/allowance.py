"""How much another server may send, and have us fetch: counted in this process's memory, by who is proven to send.

Whoever asks may name any server as its own. What is not verified yet counts against the address that it comes from, what is verified
against the server that signed it: nobody uses up another's share by naming its keys.

Servers that somebody here follows, or that there is an agreement with, have a whole share each. Strangers have a fifth of one, all hosts of
a domain together (names below a domain cost its owner nothing), and a whole one between all of them.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import Connection

from federation.errors import TooMuchError
from federation.ports import Clock, Store
from federation.remote.memory import Bounded
from federation.vocab.iris import domain_of
from federation.vocab.times import MINUTE

STRANGERS_PART = 5
KNOWN_FOR, STRANGE_FOR = 5 * MINUTE, 20_000  # milliseconds until it is asked anew whether a server is known
LOOK_EVERY = 2_000  # milliseconds between two counts of what waits of a server that has reached its bound
RATE_SECONDS, WAITING_SECONDS = 30, 300  # Retry-After: half of a share is back; the worker has had time
BOUNDS = RATE, WAITING, KEYS = "rate", "waiting", "keys"
CALLERS_PART = UNPROVEN_PART = 2
STRANGE = "*."


@dataclass(frozen=True, slots=True)
class Bounds:
    """A whole share. 0: without bound."""

    per_minute: int = 0
    waiting: int = 0
    """How many of its activities may wait, to be done or for a steward."""
    waiting_bytes: int = 0
    keys_per_minute: int = 0
    """How many keys may be fetched from one server."""


@dataclass(slots=True)
class Bucket:
    """Holds as much as a minute brings; `most` 0 is never empty. Times in milliseconds."""

    most: int
    left: float
    at: int

    def level(self, now: int) -> float:
        """What is in it now."""
        if now > self.at:
            self.left = min(self.left + (now - self.at) * self.most / MINUTE, self.most)
        self.at = now
        return self.left

    def take(self, now: int) -> bool:
        """Take one, if there is one."""
        if self.most and self.level(now) < 1:
            return False
        self.left -= 1
        return True


@dataclass(slots=True)
class Share:
    """What one server, or one domain of strangers, has used. What waits is what was counted last and all that came since."""

    bucket: Bucket
    most: int
    most_bytes: int
    waiting: int = 0
    waiting_bytes: int = 0
    looked_at: int | None = None
    looking: asyncio.Task[None] | None = None
    full_until: int = 0

    def has_room(self, length: int) -> bool:
        """Whether one more activity of so many bytes may wait."""
        too_many = 0 < self.most <= self.waiting
        return not (too_many or 0 < self.most_bytes < self.waiting_bytes + length)


@dataclass(frozen=True, slots=True)
class Asking:
    """What the instance is asked, now and then."""

    known: Callable[[Connection, str], bool]
    """Whether a server (`host[:port]`) has a whole share."""
    waiting: Callable[[Connection, str], tuple[int, int]]
    """(activities, bytes) that wait of a family, as `family` names it."""
    household: Callable[[str], str] = str
    """What an address is counted by."""


class Allowance:
    """The shares of all servers. Memory is bounded; only who was verified once takes any of it."""

    def __init__(self, bounds: Bounds, clock: Clock, store: Store, asking: Asking) -> None:
        self._bounds = bounds
        self._clock = clock
        self._store = store
        self._asking = asking
        self._families: Bounded[tuple[str, int]] = Bounded()
        self._shares: Bounded[Share] = Bounded()
        self._strangers = self._bucket(bounds.per_minute)
        self._proven: Bounded[int] = Bounded()
        self._fetches: Bounded[Bucket] = Bounded()
        self.refused: Counter[str] = Counter()
        """How often somebody was asked to come later, by reason, since the start."""

    async def family(self, host: str) -> str:
        """Who a verified server counts as: itself, if it is known here; else the strangers of its domain (`*.a.example`)."""
        family = self._family(host)
        if not family:
            known = await self._store.read(self._asking.known, host)
            family = host if known else STRANGE + domain_of(host)
            self._families[host] = (family, self._clock.now())
        return family

    def _family(self, host: str) -> str:
        """The same, where it was asked lately; else ''."""
        family, at = self._families.get(host, ("", 0))
        kept = STRANGE_FOR if family.startswith(STRANGE) else KNOWN_FOR
        return family if abs(self._clock.now() - at) <= kept else ""

    def knock(self, host: str) -> None:
        """Before anything is verified: raises TooMuchError where the server that is named has used up its share anyway."""
        share = self._shares.get(self._family(host))
        if share is None:
            return
        now = self._clock.now()
        if share.full_until > now:
            self._refuse(WAITING)
        if share.bucket.most and share.bucket.level(now) < 1:
            self._refuse(RATE)

    async def take(self, host: str, length: int) -> None:
        """Count an activity of so many bytes that `host` is proven to have sent. Raises TooMuchError."""
        family, now = await self.family(host), self._clock.now()
        share = self._shares.get(family) or self._new(family, now)
        if not share.bucket.take(now) or (family.startswith(STRANGE) and not self._strangers.take(now)):
            self._refuse(RATE)
        if not share.has_room(length):
            await self._look(share, family, now)
            if not share.has_room(length):
                share.full_until = now + LOOK_EVERY
                self._refuse(WAITING)
        share.waiting += 1
        share.waiting_bytes += length

    def prove(self, caller: str, host: str) -> None:
        """A request from this address was signed by this server."""
        self._proven[f"{self._asking.household(caller)} {host}"] = 0

    def is_proven(self, caller: str, host: str) -> bool:
        """Whether something from this address was signed by this server lately."""
        return f"{self._asking.household(caller)} {host}" in self._proven

    def ask_for_key(self, caller: str, host: str) -> None:
        """Somebody names a key of this server that must be fetched. Raises TooMuchError.

        A server that is proven at this address has its own bound. Others use up their address's, and one that holds for all who
        name that domain without proof.
        """
        most, now = self._bounds.keys_per_minute, self._clock.now()
        if self.is_proven(caller, host):
            counted = [(host, most)]
        else:
            by = self._asking.household(caller)
            counted = [(f"by {by}", most // CALLERS_PART), (f"of {domain_of(host)}", most // UNPROVEN_PART)]
        for name, share in counted if most else []:
            if name not in self._fetches:
                self._fetches[name] = self._bucket(max(share, 1))
            if not self._fetches[name].take(now):
                self._refuse(KEYS)

    def _bucket(self, most: int) -> Bucket:
        return Bucket(most, most, self._clock.now())

    def _new(self, family: str, now: int) -> Share:
        bounds, part = self._bounds, STRANGERS_PART if family.startswith(STRANGE) else 1
        few, rows, length = (
            max(n // part, 1) if n else 0 for n in (bounds.per_minute, bounds.waiting, bounds.waiting_bytes)
        )
        made = self._shares[family] = Share(Bucket(few, few, now), rows, length)
        made.waiting, made.waiting_bytes = rows, length  # what waits from before this process began is counted first
        return made

    async def _look(self, share: Share, family: str, now: int) -> None:
        """Count what really waits, once for all who ask meanwhile, and not again at once."""
        if share.looking is None and (share.looked_at is None or abs(now - share.looked_at) >= LOOK_EVERY):
            share.looked_at = now
            share.looking = asyncio.create_task(self._count(share, family))
        if share.looking is not None:
            await asyncio.shield(share.looking)

    async def _count(self, share: Share, family: str) -> None:
        try:
            share.waiting, share.waiting_bytes = await self._store.read(self._asking.waiting, family)
        finally:
            share.looking = None

    def _refuse(self, why: str) -> NoReturn:
        self.refused[why] += 1
        raise TooMuchError(why, WAITING_SECONDS if why == WAITING else RATE_SECONDS)
