"""`skerry worker`: the job runner in a process of its own, on the same tables as `serve`."""

import asyncio
import signal
import sys
from pathlib import Path

import click
import uvloop

from instance import app, observe
from instance.cli.common import bell_of, data_option, echo, schema_or_exit, site_of
from instance.db.version import HEAD
from instance.site import Site

LOOK_SECONDS = 1.0


@click.command()
@data_option
def command(data: Path | None) -> None:
    """Run the jobs in a process of their own; give `serve` SKERRY_RUNNER=0 then.

    As many as you like, on as many machines as you like, where the database is PostgreSQL; with REDIS_URL they are woken
    at once, without it they look once a second.
    """
    site = site_of(data)
    observe.configure(site.settings.log_level, pretty=site.settings.development and sys.stderr.isatty())
    found = schema_or_exit(site.settings)
    if found != HEAD:
        echo(f"skerry: the database has schema {found or 'none'}; run: skerry db upgrade", err=True)
        sys.exit(1)
    sys.exit(uvloop.run(_work(site)))


async def _work(site: Site) -> int:
    """Run until told to stop (0), or until the runner died (1: whoever supervises starts another)."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with app.open_house(site, runs_jobs=True, bell=bell_of(site.settings)) as house:
        echo(f"Skerry's worker runs for {site.base_url}; stop it with Ctrl-C.", err=True)
        while not stop.is_set():
            if not house.runner_alive():
                return 1
            try:
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue
    return 0
