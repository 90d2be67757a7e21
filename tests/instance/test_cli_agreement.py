"""`skerry agreement` beside a running instance: offer, answer, end, probe, audit, in sentences."""

import pytest

from instance.agreements import probes
from instance.clock import DAY, iso
from policies.purposes import Assurance
from tests.journeys.pledges import KEPT, ask, promise
from tests.support.commands import skerry
from tests.support.world import World

pytestmark = pytest.mark.processes


async def test_the_whole_way(world: World) -> None:
    a, b = await world.instance("a.example"), await world.instance("b.example")
    await promise(b, KEPT)
    await ask(a, Assurance.PROBED)
    await world.settle()
    made = await skerry(a, "agreement", "offer", "b.example", "--as", "ada", "--json")
    assert made.json["agreement"] == "drafted"
    await world.settle()
    waiting = await skerry(b, "agreement", "list")
    assert waiting.stdout == "a.example\tclaimed\tIt has offered; a steward here must answer.\n"
    yes = await skerry(b, "agreement", "accept", "a.example", "--as", "ben")
    assert (yes.status, "In force until" in yes.stdout) == (0, True)
    await world.settle()
    shown = (await skerry(a, "agreement", "show", "b.example")).stdout
    assert "b.example: agreed." in shown
    assert (
        "https://a.example/policy asks, and b.example does not satisfy it: Its promises are not known well enough."
        in shown
    )
    assert (await skerry(a, "agreement", "probe", "b.example")).status == 0
    for pause in (DAY // 24, DAY, DAY):
        await world.settle()
        world.clock.turn(pause)
    await world.settle()
    [found] = await a.house.store.read(probes.rounds_of, "b.example")
    assert found.state == "passed"
    shown = (await skerry(a, "agreement", "audit", "b.example", "--by", "Ida Aalto", "--on", world_day(world))).stdout
    assert "b.example: audited." in shown
    assert "Ida Aalto looked at its house on" in shown
    assert "https://a.example/policy asks, and b.example satisfies it." in shown
    ended = await skerry(b, "agreement", "end", "a.example", "--json")
    assert ended.json["agreement"] == "ended"
    await world.settle()
    shown = (await skerry(a, "agreement", "show", "b.example")).stdout
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
        said = await skerry(a, "agreement", *words)
        assert (said.status, said.stdout, said.err) == (1, "", f"skerry: {sentence}\n")
