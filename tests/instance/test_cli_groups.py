"""`skerry group`: moderators' tools at the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from instance.cli import skerry
from instance.errors import RefusalError


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    """An instance with members anna and ben, and the group lupus, which anna moderates."""
    (tmp_path / "skerry.sqlite3").write_bytes(sqlite_template.read_bytes())
    (tmp_path / "instance.json").write_text(json.dumps({"mode": "development", "base_url": "http://127.0.0.1:18380"}))
    for words in (["account", "create", "anna"], ["account", "create", "ben"]):
        assert _run(tmp_path, *words).exit_code == 0
    assert _run(tmp_path, "group", "create", "lupus", "--moderator", "anna").exit_code == 0
    return tmp_path


def _run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(skerry, [*words, "--data", str(folder)], catch_exceptions=False)


def test_moderators_are_added_listed_and_removed(folder: Path) -> None:
    assert _run(folder, "group", "moderator", "add", "lupus", "ben").stdout.splitlines() == [
        "@anna@127.0.0.1:18380",
        "@ben@127.0.0.1:18380",
    ]
    found = json.loads(_run(folder, "group", "moderator", "remove", "lupus", "anna", "--json").stdout)
    assert found == {"moderators": ["@ben@127.0.0.1:18380"]}


def test_a_ban_has_an_end_and_a_reason(folder: Path) -> None:
    made = json.loads(_run(folder, "group", "ban", "lupus", "ben", "--for", "7d", "--reason", "rude", "--json").stdout)
    assert made["banned"] == "ben"
    assert made["until"]
    [row] = json.loads(_run(folder, "group", "bans", "lupus", "--json").stdout)["bans"]
    assert (row["who"], row["reason"]) == ("@ben@127.0.0.1:18380", "rude")
    _run(folder, "group", "unban", "lupus", "ben", "--by", "anna")
    assert _run(folder, "group", "bans", "lupus").stdout == ""
    with pytest.raises(RefusalError, match="not-a-moderator"):
        _run(folder, "group", "ban", "lupus", "anna", "--by", "ben")
    with pytest.raises(RefusalError, match="time-unknown"):
        _run(folder, "group", "ban", "lupus", "ben", "--for", "soon")


def test_name_and_rules_change_and_unknown_posts_are_named(folder: Path) -> None:
    edited = _run(folder, "group", "edit", "lupus", "--display-name", "Lupus circle", "--rules", "Be kind.")
    assert edited.exit_code == 0
    assert "Lupus circle" in _run(folder, "group", "list").stdout
    for command in ("remove", "restore", "lock", "unlock", "pin", "unpin"):
        with pytest.raises(RefusalError, match="post-unknown"):
            _run(folder, "group", command, "lupus", "http://127.0.0.1:18380/@anna/1")
