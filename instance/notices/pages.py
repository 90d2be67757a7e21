"""Pages of notifications, one by one or in groups; counted, dismissed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)  # fmt: skip

from instance.clock import Millis
from instance.db.content import report
from instance.db.groups import group_role
from instance.db.people import login
from instance.db.reading import marker, notification
from instance.db.unit import Unit
from instance.errors import NotFoundError
from instance.notices.telling import GROUPED, KINDS, STAFF, TOLD_STAFF

SAMPLES = 8
GREATEST = (1 << 63) - 1
MARKER = "notifications"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which notifications are asked for: kinds, from whom, ids strictly between `below` and `above`."""

    kinds: Sequence[str] = KINDS
    from_id: int | None = None
    limit: int = 40
    below: int = GREATEST
    above: int = 0
    ascending: bool = False
    grouped: Sequence[str] = GROUPED


@dataclass(slots=True)
class Group:
    """Notifications that are shown together; `page_min_id` and the rest as Mastodon's NotificationGroup has them."""

    key: str
    kind: str
    post_id: int | None
    newest_id: int
    oldest_id: int
    newest_at: Millis
    count: int
    from_ids: list[int] = field(default_factory=list)
    about_id: int | None = None
    """A report or a severance."""


def kinds(only: Sequence[str], without: Sequence[str]) -> list[str]:
    """The kinds that remain of `types[]` and `exclude_types[]`."""
    return [kind for kind in KINDS if (not only or kind in only) and kind not in without]


def page(connection: Connection, account_id: int, wanted: Wanted) -> list[Row[Any]]:
    """One page, newest first."""
    c = notification.c
    asked = select(notification).where(_which(account_id, wanted), c.id < wanted.below, c.id > wanted.above)
    asked = asked.order_by(c.id.asc() if wanted.ascending else c.id.desc()).limit(wanted.limit)
    rows = list(connection.execute(asked).all())
    return rows[::-1] if wanted.ascending else rows


def one(connection: Connection, account_id: int, notification_id: int) -> Row[Any]:
    """One of her notifications. Raises NotFoundError."""
    mine = and_(_hers(account_id), notification.c.id == notification_id)
    row = connection.execute(select(notification).where(mine)).first()
    if row is None:
        raise NotFoundError
    return row


def groups(connection: Connection, account_id: int, wanted: Wanted) -> list[Group]:
    """One page of groups, the one with the newest notification first. A group stands on one page only."""
    key = _key(wanted.grouped)
    newest = func.max(notification.c.id)
    asked = select(key.label("key")).where(_which(account_id, wanted)).group_by(key)
    asked = asked.having(and_(newest < wanted.below, newest > wanted.above))
    asked = asked.order_by(newest.asc() if wanted.ascending else newest.desc()).limit(wanted.limit)
    keys = list(connection.execute(asked).scalars())
    found = _groups(connection, account_id, wanted, keys)
    return sorted(found, key=lambda group: -group.newest_id)


def group(connection: Connection, account_id: int, group_key: str) -> Group:
    """One group by its key. Raises NotFoundError."""
    found = _groups(connection, account_id, Wanted(), [group_key])
    if not found:
        raise NotFoundError
    return found[0]


def accounts_of(connection: Connection, account_id: int, group_key: str, limit: int = 80) -> list[int]:
    """Who is in a group, newest first. Raises NotFoundError."""
    group(connection, account_id, group_key)
    mine = and_(_hers(account_id), _key(GROUPED) == group_key)
    newest = func.max(notification.c.id)
    asked = select(notification.c.from_id).where(mine).group_by(notification.c.from_id).order_by(newest.desc())
    return list(connection.execute(asked.limit(limit)).scalars())


def unread(connection: Connection, account_id: int, wanted: Wanted, *, in_groups: bool) -> int:
    """How many (or how many groups) came after her marker; at most `wanted.limit`."""
    read = select(marker.c.last_read_id).where(marker.c.account_id == account_id, marker.c.timeline == MARKER)
    last = connection.execute(read).scalar() or 0
    which = and_(_which(account_id, wanted), notification.c.id > last)
    what = select(_key(wanted.grouped).label("one")) if in_groups else select(notification.c.id.label("one"))
    inner = what.where(which).distinct().limit(wanted.limit).subquery()
    return int(connection.execute(select(func.count()).select_from(inner)).scalar_one())


def dismiss(u: Unit, account_id: int, notification_id: int) -> None:
    """Take one away; none is fine."""
    mine = and_(notification.c.account_id == account_id, notification.c.id == notification_id)
    u.connection.execute(delete(notification).where(mine))


def dismiss_group(u: Unit, account_id: int, group_key: str) -> None:
    """Take a group away; none is fine."""
    mine = and_(notification.c.account_id == account_id, _key(GROUPED) == group_key)
    u.connection.execute(delete(notification).where(mine))


def clear(u: Unit, account_id: int) -> None:
    """Take all away."""
    u.connection.execute(delete(notification).where(notification.c.account_id == account_id))


def _which(account_id: int, wanted: Wanted) -> ColumnElement[bool]:
    which = and_(_hers(account_id), notification.c.kind.in_(wanted.kinds))
    if wanted.from_id is not None:
        which = and_(which, notification.c.from_id == wanted.from_id)
    return which


def _hers(account_id: int) -> ColumnElement[bool]:
    """The condition on `notification` that it is before her: what staff is told of, as long as she is staff."""
    n, role = notification.c, group_role.c
    staff = exists().where(login.c.account_id == account_id, login.c.role.in_(STAFF), login.c.state == "active")
    hers = exists().where(report.c.id == n.about_id, role.group_id == report.c.group_id, role.account_id == account_id)
    still = or_(n.kind.not_in(TOLD_STAFF), staff, and_(n.kind == "admin.report", hers))
    return and_(n.account_id == account_id, still)


def _key(grouped: Sequence[str]) -> ColumnElement[str]:
    if set(grouped) >= set(GROUPED):
        return notification.c.group_key
    alone = literal("ungrouped-").concat(cast(notification.c.id, String))
    return case((notification.c.kind.in_(grouped), notification.c.group_key), else_=alone)


def _groups(connection: Connection, account_id: int, wanted: Wanted, keys: Sequence[str]) -> list[Group]:
    if not keys:
        return []
    key = _key(wanted.grouped)
    rows = connection.execute(_ranked(account_id, wanted, key, keys)).all()
    found: dict[str, Group] = {}
    for row in rows:
        shown = found.setdefault(
            row.key, Group(row.key, row.kind, row.post_id, row.newest_id, row.oldest_id, row.created_at, row.number)
        )
        shown.about_id = shown.about_id or row.about_id
        if row.from_id not in shown.from_ids:
            shown.from_ids.append(row.from_id)
    return list(found.values())


def _ranked(account_id: int, wanted: Wanted, key: ColumnElement[str], keys: Sequence[str]) -> Select[Any]:
    c = notification.c
    inner = (
        select(
            key.label("key"),
            c.id,
            c.kind,
            c.post_id,
            c.about_id,
            c.from_id,
            c.created_at,
            func.row_number().over(partition_by=key, order_by=c.id.desc()).label("rank"),
            func.max(c.id).over(partition_by=key).label("newest_id"),
            func.min(c.id).over(partition_by=key).label("oldest_id"),
            func.count().over(partition_by=key).label("number"),
        )
        .where(_which(account_id, wanted), key.in_(keys))
        .subquery()
    )
    return select(inner).where(inner.c.rank <= SAMPLES).order_by(inner.c.id.desc())
