"""Posts that reach a group of ours: a follower's is let through at once, anyone else's waits for a moderator."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, insert, select, update

from instance.content import boosts, locks, parts
from instance.content.visible import is_for_anyone
from instance.db.content import mention, post
from instance.db.groups import group_post
from instance.db.people import account
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import GroupPostAnnounced, GroupPostHeld, PostEdited
from instance.groups import acting, bans, groups
from instance.i18n import N_
from instance.ids import sortable_id

HELD, ANNOUNCED, REFUSED, REMOVED = "held", "announced", "refused", "removed"


def submit(u: Unit, post_id: int) -> None:
    """Bring a new post before each open group of ours that it names or answers in. Doing it again changes nothing.

    Only public and unlisted posts reach an open group (DECISIONS 28). A follower's post is announced: the group boosts it,
    unless it answers a post of the group, which is announced to servers without a boost, so that people are not flooded.
    """
    row = u.connection.execute(select(post).where(post.c.id == post_id)).first()
    if row is None or row.boost_of_id is not None or not is_for_anyone(row):
        return
    for group_id in _open_groups(u.connection, row):
        if _known(u.connection, group_id, post_id) or row.account_id == group_id:
            continue
        trusted = groups.takes_part(u.connection, group_id, row.account_id)
        barred = _barred(u, group_id, row)
        group_post_id = sortable_id(u.now, u.now)
        values = {"id": group_post_id, "group_id": group_id, "post_id": post_id, "state": HELD, "created_at": u.now}
        u.connection.execute(insert(group_post).values(**values))
        if barred:
            _decide(u, group_post_id, REFUSED, None)
            take_out(u, group_id, row)
        elif trusted:
            _let_through(u, group_post_id, group_id, row, None)
        else:
            _count(u, group_id, row, -1)
            u.record(GroupPostHeld(group_post_id, group_id, post_id))


def _barred(u: Unit, group_id: int, row: Row[Any]) -> bool:
    """Whether the group does not take this post: its author is banned, or it answers below a lock."""
    if bans.one(u.connection, group_id, row.account_id, u.now) is not None:
        return True
    return row.reply_to_id is not None and locks.is_locked(u.connection, row.reply_to_id)


def take_out(u: Unit, group_id: int, row: Row[Any], reason: str = "") -> None:
    """Take a post out of a group: no boost of it by the group, no place in the group's threads. Its author keeps it."""
    boosts.unboost(u, group_id, row.id)
    marked = update(post).where(post.c.id == row.id, post.c.group_id == group_id)
    values = {"removed_at": u.now, "removed_reason": reason or None, "version": post.c.version + 1}
    waited = waits(u.connection, row)
    if u.connection.execute(marked.values(**values)).rowcount and row.removed_at is None and not waited:
        _count(u, group_id, row, -1)


def announced_again(u: Unit, group_id: int, post_id: int) -> bool:
    """A remote group that took its announcement back, without a word, announces a post again: it is in the group again."""
    c = post.c
    silent = and_(c.id == post_id, c.group_id == group_id, c.removed_at.is_not(None), c.removed_reason.is_(None))
    back = update(post).where(silent).values(removed_at=None, version=c.version + 1)
    return u.connection.execute(back).rowcount > 0


def bring_back(u: Unit, group_id: int, row: Row[Any]) -> None:
    """The other way: a post that opens a thread is boosted again, at the time of the first boost."""
    marked = update(post).where(post.c.id == row.id, post.c.group_id == group_id)
    values = {"removed_at": None, "removed_reason": None, "version": post.c.version + 1}
    if u.connection.execute(marked.values(**values)).rowcount and row.removed_at is not None:
        _count(u, group_id, row, 1)
    mine = and_(group_post.c.group_id == group_id, group_post.c.post_id == row.id)
    before = u.connection.execute(select(group_post).where(mine)).first()
    boost_id: int | None = None
    if row.reply_to_iri is None or (before is not None and not _answers_in(u.connection, group_id, row)):
        at = before.created_at if before is not None else row.created_at
        boost_id = boosts.boost(u, group_id, row.id, visibility=row.visibility, at=at)
    if before is not None:
        _decide(u, before.id, ANNOUNCED, before.decided_by, boost_id)
        u.record(GroupPostAnnounced(before.id, group_id, row.id, boost_id))


def revived(u: Unit, post_id: int) -> None:
    """A post is back whose author had deleted it: each group of ours that had let it through has it again, unless she is
    banned there by now."""
    row = u.connection.execute(select(post).where(post.c.id == post_id)).one()
    if row.removed_at is None:
        for group_id in groups_of(u.connection, post_id):
            if not _left_out(u, group_id, row):
                bring_back(u, group_id, row)


def on_edited(u: Unit, event: PostEdited) -> None:
    """Who is banned says nothing in the group any more, not by a change either: what she changes is taken out of it."""
    through = groups_of(u.connection, event.post_id)
    row = u.connection.execute(select(post).where(post.c.id == event.post_id)).one() if through else None
    for group_id in through:
        if row is not None:
            _left_out(u, group_id, row)


def _left_out(u: Unit, group_id: int, row: Row[Any]) -> bool:
    """Take a post out of a group whose author is banned there; whether she is."""
    if bans.one(u.connection, group_id, row.account_id, u.now) is None:
        return False
    take_out(u, group_id, row)
    mark_removed(u, group_id, row.id, None)
    return True


def mark_removed(u: Unit, group_id: int, post_id: int, by: int | None) -> None:
    """Keep that a moderator took a post out of a group of ours."""
    mine = and_(group_post.c.group_id == group_id, group_post.c.post_id == post_id)
    values = {"state": REMOVED, "decided_by": by, "decided_at": u.now, "boost_id": None}
    u.connection.execute(update(group_post).where(mine).values(**values))


def removed(connection: Connection, group_id: int, most: int = 40) -> list[Row[Any]]:
    """What moderators took out of a group of ours, newest first: rows of group_post."""
    asked = select(group_post).join(post, post.c.id == group_post.c.post_id)
    gone = and_(group_post.c.group_id == group_id, group_post.c.state == REMOVED, post.c.deleted_at.is_(None))
    return list(connection.execute(asked.where(gone).order_by(group_post.c.decided_at.desc()).limit(most)))


def approve(u: Unit, group_post_id: int, by: int | None) -> None:
    """A moderator lets a held post through; `by` None is a steward at the command line.

    Raises NotFoundError, RefusalError (403 for whoever does not moderate the group, 422 where nothing waits any more).
    """
    waiting = _waiting(u, group_post_id, by)
    row = u.connection.execute(select(post).where(post.c.id == waiting.post_id)).one()
    if row.deleted_at is not None:
        raise NotFoundError
    _let_through(u, group_post_id, waiting.group_id, row, by)
    _count(u, waiting.group_id, row, 1)


def refuse(u: Unit, group_post_id: int, by: int | None) -> None:
    """A moderator refuses a held post; it stays what it was outside the group. Raises as `approve` does."""
    waiting = _waiting(u, group_post_id, by)
    take_out(u, waiting.group_id, u.connection.execute(select(post).where(post.c.id == waiting.post_id)).one())
    _decide(u, group_post_id, REFUSED, by)


def held(connection: Connection, group_id: int) -> list[Row[Any]]:
    """What waits in a group, oldest first: rows of group_post (`id`, `post_id`, `created_at`, ...)."""
    asked = select(group_post).join(post, post.c.id == group_post.c.post_id)
    waiting = and_(group_post.c.group_id == group_id, group_post.c.state == HELD, post.c.deleted_at.is_(None))
    return list(connection.execute(asked.where(waiting).order_by(group_post.c.id)))


def groups_of(connection: Connection, post_id: int) -> list[int]:
    """The groups of ours that let a post through."""
    asked = select(group_post.c.group_id).where(group_post.c.post_id == post_id, group_post.c.state == ANNOUNCED)
    return list(connection.execute(asked.order_by(group_post.c.id)).scalars())


def waits_for_its_group() -> ColumnElement[bool]:
    """The condition on `post` that moderators of the group that it belongs to have not let it through yet."""
    g = group_post.c
    return exists().where(g.post_id == post.c.id, g.group_id == post.c.group_id, g.state == HELD)


def waits(connection: Connection, row: Row[Any]) -> bool:
    """The same of a post at hand."""
    return connection.execute(select(post.c.id).where(post.c.id == row.id, waits_for_its_group())).first() is not None


def is_shown(connection: Connection, row: Row[Any]) -> bool:
    """Whether an answer stands in its group's thread, and so counts: not taken out, and not waiting."""
    return row.group_id is None or (row.removed_at is None and not waits(connection, row))


def _count(u: Unit, group_id: int, row: Row[Any], by: int) -> None:
    """An answer that nobody finds in the thread of its group does not count there."""
    counts = row.group_id == group_id and parts.counts_as_answer(row.visibility, row.local_only)
    if counts and row.reply_to_id is not None and row.consent is None and row.deleted_at is None:
        parts.count_on_post(u, row.reply_to_id, "replies_count", by)


def _open_groups(connection: Connection, row: Row[Any]) -> list[int]:
    """Open groups of ours that a post names, is addressed to, or answers in."""
    named = select(account.c.id).join(mention, mention.c.account_id == account.c.id)
    named = named.where(mention.c.post_id == row.id, account.c.kind == "group", account.c.domain == "")
    wanted = set(connection.execute(named).scalars()) | ({row.group_id} - {None})
    found = groups.local_among(connection, wanted) if wanted else {}
    return sorted(group_id for group_id, tier in found.items() if tier == groups.OPEN)


def _known(connection: Connection, group_id: int, post_id: int | None) -> bool:
    same = and_(group_post.c.group_id == group_id, group_post.c.post_id == post_id)
    return connection.execute(select(group_post.c.id).where(same)).first() is not None


def _answers_in(connection: Connection, group_id: int, row: Row[Any]) -> bool:
    """Whether a post answers one that the group let through, or one of the group's own; or one that is not here (yet)."""
    if row.reply_to_id is None:
        return row.reply_to_iri is not None
    parent = and_(group_post.c.group_id == group_id, group_post.c.post_id == row.reply_to_id)
    through = select(group_post.c.id).where(parent, group_post.c.state == ANNOUNCED)
    return row.reply_to_account_id == group_id or connection.execute(through).first() is not None


def _let_through(u: Unit, group_post_id: int, group_id: int, row: Row[Any], by: int | None) -> None:
    boost_id: int | None = None
    if not _answers_in(u.connection, group_id, row):
        boost_id = boosts.boost(u, group_id, row.id, visibility=row.visibility)
    _decide(u, group_post_id, ANNOUNCED, by, boost_id)
    if row.group_id is None:
        u.connection.execute(update(post).where(post.c.id == row.id).values(group_id=group_id))
    u.record(GroupPostAnnounced(group_post_id, group_id, row.id, boost_id))


def _decide(u: Unit, group_post_id: int, state: str, by: int | None, boost_id: int | None = None) -> None:
    values = {"state": state, "decided_by": by, "decided_at": u.now, "boost_id": boost_id}
    u.connection.execute(update(group_post).where(group_post.c.id == group_post_id).values(**values))


def _waiting(u: Unit, group_post_id: int, by: int | None) -> Row[Any]:
    asked = select(group_post).where(group_post.c.id == group_post_id).with_for_update()
    row = u.connection.execute(asked).first()
    if row is None:
        raise NotFoundError
    if by is not None:
        acting.check_moderator(u.connection, row.group_id, by)
    if row.state != HELD:
        raise RefusalError("already-decided", N_("This post does not wait any more: it is {state}."), state=row.state)
    return row
