"""Likes and boosts from elsewhere, and their undoing."""

from sqlalchemy import select

from federation.context import Federation
from federation.inbound.authority import object_of
from federation.vocab.types import POST_TYPES, Activity
from instance.activities.addressing import visibility_of
from instance.activities.gathering import learn, standing
from instance.activities.incoming_dislikes import Undisliked
from instance.activities.incoming_members import ByActor, Unblocked, Unfollowed
from instance.activities.incoming_posts import Gathered, collect, is_public, keep
from instance.content import boosts, interactions, marks, submissions
from instance.db.content import favourite, post
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import InteractionRejected
from instance.people import accounts
from instance.people.accounts import AccountRow
from instance.people.remote import RemoteProfile


class Liked(ByActor):
    """Like (or EmojiReact) of a post that is here."""

    async def gather(self, federation: Federation, activity: Activity) -> RemoteProfile | None:
        known = await standing(federation, activity.actor, [], [activity.object_id])
        if activity.object_id not in known.posts or activity.actor in known.accounts:
            return None
        return await super().gather(federation, activity)

    def apply(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> None:
        post_id = _here(u, activity.object_id)
        liker = self.sender(u, activity, gathered) if post_id is not None else None
        if post_id is None or liker is None:
            return
        try:
            marks.favourite(u, liker.id, post_id, iri=_free(u, activity.id))
        except NotFoundError:
            return  # not for this reader: nothing happens
        except RefusalError:
            u.record(InteractionRejected("like", activity.id, liker.id, post_id))


class Unliked:
    """Undo of a Like, embedded or named."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        liker = accounts.by_iri(u.connection, activity.actor)
        if liker is None:
            return
        mine = select(favourite.c.post_id).where(favourite.c.account_id == liker.id)
        post_id = u.connection.execute(mine.where(favourite.c.iri == activity.object_id)).scalar()
        waiting = interactions.by_iri(u.connection, "like", activity.object_id) if post_id is None else None
        if waiting is not None and waiting.account_id == liker.id:
            post_id = waiting.post_id
        if post_id is None and isinstance(activity.object, Activity):
            post_id = _here(u, activity.object.object_id)
        if post_id is not None:
            marks.unfavourite(u, liker.id, post_id)


class Unboosted:
    """Undo of an Announce, embedded or named; a NodeBB group takes a post out in this way."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        booster = accounts.by_iri(u.connection, activity.actor)
        if booster is None:
            return
        mine = select(post.c.boost_of_id).where(post.c.account_id == booster.id, post.c.iri == activity.object_id)
        post_id = u.connection.execute(mine).scalar()
        if post_id is None and isinstance(activity.object, Activity):
            post_id = _here(u, activity.object.object_id)
        if post_id is None:
            return
        boosts.unboost(u, booster.id, post_id)
        row = u.connection.execute(select(post).where(post.c.id == post_id)).one()
        if booster.kind == "group" and row.group_id == booster.id and row.removed_at is None:
            submissions.take_out(u, booster.id, row)


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
        if about.type not in POST_TYPES or not is_public(about):
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
    post_id = _here(u, iri)
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


def _here(u: Unit, iri: str) -> int | None:
    """The id of a post (or of what a boost of ours shows) that is here."""
    row = u.connection.execute(select(post).where(post.c.iri == iri, post.c.deleted_at.is_(None))).first()
    return None if row is None else int(row.boost_of_id or row.id)


def _free(u: Unit, iri: str) -> str | None:
    """A Like's id, unless it has none or another one has it."""
    if not iri:
        return None
    return None if u.connection.execute(select(favourite.c.id).where(favourite.c.iri == iri)).first() else iri
