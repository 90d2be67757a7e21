"""The command line: help without loading everything, one sentence for what is wrong, values on stdout."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from instance import __version__
from instance.cli import COMMANDS, skerry, usage
from instance.db.version import HEAD
from tests.support.commands import run
from tests.support.process import ROOT, Process

HEAVY = ["alembic", "arq", "redis", "PIL", "blurhash", "playwright"]


def test_help_names_every_command() -> None:
    told = CliRunner().invoke(skerry, ["--help"])
    assert told.exit_code == 0
    assert all(name in told.stdout for name in COMMANDS)
    assert __version__ in CliRunner().invoke(skerry, ["--version"]).stdout


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name: str) -> None:
    told = CliRunner().invoke(skerry, [name, "--help"])
    assert told.exit_code == 0, told.output
    command = skerry.get_command(click.Context(skerry), name)
    commands = command.commands.values() if isinstance(command, click.Group) else [command]
    assert all(c is not None and (c.help or "").strip().endswith(".") for c in commands)


GERMAN = {
    ("policy", "stance"): "Es fehlt: 'HOST'.",
    ("policy", "nonsense"): "Den Befehl 'nonsense' gibt es nicht.",
    ("--nonsense",): "Die Option '--nonsense' gibt es nicht.",
    ("policy", "mode", "wide"): "'wide' ist nichts von: 'open', 'match', 'allowlist', 'closed'.",
    ("policy", "show", "more"): "Zu viel: more",
    ("federation", "take-over", "x"): "'x' ist keine gültige Zahl (integer).",
    ("federation", "take-list", "nowhere.csv", "--source", "x"): "'nowhere.csv' gibt es nicht.",
}


@pytest.mark.parametrize("words", GERMAN)
def test_wrong_input_is_told_in_the_reader_s_language(words: tuple[str, ...]) -> None:
    said = run(*words, environ={"LANG": "de_DE.UTF-8"})
    assert (said.status, said.stdout, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith("skerry: ")
    assert GERMAN[words] in said.err
    assert GERMAN[words] not in run(*words, environ={"LANG": "C.UTF-8"}).err


def test_what_click_says_is_for_the_translators() -> None:
    """Each sentence of ours is one that click says; another version may say it otherwise."""
    said = "".join(
        (Path(click.__file__).parent / name).read_text()
        for name in ("core.py", "exceptions.py", "parser.py", "types.py")
    )
    for sentence in usage.SENTENCES:
        for form in (sentence,) if isinstance(sentence, str) else sentence:
            assert json.dumps(form) in said, form


def test_serve_stays_small() -> None:
    code = f"import sys; from instance.cli import serve; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_answered_is_on_disk(tmp_path: Path) -> None:
    """In a process of its own: in this one nobody waits for the disk."""
    asked = f"open_sqlite('{tmp_path}/x', read_only=False).execute('PRAGMA synchronous').fetchone()[0]"
    code = f"from instance.db.engine import open_sqlite; print({asked})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2"


def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    process = Process(tmp_path / "d", {"SKERRY_PORT": "http"})
    done = process.cli("db", "version", check=False)
    assert done.status == 2
    assert done.stdout == ""
    assert done.err.startswith("skerry: SKERRY_PORT is 'http'")
    assert done.err.count("\n") == 1


def test_the_schema_is_made_and_told(tmp_path: Path) -> None:
    process = Process(tmp_path / "d")
    assert process.cli("db", "version").stdout.strip() == f"none (this release needs {HEAD})"
    process.cli("db", "upgrade")
    assert process.cli("db", "version").stdout.strip() == f"{HEAD} (this release needs {HEAD})"
    process.cli("db", "upgrade")
    assert (tmp_path / "d" / "skerry.sqlite3.before-upgrade").exists()
