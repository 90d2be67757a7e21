"""`skerry policy` with a file: check it, see what it changes, play it over the last 30 days, put it into force."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from instance.cli.common import data_option, echo, in_unit, json_option, site_of
from instance.db.unit import Unit
from instance.i18n import _, said
from instance.peering.dryrun import DryRun, dry_run
from instance.peering.words import sentences as why
from instance.policy import proposals
from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_here
from policies.difference import sentences
from policies.document import PolicyDocument, PolicyError, Refused
from policies.written import from_toml, to_toml

file_argument = click.argument("file", type=click.File("r", encoding="utf-8"))
_WRITTEN_OVER = re.compile(r"^# in force when this was written: (sha256:[0-9a-f]{64})\s*$", re.MULTILINE)


def read(file: Any) -> str:
    """The text of a file that was named. Raises click.ClickException for what is no text."""
    try:
        return str(file.read())
    except UnicodeDecodeError as error:
        raise click.ClickException(_("This file holds no text (UTF-8). Nothing was changed.")) from error


@contextmanager
def _at_hand(file: Path) -> Iterator[None]:
    """What the disk refuses becomes a sentence."""
    try:
        yield
    except OSError as error:
        sentence = _("{file} can't be read or written: {why}", file=file, why=error.strerror or type(error).__name__)
        raise click.ClickException(sentence) from error


def text_of(document: PolicyDocument) -> str:
    """A policy as people write it, with the digest that tells later whether another one came in between."""
    return f"# in force when this was written: {document.digest}\n" + to_toml(document, _)


def base_of(text: str) -> str:
    """The digest of the policy that a text was written over; empty where it does not say."""
    found = _WRITTEN_OVER.search(text)
    return found[1] if found else ""


@contextmanager
def mistakes_said() -> Iterator[None]:
    """Mistakes of a policy become a message and exit status 1."""
    try:
        yield
    except Refused as error:
        wrong = "\n".join([_("Refused; the old policy stays in force."), *(said(one.whole) for one in error.wrong)])
        raise click.ClickException(wrong) from error
    except PolicyError as error:
        raise click.ClickException(said(error.whole)) from error


def put_into_force(u: Unit, text: str) -> tuple[PolicyDocument, PolicyDocument]:
    """What was in force, and what is now. Raises Refused, or RefusalError where the text was written over another policy."""
    old, new = in_force_here(u.connection), from_toml(text, now=u.now)
    if new.digest != old.digest:
        base = base_of(text)
        if base:
            proposals.adopt_over(u, new, base, "steward")
        else:
            adopt(u, new, "steward")
    return old, new


@click.command()
@file_argument
@data_option
@json_option
def diff(file: Any, data: Path | None, as_json: bool) -> None:
    """Say what the policy in FILE (TOML, - for standard input) would change, in sentences. Nothing is put into force."""
    _say_changes(_changes(read(file), data), as_json=as_json)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@data_option
def edit(file: Path, data: Path | None) -> None:
    """Open the policy in FILE in your editor, then check it and say what it would change. Nothing is put into force.

    Where there is no FILE, the policy in force is written there first. Without a terminal it is only written and checked.
    """
    if not file.exists():
        made = text_of(in_unit(site_of(data), _in_force))
        with _at_hand(file):
            file.write_text(made, encoding="utf-8")
    if sys.stdin.isatty() and sys.stdout.isatty():
        click.edit(filename=str(file))
    with _at_hand(file), file.open(encoding="utf-8") as opened:
        text = read(opened)
    _say_changes(_changes(text, data), as_json=False)
    echo(_("To put it into force: {command}", command=f"skerry policy adopt {file}"), err=True)


@click.command("dry-run")
@file_argument
@data_option
@json_option
def dry_run_command(file: Any, data: Path | None, as_json: bool) -> None:
    """Play the policy in FILE over the last 30 days: what would have gone otherwise, and who loses how many contacts."""
    text = read(file)

    def play(u: Unit) -> DryRun:
        return dry_run(u.connection, in_force_here(u.connection), from_toml(text, now=u.now), u.now)

    with mistakes_said():
        run = in_unit(site_of(data), play)
    if as_json:
        echo(json.dumps(asdict(run)))
        return
    for server in run.servers:
        counts = {
            _("came, refused"): server.refused,
            _("came, held"): server.held,
            _("came, limited"): server.limited,
            _("came, let in"): server.let_in,
            _("left, not sent"): server.not_sent,
            _("left, sent"): server.sent,
        }
        told = [f"{words}: {number}" for words, number in counts.items() if number]
        echo("\t".join([server.host, *told, why(", ".join(server.reasons))]))
    for one in run.touched:
        words = _(
            "contacts that would end or fall silent: {lost}\tquieter: {quieter}", lost=one.lost, quieter=one.quieter
        )
        echo(f"@{one.name}\t{words}")
    if run.nothing:
        echo(_("Nothing would have gone otherwise, and nobody loses a contact."))
    for sentence in run.unplayed:
        echo(_("This can't be played, for what came is not kept: {rule}", rule=said(sentence)), err=True)
    if run.cut:
        echo(_("There was more than could be played; the busiest servers are shown."), err=True)


def _in_force(u: Unit) -> PolicyDocument:
    return in_force_here(u.connection)


def _changes(text: str, data: Path | None) -> list[str]:
    def compare(u: Unit) -> list[str]:
        now = in_force_here(u.connection)
        if base_of(text) not in {"", now.digest}:
            newer = _("Another policy was put into force after this was written; it is compared with that one.")
            echo(newer, err=True)
        return [said(one) for one in sentences(now, from_toml(text, now=u.now))]

    with mistakes_said():
        return in_unit(site_of(data), compare)


def _say_changes(changes: list[str], *, as_json: bool) -> None:
    if as_json:
        echo(json.dumps({"changes": changes}))
        return
    for sentence in changes or [_("Nothing would change.")]:
        echo(sentence)
