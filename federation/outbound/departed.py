"""An inbox says that it is gone (410): its owners are asked after, and those that are gone are forgotten.

The 410 itself proves nothing: only the actor's own document, or its absence, does.
"""

import asyncio
from contextlib import suppress

from sqlalchemy import Connection, or_, select, update

from federation.client.fetch import fetch
from federation.context import Federation
from federation.errors import FederationError, GoneError
from federation.ports import Unit
from federation.remote import actors
from federation.schema import delivery, remote_actor
from federation.vocab.times import DAY
from federation.vocab.types import Actor

MOST = 10  # a shared inbox can have thousands of owners
SECONDS = 30.0  # in all: its peer is leased meanwhile


async def look(federation: Federation, inbox: str) -> bool:
    """Ask after the actors of an inbox, at most once a day; whether any of them is gone."""
    now = federation.clock.wire()
    if federation.memory.asked_after.get(inbox, 0) > now - DAY:
        return False
    federation.memory.asked_after[inbox] = now
    gone: list[str] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            for iri in await federation.store.read(_owners, inbox):
                if await _has_left(federation, iri):
                    gone.append(iri)
    for iri in gone:
        await federation.store.unit(_forget, federation, iri)
    return bool(gone)


async def _has_left(federation: Federation, iri: str) -> bool:
    try:
        return not isinstance(await fetch(federation, iri), Actor)  # a Tombstone
    except GoneError:
        return True
    except FederationError:
        return False  # not to be had now: nothing is known


def _owners(connection: Connection, inbox: str) -> list[str]:
    mine = or_(remote_actor.c.inbox == inbox, remote_actor.c.shared_inbox == inbox)
    asked = select(remote_actor.c.iri).where(mine, remote_actor.c.gone_at.is_(None))
    return list(connection.execute(asked.order_by(remote_actor.c.fetched_at).limit(MOST)).scalars())


def _forget(u: Unit, federation: Federation, iri: str) -> None:
    actors.forget(u, iri)
    inbox = select(remote_actor.c.inbox).where(remote_actor.c.iri == iri).scalar_subquery()
    theirs = or_(remote_actor.c.inbox == inbox, remote_actor.c.shared_inbox == inbox)
    others = select(remote_actor.c.iri).where(theirs, remote_actor.c.gone_at.is_(None)).exists()
    waits = (delivery.c.inbox == inbox, delivery.c.state == "ready", ~others)
    values = {"state": "cancelled", "error": "its actor is gone", "done_at": u.now}
    u.connection.execute(update(delivery).where(*waits).values(**values))
    u.after_commit(lambda: federation.memory.forget(iri))
    federation.ports.forget(u, iri)
