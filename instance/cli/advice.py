"""`skerry federation` for lists of others: take one as advice, print what is kept, take lines over, write our own."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from instance.cli.common import ROW_ID, data_option, echo, in_unit, json_option, say, site_of
from instance.db.unit import Unit
from instance.i18n import _, said
from instance.peering import advice, lists
from instance.policy.inforce import in_force_here


@click.command("take-list")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="Whose list it is.")
@click.option("--form", type=click.Choice(lists.FORMS), default="mastodon", show_default=True)
@click.option("--opinion", type=click.Choice(list(lists.OPINIONS)), default="censure", help="What bare names mean.")
@data_option
@json_option
def take_list(file: Path, source: str, form: str, opinion: str, data: Path | None, as_json: bool) -> None:
    """Keep what FILE says of servers as advice; nothing in the policy changes. Lines that can't be read are printed."""
    text = file.read_bytes().decode("utf-8", "replace")
    taken = in_unit(site_of(data), lambda u: advice.take(u, source, form, text, opinion))
    bad = [_(one.template, line=one.line, value=one.value) for one in taken.bad]
    if as_json:
        say({"taken": len(taken.advice), "bad": bad}, as_json=True)
        return
    for sentence in bad:
        echo(sentence, err=True)
    echo(len(taken.advice))


@click.command("advice")
@click.argument("search", default="")
@data_option
@json_option
def show_advice(search: str, data: Path | None, as_json: bool) -> None:
    """Print lines of lists (whose server or list contains SEARCH), each with what taking it over would change."""

    def look(connection: Connection) -> list[dict[str, Any]]:
        policy = in_force_here(connection)
        return [
            {name: getattr(row, name) for name in ("id", "host", "opinion", "source", "line", "reason")}
            | {"changes": [said(one) for one in advice.changes(policy, row)]}
            for row in advice.listed(connection, search)
        ]

    rows = in_unit(site_of(data), lambda u: look(u.connection))
    if as_json:
        say({"advice": rows}, as_json=True)
        return
    for row in rows:
        echo("\t".join([*(str(row[name]) for name in row if name != "changes"), " ".join(row["changes"])]))


@click.command("take-over")
@click.argument("lines", nargs=-1, type=ROW_ID, required=True)
@data_option
@json_option
def take_over(lines: tuple[int, ...], data: Path | None, as_json: bool) -> None:
    """Take LINES (ids, see `skerry federation advice`) into the policy, as one new version; prints its number."""

    def change(u: Unit) -> int:
        return advice.take_over(u, lines, "")

    say({"version": in_unit(site_of(data), change)}, as_json=as_json)


@click.command("export-list")
@data_option
def export_list(data: Path | None) -> None:
    """Print our own decisions about servers as Mastodon's CSV."""
    echo(in_unit(site_of(data), lambda u: advice.own_list(u.connection)), nl=False)


COMMANDS = (take_list, show_advice, take_over, export_list)
