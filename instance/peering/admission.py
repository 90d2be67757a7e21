"""Before a server is let in: what it says of itself, who there could read what, the trial, and what kind of owner it has."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select, update

from instance.clock import DAY, Millis
from instance.db.neighbours import peer_about
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.i18n import N_, _
from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_here, in_force_to_change
from instance.policy.peers import facts_for
from policies.claims import Published
from policies.decision import EXPLANATIONS
from policies.document import PolicyDocument
from policies.facts import PeerFacts, PostFacts
from policies.fields import lines_of, value_of
from policies.outbound import may_deliver
from policies.peers import Stance, typed_host
from policies.sections import Promises, Retention, RunBy
from policies.words import Sentence

TRIAL = 60
TOLD_BEFORE: Millis = 14 * DAY
OWNERS = {
    RunBy.NOT_SAID: N_("not known"),
    RunBy.COMMUNITY: N_("a community"),
    RunBy.PERSON: N_("one person"),
    RunBy.HOSPITAL: N_("a hospital"),
    RunBy.EMPLOYER: N_("an employer"),
    RunBy.COMPANY: N_("a company"),
    RunBy.UNIVERSITY: N_("a university"),
    RunBy.STATE: N_("the state"),
}
BELONGS = {
    RunBy.COMMUNITY: N_("This server belongs to a community."),
    RunBy.PERSON: N_("This server belongs to one person."),
    RunBy.HOSPITAL: N_("This server belongs to a hospital."),
    RunBy.EMPLOYER: N_("This server belongs to an employer."),
    RunBy.COMPANY: N_("This server belongs to a company."),
    RunBy.UNIVERSITY: N_("This server belongs to a university."),
    RunBy.STATE: N_("This server belongs to the state."),
}
KINDS = (
    (PostFacts("public"), N_("Public posts"), N_("Everybody there who finds them, and everybody to whom that server shows them.")),
    (PostFacts("public", tier="open"), N_("What is written in open groups"), N_("Everybody there who finds it, and everybody to whom that server shows it.")),
    (PostFacts("followers"), N_("Posts to followers"), N_("People there whom a member here has accepted as followers, and whoever runs that server.")),
    (PostFacts("direct"), N_("Private messages to somebody there"), N_("Those who are named, and whoever runs that server: they are not locked there.")),
    (PostFacts("group", tier="closed"), N_("Words of closed groups"), ""),
    (PostFacts("public", local_only=True), N_("Posts that stay on this server"), ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trial:
    """A stance that ends."""

    host: str
    stance: Stance
    until: Millis
    soon: bool


def host_named(text: str) -> str:
    """The name of a server as it was typed. Raises RefusalError."""
    name = typed_host(text)
    if name is None:
        raise RefusalError("no-peer", N_("Name a server by its domain, as in circle.example."))
    return name


def about(connection: Connection, host: str) -> Any:
    """What it said of itself and how it is marked; None where neither is there."""
    return connection.execute(select(peer_about).where(peer_about.c.host == host)).first()


def keep(u: Unit, host: str, says: dict[str, Any]) -> None:
    """What it says of itself now, in place of what it said before."""
    _put(u, host, {"says": says, "asked_at": u.now})


def mark(u: Unit, host: str, kind: RunBy, by: str) -> None:
    """A steward says what kind of owner a server has."""
    _put(u, host, {"run_by": str(kind), "marked_by": by[:80], "marked_at": u.now})


def told(u: Unit, host: str, until: Millis) -> None:
    """Stewards were told that what was decided about a server ends then."""
    _put(u, host, {"told_until": until})


def _put(u: Unit, host: str, values: dict[str, Any]) -> None:
    if not insert_new(u.connection, peer_about, host=host, **values):
        u.connection.execute(update(peer_about).where(peer_about.c.host == host).values(**values))


def owners(connection: Connection, hosts: Iterable[str]) -> dict[str, RunBy]:
    """Who runs these servers, as far as a steward has said so: marked, else by the rule in force."""
    wanted = sorted(set(hosts))
    asked = select(peer_about.c.host, peer_about.c.run_by).where(peer_about.c.host.in_(wanted[:1000]))
    marked = {row.host: RunBy(row.run_by) for row in connection.execute(asked) if row.run_by in set(RunBy)}
    rules = in_force_here(connection).peers
    found = {host: marked.get(host) or (rules[host].run_by if host in rules else RunBy.NOT_SAID) for host in wanted}
    return {host: kind for host, kind in found.items() if kind is not RunBy.NOT_SAID}


def belongs(connection: Connection, host: str) -> str:
    """The sentence for members: whose server this is; '' where nobody has said so."""
    kind = owners(connection, [host]).get(host)
    return _(BELONGS[kind]) if kind is not None else ""


def readers(connection: Connection, host: str, now: Millis, stance: Stance = Stance.ALLOWED) -> list[tuple[str, str]]:
    """(what, who there could read it) if the server were let in now, judged by the policy in force."""
    policy = in_force_here(connection).at(now).with_stance(host, stance)
    return [(_(what), _who(policy, facts_for(connection, [host], now)[host], post, who)) for post, what, who in KINDS]


def _who(policy: PolicyDocument, peer: PeerFacts, post: PostFacts, who: str) -> str:
    decision = may_deliver(policy, peer, None, post)
    if decision.allowed:
        return _(who)
    return _("Nobody there.") + " " + " ".join(_(EXPLANATIONS[reason]) for reason in decision.reasons)


def promised(connection: Connection, host: str, now: Millis) -> list[Sentence]:
    """What its published policy promises; empty where it has none that can be relied on."""
    policy = facts_for(connection, [host], now)[host].policy
    return _sentences(policy) if policy is not None else []


def _sentences(policy: Published) -> list[Sentence]:
    parts: tuple[tuple[type, Any], ...] = ((Promises, policy.promises), (Retention, policy.retention))
    said = [line.says(value_of(part, line.name)) for cls, part in parts for line in lines_of(cls)]
    return [sentence for sentence in said if sentence is not None]


def admit(u: Unit, host: str, stance: Stance, *, days: int | None, kind: RunBy, reason: str, by: str) -> int:
    """Let a server in, for so many days or for good; returns the policy's new version."""
    until = u.now + days * DAY if days is not None else None
    document = in_force_to_change(u.connection).with_stance(host, stance, reason, until=until)
    rules = {**document.peers, host: replace(document.peers[host], run_by=kind)}
    document = replace(document, peers=rules)
    mark(u, host, kind, by)
    return adopt(u, document, f"steward @{by}" if by else "steward")


def trials(connection: Connection, now: Millis) -> list[Trial]:
    """Stances that end, the next first; `soon`: within 14 days, which stewards are told."""
    rules = in_force_here(connection).peers.items()
    found = [(rule.until, host, rule.stance) for host, rule in rules if rule.until is not None and rule.until > now]
    return [Trial(host, stance, until, until - now <= TOLD_BEFORE) for until, host, stance in sorted(found)]
