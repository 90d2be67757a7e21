"""A group's moderators: those of ours, here or on other servers, and those that a remote group names."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select

from instance.db.groups import group_role, remote_moderator
from instance.db.people import account
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import NotFoundError, RefusalError
from instance.events import GroupActed
from instance.groups import acting
from instance.groups.acting import MODERATOR, By
from instance.groups.groups import takes_part, tier
from instance.i18n import N_
from instance.people import accounts, follows

MOST = 100


def add(u: Unit, group_id: int, account_id: int, by: By) -> None:
    """Let an account moderate a group; one of ours takes part in it as well. Doing it again changes nothing.

    Raises NotFoundError, RefusalError (403; 422 where there are as many as a group can have).
    """
    found = accounts.by_ids(u.connection, [group_id, account_id])
    group, whom = found.get(group_id), found.get(account_id)
    if group is None or whom is None or group.kind != "group" or whom.kind == "group" or not accounts.is_shown(whom):
        raise NotFoundError
    acting.check(u.connection, group_id, by)
    _check_room(u.connection, group_id, account_id)
    if tier(u.connection, group_id) is None:
        if insert_new(u.connection, remote_moderator, group_id=group_id, actor_iri=whom.iri):
            u.record(GroupActed(group_id, "Add", whom.iri, by.account_id, by.because, by.iri, target="moderators"))
        return
    values = {"group_id": group_id, "account_id": account_id, "role": MODERATOR, "created_at": u.now}
    new = insert_new(u.connection, group_role, **values)
    if whom.domain == "" and not takes_part(u.connection, group_id, account_id):
        follows.request(u, account_id, group_id)
    if new:
        u.record(GroupActed(group_id, "Add", whom.iri, by.account_id, by.because, by.iri, target="moderators"))


def _check_room(connection: Connection, group_id: int, account_id: int) -> None:
    ours = select(func.count()).where(group_role.c.group_id == group_id, group_role.c.role == MODERATOR)
    theirs = select(func.count()).where(remote_moderator.c.group_id == group_id)
    number = connection.execute(ours).scalar_one() + connection.execute(theirs).scalar_one()
    if number >= MOST and not acting.is_moderator(connection, group_id, account_id):
        raise RefusalError(
            "moderators-many", N_("A group has at most {most} moderators; take one away first."), most=MOST
        )


def remove(u: Unit, group_id: int, account_id: int, by: By) -> None:
    """End an account's moderation of a group; it goes on taking part.

    Raises NotFoundError, RefusalError (403; 422 for the last moderator: a group without one helps nobody).
    """
    acting.check(u.connection, group_id, by)
    whom = accounts.by_id(u.connection, account_id)
    if whom is None or not acting.is_moderator(u.connection, group_id, account_id):
        raise NotFoundError
    if tier(u.connection, group_id) is None:
        forget(u, group_id, whom.iri)
    else:
        count = select(func.count()).where(group_role.c.group_id == group_id, group_role.c.role == MODERATOR)
        if by.account_id is not None and u.connection.execute(count).scalar_one() <= 1:
            raise RefusalError("last-moderator", N_("A group needs a moderator; add another one first."))
        mine = and_(group_role.c.group_id == group_id, group_role.c.account_id == account_id)
        u.connection.execute(delete(group_role).where(mine))
    u.record(GroupActed(group_id, "Remove", whom.iri, by.account_id, by.because, by.iri, target="moderators"))


def learn(u: Unit, group_id: int, iri: str) -> None:
    """A remote group says that this actor moderates it."""
    count = select(func.count()).where(remote_moderator.c.group_id == group_id)
    if u.connection.execute(count).scalar_one() < MOST:
        insert_new(u.connection, remote_moderator, group_id=group_id, actor_iri=iri)


def forget(u: Unit, group_id: int, iri: str) -> None:
    """A remote group says that this actor moderates it no longer."""
    mine = and_(remote_moderator.c.group_id == group_id, remote_moderator.c.actor_iri == iri)
    u.connection.execute(delete(remote_moderator).where(mine))


def learn_all(u: Unit, group_id: int, iris: Iterable[str]) -> None:
    """The whole list, as a remote group tells it."""
    u.connection.execute(delete(remote_moderator).where(remote_moderator.c.group_id == group_id))
    rows = [{"group_id": group_id, "actor_iri": iri} for iri in list(dict.fromkeys(iris))[:MOST]]
    if rows:
        u.connection.execute(insert(remote_moderator), rows)


def known(connection: Connection, group_id: int) -> list[Row[Any]]:
    """Account rows of a group's moderators, as far as we know them; of ours, longest in office first."""
    ours = select(account).join(group_role, group_role.c.account_id == account.c.id)
    ours = ours.where(group_role.c.group_id == group_id, group_role.c.role == MODERATOR)
    found = list(connection.execute(ours.order_by(group_role.c.created_at, account.c.id)))
    theirs = select(account).join(remote_moderator, remote_moderator.c.actor_iri == account.c.iri)
    return found + list(
        connection.execute(theirs.where(remote_moderator.c.group_id == group_id).order_by(account.c.id))
    )
