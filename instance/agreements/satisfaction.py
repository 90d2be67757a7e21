"""Who satisfies whom: each peer's policy against what we and our groups ask, ours against what the peer asks; kept to be shown."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from instance.agreements import rows
from instance.clock import DAY
from instance.db.agreements import group_requirement, satisfaction
from instance.db.people import account
from instance.db.unit import Unit
from instance.policy.inforce import in_force_here
from instance.policy.peers import facts_for
from policies import claims, published
from policies.asked import from_linked, from_plain
from policies.claims import Published
from policies.leaving import Requirement
from policies.published import Envelope
from policies.purposes import Assurance
from policies.requirement import Satisfied, satisfies


def check(u: Unit, host: str) -> None:
    """Compare anew, both ways, and keep the answers."""
    known = rows.trust_of(u.connection, host)
    if known is None:
        return
    document = in_force_here(u.connection)
    facts = facts_for(u.connection, [host], u.now)[host]
    answers: dict[str, tuple[bool, Satisfied]] = {}
    asked = {f"{u.site.base_url}/policy": document.requirement, **groups_ask(u.connection)}
    for iri, requirement in asked.items():
        if requirement.asks:
            found = satisfies(facts.policy, requirement, now=u.now, assurance=facts.assurance)
            answers[iri] = (True, found)
    if known.document and known.fault is None:
        theirs, faults = from_linked(msgspec.json.decode(known.document).get("requires"))
        if theirs.asks or faults:
            level = Assurance.AGREED if rows.in_force(u.connection, host) is not None else Assurance.CLAIMED
            found = satisfies(ours(u), theirs, now=u.now, assurance=max_level(level, theirs.assurance))
            failed = tuple(dict.fromkeys((*faults, *found.failed)))
            answers[str(known.policy_iri)] = (False, Satisfied(not failed, failed))
    _keep(u, host, answers)


def max_level(level: Assurance, asked: Assurance) -> Assurance:
    """How well the peer knows us is for the peer to say: beyond an agreement it is not held against us here."""
    return asked if level is Assurance.AGREED else level


def ours(u: Unit) -> Published:
    """Our own policy as a peer reads it."""
    base = u.site.base_url
    envelope = Envelope(f"{base}/policy", f"{base}/actor", f"{base}/privacy", 1, u.now - DAY, u.now + DAY, b"")
    return claims.read(published.publish(in_force_here(u.connection), envelope), proven=True)


def groups_ask(connection: Connection) -> dict[str, Requirement]:
    """What each group asks now: the requirement's IRI -> the requirement."""
    newest = select(group_requirement, account.c.iri).join(account, account.c.id == group_requirement.c.group_id)
    newest = newest.where(account.c.deleted_at.is_(None)).order_by(group_requirement.c.number)
    found: dict[int, tuple[str, Requirement]] = {}
    for row in connection.execute(newest):
        found[row.group_id] = (f"{row.iri}/requires/{row.number}", requirement_of(row.asked))
    return dict(found.values())


def requirement_of(asked: Any) -> Requirement:
    """A requirement from its plain data, as it was written."""
    return from_plain(asked)


def _keep(u: Unit, host: str, answers: dict[str, tuple[bool, Satisfied]]) -> None:
    upsert: Any = postgres_insert if u.connection.dialect.name == "postgresql" else sqlite_insert
    gone = satisfaction.c.requirement.not_in(list(answers))
    u.connection.execute(delete(satisfaction).where(satisfaction.c.host == host, gone))
    for iri, (is_ours, found) in answers.items():
        values = {"ours": is_ours, "ok": found.ok, "failed": list(found.failed), "checked_at": u.now}
        made = upsert(satisfaction).values(host=host, requirement=iri, **values)
        u.connection.execute(made.on_conflict_do_update(index_elements=["host", "requirement"], set_=values))


def answers_for(connection: Connection, host: str) -> list[Row[Any]]:
    """The newest answers about a peer: what we ask first."""
    asked = select(satisfaction).where(satisfaction.c.host == host)
    return list(connection.execute(asked.order_by(satisfaction.c.ours.desc(), satisfaction.c.id)))


def promised_lease(known: Row[Any] | None) -> int | None:
    """How many hours a peer's copies last without contact, by its policy."""
    if known is None or not known.document:
        return None
    found = claims.read(msgspec.json.decode(known.document))
    return found.promises.max_lease
