"""Groups: make one, find it, who moderates it. A group is an account that people follow; following an open one is joining it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from instance.db.groups import group, group_role
from instance.db.people import account, follow
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import GroupActed
from instance.groups import acting
from instance.groups.acting import By
from instance.i18n import N_
from instance.ids import slug
from instance.people import accounts, follows

OPEN = "open"
RULES_LENGTH = 5000


def create(u: Unit, name: str, display_name: str, *, created_by: int | None, bio: str = "") -> int:
    """Make an open group and return its account id; whoever makes it moderates it and takes part.

    Raises RefusalError for a name that is taken or can't be one.
    """
    iri = u.site.url(f"/g/{slug()}")
    group_id = accounts.create(u, name, kind="group", display_name=display_name or name, iri=iri)
    row = {"id": group_id, "tier": OPEN, "created_by": created_by, "created_at": u.now}
    u.connection.execute(insert(group).values(**row))
    shown = accounts.ProfileChanges(bio_source=bio or None, discoverable=True, default_visibility="public")
    accounts.update_profile(u, group_id, shown)
    if created_by is not None:
        role = {"group_id": group_id, "account_id": created_by, "role": acting.MODERATOR, "created_at": u.now}
        u.connection.execute(insert(group_role).values(**role))
        follows.request(u, created_by, group_id)
    return group_id


def change(
    u: Unit, group_id: int, by: By, *, name: str | None = None, bio: str | None = None, rules: str | None = None
) -> None:
    """Change what a group of ours is called, what it says of itself, its rules; None leaves a value as it is.

    Raises NotFoundError for what is no group of ours, RefusalError (403: not a moderator; 422: too long).
    """
    if tier(u.connection, group_id) is None:
        raise NotFoundError
    acting.check(u.connection, group_id, by)
    if rules is not None:
        if len(rules) > RULES_LENGTH:
            raise RefusalError("rules-long", N_("The rules have more than {most} characters."), most=RULES_LENGTH)
        u.connection.execute(update(group).where(group.c.id == group_id).values(rules=rules.strip()))
    accounts.update_profile(u, group_id, accounts.ProfileChanges(display_name=name, bio_source=bio))
    row = accounts.by_ids(u.connection, [group_id])[group_id]
    u.record(GroupActed(group_id, "Update", row.iri, by.account_id, iri=by.iri))


def rules_of(connection: Connection, group_id: int) -> str:
    """The rules of a group of ours, as they were typed; '' where there are none."""
    return connection.execute(select(group.c.rules).where(group.c.id == group_id)).scalar_one_or_none() or ""


def moderators(connection: Connection, group_id: int) -> list[int]:
    """Account ids of a group's moderators, longest in office first."""
    asked = select(group_role.c.account_id).where(
        group_role.c.group_id == group_id, group_role.c.role == acting.MODERATOR
    )
    return list(connection.execute(asked.order_by(group_role.c.created_at, group_role.c.account_id)).scalars())


def takes_part(connection: Connection, group_id: int, account_id: int) -> bool:
    """Whether an account takes part in an open group: it follows the group."""
    row = follows.one(connection, account_id, group_id)
    return row is not None and row.state == follows.ACCEPTED


def tier(connection: Connection, group_id: int) -> str | None:
    """open, closed or sealed; None for what is no group of ours."""
    return connection.execute(select(group.c.tier).where(group.c.id == group_id)).scalar_one_or_none()


def local_among(connection: Connection, account_ids: Iterable[int]) -> dict[int, str]:
    """group id -> tier, for those of the accounts that are groups of ours and still there."""
    asked = select(group.c.id, group.c.tier).join(account, account.c.id == group.c.id)
    asked = asked.where(group.c.id.in_(set(account_ids)), account.c.deleted_at.is_(None))
    return {row.id: row.tier for row in connection.execute(asked)}


def all_groups(connection: Connection) -> list[Row[Any]]:
    """Account rows of all groups of ours, by name, with their `tier`."""
    asked = select(account, group.c.tier).join(group, group.c.id == account.c.id)
    return list(connection.execute(asked.where(account.c.deleted_at.is_(None)).order_by(account.c.name)))


def joined(connection: Connection, account_id: int) -> list[Row[Any]]:
    """Account rows of the groups (ours and remote ones) that an account takes part in, by name."""
    asked = select(account).join(follow, follow.c.target_id == account.c.id)
    mine = and_(follow.c.follower_id == account_id, follow.c.state == follows.ACCEPTED, account.c.kind == "group")
    return list(connection.execute(asked.where(mine).order_by(account.c.name, account.c.domain)))


def by_name(connection: Connection, name: str) -> Row[Any]:
    """The account row of a group of ours. Raises RefusalError (404) that names what was asked for."""
    row = accounts.by_name(connection, name.strip().removeprefix("!").removeprefix("@"))
    if row is None or row.kind != "group" or row.deleted_at is not None:
        raise RefusalError("group-unknown", N_("There is no group '{name}' here."), status=404, name=name[:60])
    return row
