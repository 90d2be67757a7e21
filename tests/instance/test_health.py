"""Health answers without sign-in, before any steward exists."""

from tests.support.world import World


async def test_ready_and_live(world: World) -> None:
    running = await world.instance()
    for path in ("/health/live", "/health/ready"):
        assert (await running.client.get(path)).status_code == 200
