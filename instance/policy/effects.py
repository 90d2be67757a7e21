"""What policies have done to what was here or waited: which server, what, how often, why. Stewards read it."""

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from instance.db.system import policy_effect, policy_version
from instance.db.unit import Unit

WHAT = (
    "delivery cancelled",
    "delivery waits",
    "delivery goes on",
    "held let in",
    "held forgotten",
    "relations ended",
    "out of sight",
    "back in sight",
    "pictures taken out",
)
MOST = 200


def note(u: Unit, host: str, what: str, number: int, reason: str = "") -> None:
    """Write down what the policy in force has just done to so many things of a server; nothing where there were none."""
    if number:
        version = select(func.max(policy_version.c.id)).scalar_subquery()
        values = {"host": host, "what": what, "number": number, "reason": reason[:200], "at": u.now}
        u.connection.execute(insert(policy_effect).values(version_id=version, **values))


def effects(connection: Connection, host: str | None = None, *, version: int | None = None) -> list[Row[Any]]:
    """The newest first: rows of policy_effect, of one server or version where one is named."""
    asked = select(policy_effect).order_by(policy_effect.c.id.desc()).limit(MOST)
    if host is not None:
        asked = asked.where(policy_effect.c.host == host)
    if version is not None:
        asked = asked.where(policy_effect.c.version_id == version)
    return list(connection.execute(asked))
