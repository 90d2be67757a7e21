"""What a rule holds waits for a moderator, who sees it, lets it in or forgets it."""

import hashlib

from sqlalchemy import insert

from instance.db.content import remote_file
from instance.media.remote import kept
from instance.peering import overview
from instance.policy import held
from instance.policy.effects import effects
from policies.peers import Stance
from policies.sections import Incoming, PeerRule, WordRule
from policies.treatments import Treatment
from tests.instance.policy.elsewhere import elsewhere
from tests.support.world import World

HOLDS = Incoming(words=(WordRule("cure", frozenset({Treatment.HOLD})),))


async def test_a_moderator_lets_one_in_and_forgets_another(world: World) -> None:
    at = await elsewhere(world)
    store = at.a.house.store
    await at.rule(incoming=HOLDS)
    notes = [await at.writes(number, f"<p>a cure, {number}</p>") for number in (1, 2)]
    second, first = await store.read(held.waiting, at.a.house.site.vault)
    assert (first.host, first.actor, first.kind, first.reason) == ("peer.example", at.bob, "Create", "policy: words")
    assert first.said == "a cure, 1"
    assert await store.unit(lambda u: overview.decide_held(u, "other.example", let_in=True, only=first.id)) == 0
    assert await store.unit(lambda u: overview.decide_held(u, "peer.example", let_in=True, only=first.id)) == 1
    assert await store.unit(lambda u: overview.decide_held(u, "peer.example", let_in=False, only=second.id)) == 1
    await world.settle()
    assert [one["uri"] for one in await at.home()] == [notes[0]["id"]]
    assert await store.read(held.waiting, at.a.house.site.vault) == []
    for let_in in (True, False):
        assert not await store.unit(lambda u, yes=let_in: held.decide(u, "peer.example", second.id, let_in=yes))
    found = [(row.host, row.what, row.number) for row in await store.read(effects)]
    assert found[:2] == [("peer.example", "held forgotten", 1), ("peer.example", "held let in", 1)]


async def test_a_moderator_is_not_shown_what_is_not_for_everyone(world: World) -> None:
    at = await elsewhere(world)
    await at.rule(incoming=HOLDS)
    await at.writes(1, "<p>a cure</p>", to=[at.ana_iri], cc=[])
    [one] = await at.a.house.store.read(held.waiting, at.a.house.site.vault)
    assert (one.kind, one.said) == ("Create", "")


async def test_what_was_let_in_is_still_refused_where_a_rule_refuses(world: World) -> None:
    at = await elsewhere(world)
    await at.rule(incoming=HOLDS)
    await at.writes(1, "<p>a cure</p>")
    [one] = await at.a.house.store.read(held.waiting, at.a.house.site.vault)
    assert await at.a.house.store.unit(lambda u: held.decide(u, one.host, one.id, let_in=True))
    await at.rule(peers={"peer.example": PeerRule(Stance.BLOCKED)})
    await world.settle()
    assert await at.home() == []


async def test_a_new_policy_lets_in_what_it_would_not_hold(world: World) -> None:
    at = await elsewhere(world)
    await at.rule(incoming=HOLDS)
    await at.writes(1, "<p>a cure</p>")
    await at.rule(peers={"other.example": PeerRule(Stance.BLOCKED)})
    await world.settle()
    assert await at.home() == []  # judged again, held again
    await at.rule(incoming=Incoming())
    await world.settle()
    assert len(await at.home()) == 1


async def test_effects_of_a_policy_are_written_down(world: World) -> None:
    at = await elsewhere(world)
    await at.ana.post("/api/v1/statuses", json={"status": "waits in the queue", "visibility": "public"})
    await at.rule(peers={"peer.example": PeerRule(Stance.LIMITED)})
    await at.rule(peers={"peer.example": PeerRule(Stance.BLOCKED)})
    found = {(row.host, row.what, row.number, row.reason) for row in await at.a.house.store.read(effects)}
    assert all(number for _host, _what, number, _reason in found)  # what it did to nothing is not told
    assert ("peer.example", "out of sight", 1, "") in found
    assert ("peer.example", "delivery cancelled", 1, "peer-blocked") in found


async def test_relations_with_a_blocked_server_end(world: World) -> None:
    at = await elsewhere(world)
    await at.writes(1)
    assert len(await at.home()) == 1
    await at.rule(peers={"peer.example": PeerRule(Stance.BLOCKED)})
    for side in ("followers", "following"):
        assert (await at.ana.get(f"/api/v1/accounts/{at.ana.account_id}/{side}")).json() == []
    assert await at.home() == []
    found = [(row.what, row.number, row.reason) for row in await at.a.house.store.read(effects)]
    assert ("relations ended", 2, "peer-blocked") in found
    await world.settle()
    assert at.peer.received == []
    again = [row for row in await at.a.house.store.read(effects) if row.what == "relations ended"]
    await at.rule(peers={"peer.example": PeerRule(Stance.BLOCKED), "x.example": PeerRule(Stance.BLOCKED)})
    assert [row for row in await at.a.house.store.read(effects) if row.what == "relations ended"] == again


async def test_no_stricter_stance_brings_anything_back_in_sight(world: World) -> None:
    at = await elsewhere(world)
    picture = {"type": "Image", "mediaType": "image/png", "url": "https://peer.example/a.png"}
    note = await at.writes(1, "<p>Seen #tea</p>", attachment=[picture], tag=[{"type": "Hashtag", "name": "#tea"}])
    for stance in (Stance.LIMITED, Stance.HELD, Stance.BLOCKED, Stance.HELD, Stance.LIMITED):
        await at.rule(peers={"peer.example": PeerRule(stance)})
        assert await at.public() == [], stance
        assert (await at.ana.get("/api/v1/timelines/tag/tea")).json() == [], stance
    await at.rule(peers={"peer.example": PeerRule(Stance.ALLOWED)})
    assert await at.public() == [note["id"]]
    name = hashlib.sha256(picture["url"].encode()).hexdigest()
    copy = {"url_hash": name, "file": "r" + "x" * 24 + ".png", "state": "ready", "created_at": 0, "used_at": 0}
    await at.a.house.store.unit(lambda u: u.connection.execute(insert(remote_file).values(**copy)))
    await at.rule(peers={"peer.example": PeerRule(Stance.BLOCKED)})
    [shown] = (await at.ana.get("/api/v2/search", params={"q": note["id"]})).json()["statuses"]
    assert [file["type"] for file in shown["media_attachments"]] == ["unknown"]  # a link; nothing is loaded from there
    assert await at.a.house.store.read(kept, [picture["url"]]) == []
