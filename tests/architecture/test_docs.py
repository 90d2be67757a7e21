"""Documentation that can be checked is checked: every setting, every command, the map of packages."""

import re
from dataclasses import fields
from pathlib import Path

from instance.cli import COMMANDS
from instance.settings import Settings, _variable

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "docs/operators/settings.md").read_text()


def test_every_setting_is_explained() -> None:
    rows = [line for line in SETTINGS.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}
    assert named == {_variable(field.name) for field in fields(Settings)}


def test_defaults_told_are_true() -> None:
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]*)` ", SETTINGS, re.MULTILINE))
    for field in fields(Settings):
        name, default = _variable(field.name), field.default
        if name in told and not told[name].startswith("{"):
            assert told[name] == str(int(default) if isinstance(default, bool) else default), name


def test_commands_in_the_docs_exist() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    used = {
        word for page in pages for word in re.findall(r"(?:\bin/|exec web |^|`|\s)skerry ([a-z]+) ", page.read_text())
    }
    commands = used - {"is", "serve", "and", "on", "can", "for", "runs"}
    assert commands <= set(COMMANDS)


def test_every_package_is_on_the_map() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text()
    rooms = [p.name for p in (ROOT / "instance").iterdir() if p.is_dir() and (p / "__init__.py").exists()]
    assert [room for room in rooms if f"`instance/{room}/`" not in told] == []
