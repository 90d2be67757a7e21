"""What remote groups announce (FEP-1b12): posts, their changes and ends, votes, and what moderators do.

A group's server has the say about what is in the group. What it says of others' words is not believed: posts are taken
from where they live, unless author and group share an origin (DECISIONS 22). Votes are counted, and no more.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, exists, or_, select, update

from federation.context import Federation
from federation.errors import FederationError, GoneError
from federation.inbound.belief import fetched_object, object_of
from federation.remote.actors import GONE_FOR_GOOD
from federation.vocab.iris import same_origin
from federation.vocab.types import Activity, Actor
from instance.activities.arriving import judging
from instance.activities.arriving.gathering import Standing, learn, profile, standing
from instance.activities.arriving.posts import Gathered, change, collect, is_public, keep, revive
from instance.activities.incoming.marks import boost
from instance.activities.incoming.moderation import VERBS, act, restored, said, whom_it_names
from instance.activities.incoming.posts import delete
from instance.content import boosts, submissions, votes
from instance.db.content import mention, post
from instance.db.people import account
from instance.db.unit import Unit
from instance.groups.acting import By
from instance.people import accounts
from instance.people.accounts import AccountRow
from instance.people.remote import RemoteProfile
from policies.audience import OPEN_TO_ALL

KINDS = ("Create", "Update", "Delete", "Undo", "Like", "EmojiReact", "Dislike", "Lock", "Add", "Remove", "Block")
VOTES = {"Like": "like", "EmojiReact": "like", "Dislike": "dislike"}


@dataclass(slots=True)
class FromGroup:
    """What a group's Announce of an activity comes to."""

    gathered: Gathered | None = None
    gone: bool = False
    by_author: bool = False
    profiles: list[RemoteProfile] = field(default_factory=list)


class AnnouncedByGroup:
    """Announce of an activity by a Group that members follow, or about a post here that is in the group.

    Both forms of Announce make one post and one boost (DECISIONS 27). An answer is kept without a boost.
    """

    async def gather(self, federation: Federation, activity: Activity) -> FromGroup | None:
        inner = activity.object
        if not isinstance(inner, Activity):
            return None
        about = inner.object if inner.type == "Undo" and isinstance(inner.object, Activity) else inner
        known = await standing(federation, activity.actor, [], [about.object_id])
        group, here = known.accounts.get(activity.actor), known.posts.get(about.object_id)
        if group is None or group.kind != "group" or not about.object_id:
            return None
        if not known.followed and (here is None or here.group_id != group.id):
            return None
        if about.type in VOTES:
            return FromGroup() if here is not None else None
        if about.type in VERBS and not await _is_author_s(federation, activity, inner, about):
            return await self._moderated(federation, activity, inner)
        return await self._posted(federation, activity, inner, known)

    async def _posted(
        self, federation: Federation, activity: Activity, inner: Activity, known: Standing
    ) -> FromGroup | None:
        here = inner.object_id in known.posts
        if inner.type == "Undo":
            return await _revived(federation, inner)
        if inner.type == "Delete":
            return await self._deleted(federation, inner, known.posts[inner.object_id]) if here else None
        if federation.is_ours(inner.object_id):
            return FromGroup() if here and inner.type == "Create" else None
        if inner.type == "Update" and not here:
            return None
        if inner.type == "Create" and here:
            return FromGroup()
        about = await object_of(federation, activity)
        if not about.is_post or not is_public(about):
            return None
        known = await standing(federation, about.attributed_to, [], [])
        return FromGroup(await collect(federation, about, known))

    async def _deleted(self, federation: Federation, inner: Activity, here: Row[Any]) -> FromGroup | None:
        """A deletion is believed where the object's own server says so; else the group only takes it out of itself.

        Of what is not for everyone a server says 404 to strangers, ours among them, while it is there: only 410 counts.
        """
        if federation.is_ours(inner.object_id):
            return FromGroup(by_author=True)
        if inner.believed:
            return FromGroup(gone=True, by_author=True)
        try:
            about = await fetched_object(federation, inner.object_id)
        except GoneError as error:
            return FromGroup(gone=error.answered == GONE_FOR_GOOD or here.visibility in OPEN_TO_ALL, by_author=True)
        except FederationError as error:  # no answer, or one that proves nothing
            if error.retry:
                raise
            return FromGroup(by_author=True)
        return FromGroup(gone=about.type == "Tombstone", by_author=True)

    async def _moderated(self, federation: Federation, activity: Activity, inner: Activity) -> FromGroup:
        if inner.type == "Update":
            if isinstance(inner.object, Actor) and inner.object_id == activity.actor:
                return FromGroup(profiles=[await judging.account(federation, inner.object)])
            return FromGroup(profiles=[await profile(federation, activity.actor, fresh=True)])
        return FromGroup(profiles=await whom_it_names(federation, inner))

    def apply(self, u: Unit, activity: Activity, gathered: FromGroup | None) -> None:
        inner = activity.object
        group = accounts.by_iri(u.connection, activity.actor)
        if gathered is None or group is None or not isinstance(inner, Activity):
            return
        about = inner.object if inner.type == "Undo" and isinstance(inner.object, Activity) else inner
        if about.type in VOTES:
            _count(u, group, inner, about)
        elif gathered.by_author:
            self._apply_end(u, group, inner, gathered)
        elif about.type == "Update" and gathered.gathered is not None:
            learn(u, gathered.gathered.profiles)
            change(u, gathered.gathered)
        elif about.type == "Create":
            self._apply_create(u, group, inner.object_id, activity, gathered)
        elif about.type == "Update":
            learn(u, [one for one in gathered.profiles if one.iri == group.iri])
        else:
            act(u, said(group, By(), inner, gathered.profiles))

    def _apply_create(self, u: Unit, group: AccountRow, iri: str, activity: Activity, gathered: FromGroup) -> None:
        if gathered.gathered is not None:
            learn(u, gathered.gathered.profiles)
            keep(u, gathered.gathered)
        take_in(u, group, iri, activity)

    def _apply_end(self, u: Unit, group: AccountRow, inner: Activity, gathered: FromGroup) -> None:
        if inner.type == "Undo":
            if gathered.gathered is not None:
                learn(u, gathered.gathered.profiles)
                revive(u, gathered.gathered)
                take_in(u, group, gathered.gathered.about.id, inner)
            return
        iri = inner.object_id
        row = u.connection.execute(select(post.c.id, post.c.account_id).where(post.c.iri == iri)).first()
        if row is None:
            return
        author = accounts.by_id(u.connection, row.account_id)
        if gathered.gone and author is not None and delete(u, iri, author.iri):
            return
        boosts.unboost(u, group.id, row.id)


def take_in(u: Unit, group: AccountRow, iri: str, activity: Activity) -> None:
    """Put a post that is here into a group; the group boosts it unless it is an answer."""
    row = u.connection.execute(select(post).where(post.c.iri == iri, post.c.deleted_at.is_(None))).first()
    if row is None:
        return
    if row.group_id is None and belongs(u.connection, group, row):
        u.connection.execute(update(post).where(post.c.id == row.id).values(group_id=group.id))
    in_group = submissions.announced_again(u, group.id, row.id) or row.removed_at is None
    if row.reply_to_iri is None and in_group:
        boost(u, group, iri, activity)


def belongs(connection: Connection, group: AccountRow, row: Row[Any]) -> bool:
    """Whether a post is the group's to moderate: for everyone, and it names the group, answers in it or is of its server.

    What a group only passes on stays its author's: no group locks, removes or warns of what was never put before it.
    """
    if row.visibility not in OPEN_TO_ALL:
        return False
    if same_origin(row.iri, group.iri):
        return True
    named = exists().where(mention.c.post_id == row.id, mention.c.account_id == group.id)
    answers = exists().where(post.c.id == row.reply_to_id, post.c.group_id == group.id)
    return bool(connection.execute(select(or_(named, answers))).scalar())


async def _is_author_s(federation: Federation, activity: Activity, inner: Activity, about: Activity) -> bool:
    """Whether what looks like a moderator's deed is the author's own: Update of a post, Delete and its Undo by her."""
    if about.type == "Update":
        return about.object_id != activity.actor
    return about.type == "Delete" and await federation.store.read(_author_of, about.object_id) == inner.actor


def _author_of(connection: Connection, iri: str) -> str | None:
    asked = select(account.c.iri).join(post, post.c.account_id == account.c.id).where(post.c.iri == iri)
    return connection.execute(asked).scalar()


async def _revived(federation: Federation, inner: Activity) -> FromGroup | None:
    """An author who took her deletion back: the post as its own server tells it now."""
    iri = inner.object.object_id if isinstance(inner.object, Activity) else ""
    found = await restored(federation, iri, inner.actor) if iri else None
    return FromGroup(found, by_author=True) if found is not None else None


def _count(u: Unit, group: AccountRow, inner: Activity, about: Activity) -> None:
    post_id = u.connection.execute(select(post.c.id).where(post.c.iri == about.object_id)).scalar()
    if post_id is None:
        return
    if inner.type == "Undo":
        votes.take_back(u, group.id, post_id, inner.actor)
    else:
        votes.tell(u, group.id, post_id, inner.actor, VOTES[about.type])
