"""Logins: who may sign in, apart from the account that is shown (DECISIONS 4). E-mail is sealed, found by a fingerprint."""

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, insert, select, update

from governance.offices.positions import Position
from instance.auth import sessions
from instance.auth.home import hashed
from instance.auth.oauth import revoke_all
from instance.db.people import account, login
from instance.db.system import oauth_app
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_
from instance.ids import random_id
from instance.people import accounts
from instance.vault import Vault

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
EMAIL_LENGTH = 254
COMMAND_LINE = "skerry-command-line"


@dataclass(frozen=True, slots=True)
class Member:
    """A person who may sign in."""

    login_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class NewLogin:
    """What a login starts with. The password is hashed already (`auth.passwords`)."""

    password_hash: str
    role: str = "member"
    state: str = "active"
    email: str = ""
    locale: str = "en"
    time_zone: str = "UTC"
    answer: str = ""
    invitation_id: str | None = None


def add(u: Unit, name: str, new: NewLogin, *, display_name: str = "", public_posting: bool | None = None) -> Member:
    """Make an account and its login. Raises RefusalError. A pending one is not shown until `approve`."""
    email = checked_email(new.email)
    role = checked_role(new.role)
    account_id = accounts.create(
        u, name, display_name=display_name, public_posting=public_posting, waiting=new.state == "pending"
    )
    login_id = random_id()
    vault = u.site.vault
    row = {
        "id": login_id,
        "account_id": account_id,
        "password_hash": new.password_hash,
        "role": role,
        "state": new.state,
        "email": vault.seal(email.encode(), "login", "email", login_id) if email else None,
        "answer": vault.seal(new.answer.encode(), "login", "answer", login_id) if new.answer else None,
        "locale": new.locale[:16],
        "time_zone": known_zone(new.time_zone),
        "invitation_id": new.invitation_id,
        "created_at": u.now,
    }
    u.connection.execute(insert(login).values(**row))
    return Member(login_id, account_id)


def by_id(connection: Connection, login_id: int) -> Row[Any] | None:
    """The login with this id."""
    return connection.execute(select(login).where(login.c.id == login_id)).first()


def by_account(connection: Connection, account_id: int) -> Row[Any] | None:
    """The login of a local account."""
    return connection.execute(select(login).where(login.c.account_id == account_id)).first()


def find(connection: Connection, vault: Vault, who: str) -> Row[Any] | None:
    """The login that somebody names: by her name (with or without @), or by her confirmed e-mail address."""
    who = who.strip()
    if "@" in who.removeprefix("@"):
        return connection.execute(select(login).where(login.c.email_mac == email_mac(vault, who))).first()
    name = who.removeprefix("@").replace("\0", "").lower()
    asked = select(login).join(account, account.c.id == login.c.account_id)
    return connection.execute(asked.where(account.c.name == name, account.c.domain == "")).first()


def named(connection: Connection, name: str) -> Row[Any]:
    """The login behind a local name. Raises RefusalError (for the command line)."""
    row = accounts.by_name(connection, name.removeprefix("@"))
    found = by_account(connection, row.id) if row is not None else None
    if found is None:
        raise RefusalError("member-unknown", N_("There is no member called '{name}' here."), name=name[:60], status=404)
    return found


def email_of(vault: Vault, row: Row[Any]) -> str:
    """A login's e-mail address in the clear, '' without one."""
    return vault.open(row.email, "login", "email", row.id).decode() if row.email else ""


def email_mac(vault: Vault, email: str) -> str:
    """The fingerprint by which an address is found."""
    return vault.mac("email", email.strip().lower())


def checked_email(email: str) -> str:
    """An address that could be one, or ''. Raises RefusalError."""
    email = email.strip()
    if email and (len(email) > EMAIL_LENGTH or not EMAIL.fullmatch(email)):
        raise RefusalError("email-invalid", N_("This is no e-mail address; check it, or leave it empty."))
    return email


def known_zone(name: str) -> str:
    """A time zone that this machine knows, UTC for any other name."""
    try:
        return ZoneInfo(name[:64]).key
    except (KeyError, ValueError, OSError):  # no such zone, no name at all, a folder of zones
        return "UTC"


def checked_role(role: str) -> str:
    """A position's name. Raises RefusalError."""
    if role not in set(Position):
        raise RefusalError("role-unknown", N_("Choose one of: member, moderator, steward."))
    return role


def confirm_email(u: Unit, login_id: int) -> bool:
    """Her address is hers: it may be used to sign in from now on. False if another login here has confirmed it."""
    row = by_id(u.connection, login_id)
    if row is None or not row.email:
        return False
    mac = email_mac(u.site.vault, email_of(u.site.vault, row))
    holder = u.connection.execute(select(login.c.id).where(login.c.email_mac == mac)).scalar()
    if holder not in {None, login_id}:
        return False
    confirmed = {"email_mac": mac, "email_confirmed_at": u.now}
    u.connection.execute(update(login).where(login.c.id == login_id).values(**confirmed))
    return True


def set_email(u: Unit, login_id: int, email: str) -> None:
    """Take a new address, unconfirmed, or '' for none. The old one counts no more."""
    email = checked_email(email)
    sealed = u.site.vault.seal(email.encode(), "login", "email", login_id) if email else None
    values = {"email": sealed, "email_mac": None, "email_confirmed_at": None}
    u.connection.execute(update(login).where(login.c.id == login_id).values(**values))


def set_password(u: Unit, login_id: int, password_hash: str, *, keep_session: str = "") -> None:
    """A new password ends all sessions (but `keep_session`, a hash) and all tokens of apps."""
    changed = update(login).where(login.c.id == login_id).values(password_hash=password_hash)
    if not u.connection.execute(changed).rowcount:
        raise NotFoundError
    sessions.end_all(u, login_id, but=keep_session)
    revoke_all(u, login_id)


def set_role(u: Unit, login_id: int, role: str) -> None:
    """Give a position. The last steward can't be made less: nobody could give it back."""
    role = checked_role(role)
    row = by_id(u.connection, login_id)
    if row is None:
        raise NotFoundError
    if row.role == Position.STEWARD != role and stewards(u.connection) <= 1:
        raise RefusalError("last-steward", N_("This is the last steward; make another one first."))
    u.connection.execute(update(login).where(login.c.id == login_id).values(role=role))


def set_preferences(u: Unit, login_id: int, *, locale: str | None = None, time_zone: str | None = None) -> None:
    """Her language and time zone."""
    values = {"locale": locale, "time_zone": known_zone(time_zone) if time_zone is not None else None}
    given = {name: value for name, value in values.items() if value is not None}
    if given:
        u.connection.execute(update(login).where(login.c.id == login_id).values(**given))


def stewards(connection: Connection) -> int:
    """How many stewards can act."""
    asked = select(func.count()).select_from(login).where(login.c.role == Position.STEWARD, login.c.state == "active")
    return connection.execute(asked).scalar_one()


def command_line_app(u: Unit) -> int:
    """The app that the command line's tokens belong to; nobody can sign in through it."""
    row = {"id": random_id(), "client_id": COMMAND_LINE, "name": "Command line", "redirect_uris": [], "scopes": "read"}
    insert_new(u.connection, oauth_app, **row, secret_hash=hashed(""), created_at=u.now)
    asked = select(oauth_app.c.id).where(oauth_app.c.client_id == COMMAND_LINE)
    return int(u.connection.execute(asked).scalar_one())
