"""Recipients become one delivery row per inbox, in the caller's transaction; the activity is serialised once.

Where the policy takes parts out for some servers, it is serialised once more for all those that get the same.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.at_rest import SEALED, seal_out
from federation.ports import Seals
from federation.schema import delivery, outbox_item, peer, remote_actor
from federation.vocab.iris import host_of
from policies.decision import Decision, allow
from policies.redaction import take_out

CHUNK = 500

TAKEN = "taken"
"""Name of the fact that says which obligations are done to a body already."""

Judging = Callable[[Collection[str]], Mapping[str, Decision]]
"""What the policy says of some hosts, asked once for all of them."""
_encoder = msgspec.json.Encoder()


def everyone(hosts: Collection[str]) -> dict[str, Decision]:
    """Every host may have it."""
    return dict.fromkeys(hosts, allow())


def enqueue(
    connection: Connection,
    now: int,
    activity: Mapping[str, Any],
    *,
    actor: str,
    recipients: Sequence[str],
    facts: Mapping[str, Any],
    only_shared: bool = True,
    once_per_host: bool = False,
    judge: Judging = everyone,
    seals: Seals | None = None,
) -> int:
    """Queue an activity; returns the id of its outbox item, 0 where it goes to nobody. Then `u.wake("deliveries")`.

    `actor` signs. `recipients` are actor IRIs; those that are not known in `remote_actor` are left out. `facts` is what
    policies judge by when it is sent; `judge` is the policy's answer now: for who may not have it a cancelled delivery is
    noted, with the reasons; who may have it later gets one that waits. `only_shared`: one delivery to a server's shared
    inbox instead of one to each inbox. `once_per_host`: one delivery to a server, whatever inboxes it has; for what
    concerns the server as a whole. With `seals`, the body is kept sealed.
    """
    inboxes = sorted((host_of(inbox), inbox) for inbox in _inboxes(connection, recipients, only_shared))
    if once_per_host:  # the shared inbox has the shortest address
        inboxes = sorted({host: (host, inbox) for host, inbox in sorted(inboxes, key=_longest_first)}.values())
    hosts = list(dict.fromkeys(host for host, _ in inboxes if host))
    decisions = judge(hosts) if hosts else {}
    item = {"activity": str(activity.get("id", "")), "actor": actor, "kind": str(activity.get("type", ""))}
    made = 0
    for without in dict.fromkeys(one.obligations for one in decisions.values()):
        going = [(host, inbox) for host, inbox in inboxes if host and decisions[host].obligations == without]
        rows = [row for host, inbox in going if (row := _row(now, host, inbox, decisions[host]))]
        if rows:
            kept = {**facts, TAKEN: sorted(without)} if without else dict(facts)
            body = _encoder.encode(take_out(activity, without) if without else activity)
            made = _write(connection, now, {**item, "body": body, "facts": kept}, rows, seals)
    denied = [(host, inbox, decisions[host]) for host, inbox in inboxes if host and decisions[host].denied]
    if denied:
        rows = [_cancelled(now, host, inbox, decision) for host, inbox, decision in denied]
        _write(connection, now, {**item, "body": None, "facts": dict(facts)}, rows)
    return made


def _longest_first(pair: tuple[str, str]) -> tuple[int, str]:
    return -len(pair[1]), pair[1]


def _row(now: int, host: str, inbox: str, decision: Decision) -> dict[str, Any] | None:
    row = {"host": host, "inbox": inbox, "state": "ready", "error": None, "created_at": now}
    if decision.held:
        return row | {"state": "waits", "error": ", ".join(decision.reasons)}
    return row if decision.allowed else None


def _cancelled(now: int, host: str, inbox: str, decision: Decision) -> dict[str, Any]:
    reasons = ", ".join(decision.reasons)
    values = {"state": "cancelled", "error": reasons, "created_at": now, "done_at": now}
    return {"host": host, "inbox": inbox} | values


def _write(
    connection: Connection, now: int, item: dict[str, Any], rows: list[dict[str, Any]], seals: Seals | None = None
) -> int:
    body = item["body"]
    if seals is not None:  # its seal holds for its row alone, whose number is not known before
        item = {**item, "body": None, "facts": {**item["facts"], SEALED: True}}
    made = insert(outbox_item).values(**item, created_at=now).returning(outbox_item.c.id)
    item_id: int = connection.execute(made).scalar_one()
    if seals is not None:
        mine = update(outbox_item).where(outbox_item.c.id == item_id)
        connection.execute(mine.values(body=seal_out(seals, body, item_id)))
    connection.execute(insert(delivery), [row | {"item_id": item_id} for row in rows])
    ready = dict.fromkeys(row["host"] for row in rows if row["state"] == "ready")
    if ready:
        queue_peers(connection, now, ready)
    return item_id


def queue_peers(connection: Connection, now: int, hosts: Iterable[str]) -> None:
    """Mark peers as having something to be sent. In order of name, so that two transactions can't lock each other out."""
    upsert: Any = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    made = upsert(peer).on_conflict_do_update(index_elements=[peer.c.host], set_={"queued": True})
    connection.execute(made, [{"host": host, "first_seen_at": now, "queued": True} for host in sorted(hosts)])


def _inboxes(connection: Connection, recipients: Sequence[str], only_shared: bool) -> set[str]:
    found: set[str] = set()
    known = select(remote_actor.c.inbox, remote_actor.c.shared_inbox).where(remote_actor.c.gone_at.is_(None))
    for chunk in _chunks(list(dict.fromkeys(recipients))):
        for inbox, shared in connection.execute(known.where(remote_actor.c.iri.in_(chunk))):
            found.add(shared if only_shared and shared else inbox)
    return found


def _chunks(items: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
