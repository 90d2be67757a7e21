"""What a notification is about where that is no post: a report (for moderators), severed relations, a post that a group took out."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from instance.clock import iso
from instance.content import reports
from instance.db.content import report
from instance.db.people import severance
from instance.house import House
from instance.mastodon import serialise, warnings

REPORT, SEVERED = "admin.report", "severed_relationships"
TERMS = {REPORT: "report", SEVERED: "event"}
"""Kind of notification -> the term of its entity (https://docs.joinmastodon.org/entities/Notification/)."""


async def told(house: House, pairs: Iterable[tuple[str, int | None]]) -> dict[tuple[str, int], dict[str, Any]]:
    """(kind, about_id) of notifications -> what to add to their entities; what is gone is left out."""
    named = {(kind, about) for kind, about in pairs if about is not None}
    taken_out = await warnings.warnings(house, {about for kind, about in named if kind == warnings.KIND})
    wanted = {pair for pair in named if pair[0] in TERMS}
    if not wanted:
        return taken_out
    rows, words, events = await house.store.read(_rows, house, wanted)
    shown = await serialise.accounts(house, [row.target_id for row in rows])
    found = {
        (REPORT, row.id): {"report": report_entity(row, words[row.id], shown[row.target_id])}
        for row in rows
        if row.target_id in shown
    }
    return taken_out | found | {(SEVERED, row.id): {"event": severance_entity(row)} for row in events}


def _rows(
    connection: Connection, house: House, wanted: set[tuple[str, int]]
) -> tuple[list[Any], dict[int, str], list[Any]]:
    by_kind = {kind: [about for one, about in wanted if one == kind] for kind in TERMS}
    rows = list(connection.execute(select(report).where(report.c.id.in_(by_kind[REPORT]))).all())
    words = {row.id: reports.words_of(house.site.vault, row) for row in rows}
    return rows, words, list(connection.execute(select(severance).where(severance.c.id.in_(by_kind[SEVERED]))).all())


def report_entity(row: Row[Any], words: str, target: msgspec.Raw) -> dict[str, Any]:
    """A Report (https://docs.joinmastodon.org/entities/Report/)."""
    return {
        "id": str(row.id),
        "action_taken": row.closed_at is not None,
        "action_taken_at": iso(row.closed_at) if row.closed_at is not None else None,
        "category": row.category,
        "comment": words,
        "forwarded": row.forward,
        "created_at": iso(row.created_at),
        "status_ids": [str(post_id) for post_id in row.post_ids or []],
        "rule_ids": row.rule_ids or None,
        "collection_ids": [],
        "target_account": target,
    }


def severance_entity(row: Row[Any]) -> dict[str, Any]:
    """A RelationshipSeveranceEvent (https://docs.joinmastodon.org/entities/RelationshipSeveranceEvent/)."""
    return {
        "id": str(row.id),
        "type": row.kind,
        "purged": False,
        "target_name": row.target_name,
        "followers_count": row.followers_count,
        "following_count": row.following_count,
        "created_at": iso(row.created_at),
    }
