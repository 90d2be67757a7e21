"""What moderators do with a group's posts: take out, bring back, lock, pin; and the posts of somebody who is banned.

The same for groups of ours and of other servers. A remote group is told by its own server (`activities.incoming.groups`);
a moderator here of a remote group acts here at once, and the group is told.
"""

from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from instance.clock import Millis
from instance.content import submissions
from instance.db.content import pin as pins
from instance.db.content import post
from instance.db.groups import group_post
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import NotFoundError, RefusalError
from instance.events import GroupActed
from instance.groups import acting, bans
from instance.groups.acting import By
from instance.i18n import N_
from instance.ids import sortable_id

MOST_PINS = 10
MOST_AT_ONCE = 500


def remove(u: Unit, group_id: int, post_id: int, by: By) -> None:
    """Take a post out of a group, for a reason that its author reads. It stays what it was outside the group.

    Raises NotFoundError for what is not in the group, RefusalError (403). Doing it again changes the reason.
    """
    row = _in_group(u, group_id, post_id, by)
    unpinned = delete(pins).where(pins.c.account_id == group_id, pins.c.post_id == row.id)
    u.connection.execute(unpinned)
    submissions.take_out(u, group_id, row, by.because)
    submissions.mark_removed(u, group_id, row.id, by.account_id)
    u.record(_done(group_id, "Delete", row, by))


def restore(u: Unit, group_id: int, post_id: int, by: By) -> bool:
    """Bring a removed post back; False where it is not removed. Raises as `remove` does."""
    row = _in_group(u, group_id, post_id, by)
    if row.removed_at is None:
        return False
    submissions.bring_back(u, group_id, row)
    u.record(_done(group_id, "Delete", row, by, undo=True))
    return True


def warn(u: Unit, group_id: int, post_id: int, by: By) -> None:
    """Tell the author of a post what not to do again; the post stays. Raises as `remove` does."""
    row = _in_group(u, group_id, post_id, by)
    if row.removed_at is None:
        u.connection.execute(update(post).where(post.c.id == row.id).values(removed_reason=by.because or None))
    u.record(_done(group_id, "Warn", row, by))


def lock(u: Unit, group_id: int, post_id: int, by: By) -> None:
    """Close a post for answers, everywhere; its author may do that too, and of its groups the one that it belongs to.

    Raises as `remove` does.
    """
    row = _in_group(u, group_id, post_id, by, for_all=True)
    if row.locked_at is None:
        _set_lock(u, row.id, u.now)
        u.record(_done(group_id, "Lock", row, by))


def unlock(u: Unit, group_id: int, post_id: int, by: By) -> None:
    """Open it again. Raises as `remove` does."""
    row = _in_group(u, group_id, post_id, by, for_all=True)
    if row.locked_at is not None:
        _set_lock(u, row.id, None)
        u.record(_done(group_id, "Lock", row, by, undo=True))


def _set_lock(u: Unit, post_id: int, at: Millis | None) -> None:
    u.connection.execute(update(post).where(post.c.id == post_id).values(locked_at=at, version=post.c.version + 1))


def pin(u: Unit, group_id: int, post_id: int, by: By) -> None:
    """Put a post before all others of the group. Raises as `remove` does, and RefusalError where no room is left."""
    row = _in_group(u, group_id, post_id, by)
    there = select(func.count()).select_from(pins).where(pins.c.account_id == group_id, pins.c.post_id != row.id)
    if u.connection.execute(there).scalar_one() >= MOST_PINS:
        raise RefusalError("group-pins-full", N_("The group has pinned the most posts that fit; take one down first."))
    values = {"id": sortable_id(u.now, u.now), "account_id": group_id, "post_id": row.id, "created_at": u.now}
    if row.removed_at is None and insert_new(u.connection, pins, **values):
        u.record(_done(group_id, "Add", row, by, target="featured"))


def unpin(u: Unit, group_id: int, post_id: int, by: By) -> None:
    """Take a pin away. Raises as `remove` does."""
    row = _in_group(u, group_id, post_id, by)
    mine = delete(pins).where(pins.c.account_id == group_id, pins.c.post_id == row.id)
    if u.connection.execute(mine).rowcount:
        u.record(_done(group_id, "Remove", row, by, target="featured"))


def ban(u: Unit, group_id: int, account_id: int, by: By, *, until: Millis | None = None, removes: bool = False) -> None:
    """Ban an account from a group, and take what it wrote there out if that is wanted. Raises as `bans.ban` does."""
    bans.ban(u, group_id, account_id, by, until=until, removes=removes)
    if not removes:
        return
    theirs = and_(post.c.account_id == account_id, post.c.group_id == group_id, post.c.removed_at.is_(None))
    asked = select(post).where(theirs, post.c.deleted_at.is_(None), post.c.boost_of_id.is_(None))
    for row in u.connection.execute(asked.order_by(post.c.id.desc()).limit(MOST_AT_ONCE)).all():
        submissions.take_out(u, group_id, row, by.because)
        submissions.mark_removed(u, group_id, row.id, by.account_id)


def pinned(connection: Connection, group_id: int) -> list[int]:
    """Ids of the posts that a group pinned, newest pin first."""
    asked = select(pins.c.post_id).join(post, post.c.id == pins.c.post_id).where(pins.c.account_id == group_id)
    return list(connection.execute(asked.where(post.c.deleted_at.is_(None)).order_by(pins.c.id.desc())).scalars())


def _in_group(u: Unit, group_id: int, post_id: int, by: By, *, for_all: bool = False) -> Row[Any]:
    """The post (of a boost, what it shows), if it is in the group and he may act there. Raises.

    `for_all`: what is done holds outside the group too. So it is for the group that the post belongs to, or for its author.
    """
    boosted = select(func.coalesce(post.c.boost_of_id, post.c.id)).where(post.c.id == post_id).scalar_subquery()
    there = select(group_post.c.id).where(group_post.c.group_id == group_id, group_post.c.post_id == post.c.id)
    own = post.c.group_id == group_id
    within = or_(own, post.c.account_id == by.account_id) if for_all else or_(own, there.exists())
    asked = select(post).where(post.c.id == boosted, post.c.deleted_at.is_(None), within)
    row = u.connection.execute(asked.with_for_update()).first()
    if row is None:
        raise NotFoundError
    if not (for_all and by.account_id == row.account_id):
        acting.check(u.connection, group_id, by)
    return row


def _done(group_id: int, verb: str, row: Row[Any], by: By, *, target: str = "", undo: bool = False) -> GroupActed:
    return GroupActed(
        group_id, verb, row.iri, by.account_id, by.because, by.iri, target=target, undo=undo, post_id=row.id
    )
