"""The console script `skerry`. Commands are named here and imported only when called: `serve` stays small (DECISIONS 9)."""

import importlib
import os
import sys

import click

from instance.cli import usage
from instance.cli.common import echo
from instance.errors import RefusalError
from instance.i18n import current, of_terminal, refusal_text
from instance.settings import SettingsError
from instance.vault import VaultError

# command -> (module, one line for --help)
COMMANDS = {
    "serve": ("instance.cli.serve", "Run the instance: web, API, federation and jobs in one process."),
    "account": ("instance.cli.account", "Make accounts, give positions, suspend, hand out reset links."),
    "app": ("instance.cli.app", "Register an app."),
    "token": ("instance.cli.token", "Make a token with which a script or an app acts for a member."),
    "invite": ("instance.cli.invite", "Print the address of an invitation."),
    "group": ("instance.cli.moderate", "Make groups, list them, moderate them."),
    "policy": ("instance.cli.policy", "Show the federation policy, or change the stance towards a server."),
    "federation": ("instance.cli.federation", "Other servers: look up, explain, queues, dead letters."),
    "agreement": (
        "instance.cli.agreement",
        "Agree with other servers on what each promises, and probe whether it is kept.",
    ),
    "worker": ("instance.cli.worker", "Run the jobs in a process of their own."),
    "doctor": ("instance.cli.doctor", "Check what an operator answers for, with a remedy for each."),
    "db": ("instance.cli.db", "Upgrade the database, show its version, or try jobs again that were put aside."),
}


SERVERS = frozenset({"serve", "worker"})
"""They speak to many people, each in her own language; the others to whoever sits at the terminal."""


class LazyGroup(click.Group):
    """Imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version=importlib.import_module("instance").__version__, prog_name="skerry")
@click.pass_context
def skerry(ctx: click.Context) -> None:
    """Skerry: a federated server for patient-governed communities."""
    if ctx.invoked_subcommand not in SERVERS:
        current.set(of_terminal(os.environ))


def main() -> None:
    """Run the command line; wrong input ends with one sentence on stderr: status 2, or 1 for what the instance refuses."""
    usage.speak()
    try:
        status = skerry(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.exceptions.NoArgsIsHelpError as asked:
        echo(asked.ctx.get_help() if asked.ctx else "", err=True)
        sys.exit(2)
    except click.ClickException as error:
        echo(f"skerry: {error.format_message()}", err=True)
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except (SettingsError, VaultError) as error:
        echo(f"skerry: {error}", err=True)
        sys.exit(2)
    except RefusalError as refusal:
        echo(f"skerry: {refusal_text(refusal)}", err=True)
        sys.exit(1)
