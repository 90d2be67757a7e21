"""What hangs on a post of another server: whom it names, its hashtags, its files, its poll."""

from typing import Any

from sqlalchemy import insert, select, update

from instance.content import parts, polls
from instance.content.drafts import MOST_MEDIA
from instance.content.formatting import TAG_LENGTH, foreign_tag, tag_name
from instance.content.remote import RemotePoll, RemotePost
from instance.db.content import attachment, poll
from instance.db.unit import Unit
from instance.events import PollClosed
from instance.ids import sortable_id
from instance.sanitise import plain

MOST_TAGS = 32
MOST_NAMED = 100
OPTION_LENGTH = 200
DESCRIPTION_LENGTH = 5000
ROOM = 4 * MOST_MEDIA
UNFETCHED = "unfetched"
"""State of a file that the policy does not let us fetch; who wants to see it follows its link."""
_FILE = insert(attachment)


def hang_on(u: Unit, post_id: int, remote: RemotePost, *, new: bool = False) -> None:
    """Keep what hangs on a post. `new`: nothing does yet, so nothing is taken off first."""
    parts.set_mentions(u, post_id, remote.mentions[:MOST_NAMED], remote.silent_mentions[:MOST_NAMED], new=new)
    tags = {tag_name(shown): shown for shown in map(foreign_tag, remote.tags[:MOST_TAGS])}
    fitting = {name: shown for name, shown in tags.items() if 0 < len(name) <= TAG_LENGTH >= len(shown)}
    parts.set_tags(u, post_id, fitting, new=new)
    if not new:
        parts.drop_media(u, attachment.c.post_id == post_id)
    _set_files(u, post_id, remote)
    if remote.poll is not None:
        set_poll(u, post_id, remote.poll)


def _set_files(u: Unit, post_id: int, remote: RemotePost) -> None:
    rows = []
    for position, file in enumerate(remote.attachments[:ROOM]):
        meta: dict[str, Any] = {}
        if file.width and file.height:
            meta["original"] = {"width": file.width, "height": file.height}
        if file.focus:
            meta["focus"] = {"x": file.focus[0], "y": file.focus[1]}
        row = {
            "id": sortable_id(u.now, u.now),
            "account_id": remote.account_id,
            "post_id": post_id,
            "position": position,
            "kind": file.kind,
            "state": UNFETCHED if remote.unfetched else "ready",
            "mime": file.mime[:80],
            "remote_url": file.url,
            "description": plain(file.description)[:DESCRIPTION_LENGTH],
            "blurhash": file.blurhash if file.blurhash and len(file.blurhash) <= 120 else None,
            "meta": meta or None,
            "created_at": u.now,
        }
        rows.append(row)
    if rows:
        u.connection.execute(_FILE, rows)


def set_poll(u: Unit, post_id: int, remote: RemotePoll) -> None:
    """Keep a remote poll. Counts are what its server says; our members' votes stay theirs while the options stay."""
    options = [
        {"title": plain(title)[:OPTION_LENGTH], "votes": max(0, votes)}
        for title, votes in remote.options[: polls.MOST_CHOICES]
    ]
    total = sum(option["votes"] for option in options)  # type: ignore[misc]
    values = {
        "options": options,
        "multiple": remote.multiple,
        "votes_count": total,
        "voters_count": total if remote.voters is None else max(0, remote.voters),
        "expires_at": remote.expires_at,
        "closed_at": min(remote.closed_at, u.now) if remote.closed_at is not None else None,
    }
    known = select(poll.c.id, poll.c.options, poll.c.closed_at).where(poll.c.post_id == post_id)
    old = u.connection.execute(known).first()
    if old is not None and [o["title"] for o in old.options] == [o["title"] for o in options]:
        values["closed_at"] = (
            old.closed_at or values["closed_at"]
        )  # what is closed stays so: nobody is told of it twice
        u.connection.execute(update(poll).where(poll.c.id == old.id).values(**values))
        poll_id = old.id
        if old.closed_at is None and values["closed_at"] is not None:
            u.record(PollClosed(poll_id, post_id))  # its server was quicker than our clock
    else:
        parts.drop_poll(u, post_id)
        poll_id = sortable_id(u.now, u.now)
        u.connection.execute(insert(poll).values(id=poll_id, post_id=post_id, **values))
    if remote.closed_at is None and remote.expires_at is not None and remote.expires_at > u.now:
        polls.close_at(u, poll_id, remote.expires_at)
