"""A policy that somebody proposes: written over one that was in force, read, and put into force unless a newer one is there."""

from sqlalchemy import Connection, Row, select

from instance.db.system import policy_version
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_
from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_to_change
from policies.document import PolicyDocument, parse

MOST_VERSIONS = 30


def adopt_over(u: Unit, document: PolicyDocument, base: str, mandate: str) -> int:
    """Put a proposal into force that was written over the policy with the digest `base`; its version.

    Raises RefusalError `policy-newer` where another one is in force by now, `policy-same` where nothing would change.
    """
    now = in_force_to_change(u.connection).digest
    if now == document.digest:
        raise RefusalError("policy-same", N_("Nothing would change: this policy is in force already."), status=422)
    if now != base:
        raise RefusalError(
            "policy-newer",
            N_(
                "Another policy was put into force after you began to write. Yours is kept here and not in force. Look at"
                " what it would change now, then decide again."
            ),
            status=409,
        )
    return adopt(u, document, mandate)


def versions(connection: Connection) -> list[Row[tuple[int, str, str, int]]]:
    """The newest policies first: id, digest, mandate, adopted_at."""
    c = policy_version.c
    asked = select(c.id, c.digest, c.mandate, c.adopted_at).order_by(c.id.desc()).limit(MOST_VERSIONS)
    return list(connection.execute(asked))


def version(connection: Connection, number: int) -> tuple[PolicyDocument | None, PolicyDocument | None]:
    """A policy by its number, and the one before it; None where there is none."""
    c = policy_version.c
    asked = select(c.id, c.document).where(c.id <= number).order_by(c.id.desc()).limit(2)
    found = [(row.id, parse(row.document)) for row in connection.execute(asked)]
    if not found or found[0][0] != number:
        return None, None
    return found[0][1], found[1][1] if len(found) > 1 else None
