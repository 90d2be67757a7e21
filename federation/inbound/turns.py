"""Who is next in the inbox: all servers that something waits of, in turn, however much each of them has sent.

A batch takes as many activities of one as of another, of each those that are due longest. A server of which something slow is under way
is passed over until that is done, so that its own come in order and nobody else waits for it.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, bindparam, func, or_, select, text, union_all, update

from federation.allowance import STRANGE
from federation.inbound.arrivals import Arrival
from federation.ports import Unit
from federation.schema import inbox_activity

LEASE = 120_000
LOOKED_AT = 200  # families, in one look; the next look goes on from there

_FAMILIES = text(
    """
WITH RECURSIVE found(family, number) AS (
  SELECT (SELECT i.family FROM inbox_activity i WHERE i.state = 'received' AND i.family > :after
          ORDER BY i.family LIMIT 1), 1
  UNION ALL
  SELECT (SELECT i.family FROM inbox_activity i WHERE i.state = 'received' AND i.family > found.family
          ORDER BY i.family LIMIT 1), found.number + 1
  FROM found WHERE found.family IS NOT NULL AND found.number < :most
)
SELECT found.family, (SELECT i.next_try_at FROM inbox_activity i WHERE i.state = 'received' AND i.family = found.family
                      ORDER BY i.next_try_at LIMIT 1) AS due_at
FROM found WHERE found.family IS NOT NULL
"""
).bindparams(bindparam("after", type_=String), bindparam("most", type_=Integer))
"""One look at the index for each family, not at each row: a hundred thousand of one server cost no more than one."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch, in the order in which it came."""

    lease: str
    arrivals: list[Arrival]
    after: str
    """The family after which the next look begins; '' at the beginning."""


def claim(u: Unit, limit: int, after: str = "", busy: Collection[str] = (), *, strangers: bool = True) -> Claimed:
    """Take up to `limit` due activities under a new lease, of all families alike, but of those that are `busy`.

    `strangers`: whether those of unknown servers are taken as well.
    """
    found = u.connection.execute(_FAMILIES, {"after": after, "most": LOOKED_AT}).all()
    due = [row.family for row in found if row.due_at <= u.now and row.family not in busy]
    if not strangers:
        due = [family for family in due if not family.startswith(STRANGE)]
    chosen = due[:limit]
    more = found[-1].family if len(found) == LOOKED_AT else ""
    after = chosen[-1] if len(due) > limit else more
    if not chosen:
        return Claimed("", [], after)
    lease = secrets.token_hex(8)
    values: dict[str, Any] = {f"family_{number}": family for number, family in enumerate(chosen)}
    values |= {"now": u.now, "each": max(limit // len(chosen), 1), "lease_": lease, "until": u.now + LEASE}
    rows = u.connection.execute(_taken(len(chosen)), values).all()
    return Claimed(lease, sorted((Arrival(*row) for row in rows), key=lambda arrival: arrival.id), after)


@lru_cache(maxsize=64)
def _taken(families: int) -> Any:
    """The statement that leases the first of so many families. Built once: it is asked for every batch."""
    table = inbox_activity.c
    free = or_(table.lease_until.is_(None), table.lease_until < bindparam("now"))
    parts = []
    for number in range(families):
        mine = select(table.id).where(table.state == "received", table.family == bindparam(f"family_{number}"))
        mine = mine.where(table.next_try_at <= bindparam("now"), free).order_by(table.next_try_at, table.id)
        first = mine.limit(bindparam("each", type_=Integer)).with_for_update(skip_locked=True).subquery(f"of_{number}")
        parts.append(select(first.c.id))
    due = (union_all(*parts) if families > 1 else parts[0]).cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    taken = update(inbox_activity).where(table.id.in_(select(due.c.id)))
    taken = taken.values(lease=bindparam("lease_"), lease_until=bindparam("until"), tries=table.tries + 1)
    columns = (table.id, table.host, table.actor, table.kind, table.body, table.tries, table.let_in_at)
    return taken.returning(*columns, table.signed_at, table.activity_key, table.family, table.spent)


def waiting(connection: Any, family: str) -> tuple[int, int]:
    """(activities, bytes) of a family that wait to be done, or for a steward."""
    table = inbox_activity.c
    mine = (table.family == family) & table.state.in_(["received", "held"])
    counted = select(func.count(), func.coalesce(func.sum(func.length(table.body)), 0)).where(mine)
    rows, length = connection.execute(counted).one()
    return int(rows), int(length)
