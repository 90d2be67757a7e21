"""Receipts: a Delete by a server with which there is an agreement is answered, once what it named is erased here."""

from typing import Any

from sqlalchemy import select

from federation.context import Federation
from federation.ports import Handler
from federation.vocab.iris import host_of
from federation.vocab.types import Activity
from instance.activities.outgoing import agreements as outgoing_agreements
from instance.agreements import canary, rows
from instance.db.content import attachment, post
from instance.db.unit import Unit
from instance.events import PostReceived
from instance.media import remote as pictures
from instance.people import accounts
from instance.policy.inforce import in_force_here


class Receipted:
    """A Delete, and the receipt that the other server was promised."""

    def __init__(self, inner: Handler) -> None:
        self._inner = inner

    async def gather(self, federation: Federation, activity: Activity) -> Any:
        return await self._inner.gather(federation, activity)

    def apply(self, u: Unit, activity: Activity, gathered: Any) -> None:
        self._inner.apply(u, activity, gathered)
        held = rows.in_force(u.connection, host_of(activity.actor))
        if held is None or not activity.id or not held.peer_actor or activity.object_id == activity.actor:
            return
        promised = in_force_here(u.connection).promises.erasure_receipts
        if (promised or canary.of_peer(u.connection, activity.actor, held.host)) and _is_gone(u, activity.object_id):
            outgoing_agreements.receipt(u, activity.id, held.peer_actor)


def _is_gone(u: Unit, iri: str) -> bool:
    asked = select(post.c.deleted_at).where(post.c.iri == iri)
    row = u.connection.execute(asked).first()
    return row is not None and row.deleted_at is not None


def on_received(u: Unit, event: PostReceived) -> None:
    """A peer's canary came: say where its copy is. Asked only of what is for followers."""
    if event.visibility != "followers":
        return
    row = u.connection.execute(select(post.c.account_id, post.c.iri).where(post.c.id == event.post_id)).one()
    author = accounts.by_ids(u.connection, [row.account_id])[row.account_id]
    if not author.domain or not canary.of_peer(u.connection, author.iri, author.domain):
        return
    held = rows.in_force(u.connection, author.domain)
    if held is not None and held.peer_actor:
        mine = select(attachment.c.remote_url).where(attachment.c.post_id == event.post_id)
        for address in u.connection.execute(mine.where(attachment.c.remote_url.is_not(None))).scalars():
            pictures.want(u, address)  # a copy that somebody looked at is what is to be probed
        outgoing_agreements.copy_told(u, f"{row.iri}/activity", held.peer_actor, author.domain, event.post_id)
