"""How well a peer's promises are known: its policy kept, its level found anew, each change recorded, what waits judged again."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, exists, func, insert, or_, select, update

from federation.context import Federation
from federation.errors import RefusedError, UnreachableError
from federation.remote.policies import FoundPolicy, policy_of
from federation.schema import delivery, outbox_item
from instance.agreements import rows, satisfaction, telling
from instance.clock import DAY, HOUR, Millis
from instance.db.agreements import agreement, peer_trust, probe, trust_change
from instance.db.people import account, follow
from instance.db.unit import Unit
from instance.events import PeerLookedAt
from instance.jobs.local import Effect
from instance.jobs.table import Job, enqueue
from instance.policy.adopt import judge_again
from instance.policy.inforce import in_force_here
from instance.policy.peers import FIRST_LOOK
from policies import claims
from policies.purposes import Assurance
from policies.requirement import ASSURANCES
from policies.sections import Promises

LOOK, COMPARE = "look-at-policy", "compare-policies"
MOST_LOOKED_AT = 2000
AGAIN = DAY
RETRY = HOUR
BEFORE_END = 2 * DAY
PROBE_GOOD_FOR = 14 * DAY
AUDIT_GOOD_FOR = 365 * DAY
REFUSED = "refused"


def want(u: Unit, host: str) -> None:
    """Have a peer's policy looked at now, in a job."""
    enqueue(u, LOOK, {"host": host}, unique=f"{LOOK}:{host}")


async def look(federation: Federation, job: Job) -> Effect:
    """Job `look-at-policy`: ask the peer, keep what it answered."""
    host = str(job.payload["host"])
    known = await federation.store.read(rows.trust_of, host)
    try:
        actor = str(known.actor) if known is not None and known.actor else ""
        actor = actor or await federation.store.read(rows.application_of, host)
        found = await policy_of(federation, host, actor)
    except UnreachableError:
        return lambda u: not_reached(u, host)
    except RefusedError:
        return lambda u: keep(u, host, FoundPolicy(REFUSED))
    return lambda u: keep(u, host, found)


def want_unknown(u: Unit, hosts: Iterable[str]) -> None:
    """Have those of these peers looked at of whom nothing is known yet."""
    wanted = set(hosts)
    if wanted:
        known = select(peer_trust.c.host).where(peer_trust.c.host.in_(wanted), peer_trust.c.looked_at.is_not(None))
        for host in sorted(wanted - set(u.connection.execute(known).scalars())):
            want(u, host)


def want_where_asked(u: Unit) -> None:
    """Where our policy asks something of other servers: look at all that have a follower or a followed one here."""
    document = in_force_here(u.connection)
    if not document.requirement.asks:
        return
    met = select(account.c.domain).distinct().where(account.c.domain != "", account.c.deleted_at.is_(None))
    related = or_(follow.c.follower_id == account.c.id, follow.c.target_id == account.c.id)
    hosts = list(u.connection.execute(met.where(exists().where(related)).limit(MOST_LOOKED_AT)).scalars())
    want_unknown(u, hosts)
    enqueue(u, COMPARE, {}, unique=COMPARE)


async def compare(_job: Job) -> Effect:
    """Job `compare-policies`: after a change of what we ask, find out anew who satisfies it."""

    def every(u: Unit) -> None:
        for host in rows.known_hosts(u.connection):
            satisfaction.check(u, host)

    return every


def look_again(u: Unit) -> int:
    """Have those policies looked at whose time has come, and what ran out found out. A timed job."""
    due = select(peer_trust.c.host).where(peer_trust.c.look_at <= u.now).limit(100)
    hosts = list(u.connection.execute(due).scalars())
    for host in hosts:
        want(u, host)
    if hosts:
        later = update(peer_trust).where(peer_trust.c.host.in_(hosts))
        u.connection.execute(later.values(look_at=u.now + RETRY))
    return 0


def run_out(u: Unit) -> int:
    """Find the levels anew that hold no longer. A timed job."""
    over = or_(peer_trust.c.level_until <= u.now, peer_trust.c.waits_until <= u.now)
    hosts = list(u.connection.execute(select(peer_trust.c.host).where(over).limit(100)).scalars())
    never = and_(peer_trust.c.host.in_(hosts), peer_trust.c.looked_at.is_(None))
    u.connection.execute(update(peer_trust).where(never).values(looked_at=u.now, fault="unreachable"))
    for host in hosts:
        find_level(u, host, "time")
    return 0


def not_reached(u: Unit, host: str) -> None:
    """A peer could not be asked: what is known of it holds as long as it says itself."""
    rows.ensure(u.connection, host)
    known = rows.trust_of(u.connection, host)
    values: dict[str, Any] = {"look_at": _next_look(u, host, u.now + RETRY)}
    if known is not None and known.looked_at is None:
        values["waits_until"] = known.waits_until or u.now + FIRST_LOOK
        if values["waits_until"] <= u.now:
            values |= {"looked_at": u.now, "fault": "unreachable"}
    u.connection.execute(update(peer_trust).where(peer_trust.c.host == host).values(**values))
    find_level(u, host, "unreachable")


def keep(u: Unit, host: str, found: FoundPolicy, reason: str = "policy") -> None:
    """Keep what a look at a peer's policy brought; an agreement that was bound to other terms is void."""
    rows.ensure(u.connection, host)
    values: dict[str, Any] = {
        "looked_at": u.now,
        "fault": found.fault or None,
        "details": list(found.details),
        "look_at": u.now + AGAIN if not found.fault else _next_look(u, host, u.now + RETRY * 6),
    }
    if found.document:
        text = msgspec.json.encode(found.document).decode()
        values |= {
            "actor": found.actor,
            "policy_iri": found.iri,
            "document": text,
            "document_hash": hashlib.sha256(text.encode()).hexdigest(),
            "digest": found.published.digest,
            "valid_until": found.published.valid_until,
            "fetched_at": u.now,
        }
        if not found.fault:
            values["look_at"] = max(u.now + HOUR, min(u.now + AGAIN, found.published.valid_until - BEFORE_END))
    held = rows.in_force(u.connection, host)
    if held is not None and (found.fault or held.peer_digest != found.published.digest):
        # before the new one is kept: how long words wait is said by the policy that was agreed upon
        reason = f"peer-policy:{found.fault}" if found.fault else "peer-policy-changed"
        void(u, held, reason)
    u.connection.execute(update(peer_trust).where(peer_trust.c.host == host).values(**values))
    find_level(u, host, reason if reason != "policy" or not found.fault else found.fault)


def _next_look(u: Unit, host: str, usual: Millis) -> Millis | None:
    """When a peer that could not be relied on is looked at again; one that only knocked is not, until it knocks again."""
    known = rows.trust_of(u.connection, host)
    if known is None or known.knocked_at is None or rows.agreements_with(u.connection, host):
        return usual
    theirs = select(account.c.id).where(account.c.domain == host, account.c.deleted_at.is_(None))
    related = or_(follow.c.follower_id == account.c.id, follow.c.target_id == account.c.id)
    return usual if u.connection.execute(theirs.where(exists().where(related)).limit(1)).first() is not None else None


def void(u: Unit, held: Row[Any], reason: str, state: str = rows.VOID) -> None:
    """An agreement holds no longer: words that needed it wait for a while. Call `find_level` afterwards."""
    mine = agreement.c.id == held.id
    u.connection.execute(update(agreement).where(mine).values(state=state, reason=reason[:200], ended_at=u.now))
    known = rows.trust_of(u.connection, held.host)
    promised = satisfaction.promised_lease(known)
    waits = u.now + rows.wait_for(in_force_here(u.connection), promised)
    waiting = {"waits_until": waits, "audited_by": None, "audited_on": None}
    u.connection.execute(update(peer_trust).where(peer_trust.c.host == held.host).values(**waiting))


def find_level(u: Unit, host: str, reason: str) -> Assurance:
    """Find a peer's level from our rows, record where it changed, judge again what waits for it. Ends what ran out."""
    known = u.connection.execute(select(peer_trust).where(peer_trust.c.host == host).with_for_update()).first()
    if known is None:
        return Assurance.NONE
    held = rows.in_force(u.connection, host)
    if held is not None and held.valid_until <= u.now:
        void(u, held, "expired")
        known, held, reason = rows.trust_of(u.connection, host), None, "expired"
    assert known is not None
    level, until = _level(u.connection, known, held, u.now)
    values: dict[str, Any] = {"level": str(level), "level_until": until}
    old = Assurance(known.level)
    if old is not level:
        values["level_since"] = u.now
        row = {"host": host, "old": str(old), "new": str(level), "reason": reason[:200], "at": u.now}
        u.connection.execute(insert(trust_change).values(**row))
    if ASSURANCES[level] >= ASSURANCES[Assurance.AGREED] or (known.waits_until or u.now + 1) <= u.now:
        values["waits_until"] = None
    u.connection.execute(update(peer_trust).where(peer_trust.c.host == host).values(**values))
    satisfaction.check(u, host)
    judge_again(u, host)
    u.record(PeerLookedAt(host))
    telling.given_up(u, host)
    return level


def _level(connection: Connection, known: Row[Any], held: Row[Any] | None, now: Millis) -> tuple[Assurance, Millis]:
    """(level, moment from which it is to be found anew)."""
    if known.fault is not None or known.document_hash is None or not known.valid_until or known.valid_until <= now:
        return Assurance.NONE, now + DAY
    if held is None or known.suspended_at is not None:
        return Assurance.CLAIMED, known.valid_until
    until = min(known.valid_until, held.valid_until)
    passed = _last_passed(connection, held)
    if passed is None or passed + PROBE_GOOD_FOR <= now:
        return Assurance.AGREED, until
    until = min(until, passed + PROBE_GOOD_FOR)
    audited = _millis(known.audited_on)
    if audited is not None and audited + AUDIT_GOOD_FOR > now:
        return Assurance.AUDITED, min(until, audited + AUDIT_GOOD_FOR)
    return Assurance.PROBED, until


def _last_passed(connection: Connection, held: Row[Any]) -> Millis | None:
    """When a probe under this agreement, or under one that it renewed, passed last."""
    asked = select(func.max(probe.c.ended_at)).where(and_(probe.c.host == held.host, probe.c.state == "passed"))
    return connection.execute(asked).scalar() if held.probing else None


def _millis(day: Any) -> Millis | None:
    return None if day is None else (day.toordinal() - 719_163) * DAY


def changes_of(connection: Connection, host: str, limit: int = 20) -> list[Row[Any]]:
    """The newest changes of a peer's level."""
    asked = select(trust_change).where(trust_change.c.host == host).order_by(trust_change.c.id.desc()).limit(limit)
    return list(connection.execute(asked))


def promised(connection: Connection, host: str) -> Promises:
    """What a peer promises, as far as its policy is known; else nothing."""
    known = rows.trust_of(connection, host)
    return claims.read(rows.document(known.document)).promises if known is not None and known.document else Promises()


def was_sent(connection: Connection, activity: str, host: str) -> bool:
    """Whether an activity of ours was delivered to a peer."""
    asked = select(delivery.c.id).join(outbox_item, outbox_item.c.id == delivery.c.item_id)
    asked = asked.where(outbox_item.c.activity == activity, delivery.c.host == host, delivery.c.state == "sent")
    return connection.execute(asked).first() is not None
