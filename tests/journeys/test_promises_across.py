"""Three servers: A asks for what B promises and C does not. Words for followers reach B, never C; B weakens its policy; C signs."""

from sqlalchemy import select

from federation.schema import delivery, outbox_item
from policies.purposes import Assurance
from policies.sections import Promises
from tests.journeys.pledges import KEPT, agree, ask, level, promise, state
from tests.journeys.walk import follow, home, texts, write
from tests.support.make import Member, member
from tests.support.world import Running, World


async def _three(world: World) -> tuple[list[Running], list[Member]]:
    """A, B and C; ben and cleo follow anna."""
    servers = [await world.instance(f"{name}.example") for name in "abc"]
    people = [await member(server, name) for server, name in zip(servers, ("anna", "ben", "cleo"), strict=True)]
    await world.settle()
    for who in people[1:]:
        assert (await follow(world, who, "@anna@a.example"))["following"]
    return servers, people


async def _deliveries(running: Running, host: str) -> list[tuple[str, str]]:
    """(state, reason) of the newest deliveries of posts to a host."""
    asked = select(delivery.c.state, delivery.c.error).join(outbox_item, outbox_item.c.id == delivery.c.item_id)
    asked = asked.where(delivery.c.host == host, outbox_item.c.kind == "Create").order_by(delivery.c.id.desc())
    found = await running.house.store.read(lambda c: c.execute(asked).all())
    return [(row.state, row.error or "") for row in found]


async def test_what_is_asked_reaches_whom_it_may(world: World) -> None:
    (a, b, _), (anna, ben, cleo) = await _three(world)
    await promise(b, KEPT)
    await ask(a, Assurance.CLAIMED)
    await world.settle()
    assert (await level(a, "b.example"), await level(a, "c.example")) == ("claimed", "claimed")
    await write(world, anna, "for those who promise", visibility="private")
    assert texts(await home(ben)) == ["for those who promise"]
    assert texts(await home(cleo)) == []
    assert not any("for those" in str(row) for row in world.wires.requests_to("c.example", "POST"))


async def test_an_agreement_opens_the_door_and_a_weaker_policy_shuts_it(world: World) -> None:
    (a, b, _), (anna, ben, cleo) = await _three(world)
    await promise(b, KEPT)
    await ask(a, Assurance.AGREED)
    await world.settle()
    await write(world, anna, "too early", visibility="private")
    assert texts(await home(ben)) == []
    await agree(world, a, b)
    assert (await state(a, "b.example"), await state(b, "a.example")) == ("accepted", "accepted")
    assert (await level(a, "b.example"), await level(b, "a.example")) == ("agreed", "agreed")
    await write(world, anna, "now", visibility="private")
    assert texts(await home(ben)) == ["now"]
    await promise(b, Promises())
    await world.settle()
    assert (await state(a, "b.example"), await level(a, "b.example")) == ("void (peer-policy-changed)", "claimed")
    await write(world, anna, "waits", visibility="private")
    assert texts(await home(ben)) == ["now"]
    assert (await _deliveries(a, "b.example"))[0][0] == "waits"
    await promise(b, KEPT)
    await world.settle()
    assert texts(await home(ben)) == ["now"]
    await agree(world, a, b)
    assert texts(await home(ben)) == ["waits", "now"]
    assert texts(await home(cleo)) == []
