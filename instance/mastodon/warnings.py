"""What a group's moderators tell the author of a post that they took out (https://docs.joinmastodon.org/entities/AccountWarning/)."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from instance.clock import iso
from instance.db.content import post
from instance.house import House
from instance.mastodon import serialise

KIND = "moderation_warning"


async def warnings(house: House, post_ids: set[int]) -> dict[tuple[str, int], dict[str, Any]]:
    """(kind, post id) -> what to add to the notification that tells its author of it."""
    if not post_ids:
        return {}
    rows = await house.store.read(_taken_out, post_ids)
    authors = await serialise.accounts(house, [row.account_id for row in rows])
    return {(KIND, row.id): {"moderation_warning": _entity(row, authors.get(row.account_id))} for row in rows}


def _taken_out(connection: Connection, ids: set[int]) -> list[Row[Any]]:
    asked = select(post.c.id, post.c.account_id, post.c.removed_at, post.c.removed_reason, post.c.created_at)
    return list(connection.execute(asked.where(post.c.id.in_(ids))))


def _entity(row: Row[Any], target: msgspec.Raw | None) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "action": "delete_statuses" if row.removed_at is not None else "none",
        "text": row.removed_reason or "",
        "status_ids": [str(row.id)],
        "target_account": target,
        "appeal": None,
        "created_at": iso(row.removed_at or row.created_at),
    }
