"""Boosts: a post shown on by somebody else, or by a group to those who take part in it."""

from typing import Any

from sqlalchemy import Row, delete, insert, select

from instance.clock import Millis
from instance.content import parts, timelines
from instance.content.drafts import ASKED, OPEN_TO_ALL
from instance.content.visible import shown
from instance.db.content import post
from instance.db.reading import notification
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import BoostUndone, PostBoosted
from instance.i18n import N_
from instance.ids import slug, sortable_id
from instance.people import accounts


def boost(
    u: Unit,
    account_id: int,
    post_id: int,
    *,
    iri: str | None = None,
    at: Millis | None = None,
    visibility: str | None = None,
) -> int:
    """Boost a post, or the post that a boost shows; returns the boost's id, the old one if there is one.

    `iri` and `at` are a remote boost's. A member's boost is for her followers unless she has allowed public posting,
    like her posts; a group's goes to all who may read the post. Raises NotFoundError, RefusalError.
    """
    target = shown(u.connection, account_id, post_id)
    before = _existing(u, account_id, target.id)
    if before is not None:
        return int(before.id)
    by = accounts.by_id(u.connection, account_id)
    if by is None or not accounts.is_shown(by):
        raise NotFoundError
    if target.local_only or not _may_be_shown_on(target, account_id):
        raise RefusalError("not-boostable", N_("This post is not for everyone; it can't be boosted."))
    boost_id = sortable_id(at or u.now, u.now)
    values = {
        "id": boost_id,
        "iri": iri or _mint(by, boost_id),
        "account_id": account_id,
        "boost_of_id": target.id,
        "visibility": _visibility(by, target, visibility),
        "thread_id": target.thread_id,
        "created_at": min(at or u.now, u.now),
        "received_at": u.now,
    }
    u.connection.execute(insert(post).values(**values))
    parts.count_on_post(u, target.id, "boosts_count", 1)
    timelines.fan_out(u, boost_id)
    u.record(PostBoosted(boost_id, target.id, account_id))
    return boost_id


def unboost(u: Unit, account_id: int, post_id: int) -> bool:
    """Take a boost back; `post_id` is the post boosted or the boost itself. False if there is none."""
    row = u.connection.execute(select(post).where(post.c.id == post_id)).first()
    if row is not None and row.boost_of_id is not None:
        post_id = row.boost_of_id
    found = _existing(u, account_id, post_id)
    if found is None:
        return False
    timelines.take_out_boost(u, found.id)
    u.connection.execute(delete(notification).where(notification.c.post_id == found.id))
    u.connection.execute(delete(post).where(post.c.id == found.id))
    parts.count_on_post(u, post_id, "boosts_count", -1)
    u.record(BoostUndone(found.id, found.iri, post_id, account_id))
    return True


def _existing(u: Unit, account_id: int, post_id: int) -> Row[Any] | None:
    mine = select(post).where(post.c.account_id == account_id, post.c.boost_of_id == post_id)
    return u.connection.execute(mine).first()


def _may_be_shown_on(target: Row[Any], account_id: int) -> bool:
    """`policies.audience.may_boost` for a post that is readable already."""
    return target.visibility in OPEN_TO_ALL or (target.visibility == "followers" and target.account_id == account_id)


def _mint(by: Row[Any], boost_id: int) -> str:
    return f"{by.iri}/b/{slug() if by.kind == 'group' else boost_id}"


def _visibility(by: Row[Any], target: Row[Any], asked: str | None) -> str:
    if target.visibility not in OPEN_TO_ALL:
        return str(target.visibility)
    wanted = ASKED.get(asked or "", str(target.visibility))
    if by.domain == "" and by.kind != "group" and not by.public_posting:
        return "followers"
    return "followers" if wanted == "direct" else wanted
