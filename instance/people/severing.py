"""Relations that end at once because a server is refused, by the instance or by one member; kept, so that they can be offered
again when the refusal is taken back (https://docs.joinmastodon.org/entities/RelationshipSeveranceEvent/).

`sever` before a policy is in force that says no to the host, and the ends may still be told to it; afterwards they may not.
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, update

from instance.db.people import account, follow, severance, severed_relation
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import RelationsSevered
from instance.ids import sortable_id
from instance.people import follows

BY_INSTANCE, BY_MEMBER = "domain_block", "user_domain_block"
FOLLOWING, FOLLOWED_BY = "following", "follower"


def sever(u: Unit, host: str, *, member_id: int | None = None) -> int:
    """End all follows, both ways, between members (or one) and the accounts of a host; returns how many there were."""
    found = _relations(u.connection, host, member_id)
    for account_id, rows in found.items():
        _keep(u, host, BY_INSTANCE if member_id is None else BY_MEMBER, account_id, rows)
    for rows in found.values():
        for row in rows:
            if row.here_follows:
                follows.end(u, row.follower_id, row.target_id)
            else:
                follows.reject(u, row.follower_id, row.target_id)
    return sum(map(len, found.values()))


def restore(u: Unit, host: str, *, member_id: int | None = None) -> int:
    """The refusal is taken back: what was severed is offered again, on a page of each member; returns how many relations.

    Nothing is followed anew by itself, and followers come back only if they ask again.
    """
    c = severance.c
    which = and_(
        c.target_name == host, c.lifted_at.is_(None), c.kind == (BY_INSTANCE if member_id is None else BY_MEMBER)
    )
    if member_id is not None:
        which = and_(which, c.account_id == member_id)
    lifted = update(severance).where(which).values(lifted_at=u.now).returning(c.following_count, c.followers_count)
    return sum(row.following_count + row.followers_count for row in u.connection.execute(lifted))


def refused_hosts(connection: Connection) -> list[str]:
    """Hosts with which the instance has severed relations that are not offered again yet."""
    waiting = and_(severance.c.kind == BY_INSTANCE, severance.c.lifted_at.is_(None))
    return list(connection.execute(select(severance.c.target_name).where(waiting).distinct()).scalars())


def hosts_with_relations(connection: Connection) -> list[str]:
    """Hosts with whose accounts members here have follows in either direction."""
    other = or_(account.c.id == follow.c.follower_id, account.c.id == follow.c.target_id)
    asked = select(account.c.domain).select_from(follow).join(account, other).where(account.c.domain != "").distinct()
    return list(connection.execute(asked).scalars())


def of_member(connection: Connection, account_id: int) -> list[Row[Any]]:
    """What was severed from a member, the newest first."""
    asked = select(severance).where(severance.c.account_id == account_id).order_by(severance.c.id.desc())
    return list(connection.execute(asked.limit(100)).all())


def others(connection: Connection, severance_ids: list[int]) -> list[Any]:
    """Rows (severance_id, other_id, direction) of some severances."""
    c = severed_relation.c
    asked = select(c.severance_id, c.other_id, c.direction).where(c.severance_id.in_(severance_ids))
    return list(connection.execute(asked.order_by(c.severance_id, c.other_id)).all())


def follow_again(u: Unit, account_id: int, severance_id: int) -> int:
    """A member asks again to follow those whom she followed; returns how many were asked. Raises NotFoundError."""
    mine = and_(
        severance.c.id == severance_id, severance.c.account_id == account_id, severance.c.lifted_at.is_not(None)
    )
    if u.connection.execute(select(severance.c.id).where(mine)).first() is None:
        raise NotFoundError
    c = severed_relation.c
    here = and_(c.severance_id == severance_id, c.direction == FOLLOWING)
    asked = 0
    for row in u.connection.execute(select(severed_relation).where(here)).all():
        try:
            wishes: dict[str, Any] = {"boosts": row.boosts, "notify": row.notify, "languages": row.languages}
            follows.request(u, account_id, row.other_id, **wishes)
            asked += 1
        except RefusalError:
            continue  # gone, moved, or blocked since
    u.connection.execute(delete(severed_relation).where(here))
    return asked


def _relations(connection: Connection, host: str, member_id: int | None) -> dict[int, list[Any]]:
    """Follows with a host, by the member here."""
    found: dict[int, list[Any]] = defaultdict(list)
    there, here = account.alias("there"), account.alias("here")
    ways: tuple[tuple[bool, ColumnElement[int], ColumnElement[int]], ...] = (
        (True, follow.c.follower_id, follow.c.target_id),
        (False, follow.c.target_id, follow.c.follower_id),
    )
    for here_follows, mine, theirs in ways:
        asked = (
            select(follow, here.c.id.label("member_id")).join(here, here.c.id == mine).join(there, there.c.id == theirs)
        )
        asked = asked.where(here.c.domain == "", there.c.domain == host).order_by(follow.c.id)
        if member_id is not None:
            asked = asked.where(mine == member_id)
        for row in connection.execute(asked).all():
            found[row.member_id].append(_Relation(row, here_follows))
    return found


class _Relation:
    """A follow, and whether the member here is the one who follows."""

    def __init__(self, row: Row[Any], here_follows: bool) -> None:
        self.here_follows = here_follows
        self.follower_id, self.target_id = row.follower_id, row.target_id
        self.wishes = {"boosts": row.boosts, "notify": row.notify, "languages": row.languages}

    @property
    def other_id(self) -> int:
        return int(self.target_id if self.here_follows else self.follower_id)


def _keep(u: Unit, host: str, kind: str, account_id: int, rows: list[_Relation]) -> None:
    following = sum(row.here_follows for row in rows)
    severance_id = sortable_id(u.now, u.now)
    counts = {"following_count": following, "followers_count": len(rows) - following, "created_at": u.now}
    values = {"id": severance_id, "kind": kind, "target_name": host, "account_id": account_id}
    u.connection.execute(insert(severance).values(**values, **counts))
    kept = [
        {"severance_id": severance_id, "other_id": row.other_id, **row.wishes}
        | {"direction": FOLLOWING if row.here_follows else FOLLOWED_BY}
        for row in rows
    ]
    u.connection.execute(insert(severed_relation), kept)
    u.record(RelationsSevered(severance_id, account_id))
