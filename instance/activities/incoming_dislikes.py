"""Dislikes from elsewhere, and their undoing."""

from sqlalchemy import select

from federation.context import Federation
from federation.vocab.types import Activity
from instance.activities.gathering import standing
from instance.activities.incoming_members import ByActor
from instance.content import dislikes
from instance.db.content import dislike, post
from instance.db.unit import Unit
from instance.errors import NotFoundError
from instance.people import accounts
from instance.people.remote import RemoteProfile


class Disliked(ByActor):
    """Dislike of a post that is here."""

    async def gather(self, federation: Federation, activity: Activity) -> RemoteProfile | None:
        known = await standing(federation, activity.actor, [], [activity.object_id])
        if activity.object_id not in known.posts or activity.actor in known.accounts:
            return None
        return await super().gather(federation, activity)

    def apply(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> None:
        post_id = _here(u, activity.object_id)
        by = self.sender(u, activity, gathered) if post_id is not None else None
        if post_id is None or by is None:
            return
        try:
            dislikes.dislike(u, by.id, post_id, iri=activity.id or None)
        except NotFoundError:
            return  # not for this reader: nothing happens


class Undisliked:
    """Undo of a Dislike, embedded or named."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        by = accounts.by_iri(u.connection, activity.actor)
        if by is None:
            return
        mine = select(dislike.c.post_id).where(dislike.c.account_id == by.id, dislike.c.iri == activity.object_id)
        post_id = u.connection.execute(mine).scalar()
        if post_id is None and isinstance(activity.object, Activity):
            post_id = _here(u, activity.object.object_id)
        if post_id is not None:
            dislikes.undislike(u, by.id, post_id)


def _here(u: Unit, iri: str) -> int | None:
    row = u.connection.execute(select(post).where(post.c.iri == iri, post.c.deleted_at.is_(None))).first()
    return None if row is None else int(row.boost_of_id or row.id)
