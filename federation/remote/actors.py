"""Remote actors and their keys: learnt, kept, refreshed, forgotten."""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.client.fetch import fetch, get_json
from federation.context import Federation
from federation.errors import FederationError, GoneError, MalformedError, UnbelievableError, UnreachableError
from federation.ports import Unit
from federation.remote import peers, schemes
from federation.remote.memory import KnownKey, Missed
from federation.schema import remote_actor, remote_key
from federation.signatures import keys
from federation.vocab import limits, times
from federation.vocab.build import inner
from federation.vocab.iris import bare, host_of, is_iri, same_origin
from federation.vocab.normalise import normalise
from federation.vocab.types import Actor, Key

STALE_AFTER = 2 * times.DAY
REFRESH_AT_MOST_EVERY = 20_000  # milliseconds between two refreshes of one key because of a bad signature
MISSED_UNREACHABLE = 30_000
MISSED_REFUSED = 300_000
ABSENT = "absent"


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
    found = await fetch(federation, iri)
    if not isinstance(found, Actor):
        raise UnbelievableError(f"{host_of(iri)} answered with something that is no actor")
    return await learn(federation, found)


async def learn(federation: Federation, found: Actor) -> RemoteActor:
    """Keep an actor document that was fetched from its own id, with its keys."""
    if not is_iri(found.inbox) or not same_origin(found.inbox, found.id):
        raise UnbelievableError(f"{host_of(found.id)} answered with an actor whose inbox is elsewhere")
    now = federation.clock.wire()
    listed = _usable_keys(found)
    await federation.store.unit(keep, found, listed, now)
    if schemes.implements(found.raw):
        await schemes.offered(federation, host_of(found.id))
    for key in listed:
        federation.memory.keys[key.id] = KnownKey(key.id, key.owner, key.algorithm, key.public, now)
    return RemoteActor(found.id, found, now)


def _usable_keys(found: Actor) -> list[KnownKey]:
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


def keep(u: Unit, found: Actor, listed: list[KnownKey], now: int) -> None:
    """Write an actor and its keys; keys that it no longer lists are forgotten."""
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
        u.connection.execute(one.on_conflict_do_update(index_elements=[remote_key.c.id], set_=row))
    peers.seen(u.connection, {host_of(found.id)}, now)


def forget(u: Unit, iri: str) -> None:
    """A remote actor was deleted: its keys and document go; the row stays, so that it is not fetched again."""
    values = {"gone_at": u.now, "document": "{}"}
    u.connection.execute(update(remote_actor).where(remote_actor.c.iri == iri).values(**values))
    u.connection.execute(delete(remote_key).where(remote_key.c.owner == iri))


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


async def key_of(federation: Federation, key_id: str, *, fresh: bool = False) -> KnownKey:
    """The public key of this id: from memory, our rows, or its owner's document. `fresh`: fetched anew.

    Failures are remembered for a while. Raises UnreachableError, or another FederationError where there is no such key.
    """
    if not fresh:
        key = federation.memory.keys.get(key_id) or await _stored(federation, key_id)
        if key is not None:
            return key
        missed = federation.memory.missed.get(key_id)
        if missed is not None and missed.until > federation.clock.wire():
            raise missed.error
    try:
        return await _fetch_key(federation, key_id)
    except FederationError as error:
        pause = MISSED_UNREACHABLE if error.retry else MISSED_REFUSED
        federation.memory.missed[key_id] = Missed(error, federation.clock.wire() + pause)
        raise


def may_refresh(federation: Federation, key: KnownKey) -> bool:
    """Whether a key whose signature failed may be fetched anew now: not just fetched, not refreshed a moment ago."""
    now = federation.clock.wire()
    last = max(federation.memory.refreshed.get(key.id, 0), key.fetched_at)
    if now - last < REFRESH_AT_MOST_EVERY:
        return False
    federation.memory.refreshed[key.id] = now
    return True


async def _stored(federation: Federation, key_id: str) -> KnownKey | None:
    mine = select(remote_key).where(remote_key.c.id == key_id)
    row = await federation.store.read(lambda connection: connection.execute(mine).first())
    if row is None:
        return None
    key = KnownKey(row.id, row.owner, row.algorithm, keys.load_pem(row.public), row.fetched_at)
    federation.memory.keys[key_id] = key
    return key


async def _fetch_key(federation: Federation, key_id: str) -> KnownKey:
    """Fetch the key's owner. The key names its owner, and the owner's document lists the key: checked both ways."""
    federation.memory.keys.pop(key_id, None)
    document, url = await get_json(federation, bare(key_id))
    owner = _owner(document, key_id)
    if not same_origin(owner, key_id):
        raise UnbelievableError(f"{host_of(key_id)} names an owner elsewhere for that key")
    if owner == url and document.get("id") == url:
        found = normalise(document)
    else:  # a document of the key alone, or a stub (GoToSocial): its owner must say that the key is its own
        found = await fetch(federation, owner)
    if not isinstance(found, Actor) or found.id != owner:
        raise UnbelievableError(f"{host_of(key_id)} answered with a key of no actor")
    await learn(federation, found)
    key = federation.memory.keys.get(key_id)
    if key is None or key.owner != owner:
        raise UnbelievableError(f"{host_of(key_id)} does not list that key")
    return key


def _owner(document: dict[str, Any], key_id: str) -> str:
    """The actor that a fetched key document or actor (or stub of one) names."""
    for key in _keys_in(document):
        if key.id == key_id:
            return key.owner
    owner = document.get("owner") or document.get("controller")
    return owner if isinstance(owner, str) and document.get("id") == key_id else ""


def _keys_in(document: dict[str, Any]) -> list[Key]:
    found = normalise(document)
    return found.keys if isinstance(found, Actor) else []
