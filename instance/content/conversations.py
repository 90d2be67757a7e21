"""Conversations: the threads of direct posts that a member takes part in, the newest first."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, or_, select, update

from instance.db.content import mention, post
from instance.db.people import account, domain_restriction, restriction
from instance.db.reading import conversation
from instance.db.unit import Unit
from instance.errors import NotFoundError
from instance.events import BlockMade, PostDeleted, PostReceived, PostWritten
from instance.ids import sortable_id

GREATEST = (1 << 63) - 1


def on_received(u: Unit, event: PostReceived) -> None:
    """The same for a post of another server; nothing is asked for one that is not direct."""
    if event.visibility == "direct":
        on_post(u, event)


def on_post(u: Unit, event: PostWritten | PostReceived) -> None:
    """A direct post moves its thread to the top for everyone here who takes part."""
    row = u.connection.execute(select(post).where(post.c.id == event.post_id)).first()
    if row is None or row.visibility != "direct" or row.deleted_at is not None:
        return
    named = set(u.connection.execute(select(mention.c.account_id).where(mention.c.post_id == row.id)).scalars())
    everyone = named | {row.account_id}
    here = select(account.c.id).where(account.c.id.in_(everyone), account.c.domain == "", account.c.kind == "person")
    for account_id in u.connection.execute(here.where(*_wants(row.account_id))).scalars().all():
        _move(u, account_id, row, everyone - {account_id})


def _wants(author_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whoever blocks the author, or refuses the author's server, finds nothing of that in her list."""
    r, d, author = restriction.c, domain_restriction.c, account.alias("author")
    blocked = exists().where(r.account_id == account.c.id, r.target_id == author_id, r.kind == "block")
    refused = exists().where(d.account_id == account.c.id, d.domain == author.c.domain, author.c.id == author_id)
    return ~blocked, ~refused


def _move(u: Unit, account_id: int, row: Row[Any], others: set[int]) -> None:
    c = conversation.c
    values = {"last_post_id": row.id, "unread": row.account_id != account_id}
    which = (c.account_id == account_id, c.thread_id == row.thread_id)
    old = u.connection.execute(select(c.id, c.participants).where(*which)).first()
    if old is None:
        new = {"id": sortable_id(u.now, u.now), "account_id": account_id, "thread_id": row.thread_id}
        u.connection.execute(insert(conversation).values(**new, participants=sorted(others), **values))
        return
    everyone = sorted(others | set(old.participants))
    u.connection.execute(update(conversation).where(c.id == old.id).values(participants=everyone, **values))


def on_deleted(u: Unit, event: PostDeleted) -> None:
    """The thread shows the post before; without one, the conversation goes."""
    c = conversation.c
    for row in u.connection.execute(select(conversation).where(c.last_post_id == event.post_id)).all():
        takes_part = or_(
            post.c.account_id == row.account_id,
            post.c.id.in_(select(mention.c.post_id).where(mention.c.account_id == row.account_id)),
        )
        before = select(func.max(post.c.id)).where(
            post.c.thread_id == row.thread_id, post.c.visibility == "direct", post.c.deleted_at.is_(None), takes_part
        )
        newest = u.connection.execute(before).scalar()
        if newest is None:
            u.connection.execute(delete(conversation).where(c.id == row.id))
        else:
            u.connection.execute(update(conversation).where(c.id == row.id).values(last_post_id=newest))


def on_block(u: Unit, event: BlockMade) -> None:
    """Whoever blocks has no more conversations with whom she blocks; the posts stay."""
    c = conversation.c
    rows = u.connection.execute(select(c.id, c.participants).where(c.account_id == event.account_id)).all()
    gone = [row.id for row in rows if event.target_id in row.participants]
    if gone:
        u.connection.execute(delete(conversation).where(c.id.in_(gone)))


def page(connection: Connection, account_id: int, limit: int, below: int = GREATEST, above: int = 0) -> list[Row[Any]]:
    """Her conversations, by their last post, newest first."""
    c = conversation.c
    asked = select(conversation).where(c.account_id == account_id, c.last_post_id < below, c.last_post_id > above)
    return list(connection.execute(asked.order_by(c.last_post_id.desc()).limit(limit)).all())


def read(u: Unit, account_id: int, conversation_id: int) -> Row[Any]:
    """Mark as read. Raises NotFoundError."""
    row = one(u.connection, account_id, conversation_id)
    u.connection.execute(update(conversation).where(conversation.c.id == row.id).values(unread=False))
    return one(u.connection, account_id, conversation_id)


def remove(u: Unit, account_id: int, conversation_id: int) -> None:
    """Take a conversation off her list; its posts stay. Raises NotFoundError."""
    row = one(u.connection, account_id, conversation_id)
    u.connection.execute(delete(conversation).where(conversation.c.id == row.id))


def one(connection: Connection, account_id: int, conversation_id: int) -> Row[Any]:
    """One of hers. Raises NotFoundError."""
    mine = select(conversation).where(conversation.c.id == conversation_id, conversation.c.account_id == account_id)
    row = connection.execute(mine).first()
    if row is None:
        raise NotFoundError
    return row
