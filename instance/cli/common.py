"""What commands share: the data folder, the output rules, a unit of work beside a running instance.

Values go to stdout, everything else to stderr; `--json` gives one JSON object instead.
"""

import asyncio
import importlib
import json
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click

from instance import wiring
from instance.db.store import open_store
from instance.db.version import schema_version
from instance.jobs.runner import Bell
from instance.observe import describe
from instance.remembered import load_remembered
from instance.settings import Settings, SettingsError
from instance.site import Site
from instance.vault import Vault, load_or_make_secret

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

T = TypeVar("T")
Decorator = Callable[[Any], Any]

data_option = click.option("--data", type=click.Path(path_type=Path), help="The instance's data folder (default: var).")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
ROW_ID = click.IntRange(1, (1 << 63) - 1)
ROW_ID.name = click.INT.name  # who typed a word is told of a number, not of a range


def options(*given: Decorator) -> Decorator:
    """Several options and arguments as one, in the order in which help lists them."""

    def put(function: Any) -> Any:
        for one in reversed(given):
            function = one(function)
        return function

    return put


def site_of(data: Path | None) -> Site:
    """The site that lives in a data folder. Raises SettingsError or VaultError; writes nothing where there is none."""
    settings = load_remembered(data)
    found = schema_or_exit(settings)
    if found is None:
        raise SettingsError(f"no instance lives in {settings.data} yet; start it once, or name its folder: --data DIR")
    return Site(settings, Vault(load_or_make_secret(settings.secret_path)))


def in_unit(site: Site, fn: Callable[..., T], *args: Any) -> T:
    """Run one service call in a transaction of its own; a running instance sees it at once."""

    async def run() -> T:
        store = await open_store(site, wiring.EVENTS)
        try:
            return await store.unit(fn, *args)
        finally:
            await store.close()

    return asyncio.run(run())


def echo(text: object, *, nl: bool = True, err: bool = False) -> None:
    """Print a text. Letters that would steer the terminal or turn what is read around (others choose them: names, reasons,
    addresses) are shown as `\\u001b`."""
    click.echo(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", str(text)), nl=nl, err=err)


def say(values: dict[str, Any], *, as_json: bool) -> None:
    """Print values: one JSON object, or one value a line, the last alone on the last line."""
    if as_json:
        echo(json.dumps(values))
    else:
        for value in values.values():
            echo(value)


def bell_of(settings: Settings) -> Bell | None:
    """The bell between processes, if there is a Redis; arq is loaded only then (DECISIONS 9)."""
    if not settings.redis_url:
        return None
    made: Bell = importlib.import_module("instance.jobs.redis").RedisBell(settings.redis_url, settings.domain)
    return made


def schema_or_exit(settings: Settings) -> str | None:
    """The version of the database's schema; ends the process with a sentence where there is no database."""
    try:
        return asyncio.run(schema_version(settings))
    except (OSError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        where = "the SQLite file in the data folder" if settings.sqlite else "the server that SKERRY_DATABASE_URL names"
        echo(f"skerry: the database does not answer ({describe(error)}); see to {where}, then try again", err=True)
        sys.exit(1)
