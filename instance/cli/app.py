"""`skerry app`: register an app without its help. Prints the client id, then the client secret."""

from pathlib import Path
from typing import Any

import click

from instance.auth import apps
from instance.cli.common import data_option, in_unit, json_option, say, site_of

SCOPES = "read write follow push"


@click.group()
def command() -> None:
    """Register an app."""


@command.command()
@click.argument("name")
@click.option("--redirect-uri", "uris", multiple=True, help="Where it is answered; may be given more than once.")
@click.option("--scopes", default=SCOPES, help=f"What it may ask for, separated by spaces (default: {SCOPES}).")
@click.option("--website", help="Its home page.")
@data_option
@json_option
def create(
    name: str, uris: tuple[str, ...], scopes: str, website: str | None, data: Path | None, as_json: bool
) -> None:
    """Register an app called NAME. Prints its client id and its client secret, one a line."""
    made = in_unit(site_of(data), apps.register_app, name, uris or (apps.OOB,), scopes, website)
    values: dict[str, Any] = {"client_id": made.client_id, "client_secret": made.client_secret}
    if as_json:
        values |= {"id": str(made.id), "name": made.name, "redirect_uris": made.redirect_uris, "scopes": made.scopes}
    say(values, as_json=as_json)
