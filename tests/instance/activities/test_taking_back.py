"""What is deleted before it was sent goes nowhere, and words stay in no queue longer than somebody waits for them."""

import json
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from federation.outbound import letters, taking_back
from federation.schema import delivery, inbox_activity, outbox_item
from instance.people import accounts
from tests.instance.policy.elsewhere import Elsewhere, elsewhere
from tests.support.world import World

WORD = "quillfeather"
_STATES = (
    select(outbox_item.c.kind, delivery.c.state)
    .join(delivery, delivery.c.item_id == outbox_item.c.id)
    .order_by(delivery.c.id)
)
_RECEIVED = select(inbox_activity.c.body).where(inbox_activity.c.state == "received")


async def write(at: Elsewhere, text: str, **more: Any) -> str:
    """A post of ana's while bob's server does not answer."""
    at.peer.answers = [500] * 20
    made = (await at.ana.post("/api/v1/statuses", json={"status": text, "visibility": "private"} | more)).json()
    await at.world.settle()
    return str(made["id"])


async def back(at: Elsewhere) -> list[str]:
    """Bob's server is back: what it is sent."""
    at.peer.answers, at.peer.received = [], []
    at.world.clock.turn(3_600_000)
    await at.world.settle()
    assert not any(WORD.encode() in one.raw for one in at.peer.received)
    return [one.body["type"] for one in at.peer.received]


def kept(connection: Connection) -> list[tuple[str, str]]:
    """(kind, state) of what holds the words."""
    asked = select(outbox_item.c.kind, delivery.c.state, outbox_item.c.body)
    rows = connection.execute(asked.join(delivery, delivery.c.item_id == outbox_item.c.id)).all()
    return [(row.kind, row.state) for row in rows if row.body is not None and WORD.encode() in row.body]


async def test_a_post_that_is_deleted_meanwhile(world: World) -> None:
    at = await elsewhere(world)
    post_id = await write(at, WORD)
    await at.ana.put(f"/api/v1/statuses/{post_id}", json={"status": f"{WORD} again"})
    await world.settle()
    assert await at.a.house.store.read(kept) == [("Create", "ready"), ("Update", "ready")]
    await at.ana.delete(f"/api/v1/statuses/{post_id}")
    assert await at.a.house.store.read(kept) == []
    assert await back(at) == ["Delete"]
    why = select(delivery.c.error).where(delivery.c.state == "cancelled").distinct()
    assert await at.a.house.store.read(lambda c: c.execute(why).scalars().all()) == ["taken back"]


@pytest.mark.parametrize("answered", [500, 404])
async def test_a_post_that_is_deleted_while_it_is_on_its_way(world: World, answered: int) -> None:
    """What its attempt comes to changes nothing: it is neither tried again nor a dead letter, and holds up nobody."""
    at = await elsewhere(world)
    made = (await at.ana.post("/api/v1/statuses", json={"status": WORD, "visibility": "private"})).json()

    async def meanwhile(scope: Any, receive: Any, send: Any) -> None:
        at.world.wires.apps[at.peer.host] = at.peer
        await at.ana.delete(f"/api/v1/statuses/{made['id']}")
        at.peer.answers = [answered]
        await at.peer(scope, receive, send)

    at.world.wires.apps[at.peer.host] = meanwhile
    await world.settle()
    assert await at.a.house.store.unit(letters.replay) == 0
    assert await back(at) == (["Delete"] if answered == 500 else [])  # the Delete came right after the 404
    found = await at.a.house.store.read(lambda c: c.execute(_STATES).all())
    assert found[-2:] == [("Create", "cancelled"), ("Delete", "sent")]


async def test_an_account_that_is_erased_meanwhile(world: World) -> None:
    at = await elsewhere(world)
    await write(at, WORD)
    await at.a.house.store.unit(accounts.delete, at.ana.account_id)
    assert await at.a.house.store.read(kept) == []
    assert await back(at) == ["Delete"]


async def test_what_arrived_is_kept_by_no_queue(world: World) -> None:
    at = await elsewhere(world)
    await at.ana.post("/api/v1/statuses", json={"status": WORD, "visibility": "private"})
    await world.settle()
    assert [one.body["type"] for one in at.peer.received] == ["Create"]
    await write(at, f"{WORD}, later")
    assert await at.a.house.store.read(kept) == [("Create", "sent"), ("Create", "ready")]
    await at.a.house.store.unit(taking_back.erase_words)
    assert await at.a.house.store.read(kept) == [("Create", "ready")]


async def test_words_that_wait_for_one_reader_lie_sealed(world: World) -> None:
    at = await elsewhere(world)
    at.peer.answers = [500]
    await at.ana.post("/api/v1/statuses", json={"status": f"{WORD} @bob@peer.example", "visibility": "direct"})
    await world.settle()
    assert await at.a.house.store.read(kept) == []
    at.world.clock.turn(3_600_000)
    await world.settle()
    assert [WORD in str(one.body["object"]["content"]) for one in at.peer.received] == [True, True]
    note = at.peer.note(at.bob, 1, f"<p>{WORD}</p>", to=[at.ana_iri], cc=[])
    await at.peer.post(at.a, at.peer.activity("Create", at.bob, note, 1, to=note["to"], cc=[]))
    [came] = await at.a.house.store.read(lambda c: c.execute(_RECEIVED).scalars().all())
    assert WORD.encode() not in came
    await world.settle()
    found = (await at.ana.get("/api/v1/conversations")).json()
    assert any(WORD in one["last_status"]["content"] for one in found)


async def test_what_an_older_release_has_put_in_the_inbox_is_read(world: World) -> None:
    at = await elsewhere(world)
    note = at.peer.note(at.bob, 1)
    made = at.peer.activity("Create", at.bob, note, 1, to=note["to"], cc=note["cc"])
    await at.peer.post(at.a, made)
    plain = update(inbox_activity).where(inbox_activity.c.state == "received").values(body=json.dumps(made).encode())
    await at.a.house.store.unit(lambda u: u.connection.execute(plain))
    await world.settle()
    assert [one["uri"] for one in await at.home()] == [note["id"]]
