"""Threads: what comes before a post and what answers it, as far as the reader may see; when the rest is to be fetched."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from instance.clock import MINUTE, Millis
from instance.content.submissions import waits_for_its_group
from instance.content.visible import is_for_anyone, readable, visible_to
from instance.db.content import post
from instance.db.people import account
from instance.db.unit import Unit
from instance.groups.acting import is_moderator
from instance.jobs.table import enqueue
from instance.people import restrictions

MOST = 4096
MOST_FOR_STRANGERS = 60
JOB = "fetch-thread"
PAUSE: Millis = 15 * MINUTE
"""How long a thread is left alone once others were asked for it."""
PAUSE_AFTER_ARRIVAL: Millis = MINUTE
"""The same where nobody opened it: few requests are made then."""


@dataclass(frozen=True, slots=True)
class Context:
    """Ids around a post: from the first post down to the one it answers; then all answers, each below its parent."""

    ancestors: list[int]
    descendants: list[int]


def context(connection: Connection, reader_id: int | None, post_id: int, now: Millis) -> Context:
    """The context of a post, in three statements. Hidden posts are left out, what hangs below them is not.

    Hidden are also posts of whom the reader blocks, mutes, or refuses with their server, unless she has opened one of
    theirs. What a group's moderators took out, or have not let through yet, is shown to its author and to them only.

    Raises NotFoundError where the post is not for the reader.
    """
    start = readable(connection, reader_id, post_id)
    most = MOST if reader_id is not None else MOST_FOR_STRANGERS
    c = post.c
    waits = waits_for_its_group().label("waits")
    facts = (c.id, c.reply_to_id, c.account_id, c.group_id, c.removed_at, waits, visible_to(reader_id).label("seen"))
    in_thread = select(*facts).where(c.thread_id == start.thread_id, c.boost_of_id.is_(None))
    rows = connection.execute(in_thread.order_by(post.c.id).limit(2 * MOST)).all()
    parents = {row.id: row.reply_to_id for row in rows}
    taken_out = [row for row in rows if (row.removed_at is not None or row.waits) and row.account_id != reader_id]
    mine = {group_id: is_moderator(connection, group_id, reader_id) for group_id in {row.group_id for row in taken_out}}
    hidden = {row.id for row in taken_out if not mine[row.group_id]}
    refused = _refused(connection, reader_id, {row.account_id for row in rows} - {start.account_id}, now)
    seen = {row.id for row in rows if row.seen and row.account_id not in refused} - hidden
    below: dict[int, list[int]] = {}
    for row in rows:
        if row.reply_to_id is not None:
            below.setdefault(row.reply_to_id, []).append(row.id)
    shown_id = start.boost_of_id or start.id
    return Context(_above(shown_id, parents, seen)[-most:], _under(shown_id, below, seen)[:most])


def _refused(connection: Connection, reader_id: int | None, authors: set[int], now: Millis) -> set[int]:
    """Those of some accounts whom the reader wants nothing of."""
    if reader_id is None or not authors:
        return set()
    asked = select(account.c.id).where(account.c.id.in_(authors), restrictions.hides(reader_id, account.c.id, now))
    return set(connection.execute(asked).scalars())


@dataclass(frozen=True, slots=True)
class Arrival:
    """A reply that came: who sent it, and how many requests were made for it already, by host."""

    host: str
    spent: dict[str, int]


def is_due(connection: Connection, post_id: int, now: Millis) -> bool:
    """Whether other servers are to be asked for the rest of a post's thread: it is for everyone, and not asked for of late.

    Of a post for fewer nobody elsewhere is told that it is read.
    """
    row = connection.execute(select(post).where(post.c.id == post_id, post.c.deleted_at.is_(None))).first()
    if row is None or not is_for_anyone(row):
        return False
    root = first(connection, row)
    recent = root.thread_asked_at is not None and root.thread_asked_at > now - PAUSE
    return not recent and is_for_anyone(root) and _reaches_elsewhere(connection, row.thread_id)


def ask(u: Unit, post_id: int, arrival: Arrival | None = None) -> None:
    """Have a post's thread completed in a job, if that is due: somebody opened it, or a reply came.

    Who sends a reply chooses which thread it is in. So only the sender is a party to what it causes, and the thread's host
    is asked little until somebody opens the thread.
    """
    if not is_due(u.connection, post_id, u.now):
        return
    row = u.connection.execute(select(post).where(post.c.id == post_id)).one()
    root = first(u.connection, row)
    at = u.now if arrival is None else u.now - PAUSE + PAUSE_AFTER_ARRIVAL
    u.connection.execute(update(post).where(post.c.id == root.id).values(thread_asked_at=at))
    cause = {} if arrival is None else {"from": arrival.host, "spent": arrival.spent}
    enqueue(u, JOB, {"post_id": row.boost_of_id or row.id, **cause}, unique=f"{JOB}:{row.thread_id}")


def first(connection: Connection, row: Row[Any]) -> Row[Any]:
    """The first known post of a post's thread."""
    named = int(row.thread_id) if row.thread_id.isdecimal() else row.id
    return connection.execute(select(post).where(post.c.id == named)).first() or row


def _reaches_elsewhere(connection: Connection, thread_id: str) -> bool:
    """Whether somebody elsewhere takes part, so that there may be more than we know."""
    theirs = select(post.c.id).join(account, account.c.id == post.c.account_id)
    theirs = theirs.where(post.c.thread_id == thread_id, account.c.domain != "", post.c.boost_of_id.is_(None))
    return connection.execute(theirs.limit(1)).first() is not None


def _above(post_id: int, parents: dict[int, int | None], seen: set[int]) -> list[int]:
    found: list[int] = []
    known = {post_id}
    parent = parents.get(post_id)
    while parent is not None and parent not in known:
        known.add(parent)
        if parent in seen:
            found.append(parent)
        parent = parents.get(parent)
    return found[::-1]


def _under(post_id: int, below: dict[int, list[int]], seen: set[int]) -> list[int]:
    found: list[int] = []
    waiting = list(reversed(below.get(post_id, [])))
    known = {post_id}
    while waiting:
        answer = waiting.pop()
        if answer in known:
            continue
        known.add(answer)
        if answer in seen:
            found.append(answer)
        waiting += reversed(below.get(answer, []))
    return found
