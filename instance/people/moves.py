"""Moving (FEP-7628): a member names her other accounts and moves to one of them; who followed the old account is taken along.

A move counts only if both sides say so: the old account names the new one, and the new one lists the old in `alsoKnownAs`.
Whoever calls `move` or `receive` has fetched the new account afresh.
"""

from typing import Any

from sqlalchemy import Connection, delete, exists, or_, select, update

from instance.clock import DAY, Millis
from instance.db.groups import group_ban
from instance.db.people import account, account_note, follow, restriction
from instance.db.reading import reading_list_account
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import NotFoundError, RefusalError
from instance.events import AccountMoved, AccountUpdated
from instance.i18n import N_
from instance.people import accounts, follows, restrictions
from instance.people.accounts import AccountRow, ProfileChanges

MOST_ALIASES = 20
COOLDOWN: Millis = 30 * DAY
"""How long after a move a member waits for the next one."""
COOLDOWN_ELSEWHERE: Millis = 7 * DAY
"""For how long a second move of the same remote account is ignored: accounts that move in circles."""


def add_alias(u: Unit, account_id: int, alias_iri: str) -> None:
    """A member says that another account is hers too. Raises RefusalError."""
    row = _own(u, account_id)
    known = list(row.also_known_as or [])
    if alias_iri == row.iri:
        raise RefusalError("alias-self", N_("That is this account itself. Name the other one."))
    if alias_iri not in known:
        if len(known) >= MOST_ALIASES:
            raise RefusalError("alias-many", N_("At most {most} other accounts can be named here."), most=MOST_ALIASES)
        accounts.update_profile(u, account_id, ProfileChanges(also_known_as=[*known, alias_iri]))


def remove_alias(u: Unit, account_id: int, alias_iri: str) -> None:
    """She does not say so any more; one that was not named is fine."""
    known = list(_own(u, account_id).also_known_as or [])
    if alias_iri in known:
        kept = [iri for iri in known if iri != alias_iri]
        accounts.update_profile(u, account_id, ProfileChanges(also_known_as=kept))


def move(u: Unit, account_id: int, target_id: int) -> None:
    """A member moves: her account here becomes a sign that points to the new one. Raises RefusalError."""
    row, target = _own(u, account_id), accounts.by_id(u.connection, target_id)
    if target is None or not accounts.is_shown(target):
        raise NotFoundError
    if target.id == row.id:
        raise RefusalError("move-self", N_("That is this account itself. Name the new one."))
    if target.moved_to:
        raise RefusalError("move-on", N_("That account has moved itself. Name the one that it moved to."))
    if row.iri not in (target.also_known_as or []):
        raise RefusalError(
            "move-unknown",
            N_("The new account does not say that it is yours. There, name {handle} as an alias first."),
            handle=f"{row.name}@{u.site.domain}",
        )
    if row.moved_at is not None and row.moved_at > u.now - COOLDOWN:
        raise RefusalError(
            "move-soon", N_("You moved a short while ago. You can move again after {days} days."), days=30
        )
    _moved(u, row.id, target.iri)
    carry(u, row.id, target.id)
    u.record(AccountMoved(row.id, target.iri))


def come_back(u: Unit, account_id: int) -> None:
    """The sign is taken down: the account is used again. Whom the move took along stays where they are."""
    mine = update(account).where(account.c.id == account_id, account.c.domain == "", account.c.moved_to.is_not(None))
    if u.connection.execute(mine.values(moved_to=None, updated_at=u.now)).rowcount:
        u.record(AccountUpdated(account_id))


def may_write(row: AccountRow) -> None:
    """Raises RefusalError for an account that has moved."""
    if row.domain == "" and row.moved_to:
        raise RefusalError(
            "account-moved",
            N_("This account has moved to {address}. Write there, or take the sign down in your settings."),
            address=row.moved_to,
            status=403,
        )


def concerns(connection: Connection, old_id: int) -> bool:
    """Whether anybody here follows, lists, blocks or mutes an account, or a group bans it: they go along when it moves."""
    listed = exists().where(reading_list_account.c.account_id == old_id)
    refused = or_(exists().where(restriction.c.target_id == old_id), exists().where(group_ban.c.account_id == old_id))
    asked = select(or_(exists().where(follow.c.target_id == old_id), refused, listed))
    return bool(connection.execute(asked).scalar())


def receive(u: Unit, old_id: int, new_id: int) -> bool:
    """An account of another server has moved; False where it did so a short while ago."""
    old, new = accounts.by_id(u.connection, old_id), accounts.by_id(u.connection, new_id)
    if old is None or new is None or old.id == new.id or not (accounts.is_shown(old) and accounts.is_shown(new)):
        return False
    if old.domain == "" or in_cooldown(old, u.now):
        return False
    _moved(u, old.id, new.iri)
    carry(u, old.id, new.id)
    return True


def in_cooldown(old: AccountRow, now: Millis) -> bool:
    """Whether a remote account moved so short a while ago that another move is not followed."""
    return old.moved_at is not None and old.moved_at > now - COOLDOWN_ELSEWHERE


def carry(u: Unit, old_id: int, new_id: int) -> None:
    """Members here who followed, listed, blocked, muted or noted the old account have the new one in its place.

    Where the old one is banned the new one is: it is the same person, by her own word.
    """
    _carry_restrictions(u, old_id, new_id)
    _carry_bans(u, old_id, new_id)
    _carry_follows(u, old_id, new_id)
    c = reading_list_account.c
    for list_id in u.connection.execute(select(c.list_id).where(c.account_id == old_id)).scalars().all():
        insert_new(u.connection, reading_list_account, list_id=list_id, account_id=new_id)
    u.connection.execute(delete(reading_list_account).where(c.account_id == old_id))
    notes = select(account_note.c.account_id, account_note.c.text).where(account_note.c.target_id == old_id)
    for note in u.connection.execute(notes).all():
        if note.account_id != new_id:
            insert_new(u.connection, account_note, account_id=note.account_id, target_id=new_id, text=note.text)


def _carry_follows(u: Unit, old_id: int, new_id: int) -> None:
    c = follow.c
    here = select(c.follower_id, c.boosts, c.notify, c.languages).join(account, account.c.id == c.follower_id)
    here = here.where(c.target_id == old_id, account.c.domain == "").order_by(c.id)
    for row in u.connection.execute(here).all():
        try:
            wishes: dict[str, Any] = {"boosts": row.boosts, "notify": row.notify, "languages": row.languages}
            follows.request(u, row.follower_id, new_id, **wishes)
        except RefusalError:
            continue  # herself, or somebody whom she blocks
        follows.end(u, row.follower_id, old_id)


def _carry_restrictions(u: Unit, old_id: int, new_id: int) -> None:
    c = restriction.c
    here = select(restriction).join(account, account.c.id == c.account_id).where(account.c.domain == "")
    for row in u.connection.execute(here.where(c.target_id == old_id).order_by(c.id)).all():
        if row.account_id == new_id:
            continue
        if row.kind == restrictions.BLOCK:
            restrictions.block(u, row.account_id, new_id)
        elif row.expires_at is None or row.expires_at > u.now:
            left = row.expires_at - u.now if row.expires_at is not None else None
            restrictions.mute(u, row.account_id, new_id, notifications=row.notifications, duration=left)


def _carry_bans(u: Unit, old_id: int, new_id: int) -> None:
    for row in u.connection.execute(select(group_ban).where(group_ban.c.account_id == old_id)).all():
        insert_new(u.connection, group_ban, **{**row._mapping, "account_id": new_id})


def _moved(u: Unit, account_id: int, new_iri: str) -> None:
    values = {"moved_to": new_iri, "moved_at": u.now, "updated_at": u.now}
    u.connection.execute(update(account).where(account.c.id == account_id).values(**values))


def _own(u: Unit, account_id: int) -> AccountRow:
    row = accounts.by_id(u.connection, account_id)
    if row is None or row.domain or row.kind == "group" or not accounts.is_shown(row):
        raise NotFoundError
    if row.moved_to:
        raise RefusalError("moved-already", N_("This account has moved already. Take the sign down first."))
    return row
