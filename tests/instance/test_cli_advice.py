"""`skerry federation take-list|advice|take-over|export-list` beside a running instance: advice until a line is taken over."""

import json
from pathlib import Path
from typing import Any

import pytest

from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_here
from instance.policy.proposals import versions
from policies.document import PolicyDocument
from policies.peers import Stance
from policies.presets import preset
from tests.support.commands import Said, skerry
from tests.support.world import Running, World

CSV = """#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
bad.example,suspend,False,False,"spam, and worse",False
loud.example,silence,TRUE,true,,True
ba*.example,suspend,False,False,hidden,False
"""
FIRES = {
    "orderedItems": [
        {"type": "Recommendation", "entityKind": "domain", "entityKey": "odd.example", "recommendedPolicy": "drop"}
    ]
}


async def federation(home: Running, *words: str) -> Said:
    return await skerry(home, "federation", *words)


async def policy(home: Running) -> PolicyDocument:
    return await home.house.store.read(in_force_here)


async def advice(home: Running, *words: str) -> list[dict[str, Any]]:
    said = await federation(home, "advice", *words, "--json")
    found: list[dict[str, Any]] = json.loads(said.out[0])["advice"]
    return found


@pytest.fixture
async def home(world: World) -> Running:
    running = await world.instance("a.example")
    await running.house.store.unit(adopt, preset("open"), "test")
    return running


async def test_a_list_is_taken_shown_taken_over_and_written(home: Running, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(CSV)
    before = await policy(home)
    said = await federation(home, "take-list", str(file), "--source", "Friends")
    assert (said.status, said.out, said.err) == (0, ["2"], "Line 4: there is no name of a server.\n")
    again = await federation(home, "take-list", str(file), "--source", "Friends", "--json")
    assert json.loads(again.out[0]) == {"taken": 2, "bad": ["Line 4: there is no name of a server."]}
    fires = tmp_path / "fires.json"
    fires.write_text(json.dumps(FIRES))
    assert (await federation(home, "take-list", str(fires), "--source", "Watch", "--form", "fires")).out == ["1"]
    names = tmp_path / "names.txt"
    names.write_text("good.example\n")
    form = ("--form", "fediseer", "--opinion", "endorsement")
    assert (await federation(home, "take-list", str(names), "--source", "Kind", *form)).out == ["1"]
    assert await policy(home) == before

    shown = {one["host"]: one for one in await advice(home)}
    assert {host: one["opinion"] for host, one in shown.items()} == {
        "bad.example": "blocked", "loud.example": "limited", "odd.example": "blocked", "good.example": "allowed",
    }  # fmt: skip
    assert shown["bad.example"]["changes"] == ["bad.example: allowed becomes blocked, by a new rule."]
    assert (shown["bad.example"]["line"], shown["bad.example"]["reason"]) == (2, "spam, and worse")
    assert [one["host"] for one in await advice(home, "loud")] == ["loud.example"]
    [line] = (await federation(home, "advice", "Watch")).out
    assert line.split("\t")[1:4] == ["odd.example", "blocked", "Watch"]
    assert await policy(home) == before

    ids = [str(shown[host]["id"]) for host in ("bad.example", "loud.example")]
    said = await federation(home, "take-over", *ids)
    assert (said.status, len(said.out)) == (0, 1)
    now = await policy(home)
    assert {host: rule.stance for host, rule in now.peers.items()} == {
        "bad.example": Stance.BLOCKED, "loud.example": Stance.LIMITED,
    }  # fmt: skip
    [newest, *_] = await home.house.store.read(versions)
    assert (str(newest.id), newest.mandate) == (said.out[0], "steward, from lists")
    assert (await advice(home, "bad"))[0]["changes"] == []
    written = (await federation(home, "export-list")).out
    assert written[1:] == [
        'bad.example,suspend,False,False,"Friends: spam, and worse",False',
        "loud.example,silence,True,True,Friends,False",
    ]


async def test_what_can_t_be_done_is_one_sentence_and_changes_nothing(home: Running, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(CSV)
    await federation(home, "take-list", str(file), "--source", "Friends")
    [bad] = await advice(home, "bad")
    assert (await federation(home, "take-over", str(bad["id"]))).status == 0
    before = await policy(home)
    file.write_text("?\n")
    for words, sentence in {
        ("take-list", str(file), "--source", "Friends"): "No line of it could be read",
        ("take-list", str(file), "--source", "x" * 81): "Give the list a name",
        ("take-over", "999999"): "Record not found",
        ("take-over", str(bad["id"])): "The policy says all of this already.",
    }.items():
        said = await federation(home, *words)
        assert (said.status, said.out) == (1, [])
        assert said.err.startswith(f"skerry: {sentence}")
        assert len(said.err.splitlines()) == 1
    for words in (
        ("take-list", str(tmp_path / "none"), "--source", "x"),
        ("take-over",),
        ("take-over", "x"),
        ("take-list", str(file)),
    ):
        assert (await federation(home, *words)).status == 2
    assert await policy(home) == before
    assert len(await advice(home)) == 2
