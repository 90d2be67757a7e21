"""A stranger with a server of his own: what he says of others' words, of their groups and of who is hidden comes to nothing."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from federation import ledger
from federation.schema import refusal, turned_away
from instance.content import moderation, reports, submissions
from instance.db.content import interaction, post, report
from instance.db.people import account
from instance.db.reading import notification
from instance.groups.acting import By
from tests.instance.activities.lemmy import Lemmy
from tests.journeys.walk import follow, found, home, open_group, write
from tests.support.make import member
from tests.support.peer import AS, PUBLIC, Peer
from tests.support.world import World

NOBODY = {"can_reply": {"always": ["author"], "with_approval": []}}
POST = (post.c.group_id, post.c.locked_at, post.c.removed_at)


async def test_nobody_is_given_words_by_a_search_for_an_address_elsewhere(world: World) -> None:
    a = await world.instance("a.example")
    anna = await member(a, "anna", public=True)
    victim, evil = Peer(world, "victim.example"), Peer(world, "evil.example")
    vic, eve = victim.actor("vic"), evil.actor("eve", number=1)
    await world.settle()
    await found(anna, vic)
    for number, authors in enumerate([vic, [vic, eve], [{"type": "Person", "id": vic}, eve]]):
        note = evil.note(eve, number, "Forged", attributedTo=authors)
        asked = {"q": note["id"], "resolve": "true"}
        assert (await anna.get("/api/v2/search", params=asked)).json()["statuses"] == []


async def test_who_names_another_author_beside_herself_speaks_for_herself(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    vic, mal = peer.actor("vic"), peer.actor("mal", number=1)
    await world.settle()
    await found(anna, vic)
    await follow(world, anna, "@mal@peer.example")
    [asked] = [one.body for one in peer.received if one.body["type"] == "Follow"]
    await peer.post(a, peer.activity("Accept", mal, asked, "f"))
    await world.settle()
    for number, authors in enumerate([[vic, mal], [mal, {"type": "Person", "id": vic}]]):
        note = peer.note(mal, number, "Mine", attributedTo=authors)
        await peer.post(a, peer.activity("Create", mal, note, number))
    await world.settle()
    assert [status["account"]["acct"] for status in await home(anna)] == ["mal@peer.example"] * 2


@pytest.mark.parametrize("visibility", ["public", "private", "direct"])
async def test_a_group_moderates_no_post_that_was_never_put_before_it(world: World, visibility: str) -> None:
    a = await world.instance("a.example")
    anna, bea = await member(a, "anna", public=True), await member(a, "bea", public=True)
    lemmy = Lemmy(world)
    await world.settle()
    group = await found(anna, lemmy.group)
    await anna.post(f"/api/v1/accounts/{group['id']}/follow")
    await world.settle()
    await lemmy.accept(a)
    written = await write(world, bea, "My own", visibility=visibility)
    iri = written["uri"]
    author = f"https://a.example/u/{bea.account_id}"
    await lemmy.announce(a, lemmy.does("Create", author, iri, to=[PUBLIC], cc=[lemmy.group]))
    for verb in ("Lock", "Delete", "Warn"):
        await lemmy.announce(a, lemmy.moderates(verb, iri, summary="Out"))
    await lemmy.say(a, lemmy.moderates("Warn", iri, lemmy.group, summary="Out"))
    asked = select(*POST).where(post.c.id == int(written["id"]))
    assert tuple(await a.house.store.read(lambda c: c.execute(asked).one())) == (None, None, None)
    kinds = select(notification.c.kind).where(notification.c.account_id == bea.account_id)
    told = set(await a.house.store.read(lambda c: c.execute(kinds).scalars().all()))
    assert told <= {"reblog"}


@pytest.mark.parametrize("hidden", ["suspended_at", "deleted_at"])
async def test_posts_of_who_is_hidden_answer_like_none(world: World, hidden: str) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    bob = peer.actor("bob")
    await world.settle()
    iri = (await write(world, anna, "Hello", visibility="public"))["uri"]
    gone: Any = {hidden: a.house.site.clock.now()}
    mine = update(account).where(account.c.id == anna.account_id).values(**gone)
    await a.house.store.unit(lambda u: u.connection.execute(mine))
    for path in (iri, f"{iri}/activity", f"{iri}/replies", f"{iri}/context"):
        absent = path.replace(iri.rpartition("/")[2], "1")
        one, other = await peer.get(a, path, bob), await peer.get(a, absent, bob)
        assert (one.status_code, one.content) == (other.status_code, other.content) == (404, other.content)
        one, other = [await a.client.get(url, headers={"Accept": "text/html"}) for url in (path, absent)]
        assert (one.status_code, one.content) == (other.status_code, other.content)


async def test_reports_of_one_server_do_not_bury_the_moderators(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_OPEN", 3)
    monkeypatch.setattr(reports, "MOST_OPEN_OF_SERVER", 5)
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    await world.settle()
    written = [(await write(world, anna, f"Post {number}", visibility="public"))["uri"] for number in range(5)]
    for name in ("eve", "eva", "evi"):
        actor = peer.actor(name)
        for number, iri in enumerate(written):
            about = [f"https://a.example/u/{anna.account_id}", iri]
            await peer.post(a, peer.activity("Flag", actor, about, number))
    await world.settle()
    counted = select(report.c.account_id, func.count()).group_by(report.c.account_id)
    rows = await a.house.store.read(lambda c: c.execute(counted).all())
    assert sorted(row[1] for row in rows) == [2, 3]


async def test_invented_hosts_fill_no_table(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST_HOSTS", 3)
    a, peer = await world.instance("a.example"), Peer(world)
    bob = peer.actor("bob")
    for number in range(5):  # farewells are not proven: nobody has looked at their signature
        who = f"https://h{number}.example/users/x"
        gone = {"@context": AS, "id": f"{who}#gone", "type": "Delete", "actor": who, "object": who}
        key = peer.keys[bob]
        assert (await peer.post(a, gone, signer=who, key=key)).status_code == 202
    for number in range(6):
        a.house.federation.ledger.refuse(ledger.Refused(f"s{number}.example", "Travel", "unknown-verb", f"id{number}"))
    await a.house.federation.ledger.flush()
    hosts = select(turned_away.c.host, turned_away.c.reason, turned_away.c.number)
    rows = sorted(tuple(row) for row in await a.house.store.read(lambda c: c.execute(hosts).all()))
    assert rows[:2] == [("other", "farewell", 5), ("other", "unknown-verb", 4)]
    assert len(rows) == 4
    single = select(func.count()).select_from(refusal)
    assert await a.house.store.read(lambda c: c.execute(single).scalar()) == 6
    monkeypatch.setattr(ledger, "MOST_KEPT", 2)
    await a.house.store.unit(ledger.forget_old)
    assert await a.house.store.read(lambda c: c.execute(single).scalar()) == 2


async def test_a_stranger_s_answer_is_in_no_thread_of_a_group_before_it_is_let_through(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna, mia = await member(a, "anna", public=True), await member(a, "mia")
    group_id = await open_group(a, "lake", anna)
    await world.settle()
    top = await write(world, anna, "@lake Who has a boat?")
    bob = peer.actor("bob")
    note = peer.note(bob, 1, "Buy pills", inReplyTo=top["uri"])
    await peer.post(a, peer.activity("Create", bob, note, to=[PUBLIC]))
    await world.settle()

    async def seen() -> list[bool]:
        path = f"/api/v1/statuses/{top['id']}/context"
        told = [await anna.get(path), await mia.get(path), await a.client.get(path)]
        told += [await peer.get(a, f"{top['uri']}/{name}", bob) for name in ("replies", "context")]
        assert {one.status_code for one in told} == {200}
        return [note["id"] in one.text for one in told]

    assert await seen() == [True, False, False, False, False]
    [waiting] = await a.house.store.read(submissions.held, group_id)
    await a.house.store.unit(submissions.approve, waiting.id, anna.account_id)
    await world.settle()
    assert await seen() == [True] * 5
    await a.house.store.unit(moderation.remove, group_id, waiting.post_id, By(anna.account_id, "No adverts"))
    await world.settle()
    assert await seen() == [True, False, False, False, False]


@pytest.mark.parametrize("rules", [{}, {"interaction_policy": NOBODY}], ids=["usual rules", "nobody may"])
@pytest.mark.parametrize("visibility", ["private", "direct"])
async def test_who_may_not_read_a_post_hangs_nothing_on_it(
    world: World, visibility: str, rules: dict[str, Any]
) -> None:
    """By its address alone an answer or a quote finds no place at it, and no answer tells that it is there."""
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    tom, ben = peer.actor("tom"), peer.actor("ben", number=1)
    await world.settle()
    await found(anna, ben)
    await peer.post(a, peer.activity("Follow", ben, f"https://a.example/u/{anna.account_id}"))
    await world.settle()
    top = await write(world, anna, "@ben@peer.example for you", visibility=visibility, **rules)
    peer.received.clear()
    for number, terms in enumerate([{"inReplyTo": top["uri"]}, {"quote": top["uri"]}]):
        mention = {"type": "Mention", "href": f"https://a.example/u/{anna.account_id}", "name": "@anna"}
        note = peer.note(tom, number, f"From outside {number}", tag=[mention], **terms)
        await peer.post(a, peer.activity("Create", tom, note, number, to=[PUBLIC]))
    await world.settle()
    assert peer.received == [], "a No would say that there is something"
    assert await a.house.store.read(lambda c: c.execute(select(interaction.c.id)).all()) == []
    status = (await anna.get(f"/api/v1/statuses/{top['id']}")).json()
    context = (await anna.get(f"/api/v1/statuses/{top['id']}/context")).json()
    assert (status["replies_count"], context["descendants"]) == (0, [])
    told = [one["status"] for one in (await anna.get("/api/v1/notifications?types[]=mention")).json()]
    assert {one["in_reply_to_id"] for one in told} == {None}, "she is told of what mentions her, as of any other post"
    assert len(told) == 2
    note = peer.note(ben, 9, "I may", inReplyTo=top["uri"], to=[f"https://a.example/u/{anna.account_id}"], cc=[])
    await peer.post(a, peer.activity("Create", ben, note, 9))
    await world.settle()
    context = (await anna.get(f"/api/v1/statuses/{top['id']}/context")).json()
    assert [one["uri"] for one in context["descendants"]] == [note["id"]]
