"""An Announce of several things at once, as PieFed sends the votes of some minutes: each counts by itself, all are one cause."""

from typing import Any

import pytest
from sqlalchemy import Connection, select

from federation.vocab.normalise import MOST_AT_ONCE, apart
from instance.content import votes
from instance.db.content import post
from instance.db.unit import Unit
from tests.instance.activities.lemmy import Lemmy
from tests.instance.activities.test_lemmy import _counts, _followed, _posted
from tests.journeys.walk import home
from tests.support.make import member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import World

FAR = "https://far.example/u/{}"


def _state(iri: str) -> Any:
    def look(connection: Connection) -> tuple[bool, bool]:
        row = connection.execute(select(post).where(post.c.iri == iri)).one()
        return row.locked_at is not None, row.removed_at is not None

    return look


@pytest.mark.parametrize("form", ["list", "OrderedCollection"])
async def test_each_of_several_counts(world: World, form: str) -> None:
    """Votes, a post, a name, a lock; between them what is nothing, what is no right of theirs, and what nobody knows."""
    running, anna, lemmy = await _followed(world)
    await _posted(running, anna, lemmy)
    iri = f"{lemmy.base}/post/1"
    other = Peer(world, "other.example")
    forged = other.note(other.actor("olga"), 1, "<p>Mine</p>") | {"content": "<p>Not mine</p>"}
    second = lemmy.does("Create", lemmy.data, lemmy.page(2, "Weft"), to=[PUBLIC], cc=[lemmy.group])
    third = lemmy.page(3, "Yarn")
    items: list[Any] = [
        lemmy.does("Like", FAR.format("bo"), iri),
        "no address",
        7,
        {},
        {"type": "Like"},
        lemmy.does("Like", FAR.format("bo"), iri),
        lemmy.does("Like", FAR.format("cy"), "https://nowhere.example/1"),
        lemmy.does("Dance", FAR.format("cy"), iri),
        lemmy.does("Update", other.actor("olga"), forged),
        lemmy.does("Delete", other.actor("olga"), forged["id"]),
        lemmy.does("Dislike", FAR.format("cy"), iri),
        lemmy.does("Like", FAR.format("di"), iri),
        lemmy.does("Undo", FAR.format("di"), lemmy.does("Like", FAR.format("di"), iri)),
        second,
        third["id"],
        lemmy.moderates("Lock", iri),
    ]
    await lemmy.announce(running, items if form == "list" else {"type": form, "orderedItems": items})
    assert await running.house.store.read(_counts(iri)) == (1, 1)
    assert await running.house.store.read(_state(iri)) == (True, False)
    shown = " ".join(one["reblog"]["content"] for one in await home(anna))
    assert all(title in shown for title in ("Warp", "Weft", "Yarn"))
    assert "mine" not in shown
    assert all("dance" in address for address in world.wires.requests_to("far.example"))  # a kind that may be a post


async def test_only_groups_pass_several_on(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    await _posted(running, anna, lemmy)
    iri = f"{lemmy.base}/post/1"
    likes = [lemmy.does("Like", FAR.format(name), iri) for name in ("bo", "cy")]
    await lemmy.say(running, lemmy.announced(likes) | {"actor": lemmy.picard})
    assert await running.house.store.read(_counts(iri)) == (0, 0)


async def test_several_are_one_cause(world: World) -> None:
    """At most 10 requests to a host that has nothing to do with it, and 50 in all."""
    running, _anna, lemmy = await _followed(world)
    far = Peer(world, "far.example")
    olga = far.actor("olga")
    many = [lemmy.does("Create", olga, far.note(olga, number)["id"], to=[PUBLIC]) for number in range(40)]
    own = [lemmy.does("Create", lemmy.data, lemmy.page(number, f"Row {number}")["id"]) for number in range(10, 99)]
    before = len(world.wires.requests_to(lemmy.peer.host, "GET"))
    await lemmy.announce(running, [*many, *own])
    assert 0 < len(world.wires.requests_to("far.example", "GET")) <= 10
    spent = len(world.wires.requests_to(lemmy.peer.host, "GET")) - before
    assert spent + len(world.wires.requests_to("far.example", "GET")) <= 50


async def test_one_that_fails_takes_no_other_with_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    running, anna, lemmy = await _followed(world)
    await _posted(running, anna, lemmy)
    iri = f"{lemmy.base}/post/1"
    tell = votes.tell

    def fails(u: Unit, group_id: int, post_id: int, actor_iri: str, kind: str) -> None:
        if actor_iri == FAR.format("cy"):
            raise ValueError
        tell(u, group_id, post_id, actor_iri, kind)

    monkeypatch.setattr(votes, "tell", fails)
    await lemmy.announce(running, [lemmy.does("Like", FAR.format(name), iri) for name in ("bo", "cy", "di")])
    assert await running.house.store.read(_counts(iri)) == (2, 0)


async def test_boosts_of_several_by_a_person(world: World) -> None:
    running = await world.instance("a.example")
    anna = await member(running, "anna", public=True)
    lemmy = Lemmy(world)
    found = await anna.get("/api/v2/search", params={"q": lemmy.picard, "resolve": "true"})
    await anna.post(f"/api/v1/accounts/{found.json()['accounts'][0]['id']}/follow")
    await world.settle()
    asked = [one.body for one in lemmy.peer.received if one.body["type"] == "Follow"][-1]
    await lemmy.say(running, lemmy.peer.activity("Accept", lemmy.picard, asked))
    pages = [lemmy.page(number, title)["id"] for number, title in ((1, "Warp"), (2, "Weft"))]
    await lemmy.say(running, lemmy.announced(pages) | {"actor": lemmy.picard})
    assert len([one for one in await home(anna) if one["reblog"]]) == 2


def test_no_more_than_so_many() -> None:
    items = [{"type": "Like", "object": f"https://x.example/{number}"} for number in range(MOST_AT_ONCE + 50)]
    made = apart({"type": "Announce", "id": "https://x.example/a", "object": items})
    assert len(made) == MOST_AT_ONCE
    assert made[7] == {"type": "Announce", "id": "https://x.example/a", "object": items[7]}
    alone = {"type": "Create", "object": items}
    assert apart(alone) == [alone]
