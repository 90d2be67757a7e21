"""What was turned away and who was heard from: counted in memory, written down a moment later, many at once.

A blocked server can send as much as it likes: it costs a number in memory, and one transaction every two seconds.
"""

import asyncio
import hashlib
from collections import Counter, deque
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.ports import Store, Unit
from federation.remote import peers
from federation.schema import refusal, turned_away

PAUSE_SECONDS = 2.0
MOST_COUNTED, MOST_SINGLE, MOST_HEARD = 2000, 500, 5000  # between two writes
KEPT_SINGLE = 30 * 86_400_000
TOO_MUCH = "too-much"  # reason: asked to come later (429)
MOST_KINDS, OTHER = 100, "other"  # of one host: who invents verbs does not fill the table
MOST_HOSTS = 20_000  # who invents hosts does not fill it either: those that come later are counted together
MOST_KEPT = 200_000  # single refusals
REASON_LENGTH, KIND_LENGTH = 60, 40


class Refused(NamedTuple):
    """One activity that was not kept, whatever was answered. `activity` and `about` are ids, kept as digests."""

    host: str
    kind: str
    reason: str
    activity: str = ""
    about: str = ""


def digest_of(iri: str) -> str:
    """What an activity or object is found again by, without its address being kept."""
    return "id:" + hashlib.sha256(iri.encode()).hexdigest()


class Ledger:
    """The counts of one process until they are written. Lost with a crash; they guard nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counted: Counter[tuple[str, str, str]] = Counter()
        self._single: deque[Refused] = deque(maxlen=MOST_SINGLE)
        self._heard: set[str] = set()
        self._writing: asyncio.Task[None] | None = None

    def refuse(self, refused: Refused) -> None:
        """Count one that is turned away."""
        key = (refused.host[:260], refused.kind[:KIND_LENGTH], refused.reason[:REASON_LENGTH])
        if key in self._counted or len(self._counted) < MOST_COUNTED:
            self._counted[key] += 1
        if refused.activity:
            self._single.append(refused)
        self._write_soon()

    def heard(self, host: str) -> None:
        """A peer sent something that was verified."""
        if len(self._heard) < MOST_HEARD and host not in self._heard:
            self._heard.add(host)
            self._write_soon()

    async def flush(self) -> None:
        """Write what is there."""
        counted, self._counted = self._counted, Counter()
        single, self._single = list(self._single), deque(maxlen=MOST_SINGLE)
        heard, self._heard = self._heard, set()
        if counted or heard:
            await self._store.unit(_write, counted, single, heard)

    async def aclose(self) -> None:
        """Write what is left."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self.flush()

    def _write_soon(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._later())

    async def _later(self) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        await self.flush()


def _write(u: Unit, counted: Counter[tuple[str, str, str]], single: list[Refused], heard: set[str]) -> None:
    if heard:
        peers.seen(u.connection, heard, u.now)
        peers.clear_circuits(u, heard)
    if counted:
        upsert: Any = postgres_insert if u.connection.dialect.name == "postgresql" else sqlite_insert
        made = upsert(turned_away)
        more = {"number": turned_away.c.number + made.excluded.number, "last_at": u.now}
        keys = [turned_away.c.host, turned_away.c.kind, turned_away.c.reason]
        made = made.on_conflict_do_update(index_elements=keys, set_=more)
        bounded = _bounded(u.connection, counted)
        names, times = ("host", "kind", "reason"), {"first_at": u.now, "last_at": u.now}
        rows = [dict(zip(names, key, strict=True)) | times | {"number": bounded[key]} for key in sorted(bounded)]
        u.connection.execute(made, rows)
    if single:
        u.connection.execute(insert(refusal), [_row(one, u.now) for one in single])


def _bounded(connection: Connection, counted: Counter[tuple[str, str, str]]) -> Counter[tuple[str, str, str]]:
    """The same counts, the kinds of hosts that have sent too many different ones put together; so are too many hosts."""
    counted = _known_hosts(connection, counted)
    hosts = {host for host, _, _ in counted}
    columns = turned_away.c
    known = connection.execute(select(columns.host, columns.kind, columns.reason).where(columns.host.in_(hosts)))
    there = {tuple(row) for row in known}
    kinds = Counter(host for host, _, _ in there)
    made: Counter[tuple[str, str, str]] = Counter()
    for host, kind, reason in sorted(counted):
        key = (host, kind, reason)
        if key not in there and kinds[host] >= MOST_KINDS:
            made[host, OTHER, reason] += counted[key]
        else:
            made[key] += counted[key]
            kinds[host] += key not in there
    return made


def _known_hosts(connection: Connection, counted: Counter[tuple[str, str, str]]) -> Counter[tuple[str, str, str]]:
    hosts = {host for host, _, _ in counted}
    there = set(
        connection.execute(select(turned_away.c.host).where(turned_away.c.host.in_(hosts)).distinct()).scalars()
    )
    if there == hosts:
        return counted
    room = MOST_HOSTS - (connection.execute(select(func.count(turned_away.c.host.distinct()))).scalar() or 0)
    there |= set(sorted(hosts - there)[: max(room, 0)])
    made: Counter[tuple[str, str, str]] = Counter()
    for (host, kind, reason), number in counted.items():
        made[(host, kind, reason) if host in there else (OTHER, OTHER, reason)] += number
    return made


def _row(one: Refused, now: int) -> dict[str, Any]:
    row = {"host": one.host[:260], "kind": one.kind[:KIND_LENGTH], "reason": one.reason[:REASON_LENGTH]}
    return row | {
        "activity_key": digest_of(one.activity),
        "about": digest_of(one.about) if one.about else None,
        "refused_at": now,
    }


def forget_old(u: Unit) -> int:
    """Forget single refusals of long ago, and the oldest of too many; the counts stay."""
    newest = u.connection.execute(select(func.max(refusal.c.id))).scalar() or 0
    dead = or_(refusal.c.refused_at < u.now - KEPT_SINGLE, refusal.c.id <= newest - MOST_KEPT)
    old = select(refusal.c.id).where(dead).limit(500)
    return u.connection.execute(delete(refusal).where(refusal.c.id.in_(old))).rowcount
