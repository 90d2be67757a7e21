"""What a post was before it was edited."""

from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select

from instance.clock import Millis
from instance.content.words import SEALED, Words, words_of
from instance.db.content import attachment, poll, post, revision
from instance.db.unit import Unit
from instance.vault import Vault


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a post. `media`: ids of its pictures then; `options`: its poll's options then."""

    words: Words
    sensitive: bool
    media: list[int]
    options: list[str] | None
    created_at: Millis


def keep_revision(u: Unit, row: Row[Any]) -> None:
    """Keep the present state of a post, before it is changed."""
    at = row.edited_at or row.created_at
    state = _state(u.connection, row) | {"sensitive": row.sensitive}
    words = asdict(words_of(u.site.vault, row))
    if row.visibility in SEALED:
        sealed = u.site.vault.seal(msgspec.json.encode(words), "revision", "words", f"{row.id}/{at}")
        u.connection.execute(insert(revision).values(post_id=row.id, snapshot=state, words=sealed, created_at=at))
    else:
        u.connection.execute(insert(revision).values(post_id=row.id, snapshot=state | words, created_at=at))


def _state(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    media = select(attachment.c.id).where(attachment.c.post_id == row.id).order_by(attachment.c.position)
    asked = connection.execute(select(poll.c.options).where(poll.c.post_id == row.id)).scalar_one_or_none()
    return {
        "media": [str(media_id) for media_id in connection.execute(media).scalars()],
        "poll": [option["title"] for option in asked] if asked is not None else None,
    }


def history(connection: Connection, vault: Vault, post_id: int) -> list[Revision]:
    """All states of a post, oldest first; the last one is the present."""
    row = connection.execute(select(post).where(post.c.id == post_id)).one()
    kept = connection.execute(select(revision).where(revision.c.post_id == post_id).order_by(revision.c.id)).all()
    states = [_revision(vault, each) for each in kept]
    now = _state(connection, row)
    media = [int(media_id) for media_id in now["media"]]
    present = Revision(words_of(vault, row), row.sensitive, media, now["poll"], row.edited_at or row.created_at)
    return [*states, present]


def _revision(vault: Vault, row: Row[Any]) -> Revision:
    snapshot = dict(row.snapshot)
    words = snapshot
    if row.words is not None:
        opened = vault.open(row.words, "revision", "words", f"{row.post_id}/{row.created_at}")
        words = msgspec.json.decode(opened)
    title, summary, content, source = (words.get(name, "") for name in ("title", "summary", "content", "source"))
    said = Words(title, summary, content, source, words.get("emoji") or {})
    media = [int(media_id) for media_id in snapshot["media"]]
    return Revision(said, snapshot["sensitive"], media, snapshot["poll"], row.created_at)
