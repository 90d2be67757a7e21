"""`skerry account`: make accounts, list them, give positions, suspend, hand out reset links.

`create` prints the name, then the password if it was made up here, then the token if one was asked for.
"""

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import select

from instance import app
from instance.auth import logins, oauth, passwords, reset
from instance.auth.logins import NewLogin
from instance.cli.common import data_option, echo, in_unit, json_option, say, site_of
from instance.db.people import account, login
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.house import House
from instance.i18n import N_
from instance.people import accounts, moves
from instance.people.accounts import AccountRow

T = TypeVar("T")
POSITIONS = click.Choice(["member", "moderator", "steward"])
TOKEN_SCOPES = ["read", "write", "follow", "push"]
WORDS = "abcdefghjkmnpqrstuvwxyz23456789"


@click.group()
def command() -> None:
    """Make accounts, give positions, suspend, hand out reset links."""


@command.command()
@click.argument("name")
@click.option("--role", type=POSITIONS, default="member", help="What she may do (default: member).")
@click.option("--display-name", default="", help="What people read; the name where none is given.")
@click.option("--public-posting", is_flag=True, help="Let her posts be public when she says so.")
@click.option("--password-stdin", is_flag=True, help="Read the password from one line of standard input.")
@click.option("--print-token", is_flag=True, help="Print a token with which a script can act for her.")
@data_option
@json_option
def create(
    name: str,
    role: str,
    display_name: str,
    public_posting: bool,
    password_stdin: bool,
    print_token: bool,
    data: Path | None,
    as_json: bool,
) -> None:
    """Make an account that can sign in at once. No e-mail address is needed.

    Prints NAME; then the password, unless it was given; then the token, if one is wanted. One value a line.
    """
    site = site_of(data)
    accounts.checked_name(name)
    password = _password_from_stdin() if password_stdin else _made_up()
    passwords.check_strength(password)
    new = NewLogin(passwords.hash_now(password), role=role, locale=site.settings.locale)

    def make(u: Unit) -> dict[str, Any]:
        made = logins.add(u, name, new, display_name=display_name, public_posting=public_posting or None)
        values: dict[str, Any] = {"name": accounts.checked_name(name)}
        if as_json:
            row = accounts.by_ids(u.connection, [made.account_id])[made.account_id]
            handle = f"@{row.name}@{u.site.domain}"
            values |= {"id": str(row.id), "handle": handle, "url": row.url, "role": role}
        if not password_stdin:
            values["password"] = password
        if print_token:
            app_id = logins.command_line_app(u)
            values["token"] = oauth.issue(u, app_id, TOKEN_SCOPES, made.login_id, made.account_id).token
        return values

    say(in_unit(site, make), as_json=as_json)


@command.command("list")
@data_option
@json_option
def list_accounts(data: Path | None, as_json: bool) -> None:
    """Print every member: name, position, state."""

    def find(u: Unit) -> list[dict[str, Any]]:
        asked = select(account.c.id, account.c.name, login.c.role, login.c.state, login.c.totp_confirmed_at)
        rows = u.connection.execute(asked.join(login, login.c.account_id == account.c.id).order_by(account.c.name))
        return [
            {
                "name": row.name,
                "role": row.role,
                "state": row.state,
                "second_factor": row.totp_confirmed_at is not None,
                "id": str(row.id),
            }
            for row in rows
        ]

    found = in_unit(site_of(data), find)
    if as_json:
        say({"accounts": found}, as_json=True)
        return
    for row in found:
        echo(f"{row['name']}\t{row['role']}\t{row['state']}")


@command.command()
@click.argument("name")
@click.argument("position", type=POSITIONS)
@data_option
def role(name: str, position: str, data: Path | None) -> None:
    """Give a member another position."""
    in_unit(site_of(data), lambda u: logins.set_role(u, logins.named(u.connection, name).id, position))
    echo(f"{name} is {position} now.", err=True)


@command.command()
@click.argument("name")
@click.option("--undo", is_flag=True, help="Take a suspension back.")
@data_option
def suspend(name: str, undo: bool, data: Path | None) -> None:
    """Keep a member out and hide her account, or take that back."""

    def change(u: Unit) -> None:
        account_id = logins.named(u.connection, name).account_id
        change_state = accounts.unsuspend if undo else accounts.suspend
        change_state(u, account_id)

    in_unit(site_of(data), change)
    echo(f"{name} is {'back' if undo else 'suspended'}.", err=True)


@command.command("reset-link")
@click.argument("name")
@data_option
@json_option
def reset_link(name: str, data: Path | None, as_json: bool) -> None:
    """Print a one-time address where a member chooses a new password. It holds a day."""
    link = in_unit(site_of(data), lambda u: reset.link_for(u, logins.named(u.connection, name).id))
    say({"url": link}, as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--add", "added", help="Another account that is hers too: name@host, or an address.")
@click.option("--remove", "removed", help="The address of one that is hers no more.")
@data_option
@json_option
def alias(name: str, added: str | None, removed: str | None, data: Path | None, as_json: bool) -> None:
    """Print the other accounts that a member has named; with --add she can move here from there."""

    def change(u: Unit, iri: str) -> list[str]:
        account_id = logins.named(u.connection, name).account_id
        if iri:
            moves.add_alias(u, account_id, iri)
        if removed:
            moves.remove_alias(u, account_id, removed)
        row = accounts.by_id(u.connection, account_id)
        return list(row.also_known_as or []) if row is not None else []

    async def run(house: House) -> list[str]:
        row = await _found(house, added) if added else None
        return await house.store.unit(change, row.iri if row is not None else "")

    known = _in_house(data, run)
    if as_json:
        say({"aliases": known}, as_json=True)
        return
    for iri in known:
        echo(iri)


@command.command()
@click.argument("name")
@click.argument("target", required=False, default="")
@click.option("--undo", is_flag=True, help="Take the sign that points to the new account down.")
@data_option
def move(name: str, target: str, undo: bool, data: Path | None) -> None:
    """Move a member to TARGET (name@host), which names her account here as an alias; her followers are taken along."""

    async def run(house: House) -> None:
        account_id = (await house.store.read(logins.named, name)).account_id
        if undo:
            await house.store.unit(moves.come_back, account_id)
        else:
            await house.store.unit(moves.move, account_id, (await _found(house, target)).id)

    if not undo and not target:
        raise click.UsageError("Name the account that she moves to, or --undo.")
    _in_house(data, run)
    echo(f"{name} {'is back' if undo else f'has moved to {target}'}.", err=True)


async def _found(house: House, asked: str) -> AccountRow:
    """The account behind a handle or an address, as it is at its own server now. Raises RefusalError."""
    account_id = await house.resolver.afresh(asked)
    row = await house.store.read(accounts.by_id, account_id) if account_id is not None else None
    if row is None:
        raise RefusalError("account-unknown", N_("{asked} was not found, or its server does not answer."), asked=asked)
    return row


def _in_house(data: Path | None, run: Callable[[House], Awaitable[T]]) -> T:
    """Do something that may ask other servers; a running instance beside this sends what is queued by it."""
    site = site_of(data)

    async def whole() -> T:
        async with app.open_house(site, runs_jobs=False) as house:
            return await run(house)

    return asyncio.run(whole())


def _password_from_stdin() -> str:
    line: str = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise click.UsageError("Standard input held no password; give it on one line.")
    return line


def _made_up() -> str:
    """A password that can be read aloud: 20 letters and digits in fives, 98 bits."""
    return "-".join("".join(secrets.choice(WORDS) for _ in range(5)) for _ in range(4))
