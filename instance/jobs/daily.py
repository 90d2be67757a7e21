"""Timed jobs: what runs by the clock, once for the whole instance however many processes there are.

Each has a row with a lease; whoever takes the lease runs it, batch by batch, each batch one transaction. A runner that
dies leaves its lease to run out. The sweeps here erase what has had its time.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, Update, and_, delete, or_, select, update

from instance.clock import DAY, HOUR, MINUTE, Millis, monotonic
from instance.db.people import one_time_link, session
from instance.db.store import Store
from instance.db.system import attempt, idempotent_answer, oauth_code, oauth_token, timed_lease
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.observe import describe, log

RUNNER = "timed"
LEASE: Millis = 10 * MINUTE
LOOK_SECONDS = 30.0
BATCH = 500

KEPT_ATTEMPTS: Millis = DAY
KEPT_ANSWERS: Millis = DAY
KEPT_LINKS: Millis = 30 * DAY  # used or run out: until then its reader is told which
KEPT_TOKENS: Millis = 30 * DAY

Step = Callable[[Unit], int]
"""Does one batch in a transaction and says how many rows it touched; 0 means done."""
Find = Callable[[Connection, Millis], Sequence[Any]]
"""Looks at what is stored, at that time, for what there is to do; some of it at most."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A timed job: its name, how often it runs (milliseconds), one batch of it.

    A look at a whole table would hold up who writes. So a job that needs one has `find`, which reads beside them; `step` is then
    given what was found, `BATCH` at a time, and asks itself whether it still holds.
    """

    name: str
    every: Millis
    step: Callable[..., int]
    find: Find | None = None


class Timer:
    """Runs the timed jobs that are due; a pump of every runner."""

    def __init__(self, store: Store, jobs: Sequence[Timed]) -> None:
        self._store = store
        self._jobs = jobs
        self._holder = secrets.token_hex(8)
        self._look_at = 0.0

    async def work(self) -> bool:
        """Look every half minute whether one is due, and run it."""
        if monotonic() < self._look_at:
            return False
        self._look_at = monotonic() + LOOK_SECONDS
        for job in await self._store.unit(_due, self._jobs):
            if now := await self._store.unit(_take, job, self._holder):
                await self._run(job, now)
        return False

    async def _run(self, job: Timed, now: Millis) -> None:
        try:
            if job.find is None:
                while await self._store.unit(_batch, job, self._holder):
                    pass
            else:
                while await self._found(job, await self._store.read(job.find, now)):
                    pass
        except Exception as error:  # noqa: BLE001 - the others must run
            log.error("timed_job_failed", name=job.name, error=describe(error))
            await self._store.unit(_done, job, self._holder)

    async def _found(self, job: Timed, found: Sequence[Any]) -> bool:
        """Do what was found, batch by batch; True while another look may find more."""
        batches = [found[start : start + BATCH] for start in range(0, len(found), BATCH)]
        touched = [await self._store.unit(_batch, job, self._holder, batch) for batch in batches]
        if any(touched):
            return True
        await self._store.unit(_done, job, self._holder)
        return False


def _due(u: Unit, jobs: Sequence[Timed]) -> list[Timed]:
    """Those that seem to be due: one look for all."""
    known = {row.name: row for row in u.connection.execute(select(timed_lease))}
    found = []
    for job in jobs:
        row = known.get(job.name)
        is_time = row is None or row.last_run_at is None or row.last_run_at <= u.now - job.every
        if is_time and (row is None or row.until < u.now):
            found.append(job)
    return found


def _take(u: Unit, job: Timed, holder: str) -> Millis:
    """Take the lease if the job is due and nobody has it; the time then, 0 where it was not to be had."""
    insert_new(u.connection, timed_lease, name=job.name, holder="", until=0)
    lease = timed_lease.c
    due = or_(lease.last_run_at.is_(None), lease.last_run_at <= u.now - job.every)
    free = and_(lease.name == job.name, lease.until < u.now, due)
    return u.now if u.connection.execute(_set(free, holder=holder, until=u.now + LEASE)).rowcount == 1 else 0


def _batch(u: Unit, job: Timed, holder: str, *found: Sequence[Any]) -> bool:
    """Do one batch; True while more may be left. The lease is given back with the last one of a job that looks for itself."""
    if not _held(u, job, holder):
        return False
    if job.step(u, *found):
        return True
    if not found:
        _done(u, job, holder)
    return False


def _held(u: Unit, job: Timed, holder: str) -> bool:
    """Keep the lease for another batch; False when another runner has it."""
    mine = and_(timed_lease.c.name == job.name, timed_lease.c.holder == holder)
    return u.connection.execute(_set(mine, until=u.now + LEASE)).rowcount == 1


def _done(u: Unit, job: Timed, holder: str) -> None:
    mine = and_(timed_lease.c.name == job.name, timed_lease.c.holder == holder)
    u.connection.execute(_set(mine, until=0, last_run_at=u.now))


def _set(which: ColumnElement[bool], **values: object) -> Update:
    return update(timed_lease).where(which).values(**values)


def _erase(u: Unit, table: Table, identity: Column[object], old: ColumnElement[bool]) -> int:
    batch = select(identity).where(old).limit(BATCH)
    return u.connection.execute(delete(table).where(identity.in_(batch))).rowcount


def erase_sessions(u: Unit) -> int:
    """Browser sessions that have run out."""
    return _erase(u, session, session.c.id_hash, session.c.expires_at < u.now)


def erase_codes(u: Unit) -> int:
    """OAuth codes: a minute's use, then a day for noticing a second use."""
    return _erase(u, oauth_code, oauth_code.c.code_hash, oauth_code.c.expires_at < u.now - DAY)


def erase_tokens(u: Unit) -> int:
    """Revoked access tokens."""
    return _erase(u, oauth_token, oauth_token.c.id, oauth_token.c.revoked_at < u.now - KEPT_TOKENS)


def erase_links(u: Unit) -> int:
    """One-time links that were used or ran out."""
    return _erase(u, one_time_link, one_time_link.c.token_hash, one_time_link.c.expires_at < u.now - KEPT_LINKS)


def erase_attempts(u: Unit) -> int:
    """Counted attempts at signing in."""
    return _erase(u, attempt, attempt.c.id, attempt.c.created_at < u.now - KEPT_ATTEMPTS)


def erase_answers(u: Unit) -> int:
    """Answers kept for repeated requests."""
    return _erase(u, idempotent_answer, idempotent_answer.c.id, idempotent_answer.c.created_at < u.now - KEPT_ANSWERS)


SWEEPS = [
    Timed("erase sessions", HOUR, erase_sessions),
    Timed("erase codes", HOUR, erase_codes),
    Timed("erase tokens", DAY, erase_tokens),
    Timed("erase links", DAY, erase_links),
    Timed("erase attempts", HOUR, erase_attempts),
    Timed("erase answers", HOUR, erase_answers),
]
