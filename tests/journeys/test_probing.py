"""Probes: two Skerries that keep what they promise pass; a liar is caught, suspended, and both stewards see why."""

from typing import Any

import pytest
from sqlalchemy import select, update

from instance.agreements import agreements, probes, rows, trust
from instance.clock import DAY, HOUR, MINUTE
from instance.db.agreements import probe
from instance.db.content import post
from instance.errors import RefusalError
from policies.purposes import Assurance
from tests.journeys.pledges import KEPT, agree, ask, level, promise, state, with_peer
from tests.journeys.walk import follow, home, texts, write
from tests.support.make import member
from tests.support.pretend_skerry import PretendSkerry
from tests.support.world import Running, World

HOST = "liar.example"


async def _round(running: Running, host: str) -> Any:
    [newest, *_] = await running.house.store.read(probes.rounds_of, host)
    return newest


async def _begin(running: Running, host: str) -> None:
    await running.house.store.unit(lambda u: probes.begin(u, host, by="ada"))


async def _through(world: World, running: Running, host: str, liar: PretendSkerry | None = None) -> Any:
    """A whole round: the clock goes on, everybody works."""
    await _begin(running, host)
    for pause in (MINUTE, MINUTE, MINUTE, HOUR, DAY, DAY, 2 * DAY):
        await world.settle()
        if liar is not None:
            await liar.keep_promises(running)
            await world.settle()
        world.clock.turn(pause)
        await world.settle()
        found = await _round(running, host)
        if found.state not in probes.RUNNING:
            break
    return found


async def _friends(world: World) -> tuple[Running, Running]:
    a, b = await world.instance("a.example"), await world.instance("b.example")
    for one in (a, b):
        await promise(one, KEPT)
    await world.settle()
    await agree(world, a, b)
    return a, b


async def test_two_that_keep_their_word_pass(world: World) -> None:
    a, b = await _friends(world)
    await ask(a, Assurance.PROBED)
    anna, ben = await member(a, "anna"), await member(b, "ben")
    await world.settle()
    await agree(world, a, b)
    await follow(world, ben, "@anna@a.example")
    await write(world, anna, "not yet", visibility="private")
    assert texts(await home(ben)) == []
    found = await _through(world, a, "b.example")
    assert found.state == "passed", found.steps
    assert (await level(a, "b.example"), await level(b, "a.example")) == ("probed", "agreed")
    checks = {step[0] for step in found.steps}
    assert checks >= {"copy", "unsigned-read", "media", "public-api", "search", "receipt"}
    assert [step[1] for step in found.steps if step[0] == "copy"] == ["there", "gone"]
    await write(world, anna, "now", visibility="private")
    assert texts(await home(ben)) == ["now"]
    gone = await b.house.store.read(
        lambda c: c.execute(select(post.c.content, post.c.deleted_at).where(post.c.iri == found.canary_iri)).one()
    )
    assert gone.content == ""
    assert gone.deleted_at is not None


async def test_a_canary_says_nothing_and_goes_nowhere_else(world: World) -> None:
    a, b = await _friends(world)
    c = await world.instance("c.example")
    anna, cleo = await member(a, "anna"), await member(c, "cleo")
    await world.settle()
    await follow(world, cleo, "@anna@a.example")
    before = world.wires.requests_to("c.example", "POST")
    await _begin(a, "b.example")
    await world.settle()
    found = await _round(a, "b.example")
    assert found.copy_iri.startswith("https://b.example/agreements/a.example/copies/")
    assert world.wires.requests_to("c.example", "POST") == before
    assert texts(await home(cleo)) == []
    row = await a.house.store.read(lambda r: r.execute(select(post).where(post.c.id == found.post_id)).one())
    word = probes.word_of(a.house.site.vault, found)
    assert row.source == f"{word} #{probes.tag_of(found.id)}"
    for path in ("/api/v1/timelines/public", f"/api/v1/timelines/tag/{probes.tag_of(found.id)}"):
        assert word not in (await anna.get(path)).text
        assert word not in (await a.client.get(path)).text
    assert (await b.client.get(found.copy_iri)).status_code == 401
    assert word not in (await b.client.get("/api/v2/search", params={"q": word})).text


async def test_without_consent_nobody_is_probed(world: World) -> None:
    a, b = await world.instance("a.example"), await world.instance("b.example")
    await promise(b, KEPT)
    await agree(world, a, b, probing=False)
    with pytest.raises(RefusalError):
        await _begin(a, "b.example")
    await a.house.store.unit(probes.begin_due)
    assert await a.house.store.read(probes.rounds_of, "b.example") == []


async def test_a_round_begins_each_week(world: World) -> None:
    a, _ = await _friends(world)
    await a.house.store.unit(probes.begin_due)
    await a.house.store.unit(probes.begin_due)
    assert len(await a.house.store.read(probes.rounds_of, "b.example")) == 1
    ended = update(probe).values(state="unclear")
    await a.house.store.unit(lambda u: u.connection.execute(ended))
    world.clock.turn(7 * DAY + HOUR)
    await a.house.store.unit(probes.begin_due)
    assert len(await a.house.store.read(probes.rounds_of, "b.example")) == 2


async def _liar(world: World, *leaks: str) -> tuple[Running, PretendSkerry]:
    """A pretend Skerry with which A has an agreement, and whose synthetic account follows ours."""
    a = await world.instance("a.example")
    liar = PretendSkerry(world, HOST, set(leaks))
    await a.house.store.unit(lambda u: agreements.draft(u, HOST, by="ada"))
    await world.settle()
    offer = liar.received("Offer")[-1]
    await liar.peer.post(a, liar.accept(offer))
    await world.settle()
    ours = offer["object"]["canary"]
    followed = liar.peer.activity("Follow", liar.canary, ours)
    await liar.peer.post(a, followed)
    await world.settle()
    return a, liar


async def test_one_that_keeps_its_word_passes(world: World) -> None:
    a, liar = await _liar(world)
    found = await _through(world, a, HOST, liar)
    assert (found.state, await level(a, HOST)) == ("passed", "probed"), found.steps


LIES = {
    "unsigned": "unsigned-read",
    "media": "media",
    "timeline": "public-api",
    "tag": "public-api",
    "account": "public-api",
    "search": "search",
    "kept": "false-receipt",
    "false-receipt": "false-receipt",
    "no-receipt": "no-receipt",
    "silent": "copy-not-told",
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_liar_is_caught(world: World, lie: str) -> None:
    a, liar = await _liar(world, lie)
    found = await _through(world, a, HOST, liar)
    assert (found.state, await level(a, HOST)) == ("failed", "claimed"), found.steps
    known = await a.house.store.read(rows.trust_of, HOST)
    assert known.suspended_why == LIES[lie]
    [said] = liar.received("TentativeReject")
    assert (said["actor"], said["reasonCode"]) == ("https://a.example/actor", "skerry:probeFailed")
    assert said["summary"]
    changes = await a.house.store.read(trust.changes_of, HOST)
    assert (changes[0].old, changes[0].new, changes[0].reason) == ("agreed", "claimed", f"probe-failed:{LIES[lie]}")


async def test_what_is_not_erased_is_found_without_a_receipt_too(world: World) -> None:
    a, liar = await _liar(world, "kept", "no-receipt")
    found = await _through(world, a, HOST, liar)
    assert found.state == "failed"
    assert (await a.house.store.read(rows.trust_of, HOST)).suspended_why == "not-erased"


async def test_deliveries_to_a_liar_stop_and_go_on_once_it_is_mended(world: World) -> None:
    a, liar = await _liar(world, "timeline")
    anna = await member(a, "anna")
    await world.settle()
    lea = liar.peer.actor("lea", number=3)
    await liar.peer.post(a, liar.peer.activity("Follow", lea, f"https://a.example/u/{anna.account_id}"))
    await ask(a, Assurance.AGREED)
    await world.settle()
    await liar.peer.post(a, liar.accept(liar.received("Offer")[-1], 2))
    assert (await state(a, HOST)).startswith("void")
    await a.house.store.unit(lambda u: agreements.draft(u, HOST, by="ada"))
    await world.settle()
    await liar.peer.post(a, liar.accept(liar.received("Offer")[-1], 3))
    await world.settle()
    await write(world, anna, "before", visibility="private")
    assert "before" in str(liar.received("Create")[-1])
    await _through(world, a, HOST, liar)
    await write(world, anna, "after", visibility="private")
    assert "after" not in str(liar.received("Create"))
    liar.leaks.clear()
    found = await _through(world, a, HOST, liar)
    assert (found.state, await level(a, HOST)) == ("passed", "probed")
    await write(world, anna, "mended", visibility="private")
    assert "mended" in str(liar.received("Create")[-1])
    assert liar.received("Undo")[-1]["object"]["type"] == "TentativeReject"


async def test_a_server_that_is_away_is_neither_trusted_nor_accused(world: World) -> None:
    a, _ = await _friends(world)
    await _begin(a, "b.example")
    await world.settle()
    world.wires.down.add("b.example")
    for _ in range(6):
        world.clock.turn(DAY)
        await world.settle()
    found = await _round(a, "b.example")
    assert (found.state, await level(a, "b.example")) == ("unclear", "agreed"), found.steps
    assert (await with_peer(a, "b.example"))[0].state == "accepted"


async def test_nobody_but_the_peer_reads_a_canary(world: World) -> None:
    """Who had its word could put it where the probe looks, and have a peer found guilty that keeps its promises."""
    a, _ = await _friends(world)
    c = await world.instance("c.example")
    anna, cleo = await member(a, "anna"), await member(c, "cleo")
    await world.settle()
    await follow(world, cleo, "@canary@a.example")
    await follow(world, anna, "@canary")
    await _begin(a, "b.example")
    await world.settle()
    found = await _round(a, "b.example")
    word = probes.word_of(a.house.site.vault, found)
    for reader in (anna, cleo):
        assert word not in (await reader.get("/api/v1/timelines/home")).text
    assert found.copy_iri.startswith("https://b.example/agreements/a.example/copies/")
