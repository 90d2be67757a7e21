"""One store of compiled SQL for all engines of a test process: without it every instance compiles every statement anew.

SQLAlchemy looks a statement up by its dialect object, of which each engine makes its own; ours are all set the same,
so here two of one class count as equal. `compiled_cache` is SQLAlchemy's own option.
"""

from functools import partial
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import LRUCache

from instance.db import engine

COMPILED: Any = LRUCache(3000)


def share() -> None:
    """From now on engines that `instance.db.engine` makes share what they compile."""
    options = {"compiled_cache": COMPILED}
    changed: Any = engine
    changed.create_engine = partial(create_engine, execution_options=options)
    changed.create_async_engine = partial(create_async_engine, execution_options=options)
    for dialect in (asyncpg_dialect, sqlite_dialect):
        equal: Any = dialect
        equal.__eq__ = _same_class
        equal.__hash__ = _hash_of_class


def _same_class(self: object, other: object) -> bool:
    return type(self) is type(other)


def _hash_of_class(self: object) -> int:
    return hash(type(self))
