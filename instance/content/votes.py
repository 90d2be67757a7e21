"""Likes and dislikes that a group tells of: counted once for each who gave one, and no more is made of them.

A group's server passes on votes of people on third servers, which nobody can ask about. So such a vote is a number and no
favourite: nobody is told of it, nobody is listed. One that its giver tells of takes its place.
"""

from typing import Any

from sqlalchemy import delete, select

from instance.content import parts
from instance.db.content import favourite, post, vote
from instance.db.people import account
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.events import PostDisliked, PostFavourited

COUNTS = {"like": "favourites_count", "dislike": "dislikes_count"}


def tell(u: Unit, group_id: int, post_id: int, actor_iri: str, kind: str) -> None:
    """A group tells of a vote in it: `kind` is like or dislike. The other kind by the same giver ends."""
    there = select(post.c.id).where(post.c.id == post_id, post.c.group_id == group_id, post.c.deleted_at.is_(None))
    if actor_iri.startswith(u.site.base_url + "/") or u.connection.execute(there).first() is None:
        return  # our members' votes are known here
    if _given_directly(u, post_id, actor_iri):
        return
    take_back(u, group_id, post_id, actor_iri)
    values = {"post_id": post_id, "group_id": group_id, "actor_iri": actor_iri, "kind": kind, "created_at": u.now}
    if insert_new(u.connection, vote, **values):
        parts.count_on_post(u, post_id, COUNTS[kind], 1)


def take_back(u: Unit, group_id: int, post_id: int, actor_iri: str) -> None:
    """The group tells that a vote was taken back."""
    told = delete(vote).where(vote.c.post_id == post_id, vote.c.actor_iri == actor_iri, vote.c.group_id == group_id)
    _uncount(u, u.connection.execute(told.returning(vote.c.post_id, vote.c.kind)).first())


def on_favourite(u: Unit, event: PostFavourited) -> None:
    """Who likes a post herself is not counted a second time for what a group says."""
    _given(u, event.post_id, event.account_id)


def on_dislike(u: Unit, event: PostDisliked) -> None:
    """Nor is who dislikes it."""
    if not event.undo:
        _given(u, event.post_id, event.account_id)


def _given(u: Unit, post_id: int, account_id: int) -> None:
    iri = select(account.c.iri).where(account.c.id == account_id).scalar_subquery()
    told = delete(vote).where(vote.c.post_id == post_id, vote.c.actor_iri == iri)
    _uncount(u, u.connection.execute(told.returning(vote.c.post_id, vote.c.kind)).first())


def forget(u: Unit, actor_iri: str) -> None:
    """Take back all that groups told of an actor."""
    told = delete(vote).where(vote.c.actor_iri == actor_iri).returning(vote.c.post_id, vote.c.kind)
    for row in u.connection.execute(told).all():
        _uncount(u, row)


def _uncount(u: Unit, row: Any) -> None:
    if row is not None:
        parts.count_on_post(u, row.post_id, COUNTS[row.kind], -1)


def _given_directly(u: Unit, post_id: int, actor_iri: str) -> bool:
    mine = select(favourite.c.id).join(account, account.c.id == favourite.c.account_id)
    return (
        u.connection.execute(mine.where(favourite.c.post_id == post_id, account.c.iri == actor_iri)).first() is not None
    )
