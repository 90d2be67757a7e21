"""Rows as a busy instance has them, written straight into the tables that grow with use; nothing of it is old enough to be erased."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, Table, insert

from federation.schema import delivery, inbox_activity, outbox_item, peer, refusal, remote_actor, withdrawn
from instance.clock import DAY
from instance.db.content import attachment, post, remote_file
from instance.db.people import account
from instance.db.reading import timeline_entry
from instance.db.unit import Unit
from instance.ids import EPOCH_2020, RANDOM_BITS

BATCH = 1000
EACH = 10  # posts, activities and deliveries of one person elsewhere
Rows = Iterator[tuple[Table, dict[str, Any]]]


def fill(u: Unit, stored: int, first: int = 0) -> None:
    """Write so many rows into each table, numbered from `first` on (a multiple of 100), and the persons and servers that go with them."""
    waiting: dict[str, tuple[Table, list[dict[str, Any]]]] = {}
    for number in range(first, first + stored):
        for table, values in _of_one(u.now - DAY, number):
            rows = waiting.setdefault(table.name, (table, []))[1]
            rows.append(_whole(table, values))
        if number % BATCH == BATCH - 1:
            _write(u, waiting)
    _write(u, waiting)


def _write(u: Unit, waiting: dict[str, tuple[Table, list[dict[str, Any]]]]) -> None:
    for table, rows in waiting.values():
        u.connection.execute(insert(table), rows)
    waiting.clear()


def _of_one(at: int, number: int) -> Rows:
    host, first = f"h{number // 100}.example", (at - EPOCH_2020) << RANDOM_BITS
    iri, person = f"https://{host}/{number}", first + number // EACH
    times = {
        "received_at": at,
        "created_at": at,
        "at": at,
        "fetched_at": at,
        "refused_at": at,
        "used_at": at,
        "done_at": at,
    }
    if number % 100 == 0:
        yield peer, {"host": host, "first_seen_at": at, "last_seen_at": at, "informed_at": at}
    if number % EACH == 0:
        yield (
            account,
            times | {"id": person, "iri": f"{iri}/actor", "name": f"n{number}", "domain": host, "kind": "person"},
        )
    yield remote_actor, times | {"iri": f"{iri}/stranger", "host": host, "kind": "Person", "document": "{}"}
    yield inbox_activity, times | {"host": host, "activity_key": iri, "kind": "Like", "state": "done"}
    yield outbox_item, times | {"id": number + 1, "activity": iri, "facts": {}}
    yield delivery, times | {"item_id": number + 1, "host": host, "inbox": iri, "state": "sent"}
    yield post, times | {"id": first + number, "iri": iri, "account_id": person, "visibility": "public"}
    yield timeline_entry, {"account_id": person, "post_id": first + number, "shown_id": first + number}
    yield attachment, times | {"id": first + number, "account_id": person, "post_id": first + number}
    yield remote_file, times | {"url_hash": iri, "state": "ready"}
    yield withdrawn, times | {"iri": iri, "actor": iri}
    yield refusal, times | {"host": host, "activity_key": iri}


def _whole(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """These values of the table's columns; something harmless where one is missing that has no default."""
    row = {name: value for name, value in values.items() if name in table.c}
    for column in table.c:
        if column.name not in row and not column.nullable and column.server_default is None and not column.primary_key:
            numeric = isinstance(column.type, BigInteger | Integer | Boolean)
            row[column.name] = 0 if numeric else "x"
    return row
