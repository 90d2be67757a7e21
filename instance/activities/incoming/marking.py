"""What likes, dislikes and boosts from elsewhere have in common: a mark that an actor leaves on a post, and its undoing."""

from abc import ABC, abstractmethod
from contextlib import suppress

from sqlalchemy import select

from federation.context import Federation
from federation.vocab.types import Activity
from instance.activities.arriving.gathering import standing
from instance.activities.incoming.profiles import ByActor
from instance.db.content import post
from instance.db.unit import Unit
from instance.errors import NotFoundError
from instance.people import accounts
from instance.people.accounts import AccountRow
from instance.people.remote import RemoteProfile


class Marked(ByActor, ABC):
    """A mark on a post that is here. Nothing is fetched for one that is not."""

    async def gather(self, federation: Federation, activity: Activity) -> RemoteProfile | None:
        known = await standing(federation, activity.actor, [], [activity.object_id])
        if activity.object_id not in known.posts or activity.actor in known.accounts:
            return None
        return await super().gather(federation, activity)

    def apply(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> None:
        post_id = here(u, activity.object_id)
        by = self.sender(u, activity, gathered) if post_id is not None else None
        if post_id is None or by is None:
            return
        with suppress(NotFoundError):  # not for this reader: nothing happens
            self.mark(u, by, post_id, activity.id)

    @abstractmethod
    def mark(self, u: Unit, by: AccountRow, post_id: int, iri: str) -> None:
        """Leave the mark; `iri` is its activity's. Raises NotFoundError."""


class Unmarked(ABC):
    """Undo of a mark: embedded, or named by its id."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        by = accounts.by_iri(u.connection, activity.actor)
        if by is None:
            return
        post_id = self.marked(u, by, activity.object_id)
        if post_id is None and isinstance(activity.object, Activity):
            post_id = here(u, activity.object.object_id)
        if post_id is not None:
            self.unmark(u, by, post_id)

    @abstractmethod
    def marked(self, u: Unit, by: AccountRow, iri: str) -> int | None:
        """The post on which an account left the mark of this id."""

    @abstractmethod
    def unmark(self, u: Unit, by: AccountRow, post_id: int) -> None:
        """Take the account's mark back; nothing happens where there is none."""


def here(u: Unit, iri: str) -> int | None:
    """The id of a post (or of what a boost of ours shows) that is here."""
    row = u.connection.execute(select(post).where(post.c.iri == iri, post.c.deleted_at.is_(None))).first()
    return None if row is None else int(row.boost_of_id or row.id)
