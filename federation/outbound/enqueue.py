"""Recipients become one delivery row per inbox, in the caller's transaction; the activity is serialised once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.schema import delivery, outbox_item, peer, remote_actor
from federation.vocab.iris import host_of

CHUNK = 500

Allowed = Callable[[str], bool]
_encoder = msgspec.json.Encoder()


def enqueue(
    connection: Connection,
    now: int,
    activity: Mapping[str, Any],
    *,
    actor: str,
    recipients: Sequence[str],
    facts: Mapping[str, Any],
    only_shared: bool = True,
    allowed: Allowed = lambda _host: True,
) -> int:
    """Queue an activity; returns the id of its outbox item, 0 where it goes to nobody. Then `u.wake("deliveries")`.

    `actor` signs. `recipients` are actor IRIs; those that are not known in `remote_actor` are left out. `facts` is what
    policies judge by when it is sent; `allowed(host)` is the policy's answer now. `only_shared`: one delivery to a
    server's shared inbox instead of one to each inbox.
    """
    inboxes = _inboxes(connection, recipients, only_shared)
    going = sorted((host_of(inbox), inbox) for inbox in inboxes)
    going = [(host, inbox) for host, inbox in going if host and allowed(host)]
    if not going:
        return 0
    item = {"activity": str(activity.get("id", "")), "actor": actor, "kind": str(activity.get("type", ""))}
    made = insert(outbox_item).values(**item, body=_encoder.encode(activity), facts=dict(facts), created_at=now)
    item_id: int = connection.execute(made.returning(outbox_item.c.id)).scalar_one()
    rows = [
        {"item_id": item_id, "host": host, "inbox": inbox, "state": "ready", "created_at": now} for host, inbox in going
    ]
    connection.execute(insert(delivery), rows)
    queue_peers(connection, now, dict.fromkeys(host for host, _ in going))
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
