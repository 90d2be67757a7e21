"""The first runner there frees what dead ones left behind; with another alive, none does."""

from instance.jobs import presence
from tests.support.world import World


async def test_only_the_first_is_alone(world: World) -> None:
    settings = (await world.instance()).house.site.settings
    first = await presence.enter(settings)
    second = await presence.enter(settings)
    assert (first.alone, second.alone) == (True, False)
    await first.leave()
    third = await presence.enter(settings)
    assert not third.alone
    await second.leave()
    await third.leave()
    again = await presence.enter(settings)
    assert again.alone
    await again.leave()


async def test_a_runner_marks_that_it_is_here(world: World) -> None:
    running = await world.instance(SKERRY_RUNNER="1")
    other = await presence.enter(running.house.site.settings)
    assert not other.alone
    await other.leave()
