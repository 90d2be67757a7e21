"""`skerry doctor`: look at everything an operator answers for, with a remedy for what is not well."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from instance.cli.common import data_option, echo
from instance.doctor import LOCAL, Finding, State, note_backup
from instance.doctor_reach import REACH
from instance.remembered import load_remembered

MARKS = {State.GOOD: "ok  ", State.WARNING: "warn", State.BAD: "BAD "}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
@click.option("--secret-is-backed-up", is_flag=True, help="Say that the secret has a copy elsewhere.")
@data_option
def command(as_json: bool, secret_is_backed_up: bool, data: Path | None) -> None:
    """Check settings, database, queue, clock, DNS, TLS, disk and secret; status 1 if something is bad."""
    settings = load_remembered(data)
    if secret_is_backed_up:
        note_backup(settings)
    findings = [finding for check in (*LOCAL, *REACH) for finding in check(settings)]
    if as_json:
        echo(json.dumps({"findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            _print(finding)
    sys.exit(any(finding.state is State.BAD for finding in findings))


def _print(finding: Finding) -> None:
    echo(f"{MARKS[finding.state]}  {finding.name}: {finding.said}")
    if finding.remedy:
        echo(f"      -> {finding.remedy}")
