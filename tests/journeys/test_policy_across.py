"""Two servers and a policy: a blocked peer gets nothing and says nothing; a held one waits."""

from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.journeys.walk import follow, home, open_group, texts, write
from tests.support.make import Member, member
from tests.support.world import Running, World


async def _friends(world: World) -> tuple[Running, Member, Member]:
    a, b = await world.instance("a.example"), await world.instance("b.example")
    anna, ben = await member(a, "anna", public=True), await member(b, "ben", public=True)
    await open_group(a, "lupus", anna)
    await world.settle()
    for who, handle in ((anna, "@ben@b.example"), (ben, "@anna@a.example"), (ben, "@lupus@a.example")):
        assert (await follow(world, who, handle))["following"]
    return a, anna, ben


async def test_a_blocked_peer_gets_nothing_and_says_nothing(world: World) -> None:
    a, anna, ben = await _friends(world)
    await a.house.store.unit(set_stance, "b.example", Stance.BLOCKED, "spam")
    before = len(world.wires.requests_to("b.example"))
    await write(world, anna, "@lupus not for b")
    await write(world, anna, "public but not for b", visibility="public")
    assert texts(await home(ben)) == []
    await write(world, ben, "hello?", visibility="public")
    assert texts(await home(anna)) == ["public but not for b", "@lupus not for b"]
    assert len(world.wires.requests_to("b.example")) == before


async def test_what_a_held_peer_says_waits(world: World) -> None:
    a, anna, ben = await _friends(world)
    await a.house.store.unit(set_stance, "b.example", Stance.HELD)
    await write(world, ben, "waiting", visibility="public")
    assert await home(anna) == []
    await a.house.store.unit(set_stance, "b.example", Stance.ALLOWED)
    await world.settle()
    assert texts(await home(anna)) == ["waiting"]
