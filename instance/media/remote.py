"""Copies of remote pictures: fetched once somebody looks, checked, re-encoded, served by us; a bounded store.

Members' apps never ask other servers for pictures: nobody learns who reads what, and when (LEAKS L42).
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from federation.client.pictures import picture
from federation.context import Federation
from federation.errors import FederationError, UnreachableError
from instance.clock import DAY, Millis
from instance.db.content import remote_file
from instance.db.hot import Query
from instance.db.store import Store
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.jobs import table as jobs
from instance.jobs.local import Effect
from instance.jobs.table import Job
from instance.media.attachments import forget_files
from instance.media.intake import Intake
from instance.media.workshop import refusal

JOB = "fetch_picture"
MOST_TRIES = 4
MEGABYTE = 1024**2
TRY_AGAIN_AFTER: Millis = 7 * DAY
USED_STEP: Millis = DAY
CLEAR_AT_ONCE = 100
STEP = 0.1  # seconds between two looks of who waits
KEPT_FAILED: Millis = 30 * DAY
IMAGE, EMOJI = "image", "emoji"
"""Kinds of copies, by the workshop's names: an emoji is small and stands still."""

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets the bytes at an address through the guarded client; raises where it can't."""

_STORED = select(func.coalesce(func.sum(remote_file.c.size), 0))
_LOOK = Query("SELECT file, state, used_at FROM remote_file WHERE url_hash = :name")


def _name(address: str, kind: str = IMAGE) -> str:
    """The name of a picture's row. What is kept as an emoji is another file than the same address as a picture."""
    return hashlib.sha256((address if kind == IMAGE else f"{kind} {address}").encode()).hexdigest()


async def copy_of(
    database: Store, address: str, now: Millis, kind: str = IMAGE, *, patience: float = 0.0
) -> str | None:
    """The key of our copy; None if there is none yet (it is sent for then).

    `patience`: seconds for which whoever is the first to look waits for it, so that she sees more than a placeholder.
    """
    name = _name(address, kind)
    rows = await database.hot(_LOOK, name=name)
    if rows and rows[0][1] == "ready":
        if rows[0][2] < now - USED_STEP:
            await database.unit(_used, name)
        return str(rows[0][0])
    if not await database.unit(want, address, kind):
        return None
    for _ in range(round(patience / STEP)):
        await asyncio.sleep(STEP)
        rows = await database.hot(_LOOK, name=name)
        if rows and rows[0][1] != "wanted":
            return str(rows[0][0]) if rows[0][1] == "ready" else None
    return None


def _used(u: Unit, name: str) -> None:
    mine = remote_file.c.url_hash == name
    u.connection.execute(update(remote_file).where(mine).values(used_at=u.now))


def want(u: Unit, address: str, kind: str = IMAGE) -> bool:
    """Send for a remote picture, unless it is on its way, here, or failed lately; whether it was sent for now."""
    name = _name(address, kind)
    mine = remote_file.c.url_hash == name
    row = u.connection.execute(select(remote_file.c.state, remote_file.c.used_at).where(mine)).first()
    if row is not None and (row.state != "failed" or row.used_at > u.now - TRY_AGAIN_AFTER):
        return False
    if row is None:
        new = {"url_hash": name, "state": "wanted", "created_at": u.now, "used_at": u.now}
        if not insert_new(u.connection, remote_file, **new):
            return False  # somebody else looks at the same moment
    else:
        u.connection.execute(update(remote_file).where(mine).values(state="wanted", used_at=u.now, tries=0))
    jobs.enqueue(u, JOB, {"url": address, "kind": kind}, unique=f"picture {name}")
    return True


def forget(u: Unit, addresses: Iterable[str], kind: str = IMAGE) -> None:
    """Delete our copies of pictures whose post is gone; one that another post shows is fetched anew when it is looked at."""
    names = [_name(address, kind) for address in addresses]
    mine = remote_file.c.url_hash.in_(names)
    rows = u.connection.execute(select(remote_file.c.file).where(mine)).all() if names else []
    if rows:
        u.connection.execute(delete(remote_file).where(mine))
        forget_files(u, [row.file for row in rows if row.file])


def kept(connection: Connection, addresses: list[str]) -> list[str]:
    """Keys of our copies of some pictures, as far as they are here."""
    mine = remote_file.c.url_hash.in_([_name(address) for address in addresses])
    asked = select(remote_file.c.file).where(mine, remote_file.c.file.is_not(None))
    return list(connection.execute(asked).scalars()) if addresses else []


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
        address, kind = str(job.payload["url"]), str(job.payload.get("kind", IMAGE))
        name = _name(address, kind)
        try:
            data = await self._fetch(address)
            key, size = await self._intake.take_remote(data, kind)
        except RefusalError:
            return lambda u: _failed(u, name)
        except Exception:
            if job.tries < MOST_TRIES:
                raise
            return lambda u: _failed(u, name)
        return lambda u: _ready(u, name, key, size)


def _failed(u: Unit, name: str) -> None:
    mine = remote_file.c.url_hash == name
    u.connection.execute(update(remote_file).where(mine).values(state="failed", used_at=u.now))


def _ready(u: Unit, name: str, key: str, size: int) -> None:
    mine = remote_file.c.url_hash == name
    values = {"state": "ready", "file": key, "size": size, "used_at": u.now}
    if u.connection.execute(update(remote_file).where(mine).values(**values)).rowcount != 1:
        forget_files(u, [key])
        return
    _make_room(u)


def _make_room(u: Unit) -> None:
    """Delete the copies whose last use is longest ago, until the store fits the setting again."""
    most = u.site.settings.remote_media_mb * MEGABYTE
    ready = (
        select(remote_file).where(remote_file.c.state == "ready").order_by(remote_file.c.used_at).limit(CLEAR_AT_ONCE)
    )
    while (over := u.connection.execute(_STORED).scalar_one() - most) > 0:
        gone = []
        for row in u.connection.execute(ready).all():
            if over <= 0:
                break
            gone.append(row)
            over -= row.size
        if not gone:
            return
        _forget(u, gone)


def sweep(u: Unit) -> int:
    """Delete a batch of copies that nobody has looked at for as long as the setting says; returns how many rows went.

    What is asked for again is fetched again. Rows of pictures that could not be had go too, after their time.
    """
    oldest = u.now - u.site.settings.remote_media_days * DAY
    latest = remote_file.c.used_at < max(oldest, u.now - KEPT_FAILED)  # said besides, for the index
    done = or_(
        and_(remote_file.c.state == "ready", remote_file.c.used_at < oldest),
        and_(remote_file.c.state != "ready", remote_file.c.used_at < u.now - KEPT_FAILED),
    )
    rows = u.connection.execute(
        select(remote_file).where(latest, done).order_by(remote_file.c.used_at).limit(CLEAR_AT_ONCE)
    ).all()
    _forget(u, rows)
    _make_room(u)
    return len(rows)


def _forget(u: Unit, rows: Sequence[Row[Any]]) -> None:
    if rows:
        u.connection.execute(delete(remote_file).where(remote_file.c.url_hash.in_([row.url_hash for row in rows])))
        forget_files(u, [row.file for row in rows])
