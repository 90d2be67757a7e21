"""Peers as a steward sees them: how they fare, what they run, what waits, what went wrong. No words of anybody."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, case, func, or_, select

from federation.inbound import arrivals
from federation.ledger import TOO_MUCH
from federation.outbound import gaps, letters, regate
from federation.outbound.gaps import Gap
from federation.schema import delivery, inbox_activity, peer, turned_away
from instance.clock import DAY, Millis
from instance.db.unit import Unit
from instance.policy import held
from instance.policy.inforce import in_force_here
from instance.policy.peers import stances
from policies.peers import Stance

MOST = 200
AWAY_AFTER: Millis = DAY


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Activities that were not kept, counted."""

    kind: str
    reason: str
    number: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class PeerView:
    """One other server. `health`: well, new, trouble or away. Times in milliseconds."""

    host: str
    stance: Stance
    health: str
    software: str
    first_seen_at: int
    last_seen_at: int | None
    last_delivered_at: int | None
    failures: int
    down_since: int | None
    next_try_at: int | None
    last_error: str
    waiting: int = 0
    kept_back: int = 0
    dead: int = 0
    held: int = 0
    put_aside: int = 0
    too_much: int = 0
    """How often it was asked to come later, since when, and when last."""
    too_much_since: int | None = None
    too_much_at: int | None = None
    gaps: list[Gap] = field(default_factory=list)


def peers(connection: Connection, now: Millis, search: str = "", host: str = "") -> list[PeerView]:
    """Other servers, those in trouble first, then those heard from last; `search` is a part of the name, `host` all of it."""
    columns = peer.c
    asked = select(peer)
    if search:
        asked = asked.where(columns.host.contains(search.lower(), autoescape=True))
    if host:
        asked = asked.where(columns.host == host)
    waits = inbox_activity.c.state.in_(["held", "dead"])
    trouble = or_(
        columns.failures > 0,
        columns.host.in_(select(delivery.c.host).where(delivery.c.state == "dead")),
        columns.host.in_(select(inbox_activity.c.host).where(waits)),
    )
    last = func.coalesce(columns.last_seen_at, columns.last_delivered_at, columns.first_seen_at)
    rows = connection.execute(asked.order_by(case((trouble, 0), else_=1), last.desc(), columns.host).limit(MOST)).all()
    hosts = [row.host for row in rows]
    out = _counts(connection, delivery, hosts, ["ready", "waits", "dead"])
    came = _counts(connection, inbox_activity, hosts, ["held", "dead"])
    missed: dict[str, list[Gap]] = {}
    for gap in gaps.of_hosts(connection, hosts):
        missed.setdefault(gap.host, []).append(gap)
    much = too_much(connection, hosts)
    standing = stances(connection, in_force_here(connection).at(now), hosts, now)
    return [
        PeerView(
            host=row.host,
            stance=standing[row.host],
            health=health(row, now),
            software=" ".join(part for part in (row.software, row.software_version) if part),
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            last_delivered_at=row.last_delivered_at,
            failures=row.failures,
            down_since=row.down_since,
            next_try_at=row.next_try_at,
            last_error=row.last_error or "",
            waiting=out[row.host, "ready"],
            kept_back=out[row.host, "waits"],
            dead=out[row.host, "dead"],
            held=came[row.host, "held"],
            put_aside=came[row.host, "dead"],
            too_much=much[row.host].number if row.host in much else 0,
            too_much_since=much[row.host].first_at if row.host in much else None,
            too_much_at=much[row.host].last_at if row.host in much else None,
            gaps=missed.get(row.host, []),
        )
        for row in rows
    ]


def health(row: Any, now: Millis) -> str:
    """How a peer fares: well, new (nothing sent yet), trouble (failed last time), away (for a day and longer)."""
    if row.failures:
        return "away" if row.down_since is not None and row.down_since < now - AWAY_AFTER else "trouble"
    return "well" if row.last_delivered_at is not None or row.last_seen_at is not None else "new"


def _counts(connection: Connection, table: Any, hosts: list[str], states: list[str]) -> Counter[tuple[str, str]]:
    columns = table.c
    asked = select(columns.host, columns.state, func.count()).where(columns.host.in_(hosts), columns.state.in_(states))
    rows = connection.execute(asked.group_by(columns.host, columns.state))
    return Counter({(host, state): number for host, state, number in rows})


def turned(connection: Connection, host: str) -> list[TurnedAway]:
    """What was turned away from one peer, the most frequent first."""
    columns = turned_away.c
    asked = select(columns.kind, columns.reason, columns.number, columns.first_at, columns.last_at)
    asked = asked.where(columns.host == host)
    rows: Any = connection.execute(asked.order_by(columns.number.desc(), columns.kind, columns.reason).limit(MOST))
    return [TurnedAway(*row) for row in rows]


def too_much(connection: Connection, hosts: list[str]) -> dict[str, TurnedAway]:
    """Of these servers those that were asked to come later, for they sent too much: how often, since when, when last."""
    c = turned_away.c
    columns = (c.host, func.sum(c.number), func.min(c.first_at), func.max(c.last_at))
    asked = select(*columns).where(c.host.in_(hosts), c.reason == TOO_MUCH).group_by(c.host)
    rows: Any = connection.execute(asked)
    return {host: TurnedAway("", TOO_MUCH, int(number), first, last) for host, number, first, last in rows}


def _states(connection: Connection, table: Any) -> dict[str, int]:
    """How many there are in each state that is not an end."""
    waits = table.c.state.in_(["ready", "waits", "received", "held", "dead"])
    rows = connection.execute(select(table.c.state, func.count()).where(waits).group_by(table.c.state)).all()
    return {row[0]: row[1] for row in rows}


def totals(connection: Connection) -> dict[str, int]:
    """What waits in all: deliveries that are ready or dead, activities held or put aside, servers that fail."""
    out, came = _states(connection, delivery), _states(connection, inbox_activity)
    failing = connection.execute(select(func.count()).select_from(peer).where(peer.c.failures > 0)).scalar_one()
    return {
        "waiting": out.get("ready", 0),
        "kept_back": out.get("waits", 0),
        "dead": out.get("dead", 0),
        "received": came.get("received", 0),
        "held": came.get("held", 0),
        "put_aside": came.get("dead", 0),
        "failing": failing,
    }


def decide_held(u: Unit, host: str, *, let_in: bool, only: int | None = None) -> int:
    """A steward lets in what was held from a peer, or forgets it (`only`: this one activity); how many that were."""
    if only is not None:
        return int(held.decide(u, host, only, let_in=let_in))
    number = regate.held(u.connection, u.now, host, let_in=let_in, by_person=True)
    if let_in:
        u.wake("inbox")
    return number


def replay(u: Unit, host: str, letter_id: int | None = None) -> int:
    """A steward has dead letters sent again, and activities that were put aside tried again; how many."""
    number = letters.replay(u, host or None, letter_id)
    return number if letter_id is not None else number + arrivals.retry_dead(u, host or None)
