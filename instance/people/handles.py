"""Whose handle `name@host` is among accounts of other servers: where two want it, and where another host than theirs gives it.

A handle stays with whom it was first, until its host names only the other one: then they change places. Who has not got it is
shown as `name!group@host` (by its kind) and is found by that; nobody is out of reach (decision 0104).
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, exists, or_, select, update

from instance.clock import DAY, SECOND, Millis
from instance.db.people import account
from instance.db.unit import Unit
from instance.jobs.table import enqueue
from instance.people.accounts import MARK, AccountRow, plain_name

JOB = "handle"
AGAIN: Millis = 7 * DAY
MOST_OF_HOST = 100
TO_BE_ASKED: Millis = 0
PAUSE: Millis = 10 * SECOND
ROOM_FOR_MARK = 30


def given(u: Unit, values: Mapping[str, Any], old: AccountRow | None) -> tuple[dict[str, Any], bool]:
    """The handle for an account (columns) that calls itself `values["name"]`, and whether another has it so far."""
    name, domain = values["name"], values["domain"]
    stays = old is not None and plain_name(old) == name and old.domain == domain
    host = old.handle_host if old is not None and stays else None
    holders = _holders(u, name, domain, old)
    if old is not None and host is not None:
        return {"name": old.name, "handle_host": host}, False
    if any(row.deleted_at is None for row in holders):
        kept = old.name if old is not None and stays and MARK in old.name else _marked(u, name, domain, values["kind"])
        return {"name": kept, "handle_host": None}, True
    _make_room(u, holders, domain)
    return {"name": name, "handle_host": None}, False


def ask(u: Unit, row: AccountRow, *, claims: str, may_ask: bool, doubtful: bool) -> None:
    """Have an account's handle asked for: where two want it, where it says to be elsewhere, and once for each server.

    Not more than once in a week, and of a server that is no party to what is being done not at all.
    """
    if not may_ask or (row.handle_at is not None and row.handle_at > u.now - AGAIN):
        return
    if doubtful or claims or row.handle_host or _is_first(u, row.domain) or _splits(u, row.domain):
        u.connection.execute(update(account).where(account.c.id == row.id).values(handle_at=TO_BE_ASKED))
        ask_of(u, row.domain)


def ask_of(u: Unit, domain: str, later: Millis = 0) -> None:
    """One account of a server after the other, so that no more than one question follows from whatever is done."""
    enqueue(u, JOB, {"host": domain}, run_at=u.now + later, unique=f"{JOB}:{domain}")


def next_of(connection: Connection, domain: str) -> AccountRow | None:
    """The account of a server whose handle is to be asked for next."""
    c = account.c
    wanted = select(account).where(c.domain == domain, c.handle_at == TO_BE_ASKED, c.deleted_at.is_(None))
    return connection.execute(wanted.order_by(c.id).limit(1)).first()


def settle(u: Unit, account_id: int, host: str, names: Collection[str]) -> None:
    """Give an account its handle at `host`, which names these actors so; where it does not name this one, nothing is taken."""
    row = u.connection.execute(select(account).where(account.c.id == account_id)).first()
    if row is None or row.domain == "":
        return
    name, elsewhere = plain_name(row), host != row.domain
    holders = _holders(u, name, host, row)
    values: dict[str, Any] = {"handle_at": u.now}
    if row.iri not in names:
        values["handle_host"] = None
    elif not any(one.deleted_at is None and one.iri in names for one in holders):
        _make_room(u, holders, host)
        values["handle_host"] = host if elsewhere else None
        if not (elsewhere and _holders(u, name, row.domain, row)):
            values["name"] = name
    u.connection.execute(update(account).where(account.c.id == row.id).values(**values, updated_at=u.now))
    if values.get("handle_host"):
        _ask_all(u, row.domain)
    if next_of(u.connection, row.domain) is not None:
        ask_of(u, row.domain, PAUSE)


def _marked(u: Unit, name: str, domain: str, kind: str) -> str:
    """A free name for one that has not got its handle."""
    marked = f"{name[:-ROOM_FOR_MARK] if len(name) > 200 - ROOM_FOR_MARK else name}{MARK}{kind}"
    like = "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in marked)
    c = account.c
    taken = select(c.name).where(c.domain == domain, c.name.like(f"{like}%", escape="\\"))
    names = set(u.connection.execute(taken).scalars())
    wanted = (f"{marked}{number if number > 1 else ''}" for number in range(1, len(names) + 2))
    return next(one for one in wanted if one not in names)


def _holders(u: Unit, name: str, host: str, but: AccountRow | None) -> list[AccountRow]:
    """Who has the handle `name@host`, but for one account."""
    c = account.c
    has_it = select(account).where(c.name == name, or_(c.domain == host, c.handle_host == host), c.domain != "")
    return list(u.connection.execute(has_it.where(c.id != but.id) if but is not None else has_it))


def _make_room(u: Unit, holders: Collection[AccountRow], host: str) -> None:
    """Who had a handle and has it no more keeps everything else."""
    for row in holders:
        name = _marked(u, row.name, row.domain, row.kind) if row.domain == host else row.name
        changed = update(account).where(account.c.id == row.id)
        u.connection.execute(changed.values(name=name, handle_host=None, updated_at=u.now))


def _is_first(u: Unit, domain: str) -> bool:
    asked = exists().where(account.c.domain == domain, account.c.handle_at.is_not(None))
    return not u.connection.execute(select(asked)).scalar()


def _splits(u: Unit, domain: str) -> bool:
    split = exists().where(account.c.domain == domain, account.c.handle_host.is_not(None))
    return bool(u.connection.execute(select(split)).scalar())


def _ask_all(u: Unit, domain: str) -> None:
    """A server whose handles are elsewhere: those of its accounts that were not asked for yet are asked for now."""
    unasked = select(account.c.id).where(account.c.domain == domain, account.c.handle_at.is_(None))
    some = u.connection.execute(unasked.order_by(account.c.id).limit(MOST_OF_HOST)).scalars().all()
    u.connection.execute(update(account).where(account.c.id.in_(some)).values(handle_at=TO_BE_ASKED))
