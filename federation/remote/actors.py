"""Remote actors: learnt with their keys, kept, refreshed, forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.client.fetch import fetch
from federation.context import Federation
from federation.errors import GoneError, MalformedError, UnbelievableError, UnreachableError
from federation.ports import Unit
from federation.remote import peers, schemes
from federation.remote.memory import KnownKey, Memory
from federation.schema import remote_actor, remote_key
from federation.signatures import keys
from federation.vocab import limits, times
from federation.vocab.build import inner
from federation.vocab.iris import host_of, is_iri, same_origin
from federation.vocab.normalise import normalise
from federation.vocab.types import Actor, Object

STALE_AFTER = 2 * times.DAY
GONE_FOR_GOOD = 410  # 404 may be a mishap


@dataclass(frozen=True, slots=True)
class RemoteActor:
    """A remote actor as we know it; `actor` is its whole document."""

    iri: str
    actor: Actor
    fetched_at: int


async def actor(federation: Federation, iri: str, *, fresh: bool = False) -> RemoteActor:
    """A remote actor: from our rows, or fetched and kept. `fresh`: fetched anew.

    Raises what `fetch` raises; GoneError also for one that is known to be gone.
    """
    if not fresh:
        known = await federation.store.read(_known, iri)
        if known is not None:
            if known.gone_at is not None:
                raise GoneError("that actor is gone", 410)
            if known.fetched_at > federation.clock.wire() - STALE_AFTER:
                return _as_actor(known.document, known.fetched_at)
    try:
        return await _fetched(federation, iri)
    except UnreachableError:
        if not fresh and known is not None:
            return _as_actor(known.document, known.fetched_at)
        raise


async def actors(federation: Federation, iris: list[str]) -> dict[str, RemoteActor]:
    """Those of these actors that we have rows of, in one statement; nothing is fetched."""
    rows = await federation.store.read(_several, iris)
    return {row.iri: _as_actor(row.document, row.fetched_at) for row in rows}


async def _fetched(federation: Federation, iri: str) -> RemoteActor:
    try:
        found = await fetch(federation, iri)
    except GoneError as error:
        if error.answered == GONE_FOR_GOOD:
            await gone(federation, iri)
        raise
    if isinstance(found, Object) and found.type == "Tombstone" and found.id == iri:
        await gone(federation, iri)
        raise GoneError("that actor is gone", GONE_FOR_GOOD)
    if not isinstance(found, Actor):
        raise UnbelievableError(f"{host_of(iri)} answered with something that is no actor")
    return await learn(federation, found)


async def learn(federation: Federation, found: Actor, more: Sequence[KnownKey] = (), proven: str = "") -> RemoteActor:
    """Keep an actor document that was fetched from its own id, with its keys; `more`: those that it lists by name.

    `proven`: the key whose own address names this actor as its owner.
    """
    if not has_own_inbox(found):
        raise UnbelievableError(f"{host_of(found.id)} answered with an actor whose inbox is elsewhere")
    now = federation.clock.wire()
    listed = [*usable_keys(found), *more]
    await federation.store.unit(keep, found, listed, now, proven)
    federation.memory.forget(found.id)
    if schemes.implements(found.raw):
        await schemes.offered(federation, host_of(found.id))
    return RemoteActor(found.id, found, now)


def has_own_inbox(found: Actor) -> bool:
    """Whether an actor's inbox is of its own origin."""
    return is_iri(found.inbox) and same_origin(found.inbox, found.id)


def changed(u: Unit, memory: Memory, found: Actor, now: int) -> None:
    """An actor says itself that it is otherwise now: keep that, and its keys; keys that it no longer lists end at once."""
    if not has_own_inbox(found):
        return
    keep(u, found, usable_keys(found), now)
    u.after_commit(lambda: memory.forget(found.id))


def usable_keys(found: Actor) -> list[KnownKey]:
    """The keys that an actor lists, as far as they are its own and we can read them."""
    usable = []
    for key in found.keys:
        if key.owner == found.id and same_origin(key.id, found.id):
            try:
                public = keys.load_pem(key.pem) if key.pem else keys.load_multikey(key.multibase)
            except MalformedError:
                continue  # a key of a kind that we don't take; another may do
            kind = keys.ED25519 if isinstance(public, Ed25519PublicKey) else keys.RSA
            usable.append(KnownKey(key.id, found.id, kind, public, 0))
    return usable


def keep(u: Unit, found: Actor, listed: list[KnownKey], now: int, proven: str = "") -> None:
    """Write an actor and its keys; keys that it no longer lists are forgotten.

    A key that is another's already stays the other's, but for the one that is `proven`: who named it first took its name in vain.
    """
    upsert: Any = postgres_insert if u.connection.dialect.name == "postgresql" else sqlite_insert
    values = {
        "host": host_of(found.id),
        "kind": found.type,
        "inbox": found.inbox,
        "shared_inbox": found.shared_inbox if same_origin(found.shared_inbox, found.id) else None,
        "followers": found.followers or None,
        "document": limits.encode(inner(found.raw)),
        "fetched_at": now,
        "gone_at": None,
    }
    made = upsert(remote_actor).values(iri=found.id, **values)
    u.connection.execute(made.on_conflict_do_update(index_elements=[remote_actor.c.iri], set_=values))
    stale = remote_key.c.id.not_in([key.id for key in listed])
    u.connection.execute(delete(remote_key).where(remote_key.c.owner == found.id, stale))
    for key in listed:
        row = {"owner": key.owner, "algorithm": key.algorithm, "public": keys.to_pem(key.public), "fetched_at": now}
        one = upsert(remote_key).values(id=key.id, **row)
        own = None if key.id == proven else remote_key.c.owner == key.owner  # naming another's key takes nothing over
        u.connection.execute(one.on_conflict_do_update(index_elements=[remote_key.c.id], set_=row, where=own))
    peers.seen(u.connection, {host_of(found.id)}, now)


def forget(u: Unit, iri: str) -> None:
    """A remote actor was deleted: its keys and document go; the row stays, so that it is not fetched again."""
    values = {"gone_at": u.now, "document": "{}"}
    u.connection.execute(update(remote_actor).where(remote_actor.c.iri == iri).values(**values))
    u.connection.execute(delete(remote_key).where(remote_key.c.owner == iri))


async def gone(federation: Federation, iri: str) -> None:
    """The actor's own server says that it is gone for good: whatever is here of it goes."""
    federation.memory.forget(iri)
    await federation.store.unit(_gone, federation, iri)


def _gone(u: Unit, federation: Federation, iri: str) -> None:
    if _known(u.connection, iri) is not None:
        forget(u, iri)
        federation.ports.forget(u, iri)


def _known(connection: Connection, iri: str) -> Any:
    return connection.execute(select(remote_actor).where(remote_actor.c.iri == iri)).first()


def _several(connection: Connection, iris: list[str]) -> list[Any]:
    alive = select(remote_actor).where(remote_actor.c.iri.in_(iris), remote_actor.c.gone_at.is_(None))
    return list(connection.execute(alive).all())


def _as_actor(document: str, fetched_at: int) -> RemoteActor:
    found = normalise(limits.parse(document.encode()))
    if not isinstance(found, Actor):
        raise UnbelievableError("a stored actor is none")
    return RemoteActor(found.id, found, fetched_at)


async def is_known(federation: Federation, iri: str) -> bool:
    """Whether we have a row of this actor."""
    return await federation.store.read(_known, iri) is not None
