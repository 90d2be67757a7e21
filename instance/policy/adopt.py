"""Take a policy into force: a new version, and what waits in the queues is judged again, all in one transaction."""

from sqlalchemy import Connection, insert, select

from federation.outbound import regate
from instance.db.system import policy_version
from instance.db.unit import Unit
from instance.events import PolicyAdopted
from instance.policy.effects import note
from instance.policy.inforce import in_force_here, in_force_to_change
from instance.policy.judge import judging
from instance.policy.peers import facts_where_asked
from policies.checks import contradictions
from policies.document import PolicyDocument, Refused
from policies.engine import stands
from policies.peers import Stance
from policies.presets import preset

DELIVERIES = {"ready": "delivery goes on", "waits": "delivery waits", "cancelled": "delivery cancelled"}


def adopt(u: Unit, document: PolicyDocument, mandate: str) -> int:
    """Put a policy into force; returns its version.

    `mandate` says by what right (a preset at first start, a steward, a vote). Queued deliveries that the policy no longer
    allows are cancelled, with the reason; what was held from a peer that is allowed now is processed, from a peer that is
    blocked now forgotten. This is the only way; raises Refused, and changes nothing, for what contradicts itself.
    """
    if wrong := contradictions(document):
        raise Refused(wrong)
    values = {"digest": document.digest, "document": document.canonical.decode(), "mandate": mandate}
    made = insert(policy_version).values(**values, adopted_at=u.now).returning(policy_version.c.id)
    version: int = u.connection.execute(made).scalar_one()

    judge_again(u)
    u.record(PolicyAdopted(version))
    return version


def judge_again(u: Unit, only: str | None = None) -> None:
    """Judge all that waits by the policy in force, from and to `only` one host or all; also where a peer's promises change."""
    judged = in_force_here(u.connection).at(u.now)
    decide = judging(u.connection, judged, u.now)
    moved = regate.queued(u.connection, u.now, decide, only)
    for (host, state, reasons), number in moved.items():
        note(u, host, DELIVERIES[state], number, reasons)
        if state == "ready":
            u.wake("deliveries")
    hosts = regate.held_hosts(u.connection) if only is None else [only]
    for host, peer in facts_where_asked(u.connection, judged, hosts, u.now).items():
        now = stands(judged, peer).stance
        if now is not Stance.HELD:
            let_in = now is not Stance.BLOCKED
            number = regate.held(u.connection, u.now, host, let_in=let_in)
            note(u, host, "held let in" if let_in else "held forgotten", number, f"peer-{now}")
            u.wake("inbox")


def adopt_first(u: Unit) -> bool:
    """At the first start: `open` in development, `closed` in production. False where there is a policy already."""
    if has_policy(u.connection):
        return False
    adopt(u, preset("open" if u.site.settings.development else "closed"), "first start")
    return True


def end_rules(u: Unit) -> int:
    """Take rules out whose time is over, as a new version; how many there were. A timed job."""
    document = in_force_to_change(u.connection)
    kept = document.without_expired(u.now)
    if kept is document:
        return 0
    adopt(u, kept, "end of a rule")
    return len(document.peers) - len(kept.peers)


def has_policy(connection: Connection) -> bool:
    """Whether a policy was ever adopted."""
    return connection.execute(select(policy_version.c.id).limit(1)).first() is not None


def set_stance(
    u: Unit, host: str, new: Stance, reason: str = "", *, mandate: str = "steward", until: int | None = None
) -> PolicyDocument:
    """Change the stance towards one host, until a moment (milliseconds) or for good.

    Raises policies.document.PolicyError for what is no host.
    """
    document = in_force_to_change(u.connection).with_stance(host, new, reason, until=until)
    adopt(u, document, mandate)
    return document
