"""Whether an incoming post costs the same however many are stored: the work of benchmarks/ingest.py on 1,000 to 100,000 posts.

    .venv/bin/python -m benchmarks.growth [sqlite|postgresql ...] [--port 18380] [--posts 500] [--stored 1000 10000 100000]

One instance; between the measurements posts that came in are written again under other names, with all that belongs to them
(home entries, tags, pictures, what is kept of the inbox), until so many are stored.
"""

import argparse
import asyncio
import json
import secrets
from typing import Any

from sqlalchemy import Column, Table, func, insert, select

from benchmarks.ingest import AUTHORS, accept_all, create, follow_all, wait_for
from benchmarks.served import Served, served
from benchmarks.wire import peers, post_all
from federation.schema import inbox_activity
from instance.cli.common import in_unit, site_of
from instance.db.content import attachment, post, tag
from instance.db.reading import timeline_entry
from instance.db.unit import Unit

STORED = (1_000, 10_000, 100_000)
BATCH = 2_000
BELONGING: tuple[tuple[Table, str], ...] = ((tag, "post_id"), (attachment, "post_id"), (timeline_entry, "post_id"))


def fill(instance: Served, wanted: int) -> None:
    """Copy what is stored until there are so many posts."""
    site = site_of(instance.data)
    while in_unit(site, _copy, wanted):
        continue


def _copy(u: Unit, wanted: int) -> bool:
    there = u.connection.execute(select(func.count()).select_from(post)).scalar_one()
    some = u.connection.execute(select(post).order_by(post.c.id).limit(min(BATCH, wanted - there))).mappings().all()
    if there >= wanted or not some:
        return False
    first = int(some[0]["id"])
    names = {int(row["id"]): first - 1 - (there * 1000 + number) for number, row in enumerate(some)}
    rows = [dict(row) | _renamed(row, names) for row in some]
    u.connection.execute(insert(post), rows)
    for table, column in BELONGING:
        _copy_of(u, table, table.c[column], names)
    arrived = u.connection.execute(select(inbox_activity).limit(len(some))).mappings().all()
    keys = [dict(row) | {"id": None, "activity_key": "id:" + secrets.token_hex(32)} for row in arrived]
    u.connection.execute(insert(inbox_activity), [{k: v for k, v in row.items() if k != "id"} for row in keys])
    return True


def _renamed(row: Any, names: dict[int, int]) -> dict[str, Any]:
    new = names[int(row["id"])]
    return {"id": new, "iri": f"{row['iri']}-{new}", "thread_id": str(new), "boost_of_id": None}


def _copy_of(u: Unit, table: Table, column: Column[Any], names: dict[int, int]) -> None:
    found = u.connection.execute(select(table).where(column.in_(names))).mappings().all()
    rows = []
    for row in found:
        new = dict(row) | {column.name: names[int(row[column.name])]}
        if "shown_id" in new:
            new["shown_id"] = names.get(int(row["shown_id"]), new["shown_id"])
        if "id" in new:
            new["id"] = secrets.randbits(62)
        rows.append(new)
    if rows:
        u.connection.execute(insert(table), rows)


def measure(kind: str, port: int, posts: int, stored: tuple[int, ...] = STORED) -> dict[str, object]:
    """One run on one kind of database."""
    found: dict[str, object] = {"database": kind}
    with peers(port + 1, 1, tls=False) as sender, served(kind, port) as instance:
        token = instance.token("reader")
        authors = [f"{sender.bases[0]}/users/author{number}" for number in range(AUTHORS)]
        follow_all(instance, authors, token)
        accept_all(instance, sender, authors, token)
        inbox = f"{instance.url}/inbox"
        sender.send(inbox, [create(authors[n % AUTHORS], n) for n in range(300)])
        wait_for(299, instance, token)
        for step, number in enumerate(stored, 1):
            fill(instance, number)
            made = [create(authors[n % AUTHORS], step * 100_000 + n) for n in range(posts)]
            requests = [sender.request(inbox, activity) for activity in made]
            before = instance.cpu()
            asyncio.run(post_all(inbox, requests))
            wait_for(step * 100_000 + posts - 1, instance, token)
            found[f"cpu_ms_a_create_at_{number}"] = round(1000 * (instance.cpu() - before) / posts, 2)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--port", type=int, default=18380)
    parser.add_argument("--posts", type=int, default=500)
    parser.add_argument("--stored", type=int, nargs="*", default=list(STORED))
    asked = parser.parse_args()
    for kind in asked.kinds or ["sqlite", "postgresql"]:
        print(json.dumps(measure(kind, asked.port, asked.posts, tuple(asked.stored))), flush=True)


if __name__ == "__main__":
    main()
