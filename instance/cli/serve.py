"""`skerry serve`: check, upgrade (SQLite), listen."""

import asyncio
import os
import sys
from pathlib import Path

import click
import uvicorn

from instance import app, observe
from instance.cli.common import data_option
from instance.cli.db import run_upgrade
from instance.db.version import HEAD, schema_version
from instance.remembered import remember, settle_base_url
from instance.settings import Settings, load, unknown_variables

GRACE_SECONDS = 10


@click.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default 8000).")
@click.option("--base-url", help="The address that members see (default in development: http://HOST:PORT).")
@data_option
def command(host: str | None, port: int | None, base_url: str | None, data: Path | None) -> None:
    """Run the instance: web, API, federation and jobs in one process."""
    settings = load(host=host, port=port, base_url=base_url, data=data)
    observe.configure(settings.log_level, pretty=settings.development and sys.stderr.isatty())
    for name in unknown_variables(os.environ):
        click.echo(f"skerry: {name} is no setting and is not used; see docs/operators/settings.md", err=True)
    prepare(settings)
    click.echo(f"Skerry runs at {settings.base_url} ({settings.mode}); stop it with Ctrl-C.", err=True)
    uvicorn.Server(server_config(settings)).run()


def prepare(settings: Settings) -> None:
    """Make the data folder and the schema ready. Raises SettingsError; ends the process where it must not go on."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    old = settle_base_url(settings)
    if old:
        click.echo(f"skerry: this folder was at {old}; it is at {settings.base_url} from now on.", err=True)
    found = asyncio.run(schema_version(settings))
    if found != HEAD:
        if not settings.sqlite:
            click.echo(f"skerry: the database has schema {found or 'none'}; run: skerry db upgrade", err=True)
            sys.exit(1)
        run_upgrade(settings)
    remember(settings)


def server_config(settings: Settings) -> uvicorn.Config:
    """How uvicorn listens: uvloop and httptools, no access log of its own, no forwarded headers believed (LEAKS, no. 28)."""
    return uvicorn.Config(
        app.build(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
