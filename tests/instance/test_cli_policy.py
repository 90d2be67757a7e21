"""`skerry policy` with files, beside a running instance: seen first, then in force at once; a stale text is refused."""

import json
from pathlib import Path

import pytest

from instance.policy.adopt import set_stance
from instance.policy.inforce import in_force_here
from policies.document import PolicyDocument
from policies.peers import Stance
from tests.support.commands import Said, skerry
from tests.support.world import Running, World

pytestmark = pytest.mark.processes


async def policy(home: Running, *words: str) -> Said:
    return await skerry(home, "policy", *words)


async def in_force(home: Running) -> PolicyDocument:
    return await home.house.store.read(in_force_here)


async def test_a_text_is_checked_compared_played_and_adopted(world: World, tmp_path: Path) -> None:
    home = await world.instance()
    file = tmp_path / "policy.toml"
    said = await policy(home, "edit", str(file))
    assert (said.status, said.out) == (0, ["Nothing would change."])
    file.write_text(file.read_text() + '[peers.rules."bad.example"]\nstance = "blocked"\nreason = "spam"\n')
    said = await policy(home, "edit", str(file))
    assert said.out == ["bad.example: allowed becomes blocked, by a new rule."]
    assert json.loads((await policy(home, "diff", str(file), "--json")).out[0])["changes"] == said.out
    said = await policy(home, "dry-run", str(file))
    assert said.out == ["Nothing would have gone otherwise, and nobody loses a contact."]
    assert json.loads((await policy(home, "dry-run", str(file), "--json")).out[0])["servers"] == []
    assert not (await in_force(home)).peers
    assert (await policy(home, "adopt", str(file))).status == 0
    assert (await in_force(home)).peers["bad.example"].reason == "spam"


async def test_a_stale_text_is_refused(world: World, tmp_path: Path) -> None:
    home = await world.instance()
    file = tmp_path / "policy.toml"
    file.write_text("\n".join((await policy(home, "text")).out).replace('default = "allowed"', 'default = "held"'))
    await home.house.store.unit(set_stance, "quick.example", Stance.BLOCKED)
    newer = await in_force(home)
    said = await policy(home, "adopt", str(file))
    assert said.status == 1
    assert "Another policy was put into force after you began to write." in said.err
    assert (await in_force(home)).digest == newer.digest
    said = await policy(home, "diff", str(file))
    assert "quick.example" in "".join(said.out)
    assert "after this was written" in said.err


@pytest.mark.parametrize("what", ["diff", "dry-run", "edit", "adopt"])
async def test_a_mistake_is_named_with_its_line(world: World, tmp_path: Path, what: str) -> None:
    home = await world.instance()
    file = tmp_path / "policy.toml"
    file.write_text('format = 1\nname = "x"\n[peers]\ndefault = "sometimes"\n')
    said = await policy(home, what, str(file))
    assert said.status == 2
    assert "line 4: peers.default: this word is not known. Say one of:" in said.err


async def test_a_stance_for_a_time(world: World) -> None:
    home = await world.instance()
    said = await policy(home, "stance", "loud.example", "held", "--reason", "noise", "--until", "2099-01-31")
    assert said.status == 0
    rule = (await in_force(home)).peers["loud.example"]
    assert (rule.stance, rule.reason, rule.until) == (Stance.HELD, "noise", 4_073_500_800_000)
    assert "loud.example: held until 2099-01-31T00:00:00Z (noise)" in (await policy(home, "show")).out
    assert (await policy(home, "stance", "loud.example", "held", "--until", "soon")).status == 2
    assert "is past" in (await policy(home, "stance", "loud.example", "held", "--until", "2020-01-31")).err
    assert (await policy(home, "set-stance", "loud.example", "allowed")).status == 0
    assert (await in_force(home)).peers["loud.example"].until is None


@pytest.mark.parametrize("what", ["diff", "dry-run", "edit", "adopt"])
async def test_what_is_no_text_is_one_sentence(world: World, tmp_path: Path, what: str) -> None:
    home = await world.instance()
    file = tmp_path / "policy.toml"
    file.write_bytes(bytes(range(256)))
    said = await policy(home, what, str(file))
    assert (said.status, said.err) == (2, "skerry: This file holds no text (UTF-8). Nothing was changed.\n")
    file.write_text("# " + "x" * 1_000_000)
    said = await policy(home, what, str(file))
    assert (said.status, said.err.count("\n")) == (2, 2)
    assert "Write less than a million characters." in said.err


async def test_what_the_disk_refuses_is_one_sentence(world: World, tmp_path: Path) -> None:
    home = await world.instance()
    said = await policy(home, "edit", str(tmp_path / "nowhere" / "policy.toml"))
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert "can't be read or written: No such file or directory" in said.err


async def test_texts_as_windows_writes_them(world: World, tmp_path: Path) -> None:
    home = await world.instance()
    file = tmp_path / "policy.toml"
    text = '\ufeffformat = 1\r\nname = "x"\r\n[peers]\r\ndefault = "held"\r\n'
    file.write_bytes(text.encode())
    assert (await policy(home, "adopt", str(file))).status == 0
    assert (await in_force(home)).default is Stance.HELD
    file.write_bytes(text.replace("held", "sometimes").encode())
    assert "line 4: peers.default" in (await policy(home, "adopt", str(file))).err
