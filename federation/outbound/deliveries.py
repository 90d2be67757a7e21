"""Rows of `delivery` and the circuits of `peer`: claimed by peer.

A peer is leased as a whole: one sender at a time, in order, so one that is slow or away delays nobody but itself.
What came of them is written by `recording`; what was put aside is in `letters`, what was given up in `gaps`.
"""

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
    delete,
    exists,
    func,
    nulls_first,
    or_,
    select,
    update,
)

from federation.ages import older
from federation.ports import Unit
from federation.schema import delivery, outbox_item, peer
from federation.vocab.times import DAY

PUMP = "deliveries"
LEASE = 120_000
CIRCUIT = 5  # failures in a row after which a peer gets one probe at a time
QUICK = 2_000  # milliseconds: whose slowest answer of the last turn took less has a lane of its own
KEPT = 30 * DAY
SETTLED = ("sent", "cancelled", "dead")
BATCH = 500


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
    ours: bool = False
    """Whether it has to wait for us: no fault of the peer's."""


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
    asked = {"hosts": list(hosts), "most": max(hosts.values(), default=0)}
    for host, *values in connection.execute(_DUE, asked):
        if len(found[host]) < hosts[host]:
            found[host].append(Delivery(*values))
    return found


def _due() -> Select[Any]:
    columns = delivery.c
    place = func.row_number().over(partition_by=columns.host, order_by=columns.id).label("place")
    theirs = columns.host.in_(bindparam("hosts", expanding=True))
    mine = select(columns.id, place).where(theirs, columns.state == "ready").subquery()
    return (
        select(columns.host, columns.id, columns.item_id, columns.inbox, columns.tries, columns.created_at)
        .add_columns(outbox_item.c.actor, outbox_item.c.body, outbox_item.c.facts)
        .join(mine, and_(mine.c.id == columns.id, mine.c.place <= bindparam("most", type_=Integer)))
        .join(outbox_item, outbox_item.c.id == columns.item_id)
        .order_by(columns.id)
    )


_DUE = _due()


def release_all(u: Unit) -> None:
    """Free every lease: when a runner starts and no other is alive."""
    u.connection.execute(update(peer).where(peer.c.lease.is_not(None)).values(lease=None, lease_until=None))


def forget_old(u: Unit) -> int:
    """Delete a batch of deliveries settled long ago, or else of items that nobody waits for; returns how many. A timed job."""
    before = u.now - KEPT
    old = and_(
        older(delivery, delivery.c.created_at, before), delivery.c.done_at < before, delivery.c.state.in_(SETTLED)
    )
    some = select(delivery.c.id).where(old).order_by(delivery.c.id).limit(BATCH)
    if count := u.connection.execute(delete(delivery).where(delivery.c.id.in_(some))).rowcount:
        return count
    wanted = exists().where(delivery.c.item_id == outbox_item.c.id)
    some = select(outbox_item.c.id).where(outbox_item.c.created_at < before, ~wanted).limit(BATCH)
    return u.connection.execute(delete(outbox_item).where(outbox_item.c.id.in_(some))).rowcount


def counts(connection: Connection) -> dict[str, int]:
    """How many deliveries there are in each state."""
    rows = connection.execute(select(delivery.c.state, func.count()).group_by(delivery.c.state))
    return dict(rows.tuples().all())
