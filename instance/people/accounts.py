"""Accounts: make a local one, find any, change a local profile, delete a local one.

An account is whatever is shown as an author: a person, a group, a remote actor (DECISIONS 3). `domain == ''` is ours.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, or_, select, update
from sqlalchemy import delete as delete_rows

from instance.db.people import account, login
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import NotFoundError, RefusalError
from instance.events import AccountCreated, AccountDeleted, AccountSuspended, AccountUpdated
from instance.i18n import N_
from instance.ids import random_id
from instance.jobs.table import enqueue
from instance.people.bio import render_bio, render_field

NAME = re.compile(r"[a-z0-9_]{1,30}")
DISPLAY_NAME_LENGTH = 100
BIO_LENGTH = 2000
FIELDS = 6
FIELD_LENGTH = 255
VISIBILITIES = {"public", "unlisted", "followers", "direct"}
ERASURE = "erase-account"
MARK = "!"
"""Stands in no name; `name!group` is the Group where somebody else of its server has the handle `name`."""

AccountRow = Row[Any]

_BY_IRIS = select(account).where(account.c.iri.in_(bindparam("iris", expanding=True)))


@dataclass(frozen=True, slots=True)
class ProfileChanges:
    """What to change in a profile; None leaves a value as it is.

    `avatar` and `header` are keys of files in the media store, '' takes the picture away. `fields` are pairs of name and
    source text; all of them are replaced. `default_language` '' means none.
    """

    display_name: str | None = None
    bio_source: str | None = None
    fields: Sequence[tuple[str, str]] | None = None
    avatar: str | None = None
    header: str | None = None
    avatar_description: str | None = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    default_visibility: str | None = None
    default_sensitive: bool | None = None
    default_language: str | None = None
    public_posting: bool | None = None
    also_known_as: Sequence[str] | None = None


def checked_name(name: str) -> str:
    """A local name in its one form (lower case). Raises RefusalError if it can't be one."""
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        raise RefusalError(
            "name-invalid",
            N_("Choose a name of 1 to 30 letters a to z, digits or underscores; '{name}' is none."),
            name=name[:60],
        )
    return name


def create(
    u: Unit,
    name: str,
    *,
    kind: str = "person",
    display_name: str = "",
    iri: str | None = None,
    public_posting: bool | None = None,
    waiting: bool = False,
) -> int:
    """Make a local account and return its id.

    `iri` is given for groups only (/g/...). `public_posting` None takes the setting for new accounts. `waiting`: the
    sign-up is not approved yet; the account holds its name but is not shown until `admit`. Raises RefusalError.
    """
    name = checked_name(name)
    account_id = random_id()
    iri = iri or u.site.url(f"/u/{account_id}")
    public = u.site.settings.public_posting if public_posting is None else public_posting
    values = {
        "id": account_id,
        "iri": iri,
        "name": name,
        "domain": "",
        "kind": kind,
        "display_name": _display_name(display_name),
        "url": u.site.url(f"/@{name}"),
        "followers_iri": f"{iri}/followers",
        "public_posting": public,
        "default_visibility": "public" if public else "followers",
        "created_at": u.now,
        "updated_at": u.now,
        "suspended_at": u.now if waiting else None,
    }
    if not insert_new(u.connection, account, **values):
        raise RefusalError("name-taken", N_("The name '{name}' is taken; choose another."), name=name)
    if not waiting:
        u.record(AccountCreated(account_id))
    return account_id


def admit(u: Unit, account_id: int) -> None:
    """Show an account that was made `waiting`, from now on."""
    shown = update(account).where(account.c.id == account_id, account.c.suspended_at.is_not(None))
    if u.connection.execute(shown.values(suspended_at=None)).rowcount:
        u.record(AccountCreated(account_id))


def by_id(connection: Connection, account_id: int) -> AccountRow | None:
    """The account with this id, tombstones included."""
    return connection.execute(select(account).where(account.c.id == account_id)).first()


def by_ids(connection: Connection, ids: Iterable[int]) -> dict[int, AccountRow]:
    """Accounts by id, in one statement; unknown ids are left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    return {row.id: row for row in connection.execute(select(account).where(account.c.id.in_(wanted)))}


def handle_of(row: Any) -> str:
    """The handle of an account: `name` of ours, `name@host` of others. No two have the same."""
    return str(row.name) if not row.domain else f"{row.name}@{row.handle_host or row.domain}"


def plain_name(row: Any) -> str:
    """What an account calls itself, without the mark that tells it from another of its server with that name."""
    return str(row.name).partition(MARK)[0] if row.domain else str(row.name)


def by_name(connection: Connection, name: str, domain: str = "") -> AccountRow | None:
    """The account with this handle. Capitals are not told apart, unless two of another server differ in nothing else.

    `name!kind` is the account of that kind, whether or not it needs the mark; `!name` the group.
    """
    if "\0" in name + domain:  # PostgreSQL refuses to look for what it can't keep
        return None
    if name.startswith(MARK):
        name = name[1:] + (f"{MARK}group" if domain else "")
    if not domain:
        return connection.execute(select(account).where(account.c.domain == "", account.c.name == name.lower())).first()
    pair = name.lower(), domain.lower()
    c = account.c
    usual = select(account).where(c.name == name, c.domain == pair[1], c.handle_host.is_(None))  # an index knows it
    row = connection.execute(usual).first()
    return row or named(connection, [pair], written=name).get(pair)


def named(
    connection: Connection, pairs: Iterable[tuple[str, str]], *, written: str = ""
) -> dict[tuple[str, str], AccountRow]:
    """Accounts of other servers by handle, as (name, host) in lower case; `written`: how one name was written."""
    wanted = set(pairs)
    if not wanted:
        return {}
    c = account.c
    names = {name for name, _ in wanted} | {name.partition(MARK)[0] for name, _ in wanted}
    hosts = {host for _, host in wanted}
    asked = select(account).where(or_(c.domain.in_(hosts), c.handle_host.in_(hosts)), func.lower(c.name).in_(names))
    rows = connection.execute(asked.where(c.domain != "")).all()
    found = {}
    for name, host in wanted:
        fits = [(place, row.name != written, row.id, row) for row in rows if (place := _place(row, name, host))]
        if fits:
            found[name, host] = min(fits)[-1]
    return found


def _place(row: AccountRow, name: str, host: str) -> int:
    """How well an account fits a handle, least is best: its own, that of its actor's host, that of its kind; 0: not."""
    plain, mark, kind = name.partition(MARK)
    fits = row.name.lower() == name
    of_kind = mark and row.kind == kind and row.name.lower() == plain
    if host not in {row.domain, row.handle_host} or not (fits or of_kind):
        return 0
    return (1 if (row.handle_host or row.domain) == host else 2) + (0 if fits else 2)


def by_iri(connection: Connection, iri: str) -> AccountRow | None:
    """The account of this actor."""
    return connection.execute(select(account).where(account.c.iri == iri)).first() if "\0" not in iri else None


def by_iris(connection: Connection, iris: Iterable[str]) -> dict[str, AccountRow]:
    """Accounts by actor IRI, in one statement; unknown ones are left out."""
    wanted = {iri for iri in iris if "\0" not in iri}
    if not wanted:
        return {}
    return {row.iri: row for row in connection.execute(_BY_IRIS, {"iris": list(wanted)})}


def is_shown(row: AccountRow | None) -> bool:
    """Whether the account exists for others: neither erased nor suspended nor waiting."""
    return row is not None and row.deleted_at is None and row.suspended_at is None


def update_profile(u: Unit, account_id: int, changes: ProfileChanges) -> None:
    """Change a local profile. Raises RefusalError for what is too long, NotFoundError for an account that is not ours."""
    values = _values(changes)
    if not values:
        return
    mine = update(account).where(account.c.id == account_id, account.c.domain == "", account.c.deleted_at.is_(None))
    avatar, header = _files(u, account_id)
    if not u.connection.execute(mine.values(**values, updated_at=u.now)).rowcount:
        raise NotFoundError
    old = {"avatar": avatar, "header": header}
    u.record(AccountUpdated(account_id, tuple(key for name, key in old.items() if key and name in values)))


def suspend(u: Unit, account_id: int) -> None:
    """Hide an account and keep its owner from signing in. Doing it again changes nothing."""
    hidden = {"suspended_at": u.now, "suspended_by_peer": False, "updated_at": u.now}
    shown = update(account).where(account.c.id == account_id, account.c.suspended_at.is_(None))
    u.connection.execute(update(login).where(login.c.account_id == account_id).values(state="suspended"))
    if u.connection.execute(shown.values(**hidden)).rowcount:
        u.record(AccountSuspended(account_id, is_back=False))


def unsuspend(u: Unit, account_id: int) -> None:
    """Take a suspension back."""
    hidden = update(account).where(account.c.id == account_id, account.c.suspended_at.is_not(None))
    changed = u.connection.execute(hidden.values(suspended_at=None, updated_at=u.now)).rowcount
    suspended = update(login).where(login.c.account_id == account_id, login.c.state == "suspended")
    u.connection.execute(suspended.values(state="active"))
    if changed:
        u.record(AccountSuspended(account_id, is_back=True))


def delete(u: Unit, account_id: int) -> None:
    """Erase a local account: no sign-in and no words from now on, its relations go in a job (see `people.erasure`).

    The row stays as a tombstone: nobody else can ever take the name.
    """
    gone = {"display_name": "", "bio": "", "bio_source": "", "fields": None, "avatar": None, "header": None}
    mine = update(account).where(account.c.id == account_id, account.c.domain == "", account.c.deleted_at.is_(None))
    files = _files(u, account_id)
    if not u.connection.execute(
        mine.values(**gone, avatar_description="", deleted_at=u.now, updated_at=u.now)
    ).rowcount:
        raise NotFoundError
    u.connection.execute(delete_rows(login).where(login.c.account_id == account_id))
    u.record(AccountDeleted(account_id, tuple(key for key in files if key)))
    enqueue(u, ERASURE, {"account_id": account_id})


def _files(u: Unit, account_id: int) -> tuple[str | None, str | None]:
    """The keys of avatar and header, before they change."""
    row = by_id(u.connection, account_id)
    return (None, None) if row is None else (row.avatar, row.header)


def _values(changes: ProfileChanges) -> dict[str, Any]:
    plain = ("avatar_description", "locked", "bot", "discoverable", "indexable", "default_sensitive", "public_posting")
    values: dict[str, Any] = {name: getattr(changes, name) for name in plain if getattr(changes, name) is not None}
    if changes.display_name is not None:
        values["display_name"] = _display_name(changes.display_name)
    if changes.bio_source is not None:
        _not_longer(
            changes.bio_source, BIO_LENGTH, N_("The text about you has more than {most} characters; shorten it.")
        )
        values |= {"bio_source": changes.bio_source.strip(), "bio": render_bio(changes.bio_source)}
    if changes.fields is not None:
        values["fields"] = _fields(changes.fields)
    for picture in ("avatar", "header"):
        if (key := getattr(changes, picture)) is not None:
            values[picture] = key or None
    if changes.default_visibility is not None:
        if changes.default_visibility not in VISIBILITIES:
            raise RefusalError("visibility-unknown", N_("Choose one of: public, unlisted, followers, direct."))
        values["default_visibility"] = changes.default_visibility
    elif changes.public_posting is False:
        widest = case(
            (account.c.default_visibility.in_(["public", "unlisted"]), "followers"), else_=account.c.default_visibility
        )
        values["default_visibility"] = widest
    if changes.default_language is not None:
        values["default_language"] = changes.default_language[:16] or None
    if changes.also_known_as is not None:
        values["also_known_as"] = list(changes.also_known_as)
    return values


def _display_name(text: str) -> str:
    text = " ".join(text.split())
    _not_longer(text, DISPLAY_NAME_LENGTH, N_("The display name has more than {most} characters; shorten it."))
    return text


def _fields(pairs: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    kept = [(name.strip(), value.strip()) for name, value in pairs if name.strip()]
    if len(kept) > FIELDS:
        raise RefusalError("fields-too-many", N_("A profile has at most {most} fields; leave some out."), most=FIELDS)
    for text in (text for pair in kept for text in pair):
        _not_longer(text, FIELD_LENGTH, N_("A profile field has more than {most} characters; shorten it."))
    return [{"name": name, "value": render_field(v), "source": v, "verified_at": None} for name, v in kept]


def _not_longer(text: str, most: int, sentence: str) -> None:
    if len(text) > most:
        raise RefusalError("text-too-long", sentence, most=most)
