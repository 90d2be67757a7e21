"""The neighbourhood in figures: other servers by stance and assurance, what flowed between us lately, and what was refused.

A fixed number of statements, however many servers there are. No words of anybody, only counts.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, select

from federation.schema import delivery, inbox_activity, peer, refusal
from instance.clock import DAY, Millis
from instance.db.agreements import peer_trust
from instance.peering.admission import owners
from instance.policy.inforce import in_force_here
from instance.policy.peers import stances
from policies.peers import Stance
from policies.purposes import Assurance
from policies.sections import RunBy

LATELY: Millis = 30 * DAY
MOST = 1000


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One other server; counts of the last 30 days."""

    host: str
    stance: Stance
    level: Assurance = Assurance.NONE
    run_by: RunBy = RunBy.NOT_SAID
    sent: int = 0
    received: int = 0
    refused: int = 0

    @property
    def flow(self) -> int:
        """All that was exchanged."""
        return self.sent + self.received


def neighbours(connection: Connection, now: Millis) -> list[Neighbour]:
    """Servers that we know or have a rule for, by stance, the busiest first."""
    policy = in_force_here(connection).at(now)
    known = connection.execute(select(peer.c.host).order_by(peer.c.last_seen_at.desc()).limit(MOST)).scalars()
    hosts = list(dict.fromkeys([*known, *sorted(policy.peers)]))[:MOST]
    since = now - LATELY
    sent = _counted(connection, delivery.c.host, delivery.c.state == "sent", delivery.c.done_at >= since)
    stopped = _counted(connection, delivery.c.host, delivery.c.state == "cancelled", delivery.c.done_at >= since)
    taken = inbox_activity.c.state.in_(["done", "received"])
    received = _counted(connection, inbox_activity.c.host, taken, inbox_activity.c.received_at >= since)
    turned = _counted(connection, refusal.c.host, refusal.c.refused_at >= since)
    asked = select(peer_trust.c.host, peer_trust.c.level).where(peer_trust.c.level_until > now)
    levels = {row.host: Assurance(row.level) for row in connection.execute(asked)}
    whose, standing = owners(connection, hosts), stances(connection, policy, hosts, now)
    found = [
        Neighbour(
            host,
            standing[host],
            levels.get(host, Assurance.NONE),
            whose.get(host, RunBy.NOT_SAID),
            sent.get(host, 0),
            received.get(host, 0),
            stopped.get(host, 0) + turned.get(host, 0),
        )
        for host in hosts
    ]
    order = list(Stance)
    return sorted(found, key=lambda one: (order.index(one.stance), -one.flow, -one.refused, one.host))


def _counted(connection: Connection, host: Column[Any], *which: ColumnElement[bool]) -> dict[str, int]:
    rows = connection.execute(select(host, func.count()).where(*which).group_by(host))
    return {row[0]: row[1] for row in rows}
