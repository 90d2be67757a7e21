"""`skerry db`: upgrade the schema, or show its version."""

import asyncio
import subprocess
import sys
from pathlib import Path

import click

from instance.cli.common import data_option, echo, in_unit, site_of
from instance.db.version import HEAD, schema_version
from instance.jobs.table import retry_dead
from instance.remembered import load_remembered
from instance.settings import Settings


@click.group()
def command() -> None:
    """Upgrade the database, show its version, or try jobs again that were put aside."""


@command.command()
@data_option
def upgrade(data: Path | None) -> None:
    """Bring the schema to the version that this release needs (SQLite: after a copy of the file)."""
    settings = load_remembered(data)
    run_upgrade(settings)
    echo(f"The database has schema {HEAD}.", err=True)


@command.command()
@data_option
def version(data: Path | None) -> None:
    """Print the schema's version, and the one that this release needs."""
    found = asyncio.run(schema_version(load_remembered(data)))
    echo(f"{found or 'none'} (this release needs {HEAD})")


@command.command()
@data_option
def retry(data: Path | None) -> None:
    """Try the jobs again that were put aside; prints how many."""
    echo(in_unit(site_of(data), retry_dead))


def run_upgrade(settings: Settings) -> None:
    """Run the migrations in a process of their own, so that this one never loads Alembic. Ends the process on failure."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    done = subprocess.run([sys.executable, "-m", "instance.migrations.upgrade", settings.database], check=False)
    if done.returncode:
        echo("skerry: the database could not be upgraded; nothing was changed. See the lines above.", err=True)
        sys.exit(1)
