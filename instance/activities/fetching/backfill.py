"""The newest posts of a group or person of another server, fetched once, for their first follower here.

In a job, never in a request; 50 requests in all, 10 to each host that is no party to it. Nobody is notified of what is old,
and it stands in timelines where its time puts it. Of a group its moderators and pinned posts are learnt as well.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from federation.client.budget import budget
from federation.client.fetch import fetch, fetch_document
from federation.context import Federation
from federation.errors import FederationError, UnreachableError
from federation.inbound import authority
from federation.inbound.belief import fetched_object, object_of
from federation.remote import actors as remote_actors
from federation.vocab.iris import host_of, same_origin
from federation.vocab.normalise import normalise
from federation.vocab.reading import iri, iris, listed
from federation.vocab.types import Activity, Actor, Object
from instance.activities.arriving.gathering import learn, standing
from instance.activities.arriving.posts import Gathered, collect, is_public, keep
from instance.activities.incoming.groups import belongs
from instance.clock import Millis
from instance.content import boosts, moderation
from instance.db.content import post
from instance.db.people import account
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import FollowAccepted
from instance.groups import moderators
from instance.groups.acting import By
from instance.jobs.local import Effect
from instance.jobs.table import Job, enqueue
from instance.people import accounts
from instance.people.accounts import AccountRow

JOB = "backfill"
MOST_POSTS, MOST_PINNED = 20, 5
SECONDS = 120.0


@dataclass(slots=True)
class Found:
    """What was fetched: posts with the time at which they were announced or written; of a group the rest."""

    posts: list[tuple[Gathered, Millis | None]] = field(default_factory=list)
    pinned: list[Gathered] = field(default_factory=list)
    moderators: list[str] | None = None


def on_follow(u: Unit, event: FollowAccepted) -> None:
    """A remote account has its first follower here."""
    found = accounts.by_ids(u.connection, [event.follower_id, event.target_id])
    follower, target = found.get(event.follower_id), found.get(event.target_id)
    if follower is None or target is None or follower.domain or not target.domain or target.backfilled_at is not None:
        return
    u.connection.execute(update(account).where(account.c.id == target.id).values(backfilled_at=u.now))
    enqueue(u, JOB, {"account_id": target.id}, unique=f"{JOB}:{target.id}")


async def run(federation: Federation, job: Job) -> Effect | None:
    """Job `backfill`: fetch, then write all at once. A server that can't be reached is tried again later."""
    row = await federation.store.read(accounts.by_id, int(job.payload["account_id"]))
    if row is None or not accounts.is_shown(row) or not row.domain:
        return None
    found = Found()
    with budget(host_of(row.iri), federation.domain):
        try:
            with suppress(TimeoutError):  # what is had by then is kept
                async with asyncio.timeout(SECONDS):
                    await _gather(federation, row, found)
        except UnreachableError:
            raise
        except FederationError:
            return None
    return lambda u: _apply(u, row.id, found)


async def _gather(federation: Federation, row: AccountRow, found: Found) -> None:
    actor = (await remote_actors.actor(federation, row.iri)).actor
    is_group = row.kind == "group"
    if is_group:
        await _about_group(federation, actor, found)
    if not same_origin(actor.outbox, actor.id):
        return
    for item in (await _items(federation, actor.outbox))[:MOST_POSTS]:
        try:
            one = await _post(federation, actor.id, item, is_group=is_group)
        except FederationError:
            continue
        if one is not None:
            found.posts.append(one)


async def _about_group(federation: Federation, actor: Actor, found: Found) -> None:
    """Its moderators (ids, or whole actors as NodeBB embeds them) and what it pinned."""
    listing = actor.attributed_to or iri(actor.raw.get("moderators"))
    try:
        if same_origin(listing, actor.id):
            found.moderators = iris(await _items(federation, listing))
        pinned = await _items(federation, actor.featured) if same_origin(actor.featured, actor.id) else []
    except FederationError:
        return
    for item in iris(pinned)[:MOST_PINNED]:
        try:
            gathered = await _gathered(federation, await fetched_object(federation, item))
        except FederationError:
            continue
        if gathered is not None:
            found.pinned.append(gathered)


async def _items(federation: Federation, address: str) -> list[Any]:
    """The first items of a collection: of itself, or of its first page."""
    document = await fetch_document(federation, address)
    for _ in range(2):
        items = listed(document.get("orderedItems")) or listed(document.get("items"))
        first = document.get("first")
        if items or not first:
            return items
        if isinstance(first, dict) and (first.get("orderedItems") or first.get("items")):
            document = first
        else:
            page = iri(first)
            if not same_origin(page, address):
                return []
            document = await fetch_document(federation, page)
    return listed(document.get("orderedItems")) or listed(document.get("items"))


async def _post(
    federation: Federation, owner: str, item: Any, *, is_group: bool
) -> tuple[Gathered, Millis | None] | None:
    """A post of an outbox: what a group announced, what a person wrote. Her boosts of others are left out."""
    read = normalise(item) if isinstance(item, dict) else await fetch(federation, iri(item))
    if isinstance(read, Object):
        if not read.is_post or owner not in read.attributed_to_all:
            return None
        about = await fetched_object(federation, read.id, owner)
        return await _timed(federation, about, None)
    if not isinstance(read, Activity) or read.type != ("Announce" if is_group else "Create"):
        return None
    activity = authority.check(federation, owner, read)
    if isinstance(activity.object, Activity) and activity.object.type != "Create":
        return None
    if federation.is_ours(activity.object.object_id if isinstance(activity.object, Activity) else activity.object_id):
        return None
    return await _timed(federation, await object_of(federation, activity), activity.published)


async def _timed(
    federation: Federation, about: Object, announced: Millis | None
) -> tuple[Gathered, Millis | None] | None:
    gathered = await _gathered(federation, about)
    return (gathered, announced or about.published) if gathered is not None else None


async def _gathered(federation: Federation, about: Object) -> Gathered | None:
    """A post that anyone may read and that answers none."""
    if not about.is_post or not is_public(about) or about.in_reply_to:
        return None
    return await collect(federation, about, await standing(federation, about.attributed_to, [], []))


def _apply(u: Unit, account_id: int, found: Found) -> None:
    row = accounts.by_id(u.connection, account_id)
    if row is None or not accounts.is_shown(row):
        return
    if found.moderators is not None:
        moderators.learn_all(u, row.id, found.moderators)
    for gathered, at in reversed(found.posts):
        _keep(u, row, gathered, at)
    for gathered in reversed(found.pinned):
        _keep(u, row, gathered, gathered.about.published)
        pinned = u.connection.execute(select(post.c.id).where(post.c.iri == gathered.about.id)).scalar()
        if pinned is not None:
            moderation.pin(u, row.id, pinned, By())


def _keep(u: Unit, row: AccountRow, gathered: Gathered, at: Millis | None) -> None:
    learn(u, gathered.profiles)
    post_id = keep(u, gathered, quiet=True)
    if post_id is None or row.kind != "group":
        return
    there = u.connection.execute(select(post).where(post.c.id == post_id)).one()
    if there.group_id is None and belongs(u.connection, row, there):
        u.connection.execute(update(post).where(post.c.id == post_id).values(group_id=row.id))
    try:
        boosts.boost(u, row.id, post_id, at=at, visibility="public", quiet=True)
    except (RefusalError, NotFoundError):
        return  # removed, or not for everyone
