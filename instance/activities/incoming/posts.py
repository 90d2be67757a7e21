"""Posts of other servers: written, changed, deleted; votes in our polls. Announces, likes and groups: `marks`, `groups`."""

from sqlalchemy import select

from federation.client.budget import spent
from federation.context import Federation
from federation.errors import UnbelievableError
from federation.inbound.belief import object_of, owns
from federation.vocab.iris import host_of
from federation.vocab.normalise import more_of
from federation.vocab.types import Activity, Object
from instance.activities.arriving.gathering import learn, standing
from instance.activities.arriving.posts import Gathered, change, collect, is_public, keep, named_by, thread_above
from instance.activities.incoming import agreed
from instance.activities.incoming.profiles import forget
from instance.clock import DAY
from instance.content import posts, receive, threads
from instance.db.content import post
from instance.db.unit import Unit
from instance.people import accounts

NEWS_FOR = 30 * DAY  # as long as a Create may be on its way
TOMBSTONE = "Tombstone"


class Written:
    """Create of a post, or a vote: Create of a Note that has a name and answers a poll of ours."""

    async def gather(self, federation: Federation, activity: Activity) -> Gathered | None:
        embedded = activity.object if isinstance(activity.object, Object) else None
        named = named_by(embedded) if embedded is not None else []
        answered = embedded.in_reply_to if embedded is not None else ""
        known = await standing(federation, activity.actor, [*named, *activity.to, *activity.cc], [answered])
        if not (known.followed or answered in known.posts or known.names_ours([*named, *activity.to, *activity.cc])):
            return None
        about = await object_of(federation, activity)
        if not about.is_post:
            raise UnbelievableError("that is no post")
        gathered = await collect(federation, about, known)
        gathered.to, gathered.cc = activity.to, activity.cc
        if is_public(about):
            gathered.above = await thread_above(federation, about)
        gathered.spent = spent()
        return gathered

    def apply(self, u: Unit, activity: Activity, gathered: Gathered | None) -> None:
        if gathered is None:
            return
        for one in gathered.above:
            learn(u, one.profiles)
            keep(u, one)
        learn(u, gathered.profiles)
        if not _is_vote(u, gathered.about):
            post_id = keep(u, gathered, activity.id)
            if post_id is not None and gathered.about.in_reply_to:
                threads.ask(u, post_id, threads.Arrival(host_of(activity.actor), gathered.spent))
            return
        for more in more_of(activity):
            if owns(activity.actor, more):
                _is_vote(u, more)


class Changed:
    """Update of a post; one that is not here came before its Create, which may still be on its way, and does its work."""

    async def gather(self, federation: Federation, activity: Activity) -> Gathered | None:
        known = await standing(federation, activity.actor, [], [activity.object_id])
        if activity.object_id not in known.posts:
            return await self._not_here(federation, activity)
        about = await object_of(federation, activity)
        if about.type == TOMBSTONE:
            return Gathered(about)
        return await collect(federation, about, known) if about.is_post else None

    def apply(self, u: Unit, activity: Activity, gathered: Gathered | None) -> None:
        if gathered is not None and gathered.about.type == TOMBSTONE:
            delete(u, gathered.about.id, activity.actor)
        elif gathered is not None:
            learn(u, gathered.profiles)
            if not change(u, gathered) and not _votes(gathered.about):
                keep(u, gathered)

    async def _not_here(self, federation: Federation, activity: Activity) -> Gathered | None:
        """News of a post of long ago that we never had are none of our business."""
        about = activity.object
        if isinstance(about, Object) and (about.published or 0) < federation.clock.now() - NEWS_FOR:
            return None
        return await Written().gather(federation, activity)


class Deleted:
    """Delete of a post or of the whole account: bare IRI, object or Tombstone."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        if activity.object_id == activity.actor:
            forget(u, activity.actor)
        elif not delete(u, activity.object_id, activity.actor):
            agreed.revoked(u, activity.object_id, activity.actor)


def delete(u: Unit, iri: str, author_iri: str) -> bool:
    """Delete a remote author's own post; False where there is no such post of hers."""
    author = accounts.by_iri(u.connection, author_iri)
    mine = select(post.c.id).where(post.c.iri == iri, post.c.boost_of_id.is_(None))
    if author is None or author.domain == "":
        return False
    post_id = u.connection.execute(mine.where(post.c.account_id == author.id)).scalar()
    if post_id is None:
        return False
    posts.delete_post(u, post_id)
    return True


def _is_vote(u: Unit, about: Object) -> bool:
    """Count a vote in a poll of ours. True also for one that does not count: it is no post either."""
    if not _votes(about):
        return False
    voter = accounts.by_iri(u.connection, about.attributed_to)
    row = u.connection.execute(select(post).where(post.c.iri == about.in_reply_to)).first()
    if voter is not None and row is not None and row.iri.startswith(u.site.base_url + "/"):
        receive.receive_votes(u, voter.id, row.id, about.name, iri=about.id)
    return True


def _votes(about: Object) -> bool:
    """Whether an object is a vote; who has given it can't change it."""
    return about.type == "Note" and bool(about.name and about.in_reply_to) and not about.content
