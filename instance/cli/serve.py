"""`skerry serve`: check, upgrade (SQLite), listen."""

import fcntl
import os
import resource
import socket
import sys
import time
from pathlib import Path
from typing import IO, Any

import click
import uvicorn
from starlette.applications import Starlette
from uvicorn.supervisors import Multiprocess

from instance import app, observe
from instance.auth import registration
from instance.cli.common import bell_of, data_option, echo, in_unit, schema_or_exit
from instance.cli.db import run_upgrade
from instance.cli.listening import Listener
from instance.db.version import HEAD
from instance.jobs.runner import Bell
from instance.people.rebase import rebase
from instance.remembered import remember, settle_base_url
from instance.settings import Settings, SettingsError, load, unknown_variables

GRACE_SECONDS = 4  # for open connections; the job runner has as long again

MOST_FILES = 65_536
PATIENCE = 5.0  # seconds for one that is about to end


class Server(uvicorn.Server):
    """uvicorn's server, which tells open streams that it stops: they would keep it waiting."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        served: Any = self.config.app
        served.state.stopping = True
        await super().shutdown(sockets)


@click.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default 8000).")
@click.option("--base-url", help="The address that members see (default in development: http://HOST:PORT).")
@click.option("--workers", type=int, help="Web processes (default 1); more need PostgreSQL, Redis and `skerry worker`.")
@data_option
def command(host: str | None, port: int | None, base_url: str | None, workers: int | None, data: Path | None) -> None:
    """Run the instance: web, API, federation and jobs in one process."""
    given: dict[str, Any] = {"host": host, "port": port, "base_url": base_url, "workers": workers, "data": data}
    settings = load(**given)
    _log(settings)
    take_files()
    for name in unknown_variables(os.environ):
        echo(f"skerry: {name} is no setting and is not used; see docs/operators/settings.md", err=True)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _alone = alone(settings)
    check_address(settings)
    prepare(settings)
    say_setup_link(settings)
    echo(f"Skerry runs at {settings.base_url} ({settings.mode}); stop it with Ctrl-C.", err=True)
    if settings.workers == 1:
        Server(server_config(settings, app.build(settings, bell=_bell(settings)))).run()
        return
    os.environ.update({f"SKERRY_{name.upper()}": str(value) for name, value in given.items() if value is not None})
    config = server_config(settings, "instance.cli.serve:web_process")
    Multiprocess(config, [config.bind_socket()]).run()


def web_process() -> Starlette:
    """One of several web processes; it finds its settings in the environment."""
    settings = load()
    _log(settings)
    take_files()
    return app.build(settings, bell=_bell(settings))


def take_files() -> None:
    """Have as many files and connections open as the system lets us: the usual 1,024 are soon used up by who only waits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _bell(settings: Settings) -> Bell | None:
    return None if settings.runner else bell_of(settings)


def _log(settings: Settings) -> None:
    observe.configure(settings.log_level, pretty=settings.development and sys.stderr.isatty())


def alone(settings: Settings) -> IO[str] | None:
    """Take the folder for this process, for as long as the file given is open: its one writer and job runner.

    Raises SettingsError when another has it. With PostgreSQL several may run; nothing is taken.
    """
    if not settings.sqlite:
        return None
    taken = (settings.data / "serve.lock").open("w")
    for _ in range(int(PATIENCE * 10)):
        try:
            fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
        else:
            return taken
    taken.close()
    raise SettingsError(f"an instance runs on {settings.data} already; stop it, or name another folder: --data DIR")


def check_address(settings: Settings) -> None:
    """See that we may listen where we shall. Raises SettingsError."""
    try:
        kind, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        raise SettingsError(
            f"we can't listen on {where} ({error.strerror}); stop what listens there, or name another: --host, --port"
        ) from error


def prepare(settings: Settings) -> None:
    """Make the data folder and the schema ready. Raises SettingsError; ends the process where it must not go on."""
    old = settle_base_url(settings)
    if old:
        echo(f"skerry: this folder was at {old}; it is at {settings.base_url} from now on.", err=True)
    found = schema_or_exit(settings)
    if found != HEAD:
        if not settings.sqlite:
            echo(f"skerry: the database has schema {found or 'none'}; run: skerry db upgrade", err=True)
            sys.exit(1)
        run_upgrade(settings)
    if old:
        in_unit(app.make_site(settings), rebase, old, settings.base_url)
    remember(settings)


def say_setup_link(settings: Settings) -> None:
    """Print the one-time address that makes the first steward, at each start until there is one."""
    link = in_unit(app.make_site(settings), registration.setup_link)
    if link:
        echo("There is no steward yet. Whoever opens this address first becomes one:", err=True)
        echo(link)


def server_config(settings: Settings, served: Starlette | str) -> uvicorn.Config:
    """How uvicorn listens: uvloop and httptools, no logs of its own, no forwarded headers believed (LEAKS, no. 28)."""
    return uvicorn.Config(
        served,
        factory=isinstance(served, str),
        workers=settings.workers,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=Listener,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
