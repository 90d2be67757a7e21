"""Notifications as rows: put before members, taken back; who is spared, and which are shown together."""

import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, exists, or_, select

from instance.clock import HOUR, Millis
from instance.db.content import thread_mute
from instance.db.people import account, domain_restriction, login, restriction
from instance.db.reading import notification
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.ids import EPOCH_2020

KINDS = (
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "quote",
    "quoted_update",
    "pending.favourite",
    "pending.reblog",
    "pending.quote",
    "admin.sign_up",
    "admin.report",
    "severed_relationships",
    "moderation_warning",
)
STAFF = ("moderator", "steward")
TOLD_STAFF = ("admin.sign_up", "admin.report")
GROUPED = ("favourite", "reblog", "follow", "admin.sign_up")
TOGETHER: Millis = 12 * HOUR


def told_of(u: Unit, row: Row[Any]) -> set[int]:
    """Who has been told of a post as of a mention."""
    told = select(notification.c.account_id).where(
        notification.c.post_id == row.id, notification.c.kind == "mention", notification.c.from_id == row.account_id
    )
    return set(u.connection.execute(told).scalars())


def tell(
    u: Unit,
    kind: str,
    from_id: int,
    to: Iterable[int],
    about: Row[Any] | None = None,
    *,
    to_herself: bool = False,
    about_id: int | None = None,
) -> None:
    """Put a notification of `kind` before each of `to` who lives here and is not spared. `about`: the post (its facts as in
    `notifications._post`); `about_id`: a report, a severance, a warning. Who did it is told only where `to_herself` says so.
    """
    wanted = set(to) if to_herself else set(to) - {from_id}
    if not wanted:
        return
    here = select(account.c.id).join(login, login.c.account_id == account.c.id)
    here = here.where(account.c.id.in_(wanted), account.c.domain == "", login.c.state == "active")
    here = here.where(account.c.deleted_at.is_(None), *(~refused for refused in _refusals(u, from_id, about)))
    post_id = about.id if about is not None else None
    same = {"kind": kind, "from_id": from_id, "post_id": post_id, "about_id": about_id, "created_at": u.now}
    for account_id in u.connection.execute(here).scalars().all():
        values = same | {"account_id": account_id}
        made = False
        while not made:  # another notification of the same millisecond may have drawn the same number
            new = new_id(u.now)
            made = insert_new(
                u.connection, notification, id=new, group_key=group_key(kind, new, post_id, u.now), **values
            )


def new_id(now: Millis) -> int:
    """Milliseconds since 2020, then 12 random bits: below 2**53, for apps read the newest one of a group as a number."""
    return ((now - EPOCH_2020) << 12) | secrets.randbits(12)


def _refusals(u: Unit, from_id: int, about: Row[Any] | None) -> list[ColumnElement[bool]]:
    """Reasons for which an account is not told of what `from_id` did."""
    r, sender = restriction.c, account.alias("sender")
    mine = and_(r.account_id == account.c.id, r.target_id == from_id)
    ends = or_(r.expires_at.is_(None), r.expires_at > u.now)
    found: list[ColumnElement[bool]] = [
        exists().where(or_(mine, and_(r.account_id == from_id, r.target_id == account.c.id)), r.kind == "block"),
        exists().where(mine, r.kind == "mute", r.notifications, ends),
        exists().where(
            domain_restriction.c.account_id == account.c.id,
            domain_restriction.c.domain == sender.c.domain,
            sender.c.id == from_id,
        ),
    ]
    if about is not None:
        muted = and_(thread_mute.c.account_id == account.c.id, thread_mute.c.thread_id == about.thread_id)
        found.append(exists().where(muted))
    return found


def group_key(kind: str, notification_id: int, post_id: int | None, now: Millis) -> str:
    """Notifications of one kind about one thing within half a day are shown together."""
    if kind not in GROUPED:
        return f"ungrouped-{notification_id}"
    return "-".join(str(part) for part in (kind, post_id, now // TOGETHER) if part is not None)


def untell(u: Unit, kind: str, from_id: int, *, post_id: int | None = None, account_id: int | None = None) -> None:
    """Take back what `from_id` caused: about one post, before one account, or both."""
    which = and_(notification.c.kind == kind, notification.c.from_id == from_id)
    if post_id is not None:
        which = and_(which, notification.c.post_id == post_id)
    if account_id is not None:
        which = and_(which, notification.c.account_id == account_id)
    u.connection.execute(delete(notification).where(which))
