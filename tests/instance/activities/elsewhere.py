"""Accounts of other servers as rows, and what is queued for them."""

import json
from typing import Any

from sqlalchemy import Connection, insert, select

from federation.at_rest import open_out
from federation.schema import delivery, outbox_item, remote_actor
from federation.vocab.iris import host_of
from instance.db.unit import Unit
from instance.people.remote import RemoteProfile, learn
from instance.vault import Vault


def remote(u: Unit, iri: str, *, kind: str = "person", locked: bool = True) -> int:
    """A remote actor that is known here; returns its account id."""
    host, name = host_of(iri), iri.rpartition("/")[2]
    values = {"iri": iri, "host": host, "kind": kind, "inbox": f"{iri}/inbox", "shared_inbox": f"https://{host}/inbox"}
    u.connection.execute(insert(remote_actor).values(**values, document="{}", fetched_at=u.now))
    return learn(u, RemoteProfile(iri, name, host, kind, followers_iri=f"{iri}/followers", locked=locked))


def queued(connection: Connection, vault: Vault | None = None) -> list[tuple[dict[str, Any], list[str]]]:
    """Each queued activity with the inboxes that it goes to, oldest first; sealed ones where there is a vault."""
    sent = select(outbox_item.c.id, outbox_item.c.body).where(outbox_item.c.body.is_not(None))
    rows = connection.execute(sent.order_by(outbox_item.c.id)).all()
    inboxes: dict[int, list[str]] = {}
    for item_id, inbox in connection.execute(select(delivery.c.item_id, delivery.c.inbox).order_by(delivery.c.id)):
        inboxes.setdefault(item_id, []).append(inbox)
    if vault is not None:
        rows = [(i, open_out(vault, body, i) if vault.sealed(body) else body) for i, body in rows]  # type: ignore[misc]
    return [(json.loads(body), inboxes.get(item_id, [])) for item_id, body in rows]
