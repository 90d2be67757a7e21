"""Before a transaction: what is known here of an activity's people and posts, and what must be fetched for it.

Nothing is fetched for what nobody here asked for: an activity concerns us if somebody here follows its actor, is named by
it, or if it is about a post that is here.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select

from federation.context import Federation
from federation.errors import FederationError
from federation.remote import actors as remote_actors
from federation.vocab.iris import PUBLIC
from instance.activities.arriving import judging
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
    followers: frozenset[int] = frozenset()
    """Those of ours among the actors who follow the first one."""
    asked: frozenset[str] = frozenset()
    """The actors that our rows were asked for."""

    def names_ours(self, iris: Iterable[str]) -> bool:
        """Whether one of these actors is ours."""
        return any(iri in self.accounts and self.accounts[iri].domain == "" for iri in iris)


async def standing(federation: Federation, actor: str, actors: Collection[str], objects: Collection[str]) -> Standing:
    """Ask our rows, in one read for all that ask at once."""
    wanted = frozenset(iri for iri in (actor, *actors) if iri and iri != PUBLIC)
    return await federation.questions.ask(_standings, _Question(actor, wanted, frozenset(objects) - {""}))


@dataclass(frozen=True, slots=True)
class _Question:
    """What `standing` was asked."""

    actor: str
    actors: frozenset[str]
    objects: frozenset[str]


_POSTS = select(post).where(post.c.iri.in_(bindparam("iris", expanding=True)), post.c.deleted_at.is_(None))
_follower = account.alias("follower")
_FOLLOWED = select(account.c.id).where(
    account.c.id.in_(bindparam("ids", expanding=True)),
    exists().where(
        follow.c.target_id == account.c.id,
        follow.c.state == "accepted",
        _follower.c.id == follow.c.follower_id,
        _follower.c.domain == "",
    ),
)
_FOLLOW_AMONG = select(follow.c.follower_id, follow.c.target_id).where(
    follow.c.follower_id.in_(bindparam("ours", expanding=True)),
    follow.c.target_id.in_(bindparam("ids", expanding=True)),
    follow.c.state == "accepted",
)


def _standings(connection: Connection, questions: list[_Question]) -> list[Standing]:
    people = accounts.by_iris(connection, {iri for one in questions for iri in one.actors})
    iris = {iri for one in questions for iri in one.objects if "\0" not in iri}
    posts = {row.iri: row for row in connection.execute(_POSTS, {"iris": list(iris)})} if iris else {}
    ids = {people[one.actor].id for one in questions if one.actor in people}
    followed = set(connection.execute(_FOLLOWED, {"ids": list(ids)}).scalars()) if ids else set()
    ours = {row.id for row in people.values() if row.domain == "" and row.kind == "person"} - ids
    both = {"ours": list(ours), "ids": list(ids)}
    among = connection.execute(_FOLLOW_AMONG, both).all() if ours and ids else []
    followers: dict[int, set[int]] = {}
    for follower_id, target_id in among:
        followers.setdefault(target_id, set()).add(follower_id)
    return [
        Standing(
            accounts={iri: people[iri] for iri in one.actors if iri in people},
            posts={iri: posts[iri] for iri in one.objects if iri in posts},
            followed=one.actor in people and people[one.actor].id in followed,
            followers=frozenset(followers.get(people[one.actor].id, ())) if one.actor in people else frozenset(),
            asked=one.actors,
        )
        for one in questions
    ]


async def profile(federation: Federation, iri: str, *, fresh: bool = False) -> RemoteProfile:
    """The profile of a remote actor, as the policy lets us show it. Raises what `federation.remote.actors.actor` raises."""
    found = await remote_actors.actor(federation, iri, fresh=fresh)
    return await judging.account(federation, found.actor)


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
