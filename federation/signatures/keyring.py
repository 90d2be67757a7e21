"""Our own keys: minted, sealed in `local_key`, opened once and kept parsed in memory."""

import asyncio
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.ports import Seals, Store, Unit
from federation.schema import local_key
from federation.signatures import keys
from federation.signatures.keys import Pair, PrivateKey

MAIN, ED25519 = "#main-key", "#ed25519"  # the Application's, whose document anybody may read
SEPARATE = "/main-key"  # everybody else's: an address of its own, for who asks without a signature
MOST_PARSED = 2000


@dataclass(frozen=True, slots=True)
class OwnKey:
    """One of our keys, ready to sign."""

    id: str
    actor: str
    algorithm: str
    private: PrivateKey
    public_pem: str

    @property
    def multibase(self) -> str:
        """Of an Ed25519 key; '' for RSA."""
        public = self.private.public_key()
        return keys.to_multibase(public) if isinstance(public, ed25519.Ed25519PublicKey) else ""


class NoKeyError(Exception):
    """That actor has no key yet; the job that mints it has not run."""


class Keyring:
    """Finds our keys by actor."""

    def __init__(self, seals: Seals, store: Store) -> None:
        self._seals = seals
        self._store = store
        self._parsed: dict[str, list[OwnKey]] = {}

    async def of(self, actor: str) -> list[OwnKey]:
        """All keys of one of our actors, RSA first; empty before they are minted."""
        found = self._parsed.get(actor)
        if found is None:
            rows = await self._store.read(_rows, actor)
            found = [self._open(row) for row in rows]
            if found:
                if len(self._parsed) >= MOST_PARSED:
                    self._parsed.pop(next(iter(self._parsed)))
                self._parsed[actor] = found
        return found

    async def signer(self, actor: str) -> OwnKey:
        """The key that signs requests for this actor. Raises NoKeyError."""
        found = await self.of(actor)
        if not found:
            raise NoKeyError(actor)
        return found[0]

    async def named(self, key_id: str) -> OwnKey | None:
        """One of our keys by its id."""
        actor = key_id.partition("#")[0].removesuffix(SEPARATE)
        return next((key for key in await self.of(actor) if key.id == key_id), None)

    async def mint(self, actor: str, *, with_ed25519: bool = False) -> None:
        """Make an actor's keys, unless it has them. RSA is made in a thread."""
        if await self.of(actor):
            return
        pairs = [(actor + (MAIN if with_ed25519 else SEPARATE), await asyncio.to_thread(keys.make, keys.RSA))]
        if with_ed25519:
            pairs.append((actor + ED25519, keys.make(keys.ED25519)))
        await self._store.unit(self.keep, actor, pairs)

    def keep(self, u: Unit, actor: str, pairs: list[tuple[str, Pair]]) -> None:
        """Write new keys; where another process was quicker, its keys stay."""
        insert: Any = postgres_insert if u.connection.dialect.name == "postgresql" else sqlite_insert
        for key_id, pair in pairs:
            values = {"id": key_id, "actor": actor, "algorithm": pair.algorithm, "public": pair.public_pem}
            sealed = self._seals.seal(pair.private, "local_key", "private", key_id)
            row = insert(local_key).values(**values, private=sealed, created_at=u.now)
            u.connection.execute(row.on_conflict_do_nothing())

    def _open(self, row: Any) -> OwnKey:
        private = keys.load_own(self._seals.open(row.private, "local_key", "private", row.id))
        return OwnKey(row.id, row.actor, row.algorithm, private, row.public)


def _rows(connection: Connection, actor: str) -> list[Any]:
    mine = select(local_key).where(local_key.c.actor == actor, local_key.c.retired_at.is_(None))
    return list(connection.execute(mine.order_by(local_key.c.algorithm.desc())).all())  # rsa before ed25519
