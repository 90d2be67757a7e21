"""Rows of attachments: uploaded, described, forgotten. Their files lie in `store`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from instance.clock import DAY, Millis
from instance.db.content import attachment
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import AccountDeleted, AccountUpdated
from instance.i18n import N_
from instance.ids import sortable_id
from instance.media import store
from instance.media.workshop import Encoded

MOST_DESCRIPTION = 1500
UNUSED_FOR: Millis = DAY
SWEEP = 100


@dataclass(frozen=True, slots=True)
class Words:
    """What a member says of a picture: its description, and the point that must stay in view (x, y from -1 to 1)."""

    description: str | None = None
    focus: tuple[float, float] | None = None


def add(u: Unit, account_id: int, files: tuple[str, str], encoded: Encoded, words: Words) -> int:
    """A new picture of a member, not in a post yet; returns its id. `files` are the keys of picture and preview."""
    media_id = sortable_id(u.now, u.now)
    meta: dict[str, Any] = {
        "original": {"width": encoded.width, "height": encoded.height},
        "small": {"width": encoded.small_width, "height": encoded.small_height},
    }
    if words.focus:
        meta["focus"] = {"x": words.focus[0], "y": words.focus[1]}
    u.connection.execute(
        insert(attachment).values(
            id=media_id,
            account_id=account_id,
            kind="image",
            file=files[0],
            preview=files[1],
            mime=encoded.mime,
            description=checked_description(words.description or ""),
            blurhash=encoded.blurhash,
            meta=meta,
            created_at=u.now,
        )
    )
    return media_id


def own(connection: Connection, account_id: int, media_id: int) -> Row[Any]:
    """A member's own attachment. Raises NotFoundError, for others' too."""
    mine = select(attachment).where(attachment.c.id == media_id, attachment.c.account_id == account_id)
    row = connection.execute(mine).first()
    if row is None:
        raise NotFoundError
    return row


def describe(u: Unit, account_id: int, media_id: int, words: Words) -> Row[Any]:
    """Change the words of a picture that is in no post yet (later, the post is edited). Raises NotFoundError."""
    row = own(u.connection, account_id, media_id)
    if row.post_id is not None:
        raise NotFoundError
    values: dict[str, Any] = {}
    if words.description is not None:
        values["description"] = checked_description(words.description)
    if words.focus is not None:
        values["meta"] = {**(row.meta or {}), "focus": {"x": words.focus[0], "y": words.focus[1]}}
    if values:
        u.connection.execute(update(attachment).where(attachment.c.id == media_id).values(**values))
    return own(u.connection, account_id, media_id)


def discard(u: Unit, account_id: int, media_id: int) -> None:
    """Delete a picture that is in no post, with its files."""
    row = own(u.connection, account_id, media_id)
    if row.post_id is not None:
        raise RefusalError("media-in-use", N_("This picture is in a post. Edit or delete the post."))
    u.connection.execute(delete(attachment).where(attachment.c.id == media_id))
    forget_files(u, [row.file, row.preview])


def forget_files(u: Unit, keys: Sequence[str | None]) -> None:
    """Delete files once the transaction has committed; a row must never point at a file that is gone."""
    folder = u.site.settings.data
    u.after_commit(lambda: store.remove(folder, *keys))


def on_profile_changed(u: Unit, event: AccountUpdated | AccountDeleted) -> None:
    """A profile's old pictures go when it shows others, or is no more."""
    forget_files(u, event.files_gone)


def sweep(u: Unit) -> int:
    """Delete pictures that were uploaded over a day ago and never posted; returns how many."""
    old = select(attachment.c.id, attachment.c.file, attachment.c.preview).where(
        attachment.c.post_id.is_(None), attachment.c.created_at < u.now - UNUSED_FOR
    )
    rows = u.connection.execute(old.limit(SWEEP)).all()
    if rows:
        u.connection.execute(delete(attachment).where(attachment.c.id.in_([row.id for row in rows])))
        forget_files(u, [key for row in rows for key in (row.file, row.preview)])
    return len(rows)


def checked_description(description: str) -> str:
    """A description without space around it. Raises RefusalError where it is too long."""
    text = description.strip()
    if len(text) > MOST_DESCRIPTION:
        raise RefusalError(
            "description-long",
            N_("The description is too long. Shorten it to {most} characters."),
            most=MOST_DESCRIPTION,
        )
    return text
