"""The job table: enqueued in the caller's transaction, claimed under a lease, finished with its effect.

A runner that dies leaves its lease behind; when it has run out, another runner takes the job up. A job's effect and the
deletion of its row are one transaction, and only the holder of the lease can do it: no effect happens twice.
"""

import random
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from instance.clock import HOUR, SECOND, Millis
from instance.db.system import job
from instance.db.unit import Unit

LEASE: Millis = 30 * SECOND
MAX_TRIES = 12
FIRST_DELAY: Millis = 5 * SECOND
LONGEST_DELAY: Millis = 6 * HOUR
ERROR_LENGTH = 300

RUNNER = "jobs"


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job."""

    id: int
    kind: str
    payload: dict[str, Any]
    tries: int
    lease: str


class LeaseLostError(Exception):
    """Another runner has taken the job up; what this one did must not count."""


def enqueue(u: Unit, kind: str, payload: dict[str, Any], *, run_at: Millis | None = None, unique: str = "") -> None:
    """Write a job in the caller's transaction.

    `payload` holds ids, never words of members. `unique`: while such a job waits, another is not added.
    """
    if unique and u.connection.execute(select(job.c.id).where(job.c.unique_key == unique)).first():
        return
    values = {"kind": kind, "payload": payload, "unique_key": unique or None}
    u.connection.execute(insert(job).values(**values, run_at=run_at or u.now, created_at=u.now))
    u.wake(RUNNER)


def claim(u: Unit, kinds: list[str], limit: int) -> list[Job]:
    """Take up to `limit` due jobs of these kinds under a new lease."""
    lease = secrets.token_hex(8)
    free = or_(job.c.lease_until.is_(None), job.c.lease_until < u.now)
    due = select(job.c.id).where(job.c.state == "ready", job.c.run_at <= u.now, job.c.kind.in_(kinds), free)
    due = due.order_by(job.c.run_at, job.c.id).limit(limit).with_for_update(skip_locked=True)
    taken = update(job).where(job.c.id.in_(due)).values(lease=lease, lease_until=u.now + LEASE, tries=job.c.tries + 1)
    rows = u.connection.execute(taken.returning(job.c.id, job.c.kind, job.c.payload, job.c.tries)).all()
    return [Job(row.id, row.kind, row.payload, row.tries, lease) for row in sorted(rows)]


def renew(u: Unit, held: list[Job]) -> None:
    """Keep the leases of jobs that are still being worked on."""
    mine = [and_(job.c.id == item.id, job.c.lease == item.lease) for item in held]
    if mine:
        u.connection.execute(update(job).where(or_(*mine)).values(lease_until=u.now + LEASE))


def finish(u: Unit, done: Job) -> None:
    """Delete a finished job; call it in the transaction of its effect. Raises LeaseLostError."""
    gone = u.connection.execute(delete(job).where(job.c.id == done.id, job.c.lease == done.lease))
    if gone.rowcount != 1:
        raise LeaseLostError(f"job {done.id}")


def fail(u: Unit, failed: Job, error: str, *, final: bool = False) -> None:
    """Give a job back for a later try, or put it aside as dead when it has had its tries."""
    dead = final or failed.tries >= MAX_TRIES
    delay = min(FIRST_DELAY * 2 ** (failed.tries - 1), LONGEST_DELAY)
    later = u.now + int(delay * random.uniform(1, 1.2))  # noqa: S311 - spreads tries, guards nothing
    values = {"state": "dead" if dead else "ready", "run_at": later, "lease": None, "lease_until": None}
    mine = and_(job.c.id == failed.id, job.c.lease == failed.lease)
    u.connection.execute(update(job).where(mine).values(error=error[:ERROR_LENGTH], **values))


def release_all(u: Unit) -> int:
    """Free every lease: when a runner starts and no other is alive (instance/jobs/presence.py)."""
    return u.connection.execute(
        update(job).where(job.c.lease.is_not(None)).values(lease=None, lease_until=None)
    ).rowcount


def retry_dead(u: Unit, job_id: int | None = None) -> int:
    """Make dead jobs ready again; returns how many."""
    which = job.c.state == "dead" if job_id is None else and_(job.c.state == "dead", job.c.id == job_id)
    count = u.connection.execute(update(job).where(which).values(state="ready", tries=0, run_at=u.now)).rowcount
    u.wake(RUNNER)
    return count


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many jobs there are of each (kind, state)."""
    rows = connection.execute(select(job.c.kind, job.c.state, func.count()).group_by(job.c.kind, job.c.state))
    return {(kind, state): number for kind, state, number in rows}
