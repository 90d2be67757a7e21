"""Bans: who may not write to a group, until when. Judged by the time of the question; nothing needs to end them."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, or_, select

from instance.clock import Millis, iso
from instance.db.groups import group_ban
from instance.db.people import account
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import GroupActed
from instance.groups import acting
from instance.groups.acting import By
from instance.i18n import N_
from instance.people import accounts


def ban(u: Unit, group_id: int, account_id: int, by: By, *, until: Millis | None = None, removes: bool = False) -> None:
    """Keep an account from writing to a group, for good or until a moment; a second ban takes the place of the first.

    `removes`: what it wrote there goes too (`content.moderation.ban` does that; it is told to other servers).
    Raises NotFoundError, RefusalError (403: not a moderator; 422: moderators are not banned, or the end is past).
    """
    acting.check(u.connection, group_id, by)
    whom = accounts.by_id(u.connection, account_id)
    if whom is None or whom.kind == "group":
        raise NotFoundError
    if acting.is_moderator(u.connection, group_id, account_id):
        raise RefusalError("ban-moderator", N_("A moderator can't be banned; take the moderation away first."))
    if until is not None and until <= u.now:
        if by.account_id is None:
            lift(u, group_id, account_id)
            return
        raise RefusalError("ban-past", N_("The ban would end before it begins; choose a later end."))
    lift(u, group_id, account_id)
    row = {"group_id": group_id, "account_id": account_id, "by_id": by.account_id, "iri": by.iri or None}
    values = row | {"reason": by.because, "created_at": u.now, "expires_at": until}
    u.connection.execute(group_ban.insert().values(**values))
    u.record(GroupActed(group_id, "Block", whom.iri, by.account_id, by.because, by.iri, until=until, removes=removes))


def unban(u: Unit, group_id: int, account_id: int, by: By) -> bool:
    """Let an account write to a group again; False if it may. Raises RefusalError (403)."""
    acting.check(u.connection, group_id, by)
    row = one(u.connection, group_id, account_id, u.now)
    if row is None:
        return False
    lift(u, group_id, account_id)
    whom = accounts.by_id(u.connection, account_id)
    if whom is not None:
        done = GroupActed(group_id, "Block", whom.iri, by.account_id, by.because, by.iri, undo=True)
        u.record(done)
    return True


def lift(u: Unit, group_id: int, account_id: int) -> None:
    """End a ban without a word."""
    mine = and_(group_ban.c.group_id == group_id, group_ban.c.account_id == account_id)
    u.connection.execute(delete(group_ban).where(mine))


def one(connection: Connection, group_id: int, account_id: int, now: Millis) -> Row[Any] | None:
    """The ban that is in force."""
    mine = and_(group_ban.c.group_id == group_id, group_ban.c.account_id == account_id, _in_force(now))
    return connection.execute(select(group_ban).where(mine)).first()


def all_of(connection: Connection, group_id: int, now: Millis) -> list[Row[Any]]:
    """The bans of a group that are in force, newest first, with `name` and `domain` of the account."""
    asked = select(group_ban, account.c.name, account.c.domain).join(account, account.c.id == group_ban.c.account_id)
    mine = asked.where(group_ban.c.group_id == group_id, _in_force(now))
    return list(connection.execute(mine.order_by(group_ban.c.created_at.desc(), group_ban.c.account_id)))


def check_may_write(connection: Connection, group_id: int, account_id: int, now: Millis) -> None:
    """Raises RefusalError (422) that says until when an account may not write to a group."""
    row = one(connection, group_id, account_id, now)
    if row is None:
        return
    if row.expires_at is None:
        raise RefusalError("banned", N_("The moderators of this group have banned you; you can't write to it."))
    raise RefusalError(
        "banned-until",
        N_("The moderators of this group have banned you until {until}; you can write to it again then."),
        until=iso(row.expires_at)[:16].replace("T", " ") + " UTC",
    )


def _in_force(now: Millis) -> ColumnElement[bool]:
    return or_(group_ban.c.expires_at.is_(None), group_ban.c.expires_at > now)
