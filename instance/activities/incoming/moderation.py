"""What moderators do in groups, as other servers tell it: one small function for each verb, one table of them all.

It comes in two ways. A moderator on another server sends it to a group of ours: he must be one of its moderators. A remote
group announces it: its server has the say about what is in the group, and about nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from federation.context import Federation
from federation.errors import FederationError, UnbelievableError
from federation.inbound.belief import fetched_object
from federation.vocab import times
from federation.vocab.types import Activity, Actor
from instance.activities.arriving.gathering import learn, profile, standing
from instance.activities.arriving.posts import Gathered, collect, is_public, revive
from instance.content import moderation, reports
from instance.db.content import post
from instance.db.groups import group_post
from instance.db.people import account
from instance.db.unit import Unit
from instance.groups import acting, bans, groups, moderators
from instance.groups.acting import By
from instance.people import accounts, remote
from instance.people.accounts import AccountRow
from instance.people.remote import RemoteProfile
from instance.sanitise import plain

DEEDS = (("Lock", "*"), ("Undo", "Lock"), ("Add", "*"), ("Remove", "*"), ("Undo", "Add"), ("Undo", "Remove"))
ABOUT_PEOPLE = frozenset({"Block", "Add", "Remove"})


@dataclass(frozen=True, slots=True)
class Said:
    """What is done in a group: the verb's activity (of an Undo, the one that is undone), by whom, to what."""

    group: AccountRow
    by: By
    about: Activity
    undo: bool = False
    profiles: list[RemoteProfile] = field(default_factory=list)


def said(group: AccountRow, by: By, activity: Activity, profiles: list[RemoteProfile] | None = None) -> Said:
    """Unwrap an Undo; the reason stands in `summary`, or in `content`."""
    undo = activity.type == "Undo"
    about = activity.object if undo and isinstance(activity.object, Activity) else activity
    reason = activity.summary or activity.content or about.summary or about.content
    by = By(by.account_id, plain(reason), by.iri or activity.id)
    return Said(group, by, about, undo, profiles or [])


def act(u: Unit, one: Said) -> bool:
    """Do it; False for a verb that is none of a moderator's. Raises RefusalError, NotFoundError as the services do."""
    does = VERBS.get(one.about.type)
    if does is None:
        return False
    does(u, one)
    return True


def _delete(u: Unit, one: Said) -> None:
    post_id = _post(u.connection, one.about.object_id)
    if one.undo:
        moderation.restore(u, one.group.id, post_id, one.by)
    else:
        moderation.remove(u, one.group.id, post_id, one.by)


def _lock(u: Unit, one: Said) -> None:
    does = moderation.unlock if one.undo else moderation.lock
    does(u, one.group.id, _post(u.connection, one.about.object_id), one.by)


def _add(u: Unit, one: Said) -> None:
    _listed(u, one, add=not one.undo)


def _remove(u: Unit, one: Said) -> None:
    _listed(u, one, add=one.undo)


def _listed(u: Unit, one: Said, *, add: bool) -> None:
    """Add to or Remove from the pinned posts or the moderators. PieFed sends some without a target: the object tells."""
    found = u.connection.execute(select(post.c.id).where(post.c.iri == one.about.object_id)).scalar()
    if found is not None:
        does = moderation.pin if add else moderation.unpin
        does(u, one.group.id, found, one.by)
        return
    if one.about.target and not one.about.target.endswith("moderators"):
        return  # a post that is not here
    whom = _person(u, one)
    if whom is None:
        change = moderators.learn if add else moderators.forget
        if one.by.account_id is None:
            change(u, one.group.id, one.about.object_id)
    elif add:
        moderators.add(u, one.group.id, whom.id, one.by)
    else:
        moderators.remove(u, one.group.id, whom.id, one.by)


def _block(u: Unit, one: Said) -> None:
    whom = _person(u, one)
    if whom is None:
        return
    if one.undo:
        bans.unban(u, one.group.id, whom.id, one.by)
        return
    raw = one.about.raw
    until = times.read(raw.get("endTime")) or times.read(raw.get("expires"))
    removes = raw.get("removeData") is True
    moderation.ban(u, one.group.id, whom.id, one.by, until=until, removes=removes)


def _update(u: Unit, one: Said) -> None:
    """A moderator elsewhere changes name and description of a group of ours; no more of it is his to say."""
    about = one.about.object
    if one.group.domain or not isinstance(about, Actor) or one.undo:
        return
    source = about.raw.get("source")
    text = source.get("content") if isinstance(source, dict) else None
    bio = text if isinstance(text, str) else plain(about.summary)
    groups.change(u, one.group.id, one.by, name=plain(about.name) or None, bio=bio)


VERBS: dict[str, Callable[[Unit, Said], None]] = {
    "Delete": _delete,
    "Lock": _lock,
    "Add": _add,
    "Remove": _remove,
    "Block": _block,
    "Update": _update,
}


class ByModerator:
    """Something that a moderator elsewhere does in a group of ours; anything else goes on to `otherwise`."""

    def __init__(self, otherwise: Any = None) -> None:
        self._otherwise = otherwise

    async def gather(self, federation: Federation, activity: Activity) -> Any:
        group = await federation.store.read(_group_meant, activity, federation.base_url)
        if group is None:
            if self._otherwise is None:
                raise UnbelievableError("that is about no group of ours")
            return await self._otherwise.gather(federation, activity)
        return _Meant(group, await whom_it_names(federation, activity))

    def apply(self, u: Unit, activity: Activity, gathered: Any) -> None:
        if not isinstance(gathered, _Meant):
            if self._otherwise is not None:
                self._otherwise.apply(u, activity, gathered)
            return
        sender = accounts.by_iri(u.connection, activity.actor)
        if sender is None:
            raise UnbelievableError("that is no moderator of the group")
        act(u, said(gathered.group, By(sender.id), activity, gathered.profiles))


class Resolved:
    """Resolve of a Flag, by a moderator elsewhere of a group of ours: the report is closed."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        if not reports.resolve(u, activity.object_id, activity.actor):
            raise UnbelievableError("that is no report of a group that he moderates")


class Warned:
    """Warn: a moderator tells the author of a post in the group what not to do again."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        row = u.connection.execute(select(post).where(post.c.iri == activity.object_id)).first()
        group = accounts.by_ids(u.connection, [row.group_id]).get(row.group_id) if row and row.group_id else None
        if row is None or group is None:
            raise UnbelievableError("that post is in no group here")
        if activity.actor != group.iri and not acting.is_moderator_by_iri(u.connection, group.id, activity.actor):
            raise UnbelievableError("that is no moderator of the group")
        moderation.warn(u, group.id, row.id, By(None, plain(activity.summary or activity.content), activity.id))


class Undeleted:
    """Undo of a Delete by the author of a post that was here: it is taken as its own server tells it now."""

    async def gather(self, federation: Federation, activity: Activity) -> Gathered | None:
        about = activity.object
        if not isinstance(about, Activity) or not await federation.store.read(_was_here, about.object_id):
            return None
        return await restored(federation, about.object_id, activity.actor)

    def apply(self, u: Unit, activity: Activity, gathered: Gathered | None) -> None:
        if gathered is not None:
            learn(u, gathered.profiles)
            revive(u, gathered)


async def restored(federation: Federation, iri: str, author: str) -> Gathered | None:
    """A post of this author from its own server; None where it is not (yet) to be had by anyone."""
    if federation.is_ours(iri):
        return None
    try:
        about = await fetched_object(federation, iri, author)
        if not about.is_post or not is_public(about):
            return None
        return await collect(federation, about, await standing(federation, about.attributed_to, [], []))
    except FederationError:
        return None


def _was_here(connection: Connection, iri: str) -> bool:
    gone = select(post.c.id).where(post.c.iri == iri, post.c.deleted_at.is_not(None))
    return connection.execute(gone).first() is not None


@dataclass(frozen=True, slots=True)
class _Meant:
    group: AccountRow
    profiles: list[RemoteProfile]


async def whom_it_names(federation: Federation, activity: Activity) -> list[RemoteProfile]:
    """The profile of whom a ban or a change of moderators is about, where we don't know it yet."""
    about = activity.object if isinstance(activity.object, Activity) else activity
    if about.type not in ABOUT_PEOPLE or not about.object_id or federation.is_ours(about.object_id):
        return []
    if await federation.store.read(_is_known, about.object_id):
        return []
    try:
        return [await profile(federation, about.object_id)]
    except FederationError:
        return []


def _is_known(connection: Connection, iri: str) -> bool:
    return accounts.by_iri(connection, iri) is not None or _post_or_none(connection, iri) is not None


def _group_meant(connection: Connection, activity: Activity, base_url: str) -> AccountRow | None:
    """The group of ours that an activity of somebody elsewhere is about; None where the author speaks of her own."""
    about = activity.object if isinstance(activity.object, Activity) else activity
    row = connection.execute(select(post).where(post.c.iri == about.object_id)).first() if about.object_id else None
    if row is not None and about.type == "Delete":
        author = accounts.by_id(connection, row.account_id)
        if author is not None and author.iri == activity.actor:
            return None
    named = [about.target, about.target.rpartition("/")[0], about.object_id, *about.audience, *activity.audience]
    named += [*about.to, *about.cc, *activity.to, *activity.cc]
    ours = [iri for iri in dict.fromkeys(named) if iri.startswith(base_url + "/")]
    asked = select(account).where(account.c.iri.in_(ours), account.c.kind == "group", account.c.domain == "")
    found = {group.iri: group for group in connection.execute(asked)} if ours else {}
    meant = next((found[iri] for iri in ours if iri in found), None)
    if meant is not None or row is None:
        return meant
    through = select(account).join(group_post, group_post.c.group_id == account.c.id)
    return connection.execute(through.where(group_post.c.post_id == row.id).order_by(group_post.c.id)).first()


def _post_or_none(connection: Connection, iri: str) -> int | None:
    return connection.execute(select(post.c.id).where(post.c.iri == iri, post.c.deleted_at.is_(None))).scalar()


def _post(connection: Connection, iri: str) -> int:
    found = _post_or_none(connection, iri)
    if found is None:
        raise UnbelievableError("that post is not here")
    return found


def _person(u: Unit, one: Said) -> AccountRow | None:
    for profile_ in one.profiles:
        remote.learn(u, profile_)
    return accounts.by_iri(u.connection, one.about.object_id)
