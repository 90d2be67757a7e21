"""Move (FEP-7628): an account elsewhere has moved; members here who follow it are taken along, if both sides say so.

The old account says it itself ("push"), or the new one says it and the old one's document names it ("pull"). The new one is
fetched afresh, and lists the old one in `alsoKnownAs`. That is at most four requests, and none where nobody here is concerned.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from federation.context import Federation
from federation.errors import UnbelievableError
from federation.remote import actors as remote_actors
from federation.vocab.types import Activity, Actor
from instance.activities.arriving import judging
from instance.db.unit import Unit
from instance.people import accounts, moves, remote
from instance.people.accounts import AccountRow
from instance.people.remote import RemoteProfile


@dataclass(frozen=True, slots=True)
class Believed:
    """A move that both sides tell of; `profile` is the new account's where that is not ours."""

    old: str
    new: str
    profile: RemoteProfile | None


class Moved:
    """Move of an account that members here follow, list, block or mute."""

    async def gather(self, federation: Federation, activity: Activity) -> Believed | None:
        old, new = activity.object_id, activity.target
        if not new or old == new or activity.actor not in {old, new} or federation.is_ours(old):
            raise UnbelievableError("that is no move")
        known = await federation.store.read(_concerned, old)
        if known is None:
            return None
        if moves.in_cooldown(known, federation.clock.now()):
            if known.moved_to == new:
                return None  # told a second time
            raise UnbelievableError("it moved a short while ago")
        if activity.actor == new:
            found = await _actor(federation, old)
            if found.id != old or found.moved_to != new:
                raise UnbelievableError("the old account does not say that it moved there")
        return await self._arrived(federation, old, new)

    async def _arrived(self, federation: Federation, old: str, new: str) -> Believed:
        """The new account, as it is now. Raises UnbelievableError where it does not know the old one."""
        if federation.is_ours(new):
            row = await federation.store.read(accounts.by_iri, new)
            if row is None or old not in (row.also_known_as or []) or row.moved_to:
                raise UnbelievableError("the new account does not say that it was the old one")
            return Believed(old, new, None)
        found = await _actor(federation, new)
        if found.id != new or old not in found.also_known_as or found.moved_to:
            raise UnbelievableError("the new account does not say that it was the old one")
        return Believed(old, new, await judging.account(federation, found))

    def apply(self, u: Unit, activity: Activity, gathered: Believed | None) -> None:
        if gathered is None:
            return
        if gathered.profile is not None:
            remote.learn(u, gathered.profile)
        old, new = accounts.by_iri(u.connection, gathered.old), accounts.by_iri(u.connection, gathered.new)
        if old is not None and new is not None:
            moves.receive(u, old.id, new.id)


def _concerned(connection: Connection, iri: str) -> AccountRow | None:
    row = accounts.by_iri(connection, iri)
    return row if row is not None and accounts.is_shown(row) and moves.concerns(connection, row.id) else None


async def _actor(federation: Federation, iri: str) -> Actor:
    return (await remote_actors.actor(federation, iri, fresh=True)).actor
