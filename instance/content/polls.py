"""Polls: opened with a post, voted in once by each, closed by a job when their time is over."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from instance.clock import Millis
from instance.content.drafts import PollDraft
from instance.content.visible import readable
from instance.db.content import poll, poll_vote, post
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import PollClosed, PollVoted
from instance.i18n import N_
from instance.ids import sortable_id
from instance.jobs.local import Effect
from instance.jobs.table import Job, enqueue

CLOSING = "close-poll"
MOST_CHOICES = 30
"""A page's statement adds choices up as bits (instance.content.pages)."""


def open_poll(u: Unit, post_id: int, draft: PollDraft) -> int:
    """Open a local post's poll; returns its id."""
    poll_id = sortable_id(u.now, u.now)
    values = {
        "id": poll_id,
        "post_id": post_id,
        "options": [{"title": option.strip(), "votes": 0} for option in draft.options],
        "multiple": draft.multiple,
        "hide_totals": draft.hide_totals,
        "expires_at": u.now + draft.expires_in,
    }
    u.connection.execute(insert(poll).values(**values))
    close_at(u, poll_id, u.now + draft.expires_in)
    return poll_id


def close_at(u: Unit, poll_id: int, at: Millis) -> None:
    """Have a poll closed at its time."""
    enqueue(u, CLOSING, {"poll_id": poll_id}, run_at=at, unique=f"{CLOSING} {poll_id}")


async def run(job: Job) -> Effect:
    """Job `close-poll`."""
    poll_id = int(job.payload["poll_id"])
    return lambda u: close(u, poll_id)


def close(u: Unit, poll_id: int) -> None:
    """Close a poll whose time is over; nothing happens to one that is closed, or gone."""
    row = u.connection.execute(select(poll).where(poll.c.id == poll_id).with_for_update()).first()
    if row is None or row.closed_at is not None or row.expires_at is None or row.expires_at > u.now:
        return
    u.connection.execute(update(poll).where(poll.c.id == poll_id).values(closed_at=u.now))
    rendered_anew(u, row.post_id)
    u.record(PollClosed(poll_id, row.post_id))


def rendered_anew(u: Unit, post_id: int) -> None:
    """Strangers see something else now."""
    u.connection.execute(update(post).where(post.c.id == post_id).values(version=post.c.version + 1))


def readable_poll(u: Unit, reader_id: int, poll_id: int) -> Row[Any]:
    """A poll whose post the reader may see. Raises NotFoundError."""
    row = u.connection.execute(select(poll).where(poll.c.id == poll_id).with_for_update()).first()
    if row is None:
        raise NotFoundError
    readable(u.connection, reader_id, row.post_id)
    return row


def vote(u: Unit, account_id: int, poll_id: int, choices: Sequence[int], *, iri: str | None = None) -> int:
    """Vote, once and for all; returns the id of the post. `iri`: of a remote vote, which comes one choice at a time.

    Raises NotFoundError, RefusalError (closed, voted already, own poll, no such option).
    """
    row = readable_poll(u, account_id, poll_id)
    author_id = u.connection.execute(select(post.c.account_id).where(post.c.id == row.post_id)).scalar_one()
    mine = select(poll_vote.c.choice).where(poll_vote.c.poll_id == poll_id, poll_vote.c.account_id == account_id)
    before = set(u.connection.execute(mine).scalars())
    chosen = list(dict.fromkeys(choices))
    if row.closed_at is not None or (row.expires_at is not None and row.expires_at <= u.now):
        raise RefusalError("poll-closed", N_("Validation failed: The poll has already ended"))
    if author_id == account_id:
        raise RefusalError("poll-own", N_("Validation failed: You cannot vote in your own polls"))
    if before and (not row.multiple or iri is None or before & set(chosen)):
        raise RefusalError("poll-voted", N_("Validation failed: You have already voted on this poll"))
    if not chosen or any(not 0 <= choice < len(row.options) for choice in chosen):
        raise RefusalError("poll-choice", N_("Validation failed: The chosen vote option does not exist"))
    if len(chosen) > 1 and not row.multiple:
        raise RefusalError("poll-one", N_("This poll takes one choice only."))
    same: dict[str, Any] = {"poll_id": poll_id, "account_id": account_id, "created_at": u.now}
    taken = select(poll_vote.c.id).where(poll_vote.c.iri == iri)
    kept = iri if iri is not None and u.connection.execute(taken).first() is None else None
    rows = [same | {"choice": choice, "iri": kept if at == 0 else None} for at, choice in enumerate(chosen)]
    u.connection.execute(insert(poll_vote), rows)
    _count(u, row, chosen, new_voter=not before)
    u.record(PollVoted(poll_id, row.post_id, account_id, tuple(chosen)))
    return int(row.post_id)


def _count(u: Unit, row: Row[Any], chosen: Sequence[int], *, new_voter: bool) -> None:
    options = [dict(option) for option in row.options]
    for choice in chosen:
        options[choice]["votes"] += 1
    values = {"options": options, "votes_count": row.votes_count + len(chosen)}
    if new_voter:
        values["voters_count"] = row.voters_count + 1
    u.connection.execute(update(poll).where(poll.c.id == row.id).values(**values))
    rendered_anew(u, row.post_id)
