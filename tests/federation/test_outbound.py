"""What goes out: once per inbox, signed, in order, retried, given up; nobody's trouble is another's."""

import base64
import hashlib
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlalchemy import select, update

from federation.outbound import deliveries, letters, recording
from federation.outbound.deliveries import Lane
from federation.outbound.enqueue import enqueue
from federation.remote import actors
from federation.schema import delivery, outbox_item
from federation.schema import peer as peers
from instance.clock import DAY, HOUR, MINUTE
from instance.db.unit import Unit
from instance.people import accounts
from instance.policy.adopt import set_stance
from policies.decision import allow, deny
from policies.peers import Stance
from tests.support.peer import Peer
from tests.support.world import Running, World

FACTS = {"visibility": "public", "local_only": False, "tier": None}


async def sender(world: World, home: Running) -> str:
    """A local account with its key."""
    account_id = await home.house.store.unit(accounts.create, "ann")
    await world.settle()
    row = await home.house.store.read(accounts.by_id, account_id)
    assert row is not None
    return str(row.iri)


async def send(home: Running, actor: str, recipients: list[str], number: int = 1, **change: Any) -> int:
    activity = {"@context": "https://www.w3.org/ns/activitystreams", "id": f"{actor}/x/{number}", "type": "Create"}

    def queue(u: Unit) -> int:
        made = enqueue(u.connection, u.now, activity, actor=actor, recipients=recipients, facts=FACTS, **change)
        u.wake("deliveries")
        return made

    return await home.house.store.unit(queue)


async def states(home: Running) -> list[str]:
    wanted = select(delivery.c.state).order_by(delivery.c.id)
    return await home.house.store.read(lambda c: list(c.execute(wanted).scalars()))


async def test_one_delivery_per_shared_inbox_signed_and_digested(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    bob, eve = peer.actor("bob"), peer.actor("eve")
    for iri in (bob, eve):
        await actors.actor(home.house.federation, iri)
    assert await send(home, ann, [bob, eve, "https://unknown.example/x"])
    await world.settle()
    (got,) = peer.received
    assert got.path == "/inbox"
    assert got.headers["content-type"] == "application/activity+json"
    assert got.headers["digest"] == "SHA-256=" + base64.b64encode(hashlib.sha256(got.raw).digest()).decode()
    parameters = dict(part.split("=", 1) for part in got.headers["signature"].split(","))
    parameters = {name: value.strip('"') for name, value in parameters.items()}
    assert parameters["keyId"] == f"{ann}/main-key"
    assert parameters["algorithm"] == "rsa-sha256"
    names = parameters["headers"].split()
    assert {"(request-target)", "host", "date", "digest"} <= set(names)
    values = got.headers | {"(request-target)": "post /inbox"}
    document = (await peer.get(home, ann, bob)).json()
    public: Any = load_pem_public_key(document["publicKey"]["publicKeyPem"].encode())
    text = "\n".join(f"{name}: {values[name]}" for name in names)
    public.verify(base64.b64decode(parameters["signature"]), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert await states(home) == ["sent"]


async def test_without_shared_inboxes_each_gets_its_own(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    both = [peer.actor("bob"), peer.actor("eve")]
    for iri in both:
        await actors.actor(home.house.federation, iri)
    await send(home, ann, both, only_shared=False)
    await world.settle()
    assert sorted(got.path for got in peer.received) == ["/users/bob/inbox", "/users/eve/inbox"]


async def test_nobody_to_send_to_makes_no_rows(world: World, home: Running) -> None:
    assert await send(home, "https://a.example/u/1", ["https://unknown.example/x"]) == 0
    assert await home.house.store.read(lambda c: c.execute(select(outbox_item)).all()) == []


async def test_a_peer_that_is_away_gets_everything_in_order(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    bob = peer.actor("bob")
    await actors.actor(home.house.federation, bob)
    world.wires.down.add(peer.host)
    for number in range(25):
        await send(home, ann, [bob], number)
        await world.settle()
    world.clock.turn(7 * DAY)
    await world.settle()
    assert peer.received == []
    world.wires.down.clear()
    world.clock.turn(7 * HOUR)
    await world.settle()
    assert [got.body["id"] for got in peer.received] == [f"{ann}/x/{number}" for number in range(25)]
    assert set(await states(home)) == {"sent"}


async def test_a_failing_peer_is_probed_by_one_delivery(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    bob = peer.actor("bob")
    await actors.actor(home.house.federation, bob)
    peer.answers = [503] * 50
    for number in range(4):
        await send(home, ann, [bob], number)
    for _ in range(8):
        await world.settle()
        world.clock.turn(7 * HOUR)
    assert len(peer.received) == 8
    assert {got.body["id"] for got in peer.received} == {f"{ann}/x/0"}


async def test_dead_letters_do_not_stop_the_rest(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    bob = peer.actor("bob")
    await actors.actor(home.house.federation, bob)
    for number in range(4):
        await send(home, ann, [bob], number)
    peer.answers = [202, 410, 302, 200]
    await world.settle()
    assert await states(home) == ["sent", "dead", "dead", "sent"]
    await home.house.store.unit(letters.replay, peer.host)
    await world.settle()
    assert set(await states(home)) == {"sent"}


async def test_401_408_425_429_and_500_wait(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    bob = peer.actor("bob")
    await actors.actor(home.house.federation, bob)
    await send(home, ann, [bob])
    peer.answers = [401, 401, 408, 425, 429, 500, 202]  # what is refused as unsigned is signed otherwise at once
    for tried in range(2, 8):
        await world.settle()
        assert len(peer.received) == tried
        await world.settle()
        assert len(peer.received) == tried  # not before its time
        world.clock.turn(10 * MINUTE)
    assert await states(home) == ["sent"]


async def test_after_thirty_days_it_is_given_up(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    bob = peer.actor("bob")
    await actors.actor(home.house.federation, bob)
    world.wires.down.add(peer.host)
    await send(home, ann, [bob])
    await world.settle()
    world.clock.turn(31 * DAY)
    await world.settle()
    assert await states(home) == ["dead"]


async def test_the_policy_is_asked_again_when_it_is_sent(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    bob = peer.actor("bob")
    await actors.actor(home.house.federation, bob)
    await home.house.store.unit(set_stance, peer.host, Stance.BLOCKED)
    await send(home, ann, [bob])
    await world.settle()
    assert (await states(home), peer.received) == (["cancelled"], [])


async def test_the_policy_is_asked_when_it_is_queued(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    bob = peer.actor("bob")
    await actors.actor(home.house.federation, bob)
    assert (
        await send(
            home, ann, [bob], judge=lambda hosts: {host: deny() if host == peer.host else allow() for host in hosts}
        )
        == 0
    )


async def test_a_peer_that_is_away_does_not_hold_up_another(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    other = Peer(world, "other.example")
    both = [peer.actor("bob"), other.actor("zoe")]
    for iri in both:
        await actors.actor(home.house.federation, iri)
    world.wires.down.add(peer.host)
    await send(home, ann, both)
    await world.settle()
    assert len(other.received) == 1
    assert await states(home) == ["sent", "ready"] or await states(home) == ["ready", "sent"]


async def test_a_lost_lease_changes_nothing(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    await actors.actor(home.house.federation, peer.actor("bob"))
    await send(home, ann, [peer.actor("bob")])
    store = home.house.store
    (turn,) = await store.unit(deliveries.claim, dict.fromkeys(Lane, 5))
    assert await store.unit(deliveries.claim, dict.fromkeys(Lane, 5)) == []
    world.clock.turn(deliveries.LEASE + 1)
    (other,) = await store.unit(deliveries.claim, dict.fromkeys(Lane, 5))
    await store.unit(recording.record, [(turn, [])])
    row = await store.read(lambda c: c.execute(select(peers.c.lease)).scalar_one())
    assert row == other.lease
    await store.unit(deliveries.release_all)
    await world.settle()
    assert await states(home) == ["sent"]


async def test_old_deliveries_are_forgotten(world: World, home: Running, peer: Peer) -> None:
    ann = await sender(world, home)
    await actors.actor(home.house.federation, peer.actor("bob"))
    await send(home, ann, [peer.actor("bob")])
    await world.settle()
    store = home.house.store
    assert await store.unit(deliveries.forget_old) == 0
    await store.unit(lambda u: u.connection.execute(update(outbox_item).values(created_at=0)))
    world.clock.turn(31 * DAY)
    assert [await store.unit(deliveries.forget_old) for _ in range(3)] == [1, 1, 0]  # the delivery, then its item
    assert await store.read(lambda c: c.execute(select(outbox_item)).all()) == []


def test_pauses_grow_to_six_hours() -> None:
    pauses = [recording.pause(failures) for failures in range(60)]
    assert 28_000 <= pauses[0] <= 32_000
    assert all(pause <= 6.4 * HOUR for pause in pauses)
    assert pauses[-1] >= 5.6 * HOUR
