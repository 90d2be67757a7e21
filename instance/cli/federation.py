"""`skerry federation`: other servers, what came from them and goes to them, and why something did not.

It works on the database, beside a running instance; what it asks of other servers goes through the guarded client.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from federation.client.fetch import fetch_document
from federation.client.webfinger import resolve_actor
from federation.context import Federation
from federation.errors import FederationError
from federation.inbound import arrivals
from federation.outbound import letters
from federation.vocab.iris import is_iri
from federation.vocab.normalise import normalise
from federation.vocab.types import Actor, Object
from instance import app
from instance.cli import advice as advising
from instance.cli.common import ROW_ID, data_option, echo, in_unit, json_option, say, site_of
from instance.clock import iso
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_, _
from instance.peering import admission, overview
from instance.peering import explain as explaining
from instance.peering.words import sentences


def _named(_ctx: click.Context, _param: click.Parameter, typed: str | None) -> str | None:
    """A server as it was typed or pasted. Raises RefusalError."""
    return admission.host_named(typed) if typed is not None else None


host_option = click.option("--host", callback=_named, help="Only this server (host or host:port).")


@click.group()
def command() -> None:
    """Other servers: look up, explain, queues, dead letters."""


@command.command()
@click.argument("address")
@data_option
@json_option
def lookup(address: str, data: Path | None, as_json: bool) -> None:
    """Ask another server who or what ADDRESS (name@host, or an address) is; what it says is checked, not what it writes."""

    async def ask(federation: Federation) -> dict[str, Any]:
        if not is_iri(address):
            return _actor((await resolve_actor(federation, address)).actor)
        found = normalise(await fetch_document(federation, address))
        return _actor(found) if isinstance(found, Actor) else _object(found)

    values = _ask(data, ask)
    if as_json:
        say(values, as_json=True)
        return
    for name, value in values.items():
        echo(f"{_(NAMED[name])}: {_shown(value)}")


@command.command()
@click.argument("address")
@data_option
def fetch(address: str, data: Path | None) -> None:
    """Print the document at ADDRESS as its server gives it to us: a signed request, as an instance makes it."""
    echo(json.dumps(_ask(data, lambda federation: fetch_document(federation, address)), indent=2))


@command.command()
@click.argument("address")
@data_option
@json_option
def explain(address: str, data: Path | None, as_json: bool) -> None:
    """Say what became of a post or activity and why: ADDRESS is its address, or the name of a server."""
    site = site_of(data)
    found = in_unit(site, lambda u: explaining.explain(u.connection, site, address))
    if as_json:
        say(
            {"answers": [_timed(asdict(one) | {"words": one.words}, "at", "again_at", "since") for one in found]},
            as_json=True,
        )
        return
    for one in found:
        words = [one.code, one.host, one.kind, iso(one.at) if one.at else "", one.words]
        tabbed = "\t".join(words)
        when = iso(one.again_at) if one.again_at else ""
        again = _("(again at {time})", time=when) if when else ""
        first = iso(one.since) if one.since else ""
        since = _("(since {time})", time=first) if first else ""
        echo(" ".join(filter(None, (tabbed, again, since))))


@command.command()
@host_option
@data_option
@json_option
def inbox(host: str | None, data: Path | None, as_json: bool) -> None:
    """Print what came in and waits, is held, or was put aside after five tries. Never what it says."""
    wanted = ["received", "held", "dead"]
    found = in_unit(site_of(data), lambda u: arrivals.listed(u.connection, wanted, host))
    rows = [_timed(asdict(one), "received_at", "next_try_at") | {"why": sentences(one.reason)} for one in found]
    _table("inbox", rows, ("id", "state", "host", "kind", "actor", "received_at", "tries", "why"), as_json=as_json)


@command.command()
@host_option
@data_option
@json_option
def queue(host: str | None, data: Path | None, as_json: bool) -> None:
    """Print what waits to be sent, and the dead letters: deliveries that were refused for good or given up."""

    def look(connection: Connection) -> list[letters.Letter]:
        return letters.dead(connection, host) + letters.waiting(connection, host)

    found = in_unit(site_of(data), lambda u: look(u.connection))
    rows = [_timed(asdict(one), "created_at", "done_at") | {"why": sentences(one.error)} for one in found]
    names = ("id", "state", "host", "kind", "activity", "inbox", "created_at", "tries", "status", "why")
    _table("deliveries", rows, names, as_json=as_json)


@command.command()
@click.argument("search", default="")
@data_option
@json_option
def peers(search: str, data: Path | None, as_json: bool) -> None:
    """Print other servers (whose name contains SEARCH): how they fare, what they run, what waits, what went wrong."""
    site = site_of(data)
    found = in_unit(site, lambda u: overview.peers(u.connection, u.now, search))
    times = ("first_seen_at", "last_seen_at", "last_delivered_at", "down_since", "next_try_at", "too_much_since")
    rows = [_timed(asdict(one), *times, "too_much_at") for one in found]
    for row in rows:
        row["gaps"] = [_timed(gap, "since", "until", "ended_at", "told_at") for gap in row["gaps"]]
    names = ("host", "stance", "health", "software", "last_seen_at", "waiting", "failures", "dead", "held", "put_aside")
    _table("peers", rows, (*names, "too_much"), as_json=as_json)


@command.command()
@click.argument("host", required=False, callback=_named)
@click.option("--letter", type=ROW_ID, help="Only the delivery with this id (see `skerry federation queue`).")
@data_option
@json_option
def retry(host: str | None, letter: int | None, data: Path | None, as_json: bool) -> None:
    """Send dead letters again, and try again what was put aside (for HOST, or all); prints how many.

    With HOST, what waits for its next try is sent now as well.
    """

    def again(u: Unit) -> int:
        return overview.replay(u, host or "", letter)

    say({"again": in_unit(site_of(data), again)}, as_json=as_json)


one_of_it = click.option("--activity", type=ROW_ID, help="Only the one with this id (see `skerry federation inbox`).")


@command.command("let-in")
@click.argument("host", callback=_named)
@one_of_it
@data_option
@json_option
def let_in(host: str, activity: int | None, data: Path | None, as_json: bool) -> None:
    """Let in what is held from HOST; prints how many activities that are."""
    done = in_unit(site_of(data), lambda u: overview.decide_held(u, host, let_in=True, only=activity))
    say({"let_in": done}, as_json=as_json)


@command.command()
@click.argument("host", callback=_named)
@one_of_it
@data_option
@json_option
def forget(host: str, activity: int | None, data: Path | None, as_json: bool) -> None:
    """Forget what is held from HOST; prints how many activities that were."""
    done = in_unit(site_of(data), lambda u: overview.decide_held(u, host, let_in=False, only=activity))
    say({"forgotten": done}, as_json=as_json)


for one in advising.COMMANDS:
    command.add_command(one)


def _ask(data: Path | None, question: Callable[[Federation], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """Put one question to other servers as the instance would. Raises RefusalError with what went wrong."""
    site = site_of(data)

    async def run() -> dict[str, Any]:
        async with app.open_house(site, runs_jobs=False) as house:
            return await question(house.federation)

    try:
        return asyncio.run(run())
    except FederationError as error:
        raise RefusalError("not-to-be-had", N_("It could not be had: {why}."), why=error.text) from error


NAMED = {
    "id": N_("id"),
    "type": N_("type"),
    "name": N_("name"),
    "inbox": N_("inbox"),
    "shared inbox": N_("shared inbox"),
    "keys": N_("keys"),
    "asks before it accepts followers": N_("asks before it accepts followers"),
    "moved to": N_("moved to"),
    "by": N_("by"),
    "to": N_("to"),
    "cc": N_("cc"),
}
"""What is printed of an account or a post -> its name for people."""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else ", ".join(value or [])


def _actor(found: Actor) -> dict[str, Any]:
    return {
        "id": found.id,
        "type": found.type,
        "name": found.preferred_username,
        "inbox": found.inbox,
        "shared inbox": found.shared_inbox,
        "keys": [key.id for key in found.keys],
        "asks before it accepts followers": found.manually_approves,
        "moved to": found.moved_to,
    }


def _object(found: Any) -> dict[str, Any]:
    values = {"id": found.id, "type": found.type}
    if isinstance(found, Object):
        values |= {"by": found.attributed_to, "to": list(found.to), "cc": list(found.cc)}
    return values


def _timed(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """The same with these times as people read them."""
    return row | {name: iso(row[name]) if row[name] is not None else None for name in names}


def _table(name: str, rows: list[dict[str, Any]], columns: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        say({name: rows}, as_json=True)
        return
    for row in rows:
        echo("\t".join("" if row[column] is None else str(row[column]) for column in columns))
