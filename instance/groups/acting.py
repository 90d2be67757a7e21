"""Who acts in a group, and whether he may: its moderators, here or elsewhere, the group itself, a steward."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, union_all

from instance.db.groups import group_role, remote_moderator
from instance.db.people import account
from instance.errors import RefusalError
from instance.i18n import N_

MODERATOR = "moderator"
REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class By:
    """Who does something in a group, why, and by which activity it was told.

    `account_id` None is the group itself: a steward at the command line, or a remote group that tells what was done.
    """

    account_id: int | None = None
    reason: str = ""
    iri: str = ""

    @property
    def because(self) -> str:
        """The reason, in one line and no longer than we keep."""
        return " ".join(self.reason.split())[:REASON_LENGTH]


def is_moderator(connection: Connection, group_id: int, account_id: int | None) -> bool:
    """Whether an account (ours or a remote one) moderates a group (ours or a remote one)."""
    if account_id is None:
        return False
    r, m = group_role.c, remote_moderator.c
    ours = select(r.group_id).where(r.group_id == group_id, r.account_id == account_id, r.role == MODERATOR)
    iri = select(account.c.iri).where(account.c.id == account_id).scalar_subquery()
    theirs = select(m.group_id).where(m.group_id == group_id, m.actor_iri == iri)
    return connection.execute(union_all(ours, theirs).limit(1)).first() is not None


def is_moderator_by_iri(connection: Connection, group_id: int, iri: str) -> bool:
    """The same of an actor who may be nobody we know."""
    r, m = group_role.c, remote_moderator.c
    ours = select(r.group_id).join(account, account.c.id == r.account_id)
    ours = ours.where(r.group_id == group_id, account.c.iri == iri, r.role == MODERATOR)
    theirs = select(m.group_id).where(m.group_id == group_id, m.actor_iri == iri)
    return connection.execute(union_all(ours, theirs).limit(1)).first() is not None


def moderated(connection: Connection, account_id: int) -> set[int]:
    """Ids of all groups, ours and remote ones, that an account moderates."""
    r, m = group_role.c, remote_moderator.c
    iri = select(account.c.iri).where(account.c.id == account_id).scalar_subquery()
    ours = select(r.group_id).where(r.account_id == account_id, r.role == MODERATOR)
    return set(connection.execute(ours.union(select(m.group_id).where(m.actor_iri == iri))).scalars())


def check_moderator(connection: Connection, group_id: int, account_id: int) -> None:
    """Raises RefusalError (403) unless the account moderates the group."""
    if not is_moderator(connection, group_id, account_id):
        raise RefusalError("not-a-moderator", N_("Only the group's moderators can do this."), status=403)


def check(connection: Connection, group_id: int, by: By) -> None:
    """Raises RefusalError (403) unless he may act in the group."""
    if by.account_id is not None:
        check_moderator(connection, group_id, by.account_id)
