"""Likes and boosts from elsewhere, and their undoing."""

from sqlalchemy import select

from federation.context import Federation
from federation.inbound.belief import object_of
from federation.vocab.types import Activity
from instance.activities.arriving.gathering import learn, standing
from instance.activities.arriving.posts import Gathered, collect, is_public, keep
from instance.activities.documents.addressing import visibility_of
from instance.activities.incoming.dislikes import Undisliked
from instance.activities.incoming.marking import Marked, Unmarked, here
from instance.activities.incoming.members import Unblocked, Unfollowed
from instance.activities.incoming.profiles import ByActor
from instance.content import boosts, interactions, marks, submissions
from instance.db.content import favourite, post
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import InteractionRejected
from instance.people import accounts
from instance.people.accounts import AccountRow
from instance.people.remote import RemoteProfile


class Liked(Marked):
    """Like (or EmojiReact) of a post that is here."""

    def mark(self, u: Unit, by: AccountRow, post_id: int, iri: str) -> None:
        try:
            marks.favourite(u, by.id, post_id, iri=_free(u, iri))
        except NotFoundError:
            raise
        except RefusalError:
            u.record(InteractionRejected("like", iri, by.id, post_id))


class Unliked(Unmarked):
    """Undo of a Like."""

    def marked(self, u: Unit, by: AccountRow, iri: str) -> int | None:
        mine = select(favourite.c.post_id).where(favourite.c.account_id == by.id, favourite.c.iri == iri)
        post_id = u.connection.execute(mine).scalar()
        waiting = interactions.by_iri(u.connection, "like", iri) if post_id is None else None
        return waiting.post_id if waiting is not None and waiting.account_id == by.id else post_id

    def unmark(self, u: Unit, by: AccountRow, post_id: int) -> None:
        marks.unfavourite(u, by.id, post_id)


class Unboosted(Unmarked):
    """Undo of an Announce; a NodeBB group takes a post out in this way."""

    def marked(self, u: Unit, by: AccountRow, iri: str) -> int | None:
        mine = select(post.c.boost_of_id).where(post.c.account_id == by.id, post.c.iri == iri)
        return u.connection.execute(mine).scalar()

    def unmark(self, u: Unit, by: AccountRow, post_id: int) -> None:
        boosts.unboost(u, by.id, post_id)
        row = u.connection.execute(select(post).where(post.c.id == post_id)).one()
        if by.kind == "group" and row.group_id == by.id and row.removed_at is None:
            submissions.take_out(u, by.id, row)


class UndoneByName:
    """Undo of something that is named only: whatever of the actor's has that id. Of other things nothing was made here."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        if not isinstance(activity.object, str):
            return
        for handler in (Unfollowed(), Unblocked(), Unliked(), Undisliked(), Unboosted()):
            handler.apply(u, activity, None)


class Boosted:
    """Announce of a post, by somebody whom a member follows, or of a post of ours. Announces of other things are ignored."""

    async def gather(self, federation: Federation, activity: Activity) -> "Gathered | RemoteProfile | None":
        if isinstance(activity.object, Activity):
            return None
        known = await standing(federation, activity.actor, [], [activity.object_id])
        here = known.posts.get(activity.object_id)
        if here is not None:
            ours = here.iri.startswith(federation.base_url + "/")
            if not known.followed and not ours:
                return None
            return None if activity.actor in known.accounts else await ByActor().gather(federation, activity)
        if not known.followed or federation.is_ours(activity.object_id):
            return None
        about = await object_of(federation, activity)
        if not about.is_post or not is_public(about):
            return None
        return await collect(federation, about, await standing(federation, about.attributed_to, [], []))

    def apply(self, u: Unit, activity: Activity, gathered: "Gathered | RemoteProfile | None") -> None:
        if isinstance(activity.object, Activity):
            return
        if isinstance(gathered, Gathered):
            learn(u, gathered.profiles)
            keep(u, gathered)
        elif gathered is not None:
            learn(u, [gathered])
        booster = accounts.by_iri(u.connection, activity.actor)
        iri = gathered.about.id if isinstance(gathered, Gathered) else activity.object_id
        if booster is not None:
            boost(u, booster, iri, activity)


def boost(u: Unit, booster: AccountRow, iri: str, activity: Activity) -> None:
    """A boost of a post that is here, if its audience allows it. One there is already stays."""
    post_id = here(u, iri)
    if post_id is None:
        return
    if booster.kind == "group":
        submissions.announced_again(u, booster.id, post_id)
    taken = u.connection.execute(select(post.c.id).where(post.c.iri == activity.id)).first() is not None
    try:
        boosts.boost(
            u,
            booster.id,
            post_id,
            iri=None if taken or not activity.id else activity.id,
            at=activity.published,
            visibility=_audience(booster, activity),
        )
    except NotFoundError:
        return  # not for this reader
    except RefusalError as refusal:
        if refusal.code == "boost-not-allowed":  # else it is not for everyone, and nobody is told that it is there
            u.record(InteractionRejected("boost", activity.id, booster.id, post_id))


def _audience(booster: AccountRow, activity: Activity) -> str:
    """Who sees a boost: those to whom it is addressed. A group's goes with its post; who names nobody means everyone."""
    if booster.kind == "group" or not (activity.to or activity.cc):
        return "public"
    return visibility_of(activity.to, activity.cc, booster.followers_iri)


def _free(u: Unit, iri: str) -> str | None:
    """A Like's id, unless it has none or another one has it."""
    if not iri:
        return None
    return None if u.connection.execute(select(favourite.c.id).where(favourite.c.iri == iri)).first() else iri
