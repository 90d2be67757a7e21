"""Copies of remote pictures: fetched once somebody looks, checked, re-encoded, served by us; a bounded store.

Members' apps never ask other servers for pictures: nobody learns who reads what, and when (LEAKS L42).
"""

import hashlib
from collections.abc import Awaitable, Callable

from sqlalchemy import delete, func, insert, select, update

from federation.client.pictures import picture
from federation.context import Federation
from federation.errors import FederationError, UnreachableError
from instance.clock import DAY, HOUR, Millis
from instance.db.content import remote_file
from instance.db.hot import Query
from instance.db.store import Store
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.jobs import table as jobs
from instance.jobs.local import Effect
from instance.jobs.table import Job
from instance.media.attachments import forget_files
from instance.media.intake import Intake
from instance.media.workshop import refusal

JOB = "fetch_picture"
MOST_STORED = 2 * 1024**3
MOST_TRIES = 4
TRY_AGAIN_AFTER: Millis = 7 * DAY
USED_STEP: Millis = DAY
CLEAR_AT_ONCE = 50

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets the bytes at an address through the guarded client; raises where it can't."""

_LOOK = Query("SELECT file, state, used_at FROM remote_file WHERE url_hash = :name")


def _name(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()


async def copy_of(database: Store, address: str, now: Millis) -> str | None:
    """The key of our copy; None if there is none yet (it is sent for then)."""
    rows = await database.hot(_LOOK, name=_name(address))
    if rows and rows[0][1] == "ready":
        if rows[0][2] < now - USED_STEP:
            await database.unit(_used, address)
        return str(rows[0][0])
    await database.unit(want, address)
    return None


def _used(u: Unit, address: str) -> None:
    mine = remote_file.c.url_hash == _name(address)
    u.connection.execute(update(remote_file).where(mine).values(used_at=u.now))


def want(u: Unit, address: str) -> None:
    """Send for a remote picture, unless it is on its way, here, or failed lately."""
    name = _name(address)
    mine = remote_file.c.url_hash == name
    row = u.connection.execute(select(remote_file.c.state, remote_file.c.used_at).where(mine)).first()
    if row is not None and (row.state != "failed" or row.used_at > u.now - TRY_AGAIN_AFTER):
        return
    if row is None:
        u.connection.execute(insert(remote_file).values(url_hash=name, state="wanted", created_at=u.now, used_at=u.now))
    else:
        u.connection.execute(update(remote_file).where(mine).values(state="wanted", used_at=u.now, tries=0))
    jobs.enqueue(u, JOB, {"url": address}, unique=f"picture {name}")


async def fetch(federation: Federation, address: str) -> bytes:
    """The bytes at an address, through the guard. Raises RefusalError where no later try can help, else FederationError."""
    try:
        return await picture(federation, address)
    except UnreachableError:
        raise
    except FederationError:
        raise refusal("damaged") from None


class Fetcher:
    """The job that makes copies."""

    def __init__(self, intake: Intake, fetch: Fetch) -> None:
        self._intake = intake
        self._fetch = fetch

    async def run(self, job: Job) -> Effect | None:
        """Fetch, check and keep one picture; a picture that can't be had is marked so, and asked for again a week later."""
        address = str(job.payload["url"])
        try:
            data = await self._fetch(address)
            key, size = await self._intake.take_remote(data)
        except RefusalError:
            return lambda u: _failed(u, address)
        except Exception:
            if job.tries < MOST_TRIES:
                raise
            return lambda u: _failed(u, address)
        return lambda u: _ready(u, address, key, size)


def _failed(u: Unit, address: str) -> None:
    mine = remote_file.c.url_hash == _name(address)
    u.connection.execute(update(remote_file).where(mine).values(state="failed", used_at=u.now))


def _ready(u: Unit, address: str, key: str, size: int) -> None:
    mine = remote_file.c.url_hash == _name(address)
    values = {"state": "ready", "file": key, "size": size, "used_at": u.now}
    if u.connection.execute(update(remote_file).where(mine).values(**values)).rowcount != 1:
        forget_files(u, [key])
        return
    _clear(u)


def _clear(u: Unit) -> None:
    """Delete the copies whose last use is longest ago, until the store fits again."""
    over = u.connection.execute(select(func.coalesce(func.sum(remote_file.c.size), 0))).scalar_one() - MOST_STORED
    if over <= 0:
        return
    ready = select(remote_file).where(remote_file.c.state == "ready", remote_file.c.used_at < u.now - HOUR)
    for row in u.connection.execute(ready.order_by(remote_file.c.used_at).limit(CLEAR_AT_ONCE)).all():
        u.connection.execute(delete(remote_file).where(remote_file.c.url_hash == row.url_hash))
        forget_files(u, [row.file])
        over -= row.size
        if over <= 0:
            return
