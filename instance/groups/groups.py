"""Groups: make one, find it, who moderates it. A group is an account that people follow; following an open one is joining it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select

from instance.db.groups import group, group_role
from instance.db.people import account, follow
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_
from instance.ids import slug
from instance.people import accounts, follows

OPEN = "open"
MODERATOR = "moderator"


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
        add_moderator(u, group_id, created_by)
    return group_id


def add_moderator(u: Unit, group_id: int, account_id: int) -> None:
    """Let a local account moderate a group; it takes part in the group as well. Raises NotFoundError."""
    row = accounts.by_id(u.connection, account_id)
    if row is None or not accounts.is_shown(row) or row.domain or tier(u.connection, group_id) is None:
        raise NotFoundError
    values = {"group_id": group_id, "account_id": account_id, "role": MODERATOR, "created_at": u.now}
    insert_new(u.connection, group_role, **values)
    if not takes_part(u.connection, group_id, account_id):
        follows.request(u, account_id, group_id)


def remove_moderator(u: Unit, group_id: int, account_id: int) -> None:
    """End an account's moderation of a group; it goes on taking part."""
    mine = and_(group_role.c.group_id == group_id, group_role.c.account_id == account_id)
    u.connection.execute(delete(group_role).where(mine))


def moderators(connection: Connection, group_id: int) -> list[int]:
    """Account ids of a group's moderators, longest in office first."""
    asked = select(group_role.c.account_id).where(group_role.c.group_id == group_id, group_role.c.role == MODERATOR)
    return list(connection.execute(asked.order_by(group_role.c.created_at, group_role.c.account_id)).scalars())


def is_moderator(connection: Connection, group_id: int, account_id: int | None) -> bool:
    """Whether an account moderates a group."""
    mine = and_(group_role.c.group_id == group_id, group_role.c.account_id == account_id)
    return connection.execute(select(group_role.c.role).where(mine, group_role.c.role == MODERATOR)).first() is not None


def check_moderator(connection: Connection, group_id: int, account_id: int) -> None:
    """Raises RefusalError (403) unless the account moderates the group."""
    if not is_moderator(connection, group_id, account_id):
        raise RefusalError("not-a-moderator", N_("Only the group's moderators can do this."), status=403)


def moderated_by(connection: Connection, account_id: int) -> list[int]:
    """Ids of the groups that an account moderates."""
    asked = select(group_role.c.group_id).where(group_role.c.account_id == account_id, group_role.c.role == MODERATOR)
    return list(connection.execute(asked.order_by(group_role.c.group_id)).scalars())


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
