"""Why something was taken in, held, turned away, sent or not: each way ends in a sentence and a code that stays."""

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from federation.remote import actors
from federation.schema import delivery, inbox_activity, turned_away
from instance import wiring
from instance.clock import DAY
from instance.i18n import current
from instance.peering import explain, overview, words
from instance.peering.explain import Answer
from instance.people import accounts
from instance.policy.adopt import set_stance
from policies.decision import Reason
from policies.peers import Stance
from tests.support.make import Member, member
from tests.support.peer import Peer
from tests.support.world import Running, World


@pytest.fixture
async def home(world: World) -> Running:
    return await world.instance("a.example")


@pytest.fixture
async def ann(world: World, home: Running) -> Member:
    made = await member(home, "ann", public=True)
    await world.settle()
    return made


@pytest.fixture
def peer(world: World) -> Peer:
    return Peer(world)


async def ask(home: Running, address: str) -> list[Answer]:
    await home.house.federation.ledger.flush()
    return await home.house.store.read(explain.explain, home.house.site, address)


async def followed(world: World, home: Running, ann: Member, peer: Peer, name: str = "bob") -> str:
    bob = peer.actor(name)
    row = await home.house.store.read(accounts.by_id, ann.account_id)
    assert row is not None
    assert (await peer.post(home, peer.activity("Follow", bob, row.iri))).status_code == 202
    await world.settle()
    return bob


async def write(ann: Member, text: str = "good morning", **more: Any) -> dict[str, Any]:
    answer = await ann.post("/api/v1/statuses", json={"status": text, **more})
    made: dict[str, Any] = answer.json()
    return made


async def test_a_post_of_ours_is_explained_for_each_server(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    others = [Peer(world, f"{name}.example") for name in ("away", "no", "later")]
    for one in (peer, *others):
        await followed(world, home, ann, one)
    others[1].answers = [404]
    world.wires.down.add("away.example")
    made = await write(ann)
    await world.settle()
    by_host = {one.host: one for one in await ask(home, made["uri"]) if one.direction == explain.OUT}
    assert {host: one.code for host, one in by_host.items()} == {
        "peer.example": "delivered",
        "away.example": "waiting",
        "no.example": "not-delivered",
        "later.example": "delivered",
    }
    assert by_host["away.example"].again_at is not None
    assert "404" in by_host["no.example"].words
    assert {one.code for one in await ask(home, made["url"])} == {"stored", *(o.code for o in by_host.values())}


async def test_what_the_policy_keeps_from_a_server_is_noted_when_it_is_queued(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    await followed(world, home, ann, peer)
    await home.house.store.unit(set_stance, peer.host, Stance.BLOCKED)  # which ends the follow
    made = await write(ann, f"@bob@{peer.host} good morning")
    await world.settle()
    found = [one for one in await ask(home, made["uri"]) if one.direction == explain.OUT]
    assert [(one.code, one.host, one.reasons) for one in found] == [("not-sent", peer.host, "peer-blocked")]
    assert "The policy blocks this server." in found[0].words
    assert (await ask(home, peer.host))[0].code == "peer-blocked"


async def test_what_came_is_explained_by_its_activity_and_by_its_object(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    bob = await followed(world, home, ann, peer)
    made = await write(ann)
    like = peer.activity("Like", bob, made["uri"])
    note = peer.note(bob, 7)
    create = peer.activity("Create", bob, note, 7)
    for one in (like, create):
        assert (await peer.post(home, one)).status_code == 202
    assert [one.code for one in await ask(home, create["id"])] == ["waiting"]
    await world.settle()
    for address in (like["id"], create["id"], note["id"]):
        assert "accepted" in [one.code for one in await ask(home, address)]
    assert "Like" in [one.kind for one in await ask(home, made["uri"])]


async def test_what_was_turned_away_is_explained_and_counted(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    bob = await followed(world, home, ann, peer)
    odd = [peer.activity("Frobnicate", bob, "https://peer.example/x", number) for number in range(3)]
    foreign = peer.activity("Like", bob, "https://a.example/u/1") | {"id": "https://elsewhere.example/1"}
    for one in (*odd, foreign):
        assert (await peer.post(home, one)).status_code == 202
    await home.house.store.unit(set_stance, peer.host, Stance.BLOCKED)
    blocked = peer.activity("Like", bob, "https://a.example/u/1", 9)
    assert (await peer.post(home, blocked)).status_code == 202
    for address, reason in (
        (odd[0]["id"], "unknown-verb"),
        (foreign["id"], "foreign-id"),
        (blocked["id"], "peer-blocked"),
    ):
        assert [(one.code, one.reasons) for one in await ask(home, address)] == [("turned-away", reason)]
    found = await home.house.store.read(overview.turned, peer.host)
    assert {(one.kind, one.reason): one.number for one in found} == {
        ("Frobnicate", "unknown-verb"): 3,
        ("Like", "foreign-id"): 1,
        ("Like", "peer-blocked"): 1,
    }


async def test_a_server_that_invents_verbs_fills_no_table(world: World, home: Running, ann: Member, peer: Peer) -> None:
    bob = await followed(world, home, ann, peer)
    for number in range(110):
        await peer.post(home, peer.activity(f"Verb{number}", bob, "https://peer.example/x", number))
    await home.house.federation.ledger.flush()
    found = await home.house.store.read(overview.turned, peer.host)
    assert sum(one.number for one in found) == 110
    rows = await home.house.store.read(lambda c: c.execute(select(turned_away.c.kind)).all())
    assert len(rows) <= 101


async def test_held_put_aside_and_refused_by_rules_are_explained(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    bob = await followed(world, home, ann, peer)
    await home.house.store.unit(set_stance, peer.host, Stance.HELD)
    note = peer.note(bob, 3)
    assert (await peer.post(home, peer.activity("Create", bob, note, 3))).status_code == 202
    assert [(one.code, one.reasons) for one in await ask(home, note["id"])] == [("held", "peer-held")]
    (view,) = await home.house.store.read(overview.peers, world.clock.now(), "", peer.host)
    assert (view.held, view.stance) == (1, Stance.HELD)
    dead = (
        update(inbox_activity)
        .where(inbox_activity.c.state == "held")
        .values(state="dead", reason="ValueError", tries=5)
    )
    await home.house.store.unit(lambda u: u.connection.execute(dead))
    (answer,) = await ask(home, note["id"])
    assert (answer.code, answer.reasons) == ("put-aside", "ValueError")
    await home.house.store.unit(set_stance, peer.host, Stance.ALLOWED)
    assert await home.house.store.unit(overview.replay, peer.host) == 1
    await world.settle()
    assert "accepted" in [one.code for one in await ask(home, note["id"])]


async def test_what_is_for_this_server_only_and_what_is_unknown(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    assert [one.code for one in await ask(home, "https://peer.example/users/bob/statuses/1")] == ["nothing-known"]
    assert [one.code for one in await ask(home, "https://a.example/u/1/p/2")] == ["nothing-known"]
    made = await write(ann)
    assert [one.code for one in await ask(home, made["uri"])] == ["stored", "nobody-elsewhere"]


@pytest.mark.parametrize("code", [*map(str, Reason), *words.WORDS, "answered 503", "x.example can't be reached: A"])
def test_every_reason_has_its_sentence(code: str) -> None:
    assert "Something went wrong" not in words.sentence(code)
    assert words.sentence(code).endswith(".")


def test_no_reason_is_kept_in_words_that_nobody_translated() -> None:
    assert set(map(str, Reason)) <= set(words.WORDS), "give new reasons a sentence in instance/peering/words.py"


async def test_sentences_are_translated(world: World, home: Running, ann: Member, peer: Peer) -> None:
    token = current.set("de")
    try:
        (answer,) = await ask(home, "https://peer.example/users/bob/statuses/1")
        assert answer.words.startswith("Über diese Adresse ist nichts bekannt.")
    finally:
        current.reset(token)


async def test_a_gap_that_ended_is_told_by_an_update_of_each_actor(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    bob, eve = await followed(world, home, ann, peer), await followed(world, home, ann, peer, "eve")
    assert await actors.is_known(home.house.federation, bob)
    assert await actors.is_known(home.house.federation, eve)
    peer.received.clear()
    world.wires.down.add(peer.host)
    for number in range(3):
        await write(ann, f"number {number}")
        await world.settle()
    world.clock.turn(31 * DAY)
    await world.settle()
    world.clock.turn(DAY)
    last = await write(ann, "and one more")
    await world.settle()
    (view,) = await home.house.store.read(overview.peers, world.clock.now(), "", peer.host)
    assert [(gap.lost, gap.ended_at) for gap in view.gaps] == [(3, None)]
    assert view.health == "away"
    world.wires.down.clear()
    for _ in range(3):
        world.clock.turn(DAY)
        await run_timed(home, "tell peers what they missed")
        await world.settle()
    kinds = [(got.body["type"], got.body["actor"]) for got in peer.received]
    assert [got.body["object"]["id"] for got in peer.received][:1] == [last["uri"]]
    assert kinds == [("Create", kinds[0][1]), ("Update", kinds[0][1])], "one Update, though two follow her"
    assert peer.received[1].body["object"]["type"] == "Person"
    (view,) = await home.house.store.read(overview.peers, world.clock.now(), "", peer.host)
    assert view.gaps[0].told_at is not None
    assert view.health == "well"
    states = await home.house.store.read(lambda c: list(c.execute(select(delivery.c.state)).scalars()))
    assert states.count("dead") == 3


async def run_timed(home: Running, name: str) -> None:

    (job,) = [one for one in wiring.TIMED if one.name == name]
    await home.house.store.unit(job.step)


async def test_what_peers_run_is_asked_in_a_job_and_bounded(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    await followed(world, home, ann, peer)
    await home.house.federation.ledger.flush()
    link = {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"{peer.base}/nodeinfo"}
    away = {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": "https://elsewhere.example/nodeinfo"}
    peer.documents["/.well-known/nodeinfo"] = _json({"links": [away, link]})
    peer.documents["/nodeinfo"] = _json({"software": {"name": "tree\x00house" + "x" * 200, "version": "1.2"}})
    await run_timed(home, "ask what peers run")
    await world.settle()
    (view,) = await home.house.store.read(overview.peers, world.clock.now())
    assert view.software == f"treehouse{'x' * 71} 1.2"
    before = len(world.wires.requests_to(peer.host))
    await run_timed(home, "ask what peers run")
    await world.settle()
    assert len(world.wires.requests_to(peer.host)) == before, "once a week"
    assert world.wires.requests_to("elsewhere.example") == []


def _json(document: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {"content-type": "application/json"}, json.dumps(document).encode()


async def test_no_address_explains_nothing(world: World, home: Running, ann: Member, peer: Peer) -> None:
    bob = await followed(world, home, ann, peer)
    made = await write(ann)
    boost = peer.activity("Announce", bob, made["uri"])
    await peer.post(home, boost)
    await world.settle()
    assert [each.code for each in await ask(home, boost["id"])] == ["accepted", "stored"]
    assert [each.code for each in await ask(home, " ")] == ["nothing-known"]
