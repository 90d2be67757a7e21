"""Conversations: one row for each thread of direct posts and each of our accounts that takes part in it."""

from collections.abc import Iterable

from sqlalchemy import and_, delete, func, or_, select, update

from instance.db.content import mention, post
from instance.db.people import account
from instance.db.reading import conversation
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.ids import sortable_id


def keep(u: Unit, post_id: int, thread_id: str, author_id: int, mentioned: Iterable[int]) -> None:
    """A direct post is there: it is the newest in its conversation, unread by all but its author."""
    people = list(dict.fromkeys([author_id, *mentioned]))
    ours = select(account.c.id).where(account.c.id.in_(people), account.c.domain == "", account.c.deleted_at.is_(None))
    for account_id in u.connection.execute(ours.order_by(account.c.id)).scalars().all():
        others = [person for person in people if person != account_id]
        values = {"last_post_id": post_id, "participants": others, "unread": account_id != author_id}
        mine = and_(conversation.c.account_id == account_id, conversation.c.thread_id == thread_id)
        if not u.connection.execute(update(conversation).where(mine).values(**values)).rowcount:
            new_id = sortable_id(u.now, u.now)
            insert_new(u.connection, conversation, id=new_id, account_id=account_id, thread_id=thread_id, **values)


def forget_post(u: Unit, post_id: int) -> None:
    """A direct post is gone: its conversations end with the one before it, or are no more."""
    hit = select(conversation.c.id, conversation.c.account_id, conversation.c.thread_id)
    for row in u.connection.execute(hit.where(conversation.c.last_post_id == post_id)).all():
        mentioned = (
            select(mention.c.post_id)
            .where(mention.c.post_id == post.c.id, mention.c.account_id == row.account_id)
            .exists()
        )
        mine = or_(post.c.account_id == row.account_id, mentioned)
        before = select(func.max(post.c.id)).where(
            post.c.thread_id == row.thread_id, post.c.visibility == "direct", post.c.deleted_at.is_(None), mine
        )
        last = u.connection.execute(before.where(post.c.id != post_id)).scalar_one()
        if last is None:
            u.connection.execute(delete(conversation).where(conversation.c.id == row.id))
        else:
            u.connection.execute(update(conversation).where(conversation.c.id == row.id).values(last_post_id=last))
