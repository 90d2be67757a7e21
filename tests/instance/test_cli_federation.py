"""`skerry federation` beside a running instance: what is printed, and that what is decided counts at once."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from federation.schema import delivery, inbox_activity
from instance.people import accounts
from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.support.commands import skerry
from tests.support.make import member
from tests.support.peer import Peer
from tests.support.world import Running, World

pytestmark = pytest.mark.processes
SECRET = "words for their readers only"


async def printed(home: Running, *words: str) -> dict[str, Any]:
    said = await skerry(home, "federation", *words, "--json")
    assert said.status == 0, said.err
    assert SECRET not in "".join(said.out)
    found: dict[str, Any] = json.loads(said.out[0])
    return found


async def test_it_shows_explains_and_tries_again(world: World) -> None:
    home = await world.instance("a.example")
    peer = Peer(world)
    bob = peer.actor("bob")
    ann = await member(home, "ann", public=True)
    await world.settle()
    row = await home.house.store.read(accounts.by_id, ann.account_id)
    assert row is not None
    await peer.post(home, peer.activity("Follow", bob, row.iri))
    await world.settle()
    peer.answers = [404]
    made = (await ann.post("/api/v1/statuses", json={"status": SECRET})).json()
    await world.settle()
    await home.house.store.unit(set_stance, peer.host, Stance.HELD)
    note = peer.note(bob, 1, SECRET)
    await peer.post(home, peer.activity("Create", bob, note))
    await home.house.federation.ledger.flush()

    (view,) = (await printed(home, "peers"))["peers"]
    assert (view["host"], view["dead"], view["held"], view["stance"]) == (peer.host, 1, 1, "held")
    (letter,) = (await printed(home, "queue", "--host", peer.host))["deliveries"]
    assert (letter["state"], letter["status"], letter["kind"]) == ("dead", 404, "Create")
    (held,) = (await printed(home, "inbox"))["inbox"]
    assert (held["state"], held["actor"], held["kind"]) == ("held", bob, "Create")
    codes = [one["code"] for one in (await printed(home, "explain", made["uri"]))["answers"]]
    assert codes == ["stored", "not-delivered"]
    said = await skerry(home, "federation", "explain", note["id"])
    assert "It came and waits for a steward." in said.out[0]
    assert (await skerry(home, "federation", "lookup", "nobody")).status == 1
    for wrong in ("0", "-1", "x", "9" * 20):  # what names none is not all, and no number is too long to be said
        for words in (("let-in", peer.host, "--activity"), ("forget", peer.host, "--activity"), ("retry", "--letter")):
            assert (await skerry(home, "federation", *words, wrong)).status == 2
        assert (await skerry(home, "group", "approve", wrong)).status == 2
    for words in (("let-in", "no host"), ("queue", "--host", "no host"), ("inbox", "--host", ""), ("retry", "no host")):
        said = await skerry(home, "federation", *words)
        assert (said.status, said.err) == (1, "skerry: Name a server by its domain, as in circle.example.\n")

    assert (await printed(home, "let-in", f"https://{peer.host}/@bob"))["let_in"] == 1
    await home.house.store.unit(set_stance, peer.host, Stance.ALLOWED)
    assert (await printed(home, "retry", peer.host))["again"] == 1
    await world.settle()
    states = select(delivery.c.state).union_all(select(inbox_activity.c.state))
    found = await home.house.store.read(lambda c: set(c.execute(states).scalars()))
    assert found <= {"sent", "done"}
