"""Keys of other servers' actors: from memory, our rows, or their owner's document; what can't be had is not asked for again soon.

Ownership is seen both ways: the key names its owner, and the owner's document lists the key.
"""

import asyncio
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from federation.client.budget import budget
from federation.client.fetch import fetch, get_json
from federation.client.gate import who_signs
from federation.context import Federation
from federation.errors import AwayError, FederationError, GoneError, MalformedError, UnbelievableError, UnreachableError
from federation.remote.actors import GONE_FOR_GOOD, gone, learn
from federation.remote.memory import KnownKey, Missed
from federation.schema import remote_key
from federation.signatures import keys
from federation.vocab.iris import bare, host_of, origin_of, same_origin
from federation.vocab.normalise import normalise
from federation.vocab.reading import iri, listed, text
from federation.vocab.types import Actor, Key

REFRESH_AT_MOST_EVERY = 20_000  # milliseconds between two refreshes of one key because of a bad signature
TRUSTED_FOR = (
    5_000  # milliseconds for which a key in memory is taken without a look at its row: another process may know more
)
MOST_FETCHED, MOST_FETCHED_OF_HOST = 60, 20  # keys under way at once
MISSED_UNREACHABLE = 30_000
MISSED_REFUSED = 300_000
LISTS = ("publicKey", "assertionMethod", "authentication")


async def key_of(federation: Federation, key_id: str, caller: str = "", *, fresh: bool = False) -> KnownKey:
    """The public key of this id. `fresh`: fetched anew; who asks for it while it is fetched waits for the same answer.

    `caller`: the address that names it. Failures are remembered for a while, and hosts that did not answer. Raises
    UnreachableError, TooMuchError, or another FederationError where there is no such key.
    """
    memory = federation.memory
    if not fresh:
        key = await _known(federation, key_id)
        if key is not None:
            return key
        for name in (key_id, origin_of(key_id)):
            missed = memory.missed.get(name)
            if missed is not None and missed.until > federation.clock.wire():
                raise missed.error
    if key_id not in memory.fetching:
        federation.allowance.ask_for_key(caller, host_of(key_id))
        _make_way(federation, host_of(key_id))
        memory.fetching[key_id] = asyncio.create_task(_fetched(federation, key_id))
        memory.fetching[key_id].add_done_callback(lambda _: memory.fetching.pop(key_id, None))
    return await asyncio.shield(memory.fetching[key_id])


def _make_way(federation: Federation, host: str) -> None:
    """Whoever asks is not known yet: nobody keeps so many of our connections busy that others' keys can't be had."""
    under_way = [host_of(one) for one in federation.memory.fetching]
    if len(under_way) >= MOST_FETCHED or under_way.count(host) >= MOST_FETCHED_OF_HOST:
        raise UnreachableError("too many keys are being fetched at the moment")


def may_refresh(federation: Federation, key: KnownKey) -> bool:
    """Whether a key whose signature failed may be fetched anew now: not just fetched, not refreshed a moment ago."""
    now = federation.clock.wire()
    last = max(federation.memory.refreshed.get(key.id, 0), key.fetched_at)
    if now - last < REFRESH_AT_MOST_EVERY:
        return False
    federation.memory.refreshed[key.id] = now
    return True


async def _known(federation: Federation, key_id: str) -> KnownKey | None:
    memory, now = federation.memory, federation.clock.wire()
    key = memory.keys.get(key_id)
    if key is not None and now - memory.looked.get(key_id, 0) < TRUSTED_FOR:
        return key
    row = await federation.store.read(_row, key_id)
    if row is None:
        memory.keys.pop(key_id, None)
        return None
    if key is None or key.owner != row.owner or keys.to_pem(key.public) != row.public:
        key = KnownKey(row.id, row.owner, row.algorithm, keys.load_pem(row.public), row.fetched_at)
        memory.keys[key_id] = key
    memory.looked[key_id] = now
    return key


def _row(connection: Connection, key_id: str) -> Any:
    return connection.execute(select(remote_key).where(remote_key.c.id == key_id)).first()


async def _fetched(federation: Federation, key_id: str) -> KnownKey:
    try:
        with budget(host_of(key_id), federation.domain) as used, who_signs(host_of(key_id)):
            key = await _fetch(federation, key_id)
            federation.memory.cost[key_id] = dict(used.spent)
            return key
    except FederationError as error:
        pause = MISSED_UNREACHABLE if error.retry else MISSED_REFUSED
        missed = Missed.of(error, federation.clock.wire() + pause)
        federation.memory.missed[key_id] = missed
        if isinstance(
            error, AwayError
        ):  # an answer, however bad, is one of this address alone: anybody may have named it
            federation.memory.missed[error.origin] = missed
        raise


async def _fetch(federation: Federation, key_id: str) -> KnownKey:
    federation.memory.keys.pop(key_id, None)
    try:
        document, url = await get_json(federation, bare(key_id))
    except GoneError as error:
        if error.answered == GONE_FOR_GOOD:
            await gone(federation, bare(key_id))
        raise
    named = _named(document, key_id)
    if named is None or not same_origin(named.owner, key_id):
        raise UnbelievableError(f"{host_of(key_id)} names no owner, or one elsewhere, for that key")
    owner = named.owner
    if owner == url and document.get("id") == url:
        found = normalise(document)
    else:  # a document of the key alone, or a stub (GoToSocial): its owner must say that the key is its own
        found = await fetch(federation, owner)
    if not isinstance(found, Actor) or found.id != owner:
        raise UnbelievableError(f"{host_of(key_id)} answered with a key of no actor")
    by_name = [_parsed(named)] if key_id in _listed_by_name(found) and (named.pem or named.multibase) else []
    await learn(federation, found, by_name, proven=key_id)
    key = await _known(federation, key_id)
    if key is None or key.owner != owner:
        raise UnbelievableError(f"{host_of(key_id)} does not list that key")
    return key


def _named(document: dict[str, Any], key_id: str) -> Key | None:
    """What a fetched document says of a key: an actor, a stub of one, or the key's own document."""
    found = normalise(document)
    for key in found.keys if isinstance(found, Actor) else []:
        if key.id == key_id:
            return key
    if document.get("id") != key_id:
        return None
    owner = iri(document.get("owner")) or iri(document.get("controller"))
    pem, multibase = text(document.get("publicKeyPem"), 10_000), text(document.get("publicKeyMultibase"), 2000)
    return Key(id=key_id, owner=owner, pem=pem, multibase=multibase)


def _listed_by_name(found: Actor) -> set[str]:
    """Keys that an actor lists by their IRIs alone (FEP-521a allows it)."""
    items = [item for name in LISTS for item in listed(found.raw.get(name))[:10]]
    return {item if isinstance(item, str) else iri(item) for item in items}


def _parsed(key: Key) -> KnownKey:
    public = keys.load_pem(key.pem) if key.pem else keys.load_multikey(key.multibase)
    kind = keys.ED25519 if isinstance(public, Ed25519PublicKey) else keys.RSA
    if not key.owner:
        raise MalformedError("that key names no owner")
    return KnownKey(key.id, key.owner, kind, public, 0)
