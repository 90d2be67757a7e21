"""Rows of `inbox_activity`: stored once per (origin, id), done, tried again, put aside. `turns` says which come next."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, case, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.ports import Unit
from federation.schema import inbox_activity

PUMP = "inbox"
MOST_TRIES = 5
PAUSES = (10_000, 60_000, 600_000, 3_600_000)  # after the first, second ... failed try
REASON_LENGTH = 200


class LeaseLostError(Exception):
    """Another process has taken these up; what this one did must not count."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A claimed activity."""

    id: int
    host: str
    actor: str
    kind: str
    body: bytes
    tries: int
    let_in_at: int | None = None
    """When a moderator let it in, though a rule would hold it."""
    signed_at: int | None = None
    """When its sender signed it, by the sender's clock."""
    key: str = ""
    family: str = ""
    """Whose turn it is worked on in (federation.allowance)."""
    spent: dict[str, int] | None = None
    """Requests that it has caused so far, by host: for the sender's key, and in earlier tries."""

    @property
    def let_in(self) -> bool:
        return self.let_in_at is not None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a steward may know of an activity that came in."""

    id: int
    host: str
    kind: str
    actor: str
    state: str
    reason: str | None
    tries: int
    received_at: int
    next_try_at: int


def key_of(activity_id: str, body: bytes) -> str:
    """What an activity is known by within its origin: its id, or its body where it has none (DECISIONS 23)."""
    if activity_id:
        return "id:" + hashlib.sha256(activity_id.encode()).hexdigest()
    return "body:" + hashlib.sha256(body).hexdigest()


def store(u: Unit, rows: list[dict[str, Any]]) -> None:
    """Write what arrived; what was there already stays as it is."""
    insert: Any = postgres_insert if u.connection.dialect.name == "postgresql" else sqlite_insert
    times = {"received_at": u.now, "next_try_at": u.now}
    u.connection.execute(insert(inbox_activity).on_conflict_do_nothing(), [row | times for row in rows])
    u.wake(PUMP)


def done(u: Unit, lease: str, outcome: dict[int, str]) -> None:
    """Mark activities done (reason '') or ignored (with the reason) and erase their bodies. Raises LeaseLostError."""
    table = inbox_activity.c
    ignored = {number: reason[:REASON_LENGTH] for number, reason in outcome.items() if reason}
    values: dict[str, Any] = {"state": "done", "reason": None}
    if ignored:
        values["state"] = case((table.id.in_(ignored), "ignored"), else_="done")
        values["reason"] = case(ignored, value=table.id, else_=None)
    mine = table.id.in_(outcome) & (table.lease == lease)
    values |= {"body": None, "lease": None, "lease_until": None, "done_at": u.now}
    if u.connection.execute(update(inbox_activity).where(mine).values(**values)).rowcount != len(outcome):
        raise LeaseLostError


def give_back(u: Unit, lease: str, numbers: list[int]) -> None:
    """Some that were claimed were not begun: no try of theirs is used up."""
    table = inbox_activity.c
    mine = table.id.in_(numbers) & (table.lease == lease)
    back = {"lease": None, "lease_until": None, "tries": table.tries - 1}
    u.connection.execute(update(inbox_activity).where(mine).values(**back))


def free(u: Unit, host: str, activity_id: str) -> bool:
    """Let the id of an activity that had its effect be used once more; whether there was one."""
    table = inbox_activity.c
    mine = (table.host == host) & (table.activity_key == key_of(activity_id, b"")) & (table.state == "done")
    return u.connection.execute(update(inbox_activity).where(mine).values(activity_key=_used())).rowcount > 0


def free_this(u: Unit, number: int) -> None:
    """Let the id of an activity be used once more, whatever becomes of it."""
    u.connection.execute(update(inbox_activity).where(inbox_activity.c.id == number).values(activity_key=_used()))


def _used() -> ColumnElement[str]:
    return literal("used:") + cast(inbox_activity.c.id, String)


def hold(u: Unit, lease: str, number: int, reason: str) -> None:
    """Put one aside until a person decides; its body stays."""
    table = inbox_activity.c
    values = {"state": "held", "reason": reason[:REASON_LENGTH], "lease": None, "lease_until": None}
    u.connection.execute(update(inbox_activity).where(table.id == number, table.lease == lease).values(**values))


def failed(u: Unit, lease: str, arrival: Arrival, reason: str, spent: Mapping[str, int] | None = None) -> None:
    """Give one back for a later try, or put it aside, with its body, when it has had its tries.

    `spent`: all requests that it has caused; a later try goes on counting from there.
    """
    table = inbox_activity.c
    dead = arrival.tries >= MOST_TRIES
    later = u.now + PAUSES[min(arrival.tries, len(PAUSES)) - 1]
    values: dict[str, Any] = {"state": "dead" if dead else "received", "reason": reason[:REASON_LENGTH]}
    values |= {"next_try_at": later, "spent": dict(spent) if spent else arrival.spent}
    mine = (table.id == arrival.id) & (table.lease == lease)
    u.connection.execute(update(inbox_activity).where(mine).values(**values, lease=None, lease_until=None))


def retry_dead(u: Unit, host: str | None = None, arrival_id: int | None = None) -> int:
    """Let those that were put aside be tried again (all, those of one peer, or one); returns how many."""
    which = _dead(host) if arrival_id is None else and_(_dead(host), inbox_activity.c.id == arrival_id)
    values = {"state": "received", "tries": 0, "spent": None, "next_try_at": u.now}
    count = u.connection.execute(update(inbox_activity).where(which).values(**values)).rowcount
    u.wake(PUMP)
    return count


def listed(connection: Connection, states: list[str], host: str | None = None, limit: int = 200) -> list[Kept]:
    """What came in and is in one of these states, the newest first; never what it says."""
    table = inbox_activity.c
    columns = (table.id, table.host, table.kind, table.actor, table.state, table.reason, table.tries, table.received_at)
    asked = select(*columns, table.next_try_at).where(table.state.in_(states))
    if host is not None:
        asked = asked.where(table.host == host)
    rows: Any = connection.execute(asked.order_by(table.id.desc()).limit(limit))
    return [Kept(*row) for row in rows]


def _dead(host: str | None) -> ColumnElement[bool]:
    dead = inbox_activity.c.state == "dead"
    return dead if host is None else and_(dead, inbox_activity.c.host == host)


def release_all(u: Unit) -> None:
    """Free every lease: when a runner starts and no other is alive."""
    held = inbox_activity.c.lease.is_not(None)
    u.connection.execute(update(inbox_activity).where(held).values(lease=None, lease_until=None))


def counts(connection: Connection) -> dict[str, int]:
    """How many there are in each state."""
    rows = connection.execute(select(inbox_activity.c.state, func.count()).group_by(inbox_activity.c.state))
    return dict(rows.tuples().all())
