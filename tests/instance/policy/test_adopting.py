"""A policy with a mistake is refused with the line and the remedy, and the old one stays; `adopt` is the only way in."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from instance.cli import skerry
from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_here
from policies.document import PolicyDocument, Refused
from policies.peers import Stance
from policies.sections import Promises
from tests.support.world import World

HEAD = 'format = 1\nname = "ours"\n[peers]\ndefault = "held"\n'
BAD = {
    "unknown term": (HEAD + "[promises]\nauthorised_fetch = true\n", "line 6", "authorised_fetch"),
    "unknown treatment": (HEAD + '[incoming]\ntreat = ["vanish"]\n', "line 6", "Say one of: refuse"),
    "contradiction": (HEAD + "[promises]\nprotected_media = true\n", "line 6", "authorized_fetch = true"),
    "past expiry": (
        HEAD + '[peers.rules."bad.example"]\nstance = "blocked"\nuntil = 2020-01-01T00:00:00Z\n',
        "line 7",
        "later moment",
    ),
    "no host": (HEAD + '[peers.rules."no host"]\nstance = "blocked"\n', "line 5", "no host"),
    "no TOML": (HEAD + "[promises\n", "line 5", ""),
}


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path) -> Path:
    (tmp_path / "skerry.sqlite3").write_bytes(sqlite_template.read_bytes())
    (tmp_path / "instance.json").write_text(json.dumps({"mode": "development", "base_url": "http://127.0.0.1:17410"}))
    return tmp_path


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(skerry, ["policy", *words, "--data", str(home)])


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_named_with_its_line_and_the_old_policy_stays(home: Path, name: str) -> None:
    text, line, remedy = BAD[name]
    assert run(home, "mode", "closed").exit_code == 0
    before = run(home, "show", "--json").stdout
    (home / "policy.toml").write_text(text)
    refused = run(home, "adopt", str(home / "policy.toml"))
    assert refused.exit_code == 1
    assert "the old policy stays in force" in refused.stderr
    assert line in refused.stderr
    assert remedy in refused.stderr
    assert run(home, "show", "--json").stdout == before


def test_what_is_shown_can_be_adopted_again(home: Path) -> None:
    run(home, "mode", "match")
    run(home, "set-stance", "friend.example", "allowed", "--reason", "neighbours")
    (home / "policy.toml").write_text(run(home, "show", "--toml").stdout)
    again = run(home, "adopt", str(home / "policy.toml"), "--json")
    assert again.exit_code == 0
    assert json.loads(again.stdout)["digest"] == json.loads(run(home, "show", "--json").stdout)["digest"]
    assert "friend.example" in again.stdout


async def test_no_contradiction_is_adopted_on_any_way(world: World) -> None:
    store = (await world.instance()).house.store
    before = await store.read(in_force_here)
    with pytest.raises(Refused):
        await store.unit(adopt, PolicyDocument("x", Stance.HELD, promises=Promises(protected_media=True)), "vote 7")
    assert await store.read(in_force_here) == before
