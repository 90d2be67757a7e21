"""Who elsewhere knew an account, as far as our rows tell: they hear that it is gone, suspended or moved, and nobody else."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, or_, select, union

from instance.activities.documents.notes import ON_THE_WIRE
from instance.db.content import dislike, favourite, mention, poll, poll_vote, post
from instance.db.groups import group_post
from instance.db.people import account, follow, restriction

Ids = Select[tuple[int]]


def knew(connection: Connection, account_id: int) -> list[str]:
    """IRIs of the remote accounts that have met a local one: by a follow, a post of either, a mark, a vote, a block, a group."""
    met = union(*_follows(account_id), *_posts(account_id), *_marks(account_id), *_groups(account_id))
    asked = select(account.c.iri).where(account.c.id.in_(met), account.c.domain != "", account.c.deleted_at.is_(None))
    return list(connection.execute(asked.order_by(account.c.id)).scalars())


def _follows(me: int) -> Iterator[Ids]:
    yield select(follow.c.follower_id).where(follow.c.target_id == me)
    yield select(follow.c.target_id).where(follow.c.follower_id == me)
    yield select(restriction.c.target_id).where(restriction.c.account_id == me, restriction.c.kind == "block")
    yield select(restriction.c.account_id).where(restriction.c.target_id == me, restriction.c.kind == "block")


def _written(me: int) -> tuple[Any, ...]:
    return post.c.account_id == me, post.c.visibility.in_(ON_THE_WIRE), ~post.c.local_only


def _sent(me: int) -> tuple[Any, ...]:
    """What went to all whom it is for; what waits for an author's yes went to that author alone."""
    return *_written(me), or_(post.c.consent.is_(None), post.c.consent != "pending")


def _posts(me: int) -> Iterator[Ids]:
    theirs = post.alias()
    yield select(mention.c.account_id).join(post, post.c.id == mention.c.post_id).where(*_sent(me))
    yield select(post.c.account_id).join(mention, mention.c.post_id == post.c.id).where(mention.c.account_id == me)
    yield select(post.c.reply_to_account_id).where(*_written(me), post.c.reply_to_account_id.is_not(None))
    yield select(theirs.c.account_id).join(post, post.c.id == theirs.c.reply_to_id).where(*_sent(me))
    yield select(theirs.c.account_id).join(post, post.c.id == theirs.c.boost_of_id).where(*_sent(me))
    yield select(theirs.c.account_id).join(post, post.c.boost_of_id == theirs.c.id).where(*_sent(me))


def _marks(me: int) -> Iterator[Ids]:
    for table in (favourite, dislike):
        yield select(table.c.account_id).join(post, post.c.id == table.c.post_id).where(*_sent(me))
        yield select(post.c.account_id).join(table, table.c.post_id == post.c.id).where(table.c.account_id == me)
    votes = poll_vote.join(poll, poll.c.id == poll_vote.c.poll_id).join(post, post.c.id == poll.c.post_id)
    yield select(poll_vote.c.account_id).select_from(votes).where(*_sent(me))
    yield select(post.c.account_id).select_from(votes).where(poll_vote.c.account_id == me)


def _groups(me: int) -> Iterator[Ids]:
    """Groups elsewhere that she wrote to; followers of groups here that let a post of hers through."""
    yield select(post.c.group_id).where(*_sent(me), post.c.group_id.is_not(None))
    through = select(group_post.c.group_id).join(post, post.c.id == group_post.c.post_id)
    through = through.where(*_sent(me), group_post.c.state == "announced")
    yield select(follow.c.follower_id).where(follow.c.target_id.in_(through), follow.c.state == "accepted")
