"""Home timelines, fanned out on write: one statement puts a post before all who follow its author."""

from typing import Any

from sqlalchemy import and_, delete, or_, select, text

from instance.clock import DAY, HOUR, Millis
from instance.db.content import mention, post
from instance.db.people import account
from instance.db.reading import timeline_entry
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.events import BlockMade, FollowAccepted, FollowEnded, FollowLapsed, FollowRejected
from instance.ids import EPOCH_2020, RANDOM_BITS

BACKLOG = 20
"""How many older posts a new follower finds in her home timeline."""
FRESH: Millis = HOUR
"""For how long a group's boost takes the place of the post itself at home."""
KEPT: Millis = 180 * DAY
"""How long a post stands in home timelines."""
SWEEP = 200

# Followers of the author that are ours and want this: boosts switched on, no answers to strangers, not on an exclusive
# list; a direct post only for those whom it mentions. Blocks and mutes are applied when the page is read.
_FAN_OUT = """
INSERT INTO timeline_entry (account_id, post_id, shown_id)
SELECT f.follower_id, CAST(:post AS bigint), CAST(:shown AS bigint)
FROM follow f JOIN account a ON a.id = f.follower_id
WHERE f.target_id = :author AND f.state = 'accepted' AND a.domain = '' AND f.follower_id <> :written_by
 AND (f.boosts OR CAST(:post AS bigint) = CAST(:shown AS bigint) OR :by_group)
 AND (NOT :direct OR EXISTS (SELECT 1 FROM mention m WHERE m.post_id = :shown AND m.account_id = f.follower_id))
 AND (CAST(:answers AS bigint) IN (0, :author, f.follower_id) OR EXISTS (SELECT 1 FROM follow f2
   WHERE f2.follower_id = f.follower_id AND f2.target_id = CAST(:answers AS bigint) AND f2.state = 'accepted'))
 AND NOT EXISTS (SELECT 1 FROM reading_list_account l JOIN reading_list r ON r.id = l.list_id
   WHERE l.account_id = :author AND r.account_id = f.follower_id AND r.exclusive)
"""
_ONCE = text(_FAN_OUT + " ON CONFLICT DO NOTHING")
_INSTEAD = text(
    _FAN_OUT + " ON CONFLICT (account_id, shown_id) DO UPDATE SET post_id = excluded.post_id"
    " WHERE timeline_entry.post_id = timeline_entry.shown_id"
)


def fan_out(u: Unit, post_id: int) -> None:
    """Put a post (or a boost) before its author and her followers; each sees what it shows once."""
    row: Any = u.connection.execute(
        select(post, account.c.kind.label("by"), account.c.domain)
        .join(account, account.c.id == post.c.account_id)
        .where(post.c.id == post_id)
    ).one()
    shown_id = row.boost_of_id or row.id
    by_group = row.by == "group"
    shown = row
    if row.boost_of_id is not None:
        shown = u.connection.execute(select(post).where(post.c.id == shown_id)).one()
    elif row.domain == "" and not by_group:
        own(u, row.account_id, row.id)
    replaces = by_group and row.boost_of_id is not None and shown.created_at > u.now - FRESH
    u.connection.execute(
        _INSTEAD if replaces else _ONCE,
        {
            "post": row.id,
            "shown": shown_id,
            "author": row.account_id,
            # In her own home the author keeps her post: POST answered its id to her app.
            "written_by": shown.account_id if row.boost_of_id is not None and by_group else 0,
            "by_group": by_group,
            "direct": row.visibility == "direct",
            "answers": 0 if row.boost_of_id is not None else (row.reply_to_account_id or 0),
        },
    )


def own(u: Unit, account_id: int, post_id: int) -> None:
    """Put a member's post before herself alone."""
    insert_new(u.connection, timeline_entry, account_id=account_id, post_id=post_id, shown_id=post_id)


def bring_home(u: Unit, post_id: int, author_id: int, visibility: str, answers: int | None) -> None:
    """`fan_out` of a remote author's own post that was just kept: all facts are at hand, so it is one statement."""
    facts = {"post": post_id, "shown": post_id, "author": author_id, "written_by": 0, "by_group": False}
    u.connection.execute(_ONCE, facts | {"direct": visibility == "direct", "answers": answers or 0})


def take_out(u: Unit, post_id: int) -> None:
    """Take a post out of all home timelines, in whatever form it is there."""
    shown = or_(timeline_entry.c.post_id == post_id, timeline_entry.c.shown_id == post_id)
    u.connection.execute(delete(timeline_entry).where(shown))


def take_out_boost(u: Unit, boost_id: int) -> None:
    """Take a boost out of all home timelines."""
    u.connection.execute(delete(timeline_entry).where(timeline_entry.c.post_id == boost_id))


def sweep(u: Unit) -> int:
    """Forget what stood at home long ago; returns how many entries went. The posts stay where they are."""
    before = (u.now - KEPT - EPOCH_2020) << RANDOM_BITS
    old = select(timeline_entry.c.post_id).where(timeline_entry.c.post_id < before).distinct().limit(SWEEP)
    return u.connection.execute(delete(timeline_entry).where(timeline_entry.c.post_id.in_(old))).rowcount


def on_follow(u: Unit, event: FollowAccepted) -> None:
    """A new follower finds the newest posts of whom she follows now."""
    follower = u.connection.execute(select(account.c.domain).where(account.c.id == event.follower_id)).scalar_one()
    if follower != "":
        return
    readable = or_(
        post.c.visibility.in_(["public", "unlisted", "followers"]),
        select(mention.c.post_id)
        .where(mention.c.post_id == post.c.id, mention.c.account_id == event.follower_id)
        .exists(),
    )
    alone = or_(post.c.reply_to_iri.is_(None), post.c.reply_to_account_id == post.c.account_id)
    newest = select(post.c.id, post.c.boost_of_id).where(post.c.account_id == event.target_id, readable, alone)
    newest = newest.where(post.c.deleted_at.is_(None)).order_by(post.c.id.desc()).limit(BACKLOG)
    for row in u.connection.execute(newest).all():
        entry = {"account_id": event.follower_id, "post_id": row.id, "shown_id": row.boost_of_id or row.id}
        insert_new(u.connection, timeline_entry, **entry)


def on_follow_gone(u: Unit, event: FollowEnded | FollowRejected | FollowLapsed) -> None:
    """Who no longer follows no longer finds the posts at home."""
    forget(u, event.follower_id, event.target_id)


def on_block(u: Unit, event: BlockMade) -> None:
    """Who blocks does not meet the other at home, and the other way round."""
    forget(u, event.account_id, event.target_id)
    forget(u, event.target_id, event.account_id)


def forget(u: Unit, reader_id: int, author_id: int) -> None:
    """Take all that an account posted or boosted out of a reader's home timeline."""
    theirs = select(post.c.id).where(post.c.account_id == author_id)
    mine = and_(timeline_entry.c.account_id == reader_id, timeline_entry.c.post_id.in_(theirs))
    u.connection.execute(delete(timeline_entry).where(mine))
