"""Servers that no rule names and that wait for want of their policy: they are asked for it, in a job, and not often.

Where the policy lets in who promises enough, somebody must look at what a stranger promises. It is asked when it knocks (something
that it signed is held here) and when a member searches for somebody there; a server that is blocked, or that could not get in
by any promise, is never asked.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

from federation.client.gate import SPOKEN_TO
from federation.inbound import arrivals
from federation.remote.policies import may_ask
from federation.schema import inbox_activity
from instance.agreements import rows, trust
from instance.clock import DAY, HOUR, Millis
from instance.db.agreements import agreement, peer_trust, satisfaction, trust_change
from instance.db.system import fact
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.policy.inforce import in_force_here
from policies.decision import Reason
from policies.document import PolicyDocument
from policies.peers import STRICTNESS, standing

MOST_AN_HOUR = 30
"""How many strangers are asked in an hour at most, however many knock; the others are asked later."""
AGAIN: Millis = HOUR
KEPT: Millis = 30 * DAY
BATCH = 500
_LOCK = "strangers"


def arrived(u: Unit, came: list[dict[str, Any]]) -> None:
    """Write what arrived; of whom something is held now, the policy is asked for where it may decide."""
    arrivals.store(u, came)
    knocking = {row["host"] for row in came if row["state"] == "held"}
    if knocking:
        ask(u, knocking)


def ask(u: Unit, hosts: Iterable[str]) -> int:
    """Have the policies of those strangers looked at that are in question, in this order; how many are asked."""
    policy = in_force_here(u.connection).at(u.now)
    wanted = [host for host in dict.fromkeys(hosts) if in_question(policy, host, u.now)]
    if not wanted:
        return 0
    insert_new(u.connection, fact, name=_LOCK)
    u.connection.execute(select(fact.c.name).where(fact.c.name == _LOCK).with_for_update())  # two at once: one waits
    asked = select(peer_trust.c.host).where(peer_trust.c.host.in_(wanted), _lately(u.now, AGAIN))
    lately = set(u.connection.execute(asked).scalars())
    count = select(func.count()).where(peer_trust.c.knocked_at > u.now - AGAIN)
    left = max(0, MOST_AN_HOUR - int(u.connection.execute(count).scalar_one()))
    chosen = [host for host in wanted if host not in lately][:left]
    for host in chosen:
        rows.ensure(u.connection, host)
        u.connection.execute(update(peer_trust).where(peer_trust.c.host == host).values(knocked_at=u.now))
        trust.want(u, host)
    return len(chosen)


def in_question(policy: PolicyDocument, host: str, now: Millis) -> bool:
    """Whether a server is not let in as it stands, but may be asked for a policy that could let it in."""
    now_here = standing(policy, host, now).stance
    milder = policy.requirement.asks and STRICTNESS[policy.meeting] < STRICTNESS[now_here]
    return milder and now_here not in SPOKEN_TO and may_ask(policy, host, now)


def ask_who_waits(u: Unit) -> int:
    """Ask those of whom something is held and who were not asked for a day, the longest waiting first. A timed job, one batch."""
    policy = in_force_here(u.connection).at(u.now)
    if not policy.requirement.asks or STRICTNESS[policy.meeting] >= STRICTNESS[policy.default]:
        return 0  # no promise would let anybody in
    table = inbox_activity.c
    lately = select(peer_trust.c.host).where(_lately(u.now, DAY))
    waits = (table.state == "held", table.reason == str(Reason.PEER_HELD), table.host.not_in(lately))
    waiting = select(table.host).where(*waits)
    waiting = waiting.group_by(table.host).order_by(func.min(table.id)).limit(BATCH)
    ask(u, list(u.connection.execute(waiting).scalars()))
    return 0


def forget(u: Unit) -> int:
    """Forget strangers that knocked long ago and have no policy that could let them in. A timed job."""
    table = peer_trust.c
    old = and_(table.knocked_at < u.now - KEPT, table.fault.is_not(None), table.look_at.is_(None))
    agreed = exists().where(agreement.c.host == table.host)
    hosts = list(u.connection.execute(select(table.host).where(old, ~agreed).limit(BATCH)).scalars())
    for gone in (satisfaction, trust_change, peer_trust):
        u.connection.execute(delete(gone).where(gone.c.host.in_(hosts)))
    return len(hosts)


def _lately(now: Millis, span: Millis) -> ColumnElement[bool]:
    return or_(peer_trust.c.knocked_at > now - span, peer_trust.c.looked_at > now - span)
