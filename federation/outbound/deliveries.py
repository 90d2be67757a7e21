"""Rows of `delivery` and the circuits of `peer`: claimed by peer, answered in batches.

A peer is leased as a whole: one sender at a time, in order, so one that is slow or away delays nobody but itself.
What was put aside is in `letters`, what was given up in `gaps`.
"""

import random
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    nulls_first,
    or_,
    select,
    update,
)

from federation.outbound import gaps
from federation.ports import Unit
from federation.schema import delivery, outbox_item, peer
from federation.vocab.times import DAY, HOUR

PUMP = "deliveries"
LEASE = 120_000
FIRST_PAUSE = 30_000
LONGEST_PAUSE = 6 * HOUR
GROWTH = 1.5
CIRCUIT = 5  # failures in a row after which a peer gets one probe at a time
QUICK = 2_000  # milliseconds: whose slowest answer of the last turn took less has a lane of its own
KEPT = 30 * DAY
ERROR_LENGTH = 200


class Lane(StrEnum):
    """What is known of a peer: servers that are away or slow never take the places of those that answer."""

    PROMPT = "prompt"  # answered quickly last time
    UNSURE = "unsure"  # never answered yet, or slowly
    FAILING = "failing"  # failed last time


@dataclass(frozen=True, slots=True)
class Turn:
    """A peer whose turn it is; `probing`: it has failed so often that one delivery is tried alone."""

    host: str
    failures: int
    lease: str
    lane: Lane = Lane.UNSURE
    scheme: str = ""
    """The signature scheme that was learnt (federation.remote.schemes)."""

    @property
    def probing(self) -> bool:
        return self.failures >= CIRCUIT


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery that is due."""

    id: int
    item_id: int
    inbox: str
    tries: int
    created_at: int
    actor: str
    body: bytes
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery. state: sent, dead, cancelled, waits, or ready where the peer has to wait."""

    id: int
    state: str
    status: int | None = None
    error: str = ""
    wait: int = 0
    """Milliseconds that the peer asked us to wait; 0: it did not say."""
    took: int = 0
    """Milliseconds until it was answered, or until that was given up."""


def claim(u: Unit, lanes: dict[Lane, int]) -> list[Turn]:
    """Lease peers that have something queued and may be tried now; the longest unserved first.

    `lanes`: how many of each lane.
    """
    lease = secrets.token_hex(8)
    found: dict[str, Lane] = {}
    for lane, limit in lanes.items():
        if limit > 0:
            mine = u.connection.execute(_READY[lane], {"now": u.now, "places": limit})
            found |= dict.fromkeys(mine.scalars().all(), lane)
    if not found:
        return []
    taken = {"hosts": list(found), "lease_": lease, "until": u.now + LEASE, "now": u.now}
    rows = u.connection.execute(_LEASED, taken).all()
    return [Turn(row.host, row.failures, lease, found[row.host], row.signature_scheme or "") for row in rows]


def _in_lane(lane: Lane) -> ColumnElement[bool]:
    if lane is Lane.FAILING:
        return peer.c.failures > 0
    prompt = peer.c.took <= QUICK
    return and_(peer.c.failures == 0, prompt if lane is Lane.PROMPT else or_(peer.c.took.is_(None), ~prompt))


def _ready(lane: Lane) -> Select[str]:
    free = or_(peer.c.lease_until.is_(None), peer.c.lease_until < bindparam("now"))
    now = or_(peer.c.next_try_at.is_(None), peer.c.next_try_at <= bindparam("now"))
    mine = select(peer.c.host).where(peer.c.queued.is_(True), now, free, _in_lane(lane))
    in_turn = mine.order_by(nulls_first(peer.c.served_at), peer.c.host)
    return in_turn.limit(bindparam("places", type_=Integer)).with_for_update(skip_locked=True)


# Built once: they are asked several times a second while anything is under way.
_READY = {lane: _ready(lane) for lane in Lane}
_LEASED = (
    update(peer)
    .where(peer.c.host.in_(bindparam("hosts", expanding=True)))
    .values(lease=bindparam("lease_"), lease_until=bindparam("until"), served_at=bindparam("now"))
    .returning(peer.c.host, peer.c.failures, peer.c.signature_scheme)
)


def due_for(connection: Connection, hosts: dict[str, int]) -> dict[str, list[Delivery]]:
    """The first deliveries of each of these peers, in order; `hosts` says how many of each."""
    found: dict[str, list[Delivery]] = {host: [] for host in hosts}
    columns = delivery.c
    most = max(hosts.values(), default=0)
    place = func.row_number().over(partition_by=columns.host, order_by=columns.id).label("place")
    mine = select(columns.id, place).where(columns.host.in_(hosts), columns.state == "ready").subquery()
    wanted = (
        select(columns.host, columns.id, columns.item_id, columns.inbox, columns.tries, columns.created_at)
        .add_columns(outbox_item.c.actor, outbox_item.c.body, outbox_item.c.facts)
        .join(mine, and_(mine.c.id == columns.id, mine.c.place <= most))
        .join(outbox_item, outbox_item.c.id == columns.item_id)
        .order_by(columns.id)
    )
    for host, *values in connection.execute(wanted):
        if len(found[host]) < hosts[host]:
            found[host].append(Delivery(*values))
    return found


def record(u: Unit, results: list[tuple[Turn, list[Outcome]]]) -> None:
    """Write what became of deliveries, move the circuits, give the peers back; all of a round in one transaction."""
    outcomes = [outcome for _, given in results for outcome in given]
    settled = [outcome for outcome in outcomes if outcome.state != "ready"]
    _mark(u, settled)
    waiting = [outcome for outcome in outcomes if outcome.state == "ready"]
    for outcome in waiting:
        values = {"tries": delivery.c.tries + 1, "status": outcome.status, "error": outcome.error[:ERROR_LENGTH]}
        u.connection.execute(update(delivery).where(delivery.c.id == outcome.id).values(**values))
    for turn, given in results:
        _release(u, turn, given)


def _mark(u: Unit, settled: list[Outcome]) -> None:
    sent = [outcome.id for outcome in settled if outcome.state == "sent"]
    if sent:
        values: dict[str, Any] = {"state": "sent", "error": None, "done_at": u.now, "tries": delivery.c.tries + 1}
        status = {outcome.id: outcome.status for outcome in settled if outcome.state == "sent"}
        if len(set(status.values())) == 1:
            values["status"] = next(iter(status.values()))
        else:
            values["status"] = case(status, value=delivery.c.id)
        u.connection.execute(update(delivery).where(delivery.c.id.in_(sent)).values(**values))
    for outcome in settled:
        if outcome.state != "sent":
            values = {"state": outcome.state, "status": outcome.status, "error": outcome.error[:ERROR_LENGTH]}
            mine = update(delivery).where(delivery.c.id == outcome.id)
            done_at = None if outcome.state == "waits" else u.now
            u.connection.execute(mine.values(**values, done_at=done_at, tries=delivery.c.tries + 1))


def _release(u: Unit, turn: Turn, given: list[Outcome]) -> None:
    """The peer's row is locked first: whoever queues for it now waits until it is known whether something is left."""
    mine = and_(peer.c.host == turn.host, peer.c.lease == turn.lease)
    if u.connection.execute(select(peer.c.host).where(mine).with_for_update()).first() is None:
        return  # the lease was lost; whoever has it goes on
    values: dict[str, Any] = {"lease": None, "lease_until": None}
    failure = next((outcome for outcome in given if outcome.state == "ready"), None)
    answered = [outcome for outcome in given if outcome.state != "ready" and outcome.status is not None]
    if answered and turn.failures:
        gaps.end(u, turn.host)
    if failure is not None:
        before = 0 if answered else turn.failures  # failures in a row
        values |= {"failures": before + 1, "last_error": failure.error[:ERROR_LENGTH]}
        values["next_try_at"] = u.now + (within_bounds(failure.wait) or pause(before))
        values["down_since"] = u.now if answered else func.coalesce(peer.c.down_since, u.now)
        gaps.give_up(u, turn.host)
    elif answered:
        values |= {"failures": 0, "next_try_at": None, "down_since": None, "last_error": None}
    if answered:
        values |= {"last_delivered_at": u.now, "took": max(outcome.took for outcome in answered)}
    left = exists().where(delivery.c.host == turn.host, delivery.c.state == "ready")
    u.connection.execute(update(peer).where(mine).values(**values, queued=left))


def pause(failures: int) -> int:
    """Milliseconds until the next try after so many failures in a row: 30 s x 1.5^n, at most 6 h, spread by a tenth."""
    grown = min(FIRST_PAUSE * GROWTH ** min(failures, 40), LONGEST_PAUSE)
    return int(grown * random.uniform(0.95, 1.05))  # noqa: S311 - spreads tries, guards nothing


def within_bounds(asked: int) -> int:
    """How long to wait where a peer says it itself (Retry-After): as it says, but not under 30 s and not over 6 h."""
    return min(max(asked, FIRST_PAUSE), LONGEST_PAUSE) if asked > 0 else 0


def release_all(u: Unit) -> None:
    """Free every lease: when a runner starts and no other is alive."""
    u.connection.execute(update(peer).where(peer.c.lease.is_not(None)).values(lease=None, lease_until=None))


def forget_old(u: Unit) -> int:
    """Delete settled deliveries of long ago, and items that nobody waits for; returns how many deliveries."""
    old = delivery.c.state.in_(["sent", "cancelled", "dead"]) & (delivery.c.done_at < u.now - KEPT)
    count = u.connection.execute(delete(delivery).where(old)).rowcount
    wanted = exists().where(delivery.c.item_id == outbox_item.c.id)
    u.connection.execute(delete(outbox_item).where(outbox_item.c.created_at < u.now - KEPT, ~wanted))
    return count


def counts(connection: Connection) -> dict[str, int]:
    """How many deliveries there are in each state."""
    rows = connection.execute(select(delivery.c.state, func.count()).group_by(delivery.c.state))
    return dict(rows.tuples().all())
