"""Locked threads: whether a post may be answered. A lock holds for the post and for all that hangs below it."""

from sqlalchemy import Connection, select

from instance.db.content import post
from instance.errors import RefusalError
from instance.i18n import N_


def is_locked(connection: Connection, post_id: int) -> bool:
    """Whether this post, or one above it, is locked: one statement."""
    start = select(post.c.id, post.c.reply_to_id, post.c.locked_at).where(post.c.id == post_id)
    above = start.cte("above", recursive=True)
    up = select(post.c.id, post.c.reply_to_id, post.c.locked_at).join(above, post.c.id == above.c.reply_to_id)
    found = above.union(up)
    asked = select(found.c.id).where(found.c.locked_at.is_not(None)).limit(1)
    return connection.execute(asked).first() is not None


def check(connection: Connection, post_id: int) -> None:
    """Raises RefusalError (422) where answers are closed."""
    if is_locked(connection, post_id):
        raise RefusalError(
            "locked", N_("This conversation is locked by the group's moderators; nobody can answer in it now.")
        )
