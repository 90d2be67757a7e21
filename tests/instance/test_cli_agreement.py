"""`skerry agreement` beside a running instance: offer, answer, end, probe, audit, in sentences."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from instance.agreements import probes
from instance.clock import DAY, iso
from instance.remembered import remember
from policies.purposes import Assurance
from tests.journeys.pledges import KEPT, ask, promise
from tests.support.world import Running, World

pytestmark = pytest.mark.processes


@dataclass
class Said:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


async def _skerry(running: Running, *words: str) -> Said:
    settings = running.house.site.settings
    remember(settings)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "instance", "agreement", *words, "--data", str(settings.data),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Said(process.returncode or 0, out.decode(), err.decode())


async def test_the_whole_way(world: World) -> None:
    a, b = await world.instance("a.example"), await world.instance("b.example")
    await promise(b, KEPT)
    await ask(a, Assurance.PROBED)
    await world.settle()
    made = await _skerry(a, "offer", "b.example", "--as", "ada", "--json")
    assert made.json["agreement"] == "drafted"
    await world.settle()
    waiting = await _skerry(b, "list")
    assert waiting.out == "a.example\tclaimed\tIt has offered; a steward here must answer.\n"
    yes = await _skerry(b, "accept", "a.example", "--as", "ben")
    assert (yes.status, "In force until" in yes.out) == (0, True)
    await world.settle()
    shown = (await _skerry(a, "show", "b.example")).out
    assert "b.example: agreed." in shown
    assert (
        "https://a.example/policy asks, and b.example does not satisfy it: Its promises are not known well enough."
        in shown
    )
    assert (await _skerry(a, "probe", "b.example")).status == 0
    for pause in (DAY // 24, DAY, DAY):
        await world.settle()
        world.clock.turn(pause)
    await world.settle()
    [found] = await a.house.store.read(probes.rounds_of, "b.example")
    assert found.state == "passed"
    shown = (await _skerry(a, "audit", "b.example", "--by", "Ida Aalto", "--on", world_day(world))).out
    assert "b.example: audited." in shown
    assert "Ida Aalto looked at its house on" in shown
    assert "https://a.example/policy asks, and b.example satisfies it." in shown
    ended = await _skerry(b, "end", "a.example", "--json")
    assert ended.json["agreement"] == "ended"
    await world.settle()
    shown = (await _skerry(a, "show", "b.example")).out
    assert "The other server ended it." in shown


def world_day(world: World) -> str:
    return iso(world.clock.now())[:10]


async def test_what_can_not_be_done_is_one_sentence(world: World) -> None:
    a = await world.instance("a.example")
    for words, sentence in {
        ("accept", "c.example"): "No offer of c.example waits here.",
        ("end", "c.example"): "There is no agreement with c.example.",
        ("probe", "c.example"): "There is no agreement with c.example that allows this.",
        ("offer", "not a host"): "'not a host' is no other server; write its name as in peer.example.",
        ("offer", "c.example", "--days", "100"): "An agreement lasts from 1 to 92 days.",
    }.items():
        said = await _skerry(a, *words)
        assert (said.status, said.out, said.err) == (1, "", f"skerry: {sentence}\n")
