"""Quotes as apps see them: the Quote entity for one reader, and whether she may quote a status herself.

https://docs.joinmastodon.org/entities/Quote/, …/QuoteApproval/. A quoted status is shown only to who may read it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from instance.db.people import follow, restriction
from instance.mastodon.rendered import Rendered
from policies.interaction import Asker, Verdict, judge

SHOWN_STATE = "accepted"
CURRENT = {
    Verdict.YES: b"automatic",
    Verdict.STAMPED: b"automatic",
    Verdict.ASK: b"manual",
    Verdict.NO: b"denied",
}


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a page's quotes need: quoted statuses that the reader may see, as JSON, and how she stands to their authors."""

    statuses: Mapping[int, bytes] = field(default_factory=dict)
    authors: Mapping[int, int] = field(default_factory=dict)
    """Author by status."""
    stands: Mapping[int, Asker] = field(default_factory=dict)
    hides: Mapping[int, str] = field(default_factory=dict)
    """Authors whom the reader blocks or mutes: block, mute."""
    shallow: bool = False
    """Quotes within a quoted status name what they quote."""


NOTHING_QUOTED = Quoted()
INNER = Quoted(shallow=True)


def of_reader(
    connection: Connection, reader_id: int, authors: Collection[int]
) -> tuple[dict[int, Asker], dict[int, str]]:
    """How a reader stands to some authors, and whom of them she blocks or mutes."""
    accepted = follow.c.state == "accepted"
    mine = (follow.c.follower_id == reader_id, follow.c.target_id.in_(authors), accepted)
    follows = set(connection.execute(select(follow.c.target_id).where(*mine)).scalars())
    theirs = (follow.c.target_id == reader_id, follow.c.follower_id.in_(authors), accepted)
    followed = set(connection.execute(select(follow.c.follower_id).where(*theirs)).scalars())
    hidden = select(restriction.c.target_id, restriction.c.kind)
    rows = connection.execute(hidden.where(restriction.c.account_id == reader_id, restriction.c.target_id.in_(authors)))
    stands = {
        author: Asker("", follows_author=author in follows, followed_by_author=author in followed) for author in authors
    }
    return stands, {row.target_id: row.kind for row in rows}


def joined(shown: Rendered, author_id: int, reader_id: int | None, quoted: Quoted) -> bytes:
    """`quote_approval` and `quote` of a status for one reader."""
    if reader_id is not None and author_id == reader_id:
        current = b"automatic"
    elif reader_id is None:
        current = b"denied"
    else:
        current = CURRENT[judge("quote", shown.rule, quoted.stands.get(author_id, Asker("")))]
    approval = b',"quote_approval":%s,"current_user":"%s"}' % (shown.quoting, current)
    return approval + b',"quote":' + (_quote(shown.quote, quoted) if shown.quote is not None else b"null")


def _quote(quote: tuple[str, int | None], quoted: Quoted) -> bytes:
    state, post_id = quote
    if quoted.shallow:
        named = b'"%d"' % post_id if post_id is not None and state == SHOWN_STATE else b"null"
        return b'{"state":"%s","quoted_status_id":%s}' % (state.encode(), named)
    if state != SHOWN_STATE or post_id is None:
        return b'{"state":"%s","quoted_status":null}' % state.encode()
    found = quoted.statuses.get(post_id)
    if found is None:
        return b'{"state":"unauthorized","quoted_status":null}'
    kind = quoted.hides.get(quoted.authors.get(post_id, 0))
    shown_as = {"block": b"blocked_account", "mute": b"muted_account"}.get(kind or "", b"accepted")
    return b'{"state":"%s","quoted_status":%s}' % (shown_as, found)
