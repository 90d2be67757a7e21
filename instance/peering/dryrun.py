"""The dry run: a proposed policy played over what came and went in the last 30 days, and over the contacts that there are.

Counted by the database, in a handful of statements, whatever the traffic was. What nobody kept can't be played.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Text, and_, case, cast, func, literal, select, union

from federation.schema import delivery, inbox_activity, outbox_item, refusal
from instance.clock import DAY, Millis
from instance.db.people import account, follow
from instance.policy.judge import post_facts
from instance.policy.peers import facts_for
from policies.decision import Verdict
from policies.document import PolicyDocument
from policies.facts import ActivityFacts, PeerFacts
from policies.replay import Contact, Passage, Replayed, Way, playable, replay, unplayed
from policies.words import Sentence

SPAN: Millis = 30 * DAY
MOST_GROUPS = 5000
MOST_HOSTS = 2000
MOST_NAMED = 500
MOST_MEMBERS = 200
CHUNK = 1000


@dataclass(slots=True)
class Server:
    """What would have gone otherwise with one server: how many things."""

    host: str
    refused: int = 0
    held: int = 0
    limited: int = 0
    let_in: int = 0
    not_sent: int = 0
    sent: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """A member or group, with how many contacts would end, and how many would no longer get what is not public."""

    account_id: int
    name: str
    is_group: bool
    lost: int
    quieter: int


@dataclass(frozen=True, slots=True)
class DryRun:
    """The outcome. `unplayed`: rules that the proposal changes and that can't be played. `cut`: not all was looked at."""

    servers: tuple[Server, ...]
    touched: tuple[Touched, ...]
    unchanged: int
    unplayed: tuple[Sentence, ...]
    since: Millis
    cut: bool

    @property
    def nothing(self) -> bool:
        """Whether all would have gone as it went, and everybody keeps whom they know."""
        return not (self.servers or self.touched)


def dry_run(
    connection: Connection, old: PolicyDocument, new: PolicyDocument, now: Millis, host: str | None = None
) -> DryRun:
    """Play `new` against `old` over the last 30 days; with `host`, over what concerns that server only. Reads, changes nothing."""
    since = now - SPAN
    named = _named(old, new)
    groups = [
        *_came(connection, since, host, named),
        *_turned_away(connection, since, host),
        *_left(connection, since, host),
    ]
    met = _hosts_met(connection, host)
    hosts = list(dict.fromkeys([*(group[0] for group in groups), *met]))[:MOST_HOSTS]
    peers = _peers(connection, old, new, hosts, now)
    traffic = [Passage(peers[one], what, times) for one, what, times in _facts(groups) if one in peers]
    contacts = [Contact(one, one, peers[one]) for one in met if one in peers]
    outcome = replay(playable(old.at(now)), playable(new.at(now)), traffic, contacts, at=now)
    return DryRun(
        servers=tuple(_servers(outcome)),
        touched=tuple(_touched(connection, outcome)),
        unchanged=outcome.unchanged,
        unplayed=tuple(unplayed(old, new)),
        since=since,
        cut=len(groups) >= MOST_GROUPS or len(hosts) >= MOST_HOSTS,
    )


def _named(old: PolicyDocument, new: PolicyDocument) -> list[str]:
    """Accounts for which there is a rule: only of these it matters who sent something."""
    found: set[str] = set()
    for policy in (old, new):
        found |= policy.incoming.accounts.keys()
        found = found.union(*(rule.accounts for rule in policy.peers.values()))
    return sorted(found)[:MOST_NAMED]


Group = tuple[str, Any, int]
"""Host, what is known of it, how often."""


def _came(connection: Connection, since: Millis, host: str | None, named: list[str]) -> Iterator[Group]:
    c = inbox_activity.c
    who: ColumnElement[str] = case((c.actor.in_(named), c.actor), else_="") if named else literal("")
    inner = select(c.host, c.kind, func.coalesce(c.object_kind, "").label("object_kind"), who.label("actor"))
    inner = inner.where(c.received_at >= since, *([c.host == host] if host else []))
    table = inner.subquery()
    asked = select(*table.c, func.count().label("times")).group_by(*table.c)
    for row in connection.execute(asked.order_by(func.count().desc(), table.c.host).limit(MOST_GROUPS)):
        yield row.host, ActivityFacts(row.kind, row.object_kind, row.host, row.actor), row.times


def _turned_away(connection: Connection, since: Millis, host: str | None) -> Iterator[Group]:
    """What was refused at the door, as far as it is known one by one."""
    c = refusal.c
    asked = select(c.host, c.kind, func.count().label("times")).where(
        c.refused_at >= since, *([c.host == host] if host else [])
    )
    asked = asked.group_by(c.host, c.kind).order_by(func.count().desc(), c.host).limit(MOST_GROUPS)
    for row in connection.execute(asked):
        yield row.host, ActivityFacts(row.kind, "", row.host), row.times


def _left(connection: Connection, since: Millis, host: str | None) -> Iterator[Group]:
    d, i = delivery.c, outbox_item.c
    inner = select(d.host, cast(i.facts, Text).label("facts")).join(outbox_item, i.id == d.item_id)
    table = inner.where(i.created_at >= since, *([d.host == host] if host else [])).subquery()
    asked = select(*table.c, func.count().label("times")).group_by(*table.c)
    for row in connection.execute(asked.order_by(func.count().desc(), table.c.host).limit(MOST_GROUPS)):
        yield row.host, row.facts, row.times


def _facts(groups: Iterable[Group]) -> Iterator[Group]:
    read: dict[str, Any] = {}
    for host, what, times in groups:
        if isinstance(what, str) and what not in read:
            read[what] = post_facts(msgspec.json.decode(what))
        yield host, read[what] if isinstance(what, str) else what, times


def _hosts_met(connection: Connection, host: str | None) -> list[str]:
    """Servers with whose accounts somebody here has a contact, those with the most first."""
    pairs = _pairs(host)
    asked = select(pairs.c.host).group_by(pairs.c.host).order_by(func.count().desc(), pairs.c.host).limit(MOST_HOSTS)
    return list(connection.execute(asked).scalars())


def _pairs(*hosts: str | None) -> Any:
    """Each pair of somebody here and somebody elsewhere where one follows the other, once."""
    here, there = account.alias("here"), account.alias("there")
    wanted = [host for host in hosts if host is not None]

    def side(mine: Any, theirs: Any) -> Any:
        asked = select(here.c.id.label("member_id"), there.c.id.label("other_id"), there.c.domain.label("host"))
        asked = asked.select_from(follow).join(here, here.c.id == mine).join(there, there.c.id == theirs)
        met = and_(
            follow.c.state == "accepted", here.c.domain == "", there.c.domain != "", there.c.deleted_at.is_(None)
        )
        return asked.where(met, *([there.c.domain.in_(wanted)] if wanted else []))

    return union(
        side(follow.c.follower_id, follow.c.target_id), side(follow.c.target_id, follow.c.follower_id)
    ).subquery()


def _peers(
    connection: Connection, old: PolicyDocument, new: PolicyDocument, hosts: list[str], now: Millis
) -> dict[str, PeerFacts]:
    if not (old.requirement.asks or new.requirement.asks):
        return {host: PeerFacts(host, signed=True, at=now) for host in hosts}
    found: dict[str, PeerFacts] = {}
    for start in range(0, len(hosts), CHUNK):
        found |= facts_for(connection, hosts[start : start + CHUNK], now, signed=True)
    return found


def _servers(outcome: Replayed) -> list[Server]:
    found: dict[str, Server] = {}
    for change in outcome.changes:
        server = found.setdefault(change.host, Server(change.host))
        server.reasons = tuple(dict.fromkeys((*server.reasons, *change.reasons)))
        match change.way, change.after:
            case Way.IN, Verdict.ALLOW:
                server.let_in += change.times
            case Way.IN, Verdict.LIMIT:
                server.limited += change.times
            case Way.IN, Verdict.HOLD:
                server.held += change.times
            case Way.IN, _:
                server.refused += change.times
            case _, Verdict.ALLOW | Verdict.LIMIT:
                server.sent += change.times
            case _:
                server.not_sent += change.times
    return list(found.values())


def _touched(connection: Connection, outcome: Replayed) -> list[Touched]:
    """Who loses how many contacts. Which ones is nobody's business but hers."""
    lost, quieter = [one.other for one in outcome.lost], [one.other for one in outcome.quieter]
    if not lost and not quieter:
        return []
    pairs = _pairs(*lost, *quieter)
    ends = func.sum(case((pairs.c.host.in_(lost), 1), else_=0)).label("ends")
    both = func.count().label("both")
    asked = select(account.c.id, account.c.name, account.c.kind, ends, both).join(
        pairs, pairs.c.member_id == account.c.id
    )
    asked = asked.group_by(account.c.id, account.c.name, account.c.kind).order_by(both.desc(), account.c.name)
    rows = connection.execute(asked.limit(MOST_MEMBERS))
    return [Touched(row.id, row.name, row.kind == "group", row.ends, row.both - row.ends) for row in rows]
