"""What a group asks of servers: set by its moderators, published signed at {group}/requires/{n}, each version kept."""

import re
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from instance.agreements import signing, trust
from instance.agreements.satisfaction import requirement_of
from instance.db.agreements import group_requirement
from instance.db.people import account
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_, _
from instance.jobs.table import enqueue
from instance.policy.inforce import in_force_here
from instance.site import Site
from policies.asked import LINES, from_toml, linked, to_plain, to_toml
from policies.document import Refused
from policies.fields import value_of
from policies.leaving import Requirement
from policies.published import CONTEXT
from policies.requirement import ASSURANCES
from policies.words import joined

MOST_NAMED = 5
"""How many mistakes of a text are named at once."""
ADDRESS = re.compile(r"(.+)/requires/([1-9][0-9]{0,8})")


def set_for(u: Unit, group_id: int, text: str, *, by: str) -> int:
    """Have a group ask something else from now on; returns the version's number. `text`: TOML, by the table of fields.

    The caller has seen that who asks may do so. Raises RefusalError for what is no requirement, or looser than the
    instance's own.
    """
    try:
        requirement = from_toml(text)
    except Refused as error:
        problem = joined(" ", [one.whole for one in error.wrong[:MOST_NAMED]])
        raise RefusalError("requirement-invalid", N_("That is no requirement: {problem}"), problem=problem) from error
    loose = looser(in_force_here(u.connection).requirement, requirement)
    if loose:
        raise RefusalError(
            "requirement-looser",
            N_("A group can't ask less than its server. Ask at least as much for: {terms}."),
            terms=", ".join(loose),
        )
    last = select(func.max(group_requirement.c.number)).where(group_requirement.c.group_id == group_id)
    number = int(u.connection.execute(last).scalar() or 0) + 1
    values = {"group_id": group_id, "number": number, "asked": to_plain(requirement), "set_by": by[:80]}
    u.connection.execute(insert(group_requirement).values(**values, created_at=u.now))
    enqueue(u, trust.COMPARE, {}, unique=trust.COMPARE)
    return number


def text_of(connection: Connection, group_id: int) -> str:
    """What a group asks now, as people write it; where it asks nothing, what its server asks."""
    row = newest(connection, group_id)
    return to_toml(requirement_of(row.asked) if row is not None else in_force_here(connection).requirement, _)


def looser(instance: Requirement, group: Requirement) -> list[str]:
    """The names of the lines in which a group asks less than its instance."""
    if not instance.asks:
        return []
    found = ["assurance"] if ASSURANCES[group.assurance] < ASSURANCES[instance.assurance] else []
    for line in LINES:
        if line.name != "assurance":
            old, new = value_of(instance, line.name), value_of(group, line.name)
            if not line.spec.kind.at_least(new, old):
                found.append(line.name)
    return found


def newest(connection: Connection, group_id: int) -> Row[Any] | None:
    """What a group asks now."""
    mine = select(group_requirement).where(group_requirement.c.group_id == group_id)
    return connection.execute(mine.order_by(group_requirement.c.number.desc()).limit(1)).first()


def address(connection: Connection, group_id: int, group_iri: str) -> str:
    """The IRI of what a group asks now; '' where it asks nothing."""
    row = newest(connection, group_id)
    return f"{group_iri}/requires/{row.number}" if row is not None else ""


def document(connection: Connection, site: Site, iri: str) -> dict[str, Any] | None:
    """A PolicyRequirement by its IRI, with the proof of our Application."""
    named = ADDRESS.fullmatch(iri)
    if named is None:
        return None
    row = connection.execute(
        select(group_requirement)
        .join(account, account.c.id == group_requirement.c.group_id)
        .where(account.c.iri == named[1], account.c.domain == "", account.c.deleted_at.is_(None))
        .where(group_requirement.c.number == int(named[2]))
    ).first()
    if row is None:
        return None
    made = {"@context": CONTEXT, **linked(requirement_of(row.asked), iri, named[1])}
    return signing.proven(connection, site, made, row.created_at)
