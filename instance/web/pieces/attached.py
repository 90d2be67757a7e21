"""What hangs on the posts of a page: pictures and polls, each loaded for all of them in a statement or two."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection, select

from instance.clock import Millis
from instance.content.words import words_of
from instance.db.content import attachment, poll, poll_vote
from instance.media import store as files
from instance.site import Site
from instance.web.pieces import drawing


@dataclass(frozen=True, slots=True)
class Picture:
    """An attachment."""

    kind: str
    shown: str
    full: str
    description: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a poll."""

    title: Markup
    votes: int
    percent: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll, as its reader may see it."""

    id: int
    options: list[Option]
    total: int
    multiple: bool
    ends_at: Millis | None
    closed: bool
    may_vote: bool


def pictures_of(connection: Connection, site: Site, ids: Iterable[int]) -> dict[int, list[Picture]]:
    """Pictures and other files of these posts, in their order, by post."""
    asked = select(attachment).where(attachment.c.post_id.in_(set(ids))).order_by(attachment.c.position)
    found: dict[int, list[Picture]] = {}
    for row in connection.execute(asked):
        found.setdefault(row.post_id, []).append(_picture(site, row))
    return found


def _picture(site: Site, row: Any) -> Picture:
    size = ((row.meta or {}).get("small") or {}) if row.preview else ((row.meta or {}).get("original") or {})
    full = shown = ""
    if row.file:
        full, shown = files.url(site, row.file), files.url(site, row.preview or row.file)
    elif row.remote_url and row.kind == "image" and row.state != "unfetched":
        full = shown = files.remote_url(site, row.remote_url)
    elif row.remote_url:
        full = row.remote_url  # a link, nothing that is loaded
    return Picture(row.kind, shown, full, row.description, int(size.get("width", 0)), int(size.get("height", 0)))


def polls_of(connection: Connection, site: Site, reader_id: int | None, rows: Sequence[Any]) -> dict[int, Poll]:
    """Polls of these posts as their reader may see them, by post."""
    if not rows:
        return {}
    asked = list(connection.execute(select(poll).where(poll.c.post_id.in_([row.id for row in rows]))))
    voted: dict[int, set[int]] = {}
    if reader_id is not None:
        mine = poll_vote.c.poll_id.in_([row.id for row in asked]) & (poll_vote.c.account_id == reader_id)
        for vote in connection.execute(select(poll_vote.c.poll_id, poll_vote.c.choice).where(mine)):
            voted.setdefault(vote.poll_id, set()).add(vote.choice)
    posts = {row.id: row for row in rows}
    return {row.post_id: _poll(site, row, voted.get(row.id, set()), reader_id, posts[row.post_id]) for row in asked}


def _poll(site: Site, row: Any, voted: set[int], reader_id: int | None, of: Any) -> Poll:
    closed = row.closed_at is not None or (row.expires_at is not None and row.expires_at <= site.clock.now())
    kept_back = row.hide_totals and not closed
    votes = [0 if kept_back else int(option.get("votes") or 0) for option in row.options]
    total = sum(votes)
    emoji = words_of(site.vault, of).emoji
    titles = [drawing.text(site, str(option["title"]), emoji) for option in row.options]
    options = [
        Option(title, votes[n], f"{round(100 * votes[n] / total) if total else 0} %", n in voted)
        for n, title in enumerate(titles)
    ]
    may_vote = reader_id is not None and not closed and not voted and reader_id != of.account_id
    return Poll(row.id, options, total, row.multiple, row.expires_at, closed, may_vote)
