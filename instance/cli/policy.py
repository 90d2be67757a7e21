"""`skerry policy`: show the federation policy in force, change the stance towards a server."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from instance.cli.common import data_option, echo, in_unit, json_option, site_of
from instance.cli.policy_files import (
    diff,
    dry_run_command,
    edit,
    file_argument,
    mistakes_said,
    put_into_force,
    read,
    text_of,
)
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_, _, said
from instance.policy.adopt import adopt, set_stance
from instance.policy.inforce import in_force_here, in_force_to_change
from policies.difference import sentences
from policies.document import PolicyDocument
from policies.modes import Mode, in_mode
from policies.peers import Stance
from policies.presets import NAMES, preset
from policies.times import millis, moment
from policies.written import to_toml

Change = Callable[[Unit], tuple[PolicyDocument, PolicyDocument]]


@click.group()
def command() -> None:
    """Show the federation policy in force, or change the stance towards a server."""


def _in_force(u: Unit) -> PolicyDocument:
    return in_force_here(u.connection)


def _show(document: PolicyDocument, *, as_json: bool) -> None:
    if as_json:
        echo(json.dumps(document.as_dict() | {"digest": document.digest}))
        return
    echo(f"{document.name} ({document.digest})")
    echo(_("servers that no rule names: {stance}", stance=document.default))
    for host, rule in sorted(document.peers.items()):
        until = " " + _("until {time}", time=moment(rule.until)) if rule.until is not None else ""
        echo(f"{host}: {rule.stance}{until}" + (f" ({rule.reason})" if rule.reason else ""))


@command.command()
@click.option("--toml", "as_toml", is_flag=True, help="As the text that `adopt` takes.")
@data_option
@json_option
def show(data: Path | None, as_json: bool, as_toml: bool) -> None:
    """Print the policy in force."""
    document = in_unit(site_of(data), _in_force)
    if as_toml:
        echo(to_toml(document, _), nl=False)
    else:
        _show(document, as_json=as_json)


@command.command("mode")
@click.argument("mode", type=click.Choice([str(mode) for mode in Mode]))
@data_option
@json_option
def mode_command(mode: str, data: Path | None, as_json: bool) -> None:
    """Say what is done with servers that no rule names: open, match (who promises enough), allowlist, closed."""

    def change(u: Unit) -> tuple[PolicyDocument, PolicyDocument]:
        old = in_force_to_change(u.connection)
        new = in_mode(old, Mode(mode))
        adopt(u, new, "steward")
        return old, new

    _change(change, data, as_json=as_json)


@command.command()
@data_option
def text(data: Path | None) -> None:
    """Print the policy in force as people write it (TOML), each line with its sentence."""
    echo(text_of(in_unit(site_of(data), _in_force)), nl=False)


@command.command("adopt")
@file_argument
@data_option
@json_option
def adopt_file(file: Any, data: Path | None, as_json: bool) -> None:
    """Take the policy in FILE into force (TOML as `text` prints it, - for standard input). With a mistake, nothing changes.

    A text that was written over a policy that is no longer in force is refused: see `diff`, then write it anew.
    """
    written = read(file)
    _change(lambda u: put_into_force(u, written), data, as_json=as_json)


@command.command("stance")
@click.argument("host")
@click.argument("stance", type=click.Choice([str(stance) for stance in Stance]))
@click.option("--reason", default="", help="Why; stewards read it.")
@click.option("--until", default="", metavar="DATE", help="Until when, as in 2027-01-31; then the rule ends by itself.")
@data_option
@json_option
def stance_command(host: str, stance: str, reason: str, until: str, data: Path | None, as_json: bool) -> None:
    """Say what is done with HOST (host or host:port): allowed, limited, held or blocked."""
    ends = millis(until if "T" in until else f"{until}T00:00:00Z") if until else None
    if until and ends is None:
        raise click.BadParameter(_("write it like 2027-01-31."), param_hint="--until")

    def change(u: Unit) -> tuple[PolicyDocument, PolicyDocument]:
        old = in_force_here(u.connection)
        if ends is not None and ends <= u.now:
            raise RefusalError("past", N_("{day} is past; say a later day, or leave it out."), day=until)
        return old, set_stance(u, host, Stance(stance), reason, until=ends)

    _change(change, data, as_json=as_json)


command.add_command(stance_command, "set-stance")
command.add_command(edit)
command.add_command(diff)
command.add_command(dry_run_command)


@command.command("start-from")
@click.argument("preset_name", metavar="PRESET", type=click.Choice(NAMES))
@data_option
@json_option
def start_from(preset_name: str, data: Path | None, as_json: bool) -> None:
    """Take a preset into force: closed, allowlist or open. All other rules and promises are kept."""

    def change(u: Unit) -> tuple[PolicyDocument, PolicyDocument]:
        old, chosen = in_force_to_change(u.connection), preset(preset_name)
        new = replace(old, name=chosen.name, default=chosen.default, meeting=chosen.meeting)
        adopt(u, new, "steward")
        return old, new

    _change(change, data, as_json=as_json)


def _change(change: Change, data: Path | None, *, as_json: bool) -> None:
    with mistakes_said():
        old, new = in_unit(site_of(data), change)
    for sentence in sentences(old, new):
        echo(said(sentence), err=True)
    _show(new, as_json=as_json)
