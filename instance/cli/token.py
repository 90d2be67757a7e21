"""`skerry token`: make a token with which a script or an app acts for a member."""

from pathlib import Path

import click

from instance.auth import logins, oauth, scopes
from instance.cli.common import data_option, in_unit, json_option, say, site_of
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_


@click.group()
def command() -> None:
    """Make a token with which a script or an app acts for a member."""


@command.command()
@click.argument("account")
@click.option("--scopes", "wanted", default="read", help="What it may do, separated by spaces (default: read).")
@data_option
@json_option
def create(account: str, wanted: str, data: Path | None, as_json: bool) -> None:
    """Print a token for ACCOUNT (a name)."""
    site = site_of(data)
    try:
        named = scopes.parse(wanted)
    except ValueError as error:
        raise RefusalError("scope-unknown", N_("There is no scope '{scope}'."), scope=str(error)) from error
    if not named:
        raise RefusalError("scope-missing", N_("Name at least one scope, 'read' for instance."))

    def make(u: Unit) -> str:
        row = logins.named(u.connection, account)
        return oauth.issue(u, logins.command_line_app(u), named, row.id, row.account_id).token

    say({"token": in_unit(site, make)}, as_json=as_json)
