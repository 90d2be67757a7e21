"""Files without a row: what a process leaves that is killed between the disk and the database. They are found and deleted.

A picture is written before its row, and goes after the commit that deletes its row. A kill in between leaves a file that
whoever knew its name could still see.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, or_, select

from instance.clock import HOUR, Millis
from instance.db.content import attachment, remote_file
from instance.db.people import account
from instance.db.store import Store
from instance.db.unit import Unit
from instance.jobs.table import Job, enqueue
from instance.media import store
from instance.observe import log
from instance.site import Site

JOB = "tidy-media"
EVERY: Millis = 6 * HOUR
YOUNG: Millis = HOUR
"""Files younger than that may be about to get their row."""
PAGE = 5000
NAMES: tuple[tuple[Column[Any], tuple[Column[Any], ...]], ...] = (
    (attachment.c.id, (attachment.c.file, attachment.c.preview)),
    (account.c.id, (account.c.avatar, account.c.header)),
    (remote_file.c.url_hash, (remote_file.c.file,)),
)
"""A table's key -> where it names files."""


def want(u: Unit) -> int:
    """Have the files looked through, in a job. A timed job, always one batch."""
    enqueue(u, JOB, {}, unique=JOB)
    return 0


async def run(site: Site, database: Store, _job: Job) -> None:
    """Delete files, whole or half written, that are old and that no row names."""
    folder, before = site.settings.data, site.clock.wire() - YOUNG
    there = await asyncio.to_thread(lambda: list(_old(folder, before)))
    named: set[str] = set()
    for key, columns in NAMES if there else ():
        last: Any = None
        while rows := await database.read(_named, key, columns, last):
            named.update(name for row in rows for name in row[1:] if name)
            last = rows[-1][0]
    gone = [path for path in there if path.name not in named]
    if gone:
        await asyncio.to_thread(_delete, gone)
        log.info("media_tidied", number=len(gone))


def _old(folder: Path, before: Millis) -> Iterator[Path]:
    for path in (folder / "media").glob("*/*"):
        ours = store.is_key(path.name) or path.suffix == store.PART
        if ours and path.stat().st_mtime * 1000 < before:
            yield path


def _delete(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _named(connection: Connection, key: Column[Any], columns: tuple[Column[Any], ...], last: Any) -> list[Any]:
    asked = select(key, *columns).where(or_(*(one.is_not(None) for one in columns)))
    if last is not None:
        asked = asked.where(key > last)
    return list(connection.execute(asked.order_by(key).limit(PAGE)).all())
