"""Markers: how far a member has read, kept for her apps."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from instance.db.reading import marker
from instance.db.unit import Unit
from instance.db.upsert import insert_new

TIMELINES = ("home", "notifications")


def of(connection: Connection, account_id: int, timelines: Sequence[str]) -> list[Row[Any]]:
    """Her markers of these timelines."""
    asked = select(marker).where(marker.c.account_id == account_id, marker.c.timeline.in_(timelines))
    return list(connection.execute(asked.order_by(marker.c.timeline)).all())


def keep(u: Unit, account_id: int, last_read: Mapping[str, int]) -> None:
    """Move markers."""
    for timeline, post_id in last_read.items():
        which = (marker.c.account_id == account_id, marker.c.timeline == timeline)
        values = {"last_read_id": post_id, "updated_at": u.now}
        moved = update(marker).where(*which).values(version=marker.c.version + 1, **values)
        if not u.connection.execute(moved).rowcount:
            insert_new(u.connection, marker, account_id=account_id, timeline=timeline, version=1, **values)
