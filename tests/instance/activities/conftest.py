"""What several of these tests begin with."""

import pytest

from tests.instance.activities.scene import Scene
from tests.journeys.walk import follow
from tests.support.make import member
from tests.support.world import World


@pytest.fixture
async def scene(world: World) -> Scene:
    here = await world.instance("a.example")
    anna = await member(here, "anna", public=True)
    made = Scene(world, here, anna)
    for peer, name, iri in ((made.x, "xeno", made.xeno), (made.y, "yan", made.yan)):
        await follow(world, anna, f"@{name}@{peer.host}")
        [asked] = [one.body for one in peer.received if one.body["type"] == "Follow"]
        await made.send(peer, peer.activity("Accept", iri, asked, "follow"))
        peer.received.clear()
    return made
