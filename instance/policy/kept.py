"""Servers that a member keeps from her own posts: what that means for one activity and one server.

What is kept spreads like a block: to subdomains, and to other ports. What only takes away (Delete, Undo) still goes where the
post was before.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from instance.db.hot import Query, as_list
from instance.db.people import kept_from
from instance.db.store import Store
from policies.peers import clean_host, domains_above

AUTHORS = "authors"
"""Name of the fact that says whose words an activity holds: ids of accounts."""
WRITTEN = "written_at"
"""Name of the fact of what takes a post away: when the post was written."""
KEPT = "kept_from_peer"
_HOSTS = Query("SELECT account_id, host, since FROM kept_from WHERE account_id IN {authors}")
Row = tuple[int, str, int]


def keepers(connection: Connection, host: str) -> list[int]:
    """Accounts that keep this server from their posts."""
    asked = select(kept_from.c.account_id).where(kept_from.c.host.in_(names_of(host)))
    return list(connection.execute(asked.distinct()).scalars())


def names_of(host: str) -> list[str]:
    """Under which names a server may be kept: its own, without its port, the domains above it."""
    name = clean_host(host)
    return [name, *domains_above(name)] if name is not None else []


def is_kept(rows: Iterable[Row], host: str, facts: Mapping[str, Any]) -> bool:
    """Whether one of the authors keeps this server; a farewell only where the post was written after that."""
    authors, written = facts.get(AUTHORS, ()), facts.get(WRITTEN)
    names = frozenset(names_of(host))
    mine = (since for author, name, since in rows if author in authors and name in names)
    return any(written is None or since <= written for since in mine)


class Keeping:
    """What authors keep, as one transaction sees it: the first author is read alone, of several all are read at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Row] = []
        self._read: frozenset[int] | None = frozenset()

    def marked(self, host: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """The facts, marked where an author keeps this host."""
        authors = frozenset(facts.get(AUTHORS, ()))
        if not authors:
            return facts
        if self._read is not None and not authors <= self._read:
            columns = kept_from.c
            asked = select(columns.account_id, columns.host, columns.since)
            if self._read:
                self._read = None
            else:
                self._read, asked = authors, asked.where(columns.account_id.in_(authors))
            self._rows = [(row.account_id, row.host, row.since) for row in self._connection.execute(asked)]
        return {**facts, KEPT: True} if is_kept(self._rows, host, facts) else facts


class AtSending:
    """The same at the moment of sending: facts as they were queued -> as they are now."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, host: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        authors = facts.get(AUTHORS)
        if not authors:
            return facts
        rows = await self._store.hot(_HOSTS, authors=as_list(authors))
        return {**facts, KEPT: True} if is_kept([(row[0], row[1], row[2]) for row in rows], host, facts) else facts
