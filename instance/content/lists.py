"""A member's lists of accounts; and her groups, each of which is a list that nobody can change (CLIENTS 4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, and_, delete, insert, select, update

from instance.db.people import account, follow
from instance.db.reading import reading_list, reading_list_account
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_
from instance.ids import random_id

POLICIES = ("list", "followed", "none")
MOST_LISTS, MOST_ACCOUNTS = 50, 500
LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class ReadingList:
    """A list; `is_group` where it is a group (its id is the group's account id)."""

    id: int
    title: str
    replies_policy: str = "list"
    exclusive: bool = False
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class ListChange:
    """What a list is to be; None leaves a value as it is."""

    title: str | None = None
    replies_policy: str | None = None
    exclusive: bool | None = None


def all_of(connection: Connection, account_id: int) -> list[ReadingList]:
    """Her own lists by title, then her groups by name."""
    c = reading_list.c
    mine = select(c.id, c.title, c.replies_policy, c.exclusive).where(c.account_id == account_id)
    found = [ReadingList(*row) for row in connection.execute(mine.order_by(c.title, c.id))]
    groups = connection.execute(_groups(account_id).order_by(account.c.name))
    return found + [ReadingList(row.id, row.display_name or row.name, is_group=True) for row in groups]


def one(connection: Connection, account_id: int, list_id: int) -> ReadingList:
    """One of them. Raises NotFoundError."""
    c = reading_list.c
    mine = select(c.id, c.title, c.replies_policy, c.exclusive).where(c.account_id == account_id, c.id == list_id)
    row = connection.execute(mine).first()
    if row is not None:
        return ReadingList(*row)
    group = connection.execute(_groups(account_id).where(account.c.id == list_id)).first()
    if group is None:
        raise NotFoundError
    return ReadingList(group.id, group.display_name or group.name, is_group=True)


def having(connection: Connection, account_id: int, member_id: int) -> list[ReadingList]:
    """Her own lists that an account is on."""
    c, on = reading_list.c, reading_list_account
    mine = select(c.id, c.title, c.replies_policy, c.exclusive).join(on, on.c.list_id == c.id)
    mine = mine.where(c.account_id == account_id, on.c.account_id == member_id)
    return [ReadingList(*row) for row in connection.execute(mine.order_by(c.title, c.id))]


def accounts_of(connection: Connection, account_id: int, list_id: int) -> list[int]:
    """Who is on a list; on a group's, the group alone. Raises NotFoundError."""
    found = one(connection, account_id, list_id)
    if found.is_group:
        return [found.id]
    on = select(reading_list_account.c.account_id).where(reading_list_account.c.list_id == list_id)
    return list(connection.execute(on.order_by(reading_list_account.c.account_id)).scalars())


def create(u: Unit, account_id: int, change: ListChange) -> int:
    """Make a list; returns its id. Raises RefusalError."""
    mine = select(reading_list.c.id).where(reading_list.c.account_id == account_id)
    if len(u.connection.execute(mine).all()) >= MOST_LISTS:
        raise RefusalError("lists-many", N_("You have {most} lists; delete one first."), most=MOST_LISTS)
    values = _values(ListChange(change.title or "", change.replies_policy or "list", change.exclusive or False))
    list_id = random_id()
    u.connection.execute(insert(reading_list).values(id=list_id, account_id=account_id, **values))
    return list_id


def change(u: Unit, account_id: int, list_id: int, wanted: ListChange) -> None:
    """Change a list. Raises RefusalError (a group's), NotFoundError."""
    own(u.connection, account_id, list_id)
    values = _values(wanted)
    if values:
        u.connection.execute(update(reading_list).where(reading_list.c.id == list_id).values(**values))


def remove(u: Unit, account_id: int, list_id: int) -> None:
    """Delete a list. Raises RefusalError (a group's), NotFoundError."""
    own(u.connection, account_id, list_id)
    u.connection.execute(delete(reading_list_account).where(reading_list_account.c.list_id == list_id))
    u.connection.execute(delete(reading_list).where(reading_list.c.id == list_id))


def add(u: Unit, account_id: int, list_id: int, ids: Sequence[int]) -> None:
    """Put accounts that she follows on a list. Raises NotFoundError for others, as Mastodon does."""
    own(u.connection, account_id, list_id)
    followed = select(follow.c.target_id).where(
        follow.c.follower_id == account_id, follow.c.state == "accepted", follow.c.target_id.in_(ids)
    )
    allowed = set(u.connection.execute(followed).scalars()) | ({account_id} & set(ids))
    if set(ids) - allowed:
        raise NotFoundError
    if len(accounts_of(u.connection, account_id, list_id)) + len(ids) > MOST_ACCOUNTS:
        raise RefusalError("list-full", N_("This list is full; make another."))
    for each in ids:
        insert_new(u.connection, reading_list_account, list_id=list_id, account_id=each)


def drop(u: Unit, account_id: int, list_id: int, ids: Sequence[int]) -> None:
    """Take accounts off a list. Raises RefusalError (a group's), NotFoundError."""
    own(u.connection, account_id, list_id)
    on = reading_list_account.c
    u.connection.execute(delete(reading_list_account).where(on.list_id == list_id, on.account_id.in_(ids)))


def own(connection: Connection, account_id: int, list_id: int) -> ReadingList:
    """A list that she may change. Raises RefusalError for a group's, NotFoundError."""
    found = one(connection, account_id, list_id)
    if found.is_group:
        raise RefusalError("list-of-group", N_("This list is a group. To leave it, unfollow the group."))
    return found


def _groups(account_id: int) -> Select[tuple[int, str, str]]:
    asked = select(account.c.id, account.c.name, account.c.display_name)
    asked = asked.join(follow, and_(follow.c.target_id == account.c.id, follow.c.follower_id == account_id))
    return asked.where(account.c.kind == "group", follow.c.state == "accepted", account.c.deleted_at.is_(None))


def _values(change: ListChange) -> dict[str, object]:
    values: dict[str, object] = {}
    if change.title is not None:
        title = change.title.strip()
        if not title or len(title) > LONGEST_TITLE:
            raise RefusalError(
                "list-title", N_("Validation failed: Title can't be blank or longer than 120 characters")
            )
        values["title"] = title
    if change.replies_policy is not None:
        if change.replies_policy not in POLICIES:
            raise RefusalError(
                "list-replies", N_("Validation failed: Replies policy is not one of those that there are")
            )
        values["replies_policy"] = change.replies_policy
    if change.exclusive is not None:
        values["exclusive"] = change.exclusive
    return values
