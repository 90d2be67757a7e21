"""Which runners are alive: the first one there knows that leases left behind are nobody's, and frees them at once.

SQLite: a lock on a file beside the database. PostgreSQL: an advisory lock on a connection of its own. Both end with the
process that holds them, however it ends.
"""

import asyncio
import fcntl
from pathlib import Path
from typing import IO

import asyncpg

from instance.db.engine import postgres_dsn, sqlite_path
from instance.settings import Settings

LOCK = 730_126  # any number that nothing else in the database locks
TRIES = 5
PAUSE_SECONDS = 0.1  # PostgreSQL takes a moment to see that a killed process is gone


class Presence:
    """This runner's mark that it is here. `alone` says whether no other was when it came."""

    def __init__(self, alone: bool, mark: IO[str] | asyncpg.Connection) -> None:
        self.alone = alone
        self._mark = mark

    async def leave(self) -> None:
        """Take the mark away."""
        if isinstance(self._mark, asyncpg.Connection):
            await self._mark.close()
        else:
            self._mark.close()


async def enter(settings: Settings) -> Presence:
    """Say that a runner is here."""
    if settings.sqlite:
        return _by_file(Path(f"{sqlite_path(settings.database)}.runners"))
    connection = await asyncpg.connect(postgres_dsn(settings.database))
    alone = False
    for _ in range(TRIES):
        alone = await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
        if alone:
            break
        await asyncio.sleep(PAUSE_SECONDS)
    await connection.execute("SELECT pg_advisory_lock_shared($1)", LOCK)
    if alone:  # shared from now on: others may come, and are not alone
        await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)
    return Presence(alone, connection)


def _by_file(path: Path) -> Presence:
    mark = path.open("w")
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = True
    except BlockingIOError:
        alone = False
    fcntl.flock(mark, fcntl.LOCK_SH)
    return Presence(alone, mark)
