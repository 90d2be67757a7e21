"""`skerry account`: make accounts, list them, give positions, suspend, hand out reset links.

`create` prints the name, then the password if it was made up here, then the token if one was asked for.
"""

import secrets
import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from instance.auth import logins, oauth, passwords, reset
from instance.auth.logins import NewLogin
from instance.cli.common import data_option, in_unit, json_option, say, site_of
from instance.db.people import account, login
from instance.db.unit import Unit
from instance.people import accounts

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
        click.echo(f"{row['name']}\t{row['role']}\t{row['state']}")


@command.command()
@click.argument("name")
@click.argument("position", type=POSITIONS)
@data_option
def role(name: str, position: str, data: Path | None) -> None:
    """Give a member another position."""
    in_unit(site_of(data), lambda u: logins.set_role(u, logins.named(u.connection, name).id, position))
    click.echo(f"{name} is {position} now.", err=True)


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
    click.echo(f"{name} is {'back' if undo else 'suspended'}.", err=True)


@command.command("reset-link")
@click.argument("name")
@data_option
@json_option
def reset_link(name: str, data: Path | None, as_json: bool) -> None:
    """Print a one-time address where a member chooses a new password. It holds a day."""
    link = in_unit(site_of(data), lambda u: reset.link_for(u, logins.named(u.connection, name).id))
    say({"url": link}, as_json=as_json)


def _password_from_stdin() -> str:
    line: str = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise click.UsageError("Standard input held no password; give it on one line.")
    return line


def _made_up() -> str:
    """A password that can be read aloud: 20 letters and digits in fives, 98 bits."""
    return "-".join("".join(secrets.choice(WORDS) for _ in range(5)) for _ in range(4))
