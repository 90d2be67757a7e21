"""`skerry invite`: print the address of an invitation."""

from pathlib import Path

import click

from instance.auth import invitations
from instance.cli.account import POSITIONS
from instance.cli.common import data_option, in_unit, json_option, say, site_of
from instance.clock import iso


@click.command()
@click.option("--role", type=POSITIONS, default="member", help="What the invited may do (default: member).")
@click.option(
    "--uses", type=click.IntRange(0), default=1, help="How many people it lets in; 0 has no limit (default: 1)."
)
@click.option(
    "--days", type=click.IntRange(1, invitations.LONGEST_DAYS), default=7, help="How long it holds (default: 7)."
)
@data_option
@json_option
def command(role: str, uses: int, days: int, data: Path | None, as_json: bool) -> None:
    """Print the address of an invitation."""
    made = in_unit(site_of(data), lambda u: invitations.create(u, role=role, max_uses=uses, days=days))
    values = {"url": made.url}
    if as_json:
        values |= {"id": made.id, "expires_at": iso(made.expires_at)}
    say(values, as_json=as_json)
