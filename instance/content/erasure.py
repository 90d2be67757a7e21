"""Erasure of all that an account posted, in batches, once the account itself is gone."""

from sqlalchemy import delete, select

from instance.content import boosts, dislikes, marks, votes
from instance.content.posts import delete_post
from instance.db.content import bookmark, dislike, favourite, pin, post
from instance.db.people import account
from instance.db.unit import Unit
from instance.events import AccountDeleted
from instance.jobs.local import Effect
from instance.jobs.table import Job, enqueue

ERASURE = "erase-posts"
BATCH = 50


def on_account_deleted(u: Unit, event: AccountDeleted) -> None:
    """Have an erased account's posts erased."""
    enqueue(u, ERASURE, {"account_id": event.account_id})


async def run(job: Job) -> Effect:
    """Job `erase-posts`: one batch, and another job while posts are left."""
    account_id = int(job.payload["account_id"])
    return lambda u: erase(u, account_id)


def erase(u: Unit, account_id: int) -> None:
    """Erase a batch of an account's posts and boosts, then its favourites, bookmarks and pins."""
    theirs = select(post.c.id, post.c.boost_of_id).where(post.c.account_id == account_id, post.c.deleted_at.is_(None))
    rows = u.connection.execute(theirs.limit(BATCH)).all()
    for row in rows:
        if row.boost_of_id is None:
            delete_post(u, row.id)
        else:
            boosts.unboost(u, account_id, row.id)
    if len(rows) == BATCH:
        enqueue(u, ERASURE, {"account_id": account_id})
        return
    liked = select(favourite.c.post_id).where(favourite.c.account_id == account_id)
    for post_id in u.connection.execute(liked).scalars().all():
        marks.unfavourite(u, account_id, post_id)
    disliked = select(dislike.c.post_id).where(dislike.c.account_id == account_id)
    for post_id in u.connection.execute(disliked).scalars().all():
        dislikes.undislike(u, account_id, post_id)
    iri = u.connection.execute(select(account.c.iri).where(account.c.id == account_id)).scalar()
    if iri:
        votes.forget(u, iri)
    for table in (bookmark, pin):
        u.connection.execute(delete(table).where(table.c.account_id == account_id))
