"""Before a transaction: what is known here of an activity's people and posts, and what must be fetched for it.

Nothing is fetched for what nobody here asked for: an activity concerns us if somebody here follows its actor, is named by
it, or if it is about a post that is here.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, exists, select

from federation.context import Federation
from federation.errors import FederationError
from federation.remote import actors as remote_actors
from federation.vocab.iris import PUBLIC
from instance.activities.actors import profile_of
from instance.db.content import post
from instance.db.people import account, follow
from instance.db.unit import Unit
from instance.people import accounts, remote
from instance.people.remote import RemoteProfile

MOST_MENTIONED = 10


@dataclass(slots=True)
class Standing:
    """What our rows say: accounts among the actors, posts among the objects, whether somebody here follows the actor."""

    accounts: dict[str, Any] = field(default_factory=dict)
    posts: dict[str, Any] = field(default_factory=dict)
    followed: bool = False
    asked: frozenset[str] = frozenset()
    """The actors that our rows were asked for."""

    def names_ours(self, iris: Iterable[str]) -> bool:
        """Whether one of these actors is ours."""
        return any(iri in self.accounts and self.accounts[iri].domain == "" for iri in iris)


async def standing(federation: Federation, actor: str, actors: Collection[str], objects: Collection[str]) -> Standing:
    """Ask our rows, in one read."""
    wanted = {iri for iri in (actor, *actors) if iri and iri != PUBLIC}
    return await federation.store.read(_standing, actor, wanted, [iri for iri in objects if iri])


def _standing(connection: Connection, actor: str, actors: set[str], objects: list[str]) -> Standing:
    found = Standing(accounts.by_iris(connection, actors), asked=frozenset(actors))
    if objects:
        rows = connection.execute(select(post).where(post.c.iri.in_(objects), post.c.deleted_at.is_(None)))
        found.posts = {row.iri: row for row in rows}
    if actor in found.accounts:
        follower = select(account.c.id).where(account.c.domain == "", account.c.id == follow.c.follower_id)
        mine = (follow.c.target_id == found.accounts[actor].id, follow.c.state == "accepted", exists(follower))
        found.followed = connection.execute(select(follow.c.id).where(*mine).limit(1)).first() is not None
    return found


async def profile(federation: Federation, iri: str, *, fresh: bool = False) -> RemoteProfile:
    """The profile of a remote actor. Raises what `federation.remote.actors.actor` raises."""
    found = await remote_actors.actor(federation, iri, fresh=fresh)
    return profile_of(found.actor)


async def strangers(federation: Federation, known: Standing, iris: Iterable[str]) -> list[RemoteProfile]:
    """Profiles of those actors of other servers that have no account row yet; who can't be had is left out."""
    wanted = [iri for iri in dict.fromkeys(iris) if iri and iri not in known.accounts and not federation.is_ours(iri)]
    found = await asyncio.gather(*(_or_none(federation, iri) for iri in wanted[:MOST_MENTIONED]))
    return [one for one in found if one is not None]


async def _or_none(federation: Federation, iri: str) -> RemoteProfile | None:
    try:
        return await profile(federation, iri)
    except FederationError:
        return None


def learn(u: Unit, profiles: Iterable[RemoteProfile]) -> dict[str, int]:
    """Keep profiles; returns account ids by IRI."""
    return {one.iri: remote.learn(u, one) for one in profiles}
