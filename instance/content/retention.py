"""Copies of what others wrote, and of their pictures, are erased when the time is over that the policy in force gives them."""

from sqlalchemy import delete, select

from instance.clock import HOUR
from instance.content.posts import delete_post
from instance.db.content import post, remote_file
from instance.db.people import account
from instance.db.unit import Unit
from instance.ids import EPOCH_2020, RANDOM_BITS
from instance.media.attachments import forget_files
from instance.policy.inforce import in_force_here

BATCH = 50


def sweep(u: Unit) -> int:
    """Erase a batch of copies whose time is over; how many there were. A timed job.

    It goes by when they came here and by what the policy says now: a shorter time holds for older copies too.
    """
    kept = in_force_here(u.connection).retention
    return _posts(u, kept.remote_posts) + _pictures(u, kept.remote_media)


def _posts(u: Unit, hours: int | None) -> int:
    if hours is None:
        return 0
    before = u.now - hours * HOUR
    old = (
        post.c.id < max(0, before - EPOCH_2020) << RANDOM_BITS,
        post.c.received_at <= before,
    )  # an id tells about when
    wanted = select(post.c.id).join(account, account.c.id == post.c.account_id).where(*old, account.c.domain != "")
    wanted = wanted.where(post.c.deleted_at.is_(None), post.c.boost_of_id.is_(None)).order_by(post.c.id).limit(BATCH)
    ids = u.connection.execute(wanted).scalars().all()
    for post_id in ids:
        delete_post(u, post_id, copy_only=True)
    return len(ids)


def _pictures(u: Unit, hours: int | None) -> int:
    if hours is None:
        return 0
    table = remote_file.c
    over = select(table.url_hash, table.file).where(table.state == "ready", table.created_at <= u.now - hours * HOUR)
    rows = u.connection.execute(over.limit(BATCH)).all()
    u.connection.execute(delete(remote_file).where(table.url_hash.in_([row.url_hash for row in rows])))
    forget_files(u, [row.file for row in rows if row.file])
    return len(rows)
