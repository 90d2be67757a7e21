"""`skerry agreement`: agree with other servers on what each promises, probe whether it is kept, beside a running instance."""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from instance.agreements import agreements, probes, requirements, rows, sentences, trust
from instance.agreements.sentences import Sight
from instance.cli.common import data_option, echo, in_unit, json_option, say, site_of
from instance.clock import iso
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.groups import groups
from instance.i18n import N_, _
from instance.site import Site

BY = "command line"
WE_ASK = {
    True: N_("{asked} asks, and {host} satisfies it."),
    False: N_("{asked} asks, and {host} does not satisfy it: {failed}"),
}
IT_ASKS = {
    True: N_("{host} asks, and we satisfy it."),
    False: N_("{host} asks, and we do not satisfy it: {failed}"),
}
PATIENCE, STEP = 60.0, 0.5
by_option = click.option("--as", "by", default=BY, help="Your name, to be kept with the decision.")


@click.group()
def command() -> None:
    """Agree with other servers on what each promises, and probe whether it is kept."""


def _sight(site: Site, host: str) -> Sight:
    return in_unit(site, lambda u: sentences.sight(u.connection, host.lower(), u.now))


@command.command("list")
@data_option
@json_option
def list_peers(data: Path | None, as_json: bool) -> None:
    """Print every server of which something is known: its level, and the newest agreement."""
    found = in_unit(site_of(data), lambda u: sentences.sights(u.connection, u.now))
    if as_json:
        rows_ = [{"host": one.host, "level": one.level, "agreement": one.state, "fault": one.fault} for one in found]
        say({"peers": rows_}, as_json=True)
        return
    for one in found:
        newest = one.agreements[0].sentence if one.agreements else one.fault
        echo(f"{one.host}\t{one.level}\t{newest}")


@command.command()
@click.argument("host")
@data_option
@json_option
def show(host: str, data: Path | None, as_json: bool) -> None:
    """Print all that is known of HOST: its promises, agreements, probes, and what each side asks of the other."""
    _print(_sight(site_of(data), host), as_json=as_json)


def _print(one: Sight, *, as_json: bool) -> None:
    if as_json:
        say({**asdict(one), "agreement": one.state}, as_json=True)
        return
    echo(f"{one.host}: {one.level}. {one.sentence}")
    for sentence in (one.fault, one.suspended, one.audited):
        if sentence:
            echo(f"  {sentence}")
    if one.waiting_until:
        until = iso(one.waiting_until)
        echo("  " + _("Words that need an agreement wait until {time}.", time=until))
    for line in one.agreements:
        echo("  " + _("agreement {id}: {words}", id=line.id, words=line.sentence))
    for asked, ours, ok, failed in one.asked:
        words = (WE_ASK if ours else IT_ASKS)[ok]
        echo("  " + _(words, asked=asked, host=one.host, failed=" ".join(failed)))
    for line in one.rounds:
        echo("  " + _("probe of {day}: {words}", day=rows.day(line.at or 0), words=line.sentence))
    for line in one.changes:
        echo(f"  {rows.day(line.at or 0)}: {line.sentence}")


@command.command()
@click.argument("host")
@click.option("--days", default=agreements.USUAL_DAYS, help="How long it lasts (at most 92).")
@click.option("--probes/--no-probes", "probing", default=True, help="Whether each lets the other look from outside.")
@click.option("--wait", is_flag=True, help="Wait until the offer is sent, or can't be made.")
@by_option
@data_option
@json_option
def offer(host: str, days: int, probing: bool, wait: bool, by: str, data: Path | None, as_json: bool) -> None:
    """Offer an agreement to HOST. Its policy is looked at first; then its steward must answer."""
    site = site_of(data)
    in_unit(site, lambda u: agreements.draft(u, host, by=by, days=days, probing=probing))
    if wait:
        _until(lambda: _sight(site, host).state != rows.DRAFTED)
    _print(_sight(site, host), as_json=as_json)


@command.command()
@click.argument("host")
@click.option("--probes/--no-probes", "probing", default=True, help="Whether it may look from outside.")
@by_option
@data_option
@json_option
def accept(host: str, probing: bool, by: str, data: Path | None, as_json: bool) -> None:
    """Accept what HOST has offered."""
    _answer(host, lambda u, offered: agreements.accept(u, offered, by=by, probing=probing), data, as_json=as_json)


@command.command()
@click.argument("host")
@by_option
@data_option
@json_option
def reject(host: str, by: str, data: Path | None, as_json: bool) -> None:
    """Reject what HOST has offered."""
    _answer(host, lambda u, offered: agreements.reject(u, offered, by=by), data, as_json=as_json)


def _answer(host: str, change: Callable[[Unit, int], None], data: Path | None, *, as_json: bool) -> None:
    site = site_of(data)
    offered = _sight(site, host).offer
    if not offered:
        raise RefusalError("no-offer", N_("No offer of {host} waits here."), status=404, host=host[:60])
    in_unit(site, change, offered)
    _print(_sight(site, host), as_json=as_json)


@command.command()
@click.argument("host")
@by_option
@data_option
@json_option
def end(host: str, by: str, data: Path | None, as_json: bool) -> None:
    """End the agreement with HOST, or take an offer back."""
    site = site_of(data)
    in_unit(site, lambda u: agreements.end(u, host.lower(), by=by))
    _print(_sight(site, host), as_json=as_json)


@command.command()
@click.argument("host")
@data_option
@json_option
def look(host: str, data: Path | None, as_json: bool) -> None:
    """Have the policy of HOST looked at now, by the running instance, and wait for it."""
    site = site_of(data)
    before = in_unit(site, lambda u: rows.trust_of(u.connection, host.lower()))
    in_unit(site, trust.want, host.lower())
    old = before.looked_at if before is not None else None

    def seen() -> bool:
        now = in_unit(site, lambda u: rows.trust_of(u.connection, host.lower()))
        return now is not None and now.looked_at is not None and now.looked_at != old

    _until(seen)
    _print(_sight(site, host), as_json=as_json)


@command.command()
@click.argument("host")
@click.option("--wait", is_flag=True, help="Wait until the round is over.")
@by_option
@data_option
@json_option
def probe(host: str, wait: bool, by: str, data: Path | None, as_json: bool) -> None:
    """Begin a round of looks at HOST from outside; without this one begins each week."""
    site = site_of(data)
    in_unit(site, lambda u: probes.begin(u, host.lower(), by=by))
    if wait:
        _until(lambda: _sight(site, host).rounds[0].state not in probes.RUNNING)
    _print(_sight(site, host), as_json=as_json)


@command.command()
@click.argument("group")
@click.argument("file", type=click.File("r", encoding="utf-8"), required=False)
@by_option
@data_option
@json_option
def require(group: str, file: Any, by: str, data: Path | None, as_json: bool) -> None:
    """Have GROUP ask of servers what FILE says (TOML, - for standard input). Without FILE, print what it asks now."""
    site = site_of(data)
    group_id = in_unit(site, lambda u: int(groups.by_name(u.connection, group).id))
    if file is not None:
        text: str = file.read()
        number = in_unit(site, lambda u: requirements.set_for(u, group_id, text, by=by))
        say({"version": str(number)}, as_json=as_json)
        return
    asked = in_unit(site, lambda u: requirements.text_of(u.connection, group_id))
    say({"text": asked.rstrip()}, as_json=as_json)


@command.command()
@click.argument("host")
@click.option("--by", "who", required=True, help="Who has looked at its house: a person's name.")
@click.option("--on", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day, as in 2026-11-22.")
@data_option
@json_option
def audit(host: str, who: str, day: Any, data: Path | None, as_json: bool) -> None:
    """Keep that somebody has looked at the house of HOST. It counts while an agreement holds and probes pass."""
    site = site_of(data)
    on: date = day.date()
    in_unit(site, lambda u: agreements.audit(u, host.lower(), who, on))
    _print(_sight(site, host), as_json=as_json)


def _until(done: Callable[[], bool]) -> None:
    """Wait for the running instance. Raises RefusalError after a minute."""
    left = PATIENCE
    while not done():
        if left <= 0:
            raise RefusalError(
                "not-yet", N_("That takes longer than a minute. Is the instance running? Look again later.")
            )
        time.sleep(STEP)
        left -= STEP
