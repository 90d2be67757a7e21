"""`skerry policy`: show the federation policy in force, change the stance towards a server."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from instance.cli.common import data_option, in_unit, json_option, site_of
from instance.db.unit import Unit
from instance.policy.adopt import adopt, set_stance
from instance.policy.inforce import in_force_here
from policies.difference import sentences
from policies.document import PolicyDocument, PolicyError, Refused
from policies.modes import Mode, in_mode
from policies.peers import Stance
from policies.presets import NAMES, preset
from policies.written import from_toml, to_toml

Change = Callable[[Unit], tuple[PolicyDocument, PolicyDocument]]


@click.group()
def command() -> None:
    """Show the federation policy in force, or change the stance towards a server."""


def _in_force(u: Unit) -> PolicyDocument:
    return in_force_here(u.connection)


def _show(document: PolicyDocument, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(document.as_dict() | {"digest": document.digest}))
        return
    click.echo(f"{document.name} ({document.digest})")
    click.echo(f"servers that no rule names: {document.default}")
    for host, rule in sorted(document.peers.items()):
        click.echo(f"{host}: {rule.stance}" + (f" ({rule.reason})" if rule.reason else ""))


@command.command()
@click.option("--toml", "as_toml", is_flag=True, help="As the text that `adopt` takes.")
@data_option
@json_option
def show(data: Path | None, as_json: bool, as_toml: bool) -> None:
    """Print the policy in force."""
    document = in_unit(site_of(data), _in_force)
    if as_toml:
        click.echo(to_toml(document), nl=False)
    else:
        _show(document, as_json=as_json)


@command.command("adopt")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
@json_option
def adopt_command(file: Path, data: Path | None, as_json: bool) -> None:
    """Take the policy in FILE (TOML) into force. One with a mistake is refused, each with its line and what to do."""

    def change(u: Unit) -> tuple[PolicyDocument, PolicyDocument]:
        old, new = in_force_here(u.connection), from_toml(file.read_text(encoding="utf-8"), now=u.now)
        adopt(u, new, "steward")
        return old, new

    _change(change, data, as_json=as_json)


@command.command("mode")
@click.argument("mode", type=click.Choice([str(mode) for mode in Mode]))
@data_option
@json_option
def mode_command(mode: str, data: Path | None, as_json: bool) -> None:
    """Say what is done with servers that no rule names: open, match (who promises enough), allowlist, closed."""

    def change(u: Unit) -> tuple[PolicyDocument, PolicyDocument]:
        old = in_force_here(u.connection)
        new = in_mode(old, Mode(mode))
        adopt(u, new, "steward")
        return old, new

    _change(change, data, as_json=as_json)


@command.command()
@data_option
def text(data: Path | None) -> None:
    """Print the policy in force as people write it (TOML), each line with its sentence."""
    click.echo(to_toml(in_unit(site_of(data), _in_force)), nl=False)


@command.command("adopt")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@data_option
@json_option
def adopt_file(file: Any, data: Path | None, as_json: bool) -> None:
    """Take the policy in FILE into force (TOML as `text` prints it, - for standard input). With a mistake, nothing changes."""
    written: str = file.read()

    def change(u: Unit) -> tuple[PolicyDocument, PolicyDocument]:
        old, new = in_force_here(u.connection), from_toml(written, now=u.now)
        adopt(u, new, "steward")
        return old, new

    _change(change, data, as_json=as_json)


@command.command("set-stance")
@click.argument("host")
@click.argument("stance", type=click.Choice([str(stance) for stance in Stance]))
@click.option("--reason", default="", help="Why; stewards and members can read it.")
@data_option
@json_option
def set_stance_command(host: str, stance: str, reason: str, data: Path | None, as_json: bool) -> None:
    """Say what is done with HOST (host or host:port): allowed, limited, held or blocked."""

    def change(u: Unit) -> tuple[PolicyDocument, PolicyDocument]:
        old = in_force_here(u.connection)
        return old, set_stance(u, host, Stance(stance), reason)

    _change(change, data, as_json=as_json)


@command.command("start-from")
@click.argument("preset_name", metavar="PRESET", type=click.Choice(NAMES))
@data_option
@json_option
def start_from(preset_name: str, data: Path | None, as_json: bool) -> None:
    """Take a preset into force: closed, allowlist or open. All other rules and promises are kept."""

    def change(u: Unit) -> tuple[PolicyDocument, PolicyDocument]:
        old, chosen = in_force_here(u.connection), preset(preset_name)
        new = replace(old, name=chosen.name, default=chosen.default, meeting=chosen.meeting)
        adopt(u, new, "steward")
        return old, new

    _change(change, data, as_json=as_json)


def _change(change: Change, data: Path | None, *, as_json: bool) -> None:
    try:
        old, new = in_unit(site_of(data), change)
    except Refused as error:
        raise click.ClickException(
            "\n".join(["Refused; the old policy stays in force.", *map(str, error.wrong)])
        ) from error
    except PolicyError as error:
        raise click.ClickException(str(error)) from error
    for sentence in sentences(old, new):
        click.echo(sentence, err=True)
    _show(new, as_json=as_json)
