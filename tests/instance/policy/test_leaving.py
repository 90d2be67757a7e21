"""What leaves: parts that are taken out for some servers, words that wait for a promise, reads that are judged alike."""

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from federation.schema import delivery, outbox_item
from instance.db.agreements import peer_trust
from instance.db.unit import Unit
from instance.policy import adopt
from policies.leaving import Outgoing, Part, Reach, Requirement
from policies.peers import Stance
from policies.presets import preset
from policies.published import Envelope, publish
from policies.purposes import Assurance
from policies.sections import PeerRule
from tests.instance.policy.elsewhere import elsewhere
from tests.support.peer import Peer
from tests.support.world import Running, World

DAY = 86_400_000


async def _known(a: Running, host: str = "peer.example", **what: Any) -> None:
    """What our rows say of a peer."""
    values = {"host": host, "looked_at": 1, "level": "none", "waits_until": None} | what

    def keep(u: Unit) -> None:
        u.connection.execute(delete(peer_trust).where(peer_trust.c.host == host))
        u.connection.execute(insert(peer_trust).values(**values))

    await a.house.store.unit(keep)


async def promises(a: Running, host: str = "peer.example", **more: Any) -> None:
    """The peer publishes the same policy as one of ours, and it was verified."""
    now = a.house.site.clock.now()
    envelope = Envelope(f"https://{host}/policy", f"https://{host}/actor", "", 1, now - DAY, now + DAY, b"")
    text = json.dumps(publish(preset("open"), envelope))
    known = {"document": text, "document_hash": hashlib.sha256(text.encode()).hexdigest(), "level": "claimed"}
    await _known(a, host, **known, level_until=now + DAY, **more)


def _states(connection: Connection) -> list[tuple[str, str | None]]:
    rows = connection.execute(select(delivery.c.state, delivery.c.error).order_by(delivery.c.id))
    return [(row.state, row.error) for row in rows]


async def test_words_that_are_not_public_wait_for_a_promise(world: World) -> None:
    at = await elsewhere(world)
    now = world.clock.now()
    await at.rule(requirement=Requirement(assurance=Assurance.CLAIMED))

    async def write(text: str, visibility: str = "private") -> None:
        await at.ana.post("/api/v1/statuses", json={"status": text, "visibility": visibility})
        await world.settle()

    await _known(at.a)
    await write("nothing is known of the peer")
    await write("hello everybody", "public")
    assert [one.body["object"]["to"][0][-6:] for one in at.peer.received] == ["Public"]
    await promises(at.a)
    await write("now it promises")
    assert len(at.peer.received) == 2
    await _known(at.a, waits_until=now + DAY)
    await write("it was agreed once")
    states = await at.a.house.store.read(_states)
    assert (len(at.peer.received), states[-1]) == (2, ("waits", "requirement-waits"))
    await promises(at.a)
    await at.a.house.store.unit(adopt.judge_again, "peer.example")
    await world.settle()
    assert [one.body["object"]["content"] for one in at.peer.received][2:] == ["<p>it was agreed once</p>"]


async def test_a_read_is_judged_by_the_promises_too(world: World) -> None:
    at = await elsewhere(world)
    made = (await at.ana.post("/api/v1/statuses", json={"status": "for followers", "visibility": "private"})).json()
    path = made["uri"].removeprefix("https://a.example")
    assert (await at.peer.get(at.a, path, at.bob)).status_code == 200
    await at.rule(requirement=Requirement(assurance=Assurance.CLAIMED))
    assert (await at.peer.get(at.a, path, at.bob)).status_code == 404
    await promises(at.a)
    assert (await at.peer.get(at.a, path, at.bob)).status_code == 200


async def test_parts_are_taken_out_for_limited_servers_only(world: World) -> None:
    at = await elsewhere(world)
    other = Peer(world, "other.example")
    zoe = other.actor("zoe")
    await other.post(at.a, other.activity("Follow", zoe, at.ana_iri))
    await world.settle()
    other.received.clear()
    await at.rule(
        peers={"peer.example": PeerRule(Stance.LIMITED)},
        outgoing=Outgoing(Reach.PUBLIC, taken_out_for_limited=frozenset({Part.LANGUAGE})),
    )
    await at.ana.post("/api/v1/statuses", json={"status": "Hallo", "language": "de", "visibility": "public"})
    await world.settle()
    there, elsewhere_ = at.peer.received[-1].body["object"], other.received[-1].body["object"]
    assert ("contentMap" in there, "contentMap" in elsewhere_) == (False, True)
    bodies = await at.a.house.store.read(lambda c: c.execute(select(outbox_item.c.body)).scalars().all())
    assert len([body for body in bodies if b"Hallo" in body]) == 2  # once for each way of taking out
    path = there["id"].removeprefix("https://a.example")
    assert "contentMap" not in (await at.peer.get(at.a, path, at.bob)).json()
    assert "contentMap" in (await other.get(at.a, path, zoe)).json()


async def test_parts_are_taken_out_of_what_is_queued_already(world: World) -> None:
    at = await elsewhere(world)
    await at.ana.post("/api/v1/statuses", json={"status": "Hallo", "language": "de", "visibility": "public"})
    await at.rule(outgoing=Outgoing(taken_out=frozenset({Part.LANGUAGE})))
    await world.settle()
    [sent] = at.peer.received
    assert sent.headers["digest"]
    assert b"contentMap" not in sent.raw
    assert json.loads(sent.raw)["object"]["content"] == "<p>Hallo</p>"
