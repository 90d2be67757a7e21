"""Three servers: A asks for what B promises and C does not. Words for followers reach B, never C; B weakens its policy; C signs."""

from sqlalchemy import select

from federation.schema import delivery, outbox_item
from instance.agreements import probes, trust
from instance.clock import DAY, HOUR
from instance.policy.adopt import set_stance
from policies.peers import Stance
from policies.purposes import Assurance
from policies.sections import Promises
from tests.journeys.pledges import KEPT, agree, ask, level, promise, state, with_peer
from tests.journeys.walk import follow, home, texts, write
from tests.support.make import Member, member
from tests.support.peer import Peer
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
    assert set(texts(await home(ben))) == {"waits", "now"}  # written in the same second
    assert texts(await home(cleo)) == []


async def test_one_signs_is_probed_and_gets_in(world: World) -> None:
    (a, _, c), (anna, ben, cleo) = await _three(world)
    await ask(a, Assurance.PROBED)
    await promise(c, KEPT)
    await world.settle()
    await agree(world, a, c)
    await write(world, anna, "signed is not enough", visibility="private")
    assert texts(await home(cleo)) == []
    await a.house.store.unit(lambda u: probes.begin(u, "c.example", by="ada"))
    for pause in (HOUR, HOUR, HOUR):
        await world.settle()
        world.clock.turn(pause)
    await world.settle()
    assert await level(a, "c.example") == "probed"
    await write(world, anna, "now", visibility="private")
    assert texts(await home(cleo)) == ["now"]
    assert texts(await home(ben)) == []


async def test_what_waits_is_given_up_in_the_end_and_its_author_is_told(world: World) -> None:
    (a, b, _), (anna, ben, _) = await _three(world)
    await promise(b, KEPT)
    await ask(a, Assurance.AGREED)
    await world.settle()
    await agree(world, a, b)
    await promise(b, Promises())
    await world.settle()
    await write(world, anna, "too late", visibility="private")
    world.clock.turn(47 * HOUR)
    await a.house.store.unit(trust.run_out)
    assert (await _deliveries(a, "b.example"))[0] == ("waits", "requirement-waits")
    world.clock.turn(2 * HOUR)
    await a.house.store.unit(trust.run_out)
    await world.settle()
    assert (await _deliveries(a, "b.example"))[0] == ("cancelled", "requirement-not-met")
    [told] = [one for one in (await anna.get("/api/v1/notifications")).json() if one["type"] == "mention"]
    assert "did not go to b.example" in told["status"]["content"]
    assert "given up" in told["status"]["content"]
    assert told["status"]["visibility"] == "direct"
    await promise(b, KEPT)
    await world.settle()
    await agree(world, a, b)
    assert texts(await home(ben)) == []


async def test_our_own_change_voids_it_too_and_the_other_side_hears_of_it(world: World) -> None:
    (a, b, _), _ = await _three(world)
    await promise(b, KEPT)
    await world.settle()
    await agree(world, a, b)
    await promise(a, KEPT)
    await world.settle()
    assert await state(a, "b.example") == "void (our-policy-changed)"
    assert await state(b, "a.example") == "void (peer-policy-changed)"
    assert (await level(a, "b.example"), await level(b, "a.example")) == ("claimed", "claimed")


async def test_blocking_a_server_or_renewing_the_dates_changes_no_agreement(world: World) -> None:
    (a, b, _), _ = await _three(world)
    await agree(world, a, b)
    await a.house.store.unit(set_stance, "bad.example", Stance.BLOCKED, "spam")
    for _ in range(3):
        world.clock.turn(15 * DAY)
        await a.house.store.unit(trust.look_again)
        await b.house.store.unit(trust.look_again)
        await world.settle()
    assert (await state(a, "b.example"), await state(b, "a.example")) == ("accepted", "accepted")


async def test_a_newer_agreement_takes_the_place_of_one_that_holds(world: World) -> None:
    (a, b, _), _ = await _three(world)
    await agree(world, a, b)
    world.clock.turn(30 * DAY)
    await agree(world, b, a)
    for one, other in ((a, "b.example"), (b, "a.example")):
        newest, older = await with_peer(one, other)
        assert (newest.state, older.state, older.reason) == ("accepted", "ended", "renewed")
        assert newest.valid_until > older.valid_until


async def test_a_server_without_promises_gets_what_its_stance_allows(world: World) -> None:
    a = await world.instance("a.example")
    anna = await member(a, "anna", public=True)
    mastodon = Peer(world, "mastodon.example")
    mia = mastodon.actor("mia")
    await world.settle()
    await mastodon.post(a, mastodon.activity("Follow", mia, f"https://a.example/u/{anna.account_id}"))
    await world.settle()
    await ask(a, Assurance.CLAIMED)
    await write(world, anna, "for those who promise", visibility="private")
    await write(world, anna, "for everybody", visibility="public")
    assert "for those who promise" not in _came(mastodon)
    assert "for everybody" in _came(mastodon)
    await a.house.store.unit(set_stance, "mastodon.example", Stance.BLOCKED)
    await write(world, anna, "not for blocked servers", visibility="public")
    assert "not for blocked" not in _came(mastodon)


def _came(peer: Peer) -> str:
    return str([one.body for one in peer.received])


async def test_words_for_a_server_that_is_new_wait_for_the_first_look(world: World) -> None:
    a, b = await world.instance("a.example"), await world.instance("b.example")
    await ask(a, Assurance.CLAIMED)
    await promise(b, KEPT)
    anna, ben = await member(a, "anna"), await member(b, "ben")
    await world.settle()
    assert await level(a, "b.example") == "none"
    assert (await follow(world, ben, "@anna@a.example"))["following"]
    await write(world, anna, "first words", visibility="private")
    assert texts(await home(ben)) == ["first words"]
    assert await level(a, "b.example") == "claimed"
