"""A Lemmy community followed from here: posts, votes, and everything that its moderators do (FEP-1b12)."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, select

from instance.activities.fetching import backfill
from instance.db.content import post
from instance.groups import moderators
from instance.people import accounts
from tests.instance.activities.lemmy import Lemmy
from tests.journeys.walk import found, home, notified, plain, seen, texts, write
from tests.support.make import Member, member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World


async def _followed(world: World) -> tuple[Running, Member, Lemmy]:
    running = await world.instance("a.example")
    anna = await member(running, "anna", public=True)
    lemmy = Lemmy(world)
    await world.settle()
    group = await found(anna, lemmy.group)
    await anna.post(f"/api/v1/accounts/{group['id']}/follow")
    await world.settle()
    await lemmy.accept(running)
    return running, anna, lemmy


async def _posted(running: Running, anna: Member, lemmy: Lemmy, number: int = 1, title: str = "Warp") -> dict[str, Any]:
    created = lemmy.does("Create", lemmy.data, lemmy.page(number, title), to=[PUBLIC], cc=[lemmy.group])
    await lemmy.announce(running, created)
    return await seen(anna, title)


def _counts(iri: str) -> Any:
    def look(connection: Connection) -> tuple[int, int]:
        asked = select(post.c.favourites_count, post.c.dislikes_count).where(post.c.iri == iri)
        row = connection.execute(asked).one()
        return row.favourites_count, row.dislikes_count

    return look


async def test_a_titled_post_is_the_group_s_boost(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    shown = await _posted(running, anna, lemmy)
    [boost] = await home(anna)
    assert (boost["account"]["acct"], boost["account"]["group"]) == ("main@lemmy.example", True)
    assert "<strong>Warp</strong>" in shown["content"]
    assert shown["language"] == "de"


async def test_votes_told_by_a_community_are_counted_once_and_nobody_is_named(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    shown = await _posted(running, anna, lemmy)
    iri = f"{lemmy.base}/post/1"
    voters = ["https://far.example/u/bo", "https://far.example/u/cy", lemmy.picard]
    for voter in voters:
        await lemmy.announce(running, lemmy.does("Like", voter, iri))
        await lemmy.announce(running, lemmy.does("Like", voter, iri))
    await lemmy.announce(running, lemmy.does("Dislike", voters[0], iri))
    assert await running.house.store.read(_counts(iri)) == (2, 1)
    undone = lemmy.does("Undo", voters[1], lemmy.does("Like", voters[1], iri))
    await lemmy.announce(running, undone)
    assert await running.house.store.read(_counts(iri)) == (1, 1)
    # Lemmy takes a dislike back as a like
    await lemmy.announce(running, lemmy.does("Undo", voters[0], lemmy.does("Like", voters[0], iri)))
    assert await running.house.store.read(_counts(iri)) == (1, 0)
    await lemmy.say(running, lemmy.does("Like", lemmy.picard, iri))  # herself as well: the same one
    assert await running.house.store.read(_counts(iri)) == (1, 0)
    assert (await anna.get(f"/api/v1/statuses/{shown['id']}")).json()["favourites_count"] == 1
    assert world.wires.requests_to("far.example") == []


async def test_an_edit_and_the_author_s_deletion_and_its_undoing(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    shown = await _posted(running, anna, lemmy)
    changed = lemmy.page(1, "Warp drive", updated="2026-11-22T00:00:00Z")
    await lemmy.announce(running, lemmy.does("Update", lemmy.data, changed, to=[PUBLIC], cc=[lemmy.group]))
    assert "Warp drive" in (await anna.get(f"/api/v1/statuses/{shown['id']}")).json()["content"]
    gone = lemmy.moderates("Delete", f"{lemmy.base}/post/1", lemmy.data)
    await lemmy.announce(running, gone)
    assert await home(anna) == []
    assert (await anna.get(f"/api/v1/statuses/{shown['id']}")).status_code == 404
    await lemmy.announce(running, lemmy.moderates("Undo", gone, lemmy.data))
    assert "Warp drive" in (await seen(anna, "Warp"))["content"]


@pytest.mark.parametrize("served", [403, (200, {"content-type": "text/html"}, b"<p>Gone</p>")])
async def test_a_deletion_that_the_authors_server_does_not_confirm_takes_it_out_of_the_group(
    world: World, served: Any
) -> None:
    running, anna, lemmy = await _followed(world)
    far = Peer(world, "far.example")
    bo = far.actor("bo")
    note = far.note(bo, 1, "<p>Warp</p>", to=[PUBLIC, lemmy.group], audience=lemmy.group)
    await lemmy.announce(running, lemmy.does("Create", bo, note["id"], to=[PUBLIC], cc=[lemmy.group]))
    shown = await seen(anna, "Warp")
    far.documents["/users/bo/statuses/1"] = served
    await lemmy.announce(running, lemmy.moderates("Delete", note["id"], bo))
    assert await home(anna) == []
    assert (await anna.get(f"/api/v1/statuses/{shown['id']}")).status_code == 200


async def test_removal_and_restoration_by_a_moderator(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    await _posted(running, anna, lemmy)
    removed = lemmy.moderates("Delete", f"{lemmy.base}/post/1", summary="off topic")
    await lemmy.announce(running, removed)
    assert await home(anna) == []
    await lemmy.announce(running, lemmy.moderates("Undo", removed, summary="on topic after all"))
    assert len(await home(anna)) == 1


async def test_a_member_s_own_post_is_removed_and_she_reads_why(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    mine = await write(world, anna, "@main@lemmy.example # Hull breach\nWhat now?")
    sent = [one.body for one in lemmy.peer.received if one.body["type"] == "Create"][-1]
    assert (sent["object"]["type"], sent["object"]["name"]) == ("Page", "Hull breach")
    assert sent["object"]["audience"] == lemmy.group
    assert lemmy.group in sent["object"]["to"]
    assert "What now?" in sent["object"]["source"]["content"]
    await lemmy.announce(running, lemmy.moderates("Delete", mine["uri"], summary="no panic here"))
    [told] = (await anna.get("/api/v1/notifications")).json()
    assert (told["type"], told["moderation_warning"]["text"]) == ("moderation_warning", "no panic here")
    assert told["account"]["acct"] == "main@lemmy.example"
    assert (await anna.get(f"/api/v1/statuses/{mine['id']}")).status_code == 200


async def test_a_lock_closes_the_thread(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    shown = await _posted(running, anna, lemmy)
    locked = lemmy.moderates("Lock", f"{lemmy.base}/post/1", summary="too hot")
    await lemmy.announce(running, locked)
    refused = await anna.post("/api/v1/statuses", json={"status": "But", "in_reply_to_id": shown["id"]})
    assert (refused.status_code, "locked" in refused.json()["error"]) == (422, True)
    await lemmy.announce(running, lemmy.moderates("Undo", locked))
    await write(world, anna, "Thanks", in_reply_to_id=shown["id"])
    sent = [one.body for one in lemmy.peer.received if one.body["type"] == "Create"][-1]
    assert (sent["object"]["type"], sent["object"]["inReplyTo"]) == ("Note", f"{lemmy.base}/post/1")


async def test_pins(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    await _posted(running, anna, lemmy)
    iri, target = f"{lemmy.base}/post/1", f"{lemmy.group}/featured"
    group = await found(anna, lemmy.group)

    async def pinned() -> int:
        answer = await anna.get(f"/api/v1/accounts/{group['id']}/statuses", params={"pinned": "true"})
        return len(answer.json())

    await lemmy.announce(running, lemmy.moderates("Add", iri, target=target))
    assert await pinned() == 1
    await lemmy.announce(running, lemmy.moderates("Remove", iri, target=target))
    assert await pinned() == 0
    added = lemmy.moderates("Add", iri, target=None)
    await lemmy.announce(running, added)
    assert await pinned() == 1
    await lemmy.announce(running, lemmy.moderates("Undo", added))
    assert await pinned() == 0
    await lemmy.announce(running, lemmy.moderates("Undo", lemmy.moderates("Remove", iri, target=target)))
    assert await pinned() == 1


async def test_moderators_also_without_a_target(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    me = f"https://a.example/u/{anna.account_id}"

    def names(connection: Connection) -> list[str]:
        row = accounts.by_iri(connection, lemmy.group)
        return [one.name for one in moderators.known(connection, row.id)] if row else []

    await lemmy.announce(running, lemmy.moderates("Add", me, target=f"{lemmy.group}/moderators"))
    assert "anna" in await running.house.store.read(names)
    await lemmy.announce(running, lemmy.moderates("Remove", me, target=f"{lemmy.group}/moderators"))
    assert "anna" not in await running.house.store.read(names)
    await lemmy.announce(running, lemmy.moderates("Add", me, target=None))
    assert "anna" in await running.house.store.read(names)


async def test_a_ban_here_and_its_end(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    me = f"https://a.example/u/{anna.account_id}"
    ends = {"endTime": "2036-12-31T00:00:00+00:00", "expires": "2036-12-31T00:00:00+00:00"}
    ban = lemmy.moderates("Block", me, target=lemmy.group, removeData=False, summary="spam", **ends)
    await lemmy.announce(running, ban)
    refused = await anna.post("/api/v1/statuses", json={"status": "@main@lemmy.example hello"})
    assert refused.status_code == 422
    assert "2036-12-31" in refused.json()["error"]
    await lemmy.announce(running, lemmy.moderates("Undo", ban))
    await write(world, anna, "@main@lemmy.example hello")


async def test_a_ban_that_removes_what_was_written(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    await _posted(running, anna, lemmy)
    ban = lemmy.moderates("Block", lemmy.data, target=lemmy.group, removeData=True, summary="bot")
    await lemmy.announce(running, ban)
    assert await home(anna) == []


async def test_the_community_s_new_name(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    changed = lemmy.peer.documents["/users/main"] | {"name": "Main bridge", "summary": "<p>new</p>"}
    changed = {name: value for name, value in changed.items() if name != "@context"}
    await lemmy.announce(running, lemmy.moderates("Update", changed))
    assert (await found(anna, lemmy.group))["display_name"] == "Main bridge"


async def test_a_community_has_no_say_about_what_is_not_in_it(world: World) -> None:
    running, anna, lemmy = await _followed(world)
    other = Peer(world, "other.example")
    bob = other.actor()
    await anna.post(f"/api/v1/accounts/{(await found(anna, bob))['id']}/follow")
    await world.settle()
    note = other.note(bob)
    mine = await write(world, anna, "On my own page", visibility="public")
    await other.post(running, other.activity("Create", bob, note))
    await world.settle()
    for about in (note["id"], mine["uri"]):
        for kind in ("Delete", "Lock"):
            await lemmy.announce(running, lemmy.moderates(kind, about, summary="mine now"))
        await lemmy.announce(running, lemmy.does("Like", "https://far.example/u/bo", about))
        await lemmy.announce(running, lemmy.moderates("Add", about, target=f"{lemmy.group}/featured"))
    target = "https://other.example/users/x/moderators"
    await lemmy.announce(running, lemmy.moderates("Add", bob, target=target))
    for status in await home(anna):
        assert (status["favourites_count"], status["reblogged"]) == (0, False)
        answered = await anna.post("/api/v1/statuses", json={"status": "yes", "in_reply_to_id": status["id"]})
        assert answered.status_code == 200
    assert [kind for kind, _ in await notified(anna)] == []


async def test_what_the_community_had_before_is_fetched_once(world: World) -> None:
    running = await world.instance("a.example")
    anna, ben = await member(running, "anna"), await member(running, "ben")
    lemmy = Lemmy(world)
    items = []
    for number in range(1, 31):
        created = lemmy.does("Create", lemmy.data, lemmy.page(number % 10 + 1, f"Post {number}"), to=[PUBLIC])
        created["object"]["id"] = f"{lemmy.base}/post/{100 + number}"
        items.append({k: v for k, v in lemmy.announced(created).items() if k != "@context"})
    far = Peer(world, "far.example")
    eve = far.actor("eve")
    named = [{"type": "Mention", "href": f"https://a.example/u/{anna.account_id}", "name": "@anna@a.example"}]
    note = far.note(eve, to=[PUBLIC, lemmy.group], tag=named, audience=lemmy.group)
    items.insert(0, {k: v for k, v in lemmy.announced(lemmy.does("Create", eve, note)).items() if k != "@context"})
    lemmy.collection("outbox", items)
    lemmy.collection("featured", [items[1]["object"]["object"]["id"]])
    lemmy.peer.documents["/post/101"] = {"@context": "https://www.w3.org/ns/activitystreams"} | items[1]["object"][
        "object"
    ]
    await world.settle()
    group = await found(anna, lemmy.group)
    before = len(world.wires.log)
    await anna.post(f"/api/v1/accounts/{group['id']}/follow")
    await world.settle()
    await lemmy.accept(running)
    shown = await home(anna)
    assert len(shown) == 20
    assert {status["account"]["acct"] for status in shown} == {"main@lemmy.example"}
    assert all(status["created_at"].startswith("2026-11-2") for status in shown)
    assert [status["id"] for status in shown] == sorted((status["id"] for status in shown), reverse=True)
    assert await notified(anna) == []
    asked = [url for sender, verb, url in world.wires.log[before:] if (sender, verb) == ("a.example", "GET")]
    assert len(asked) <= 50
    pins = (await anna.get(f"/api/v1/accounts/{group['id']}/statuses", params={"pinned": "true"})).json()
    assert [plain(status["content"]) for status in pins] == ["Post 1Post 1 body"]
    known = await running.house.store.read(lambda c: moderators.known(c, int(group["id"])))
    assert [row.iri for row in known] in ([lemmy.picard], [])
    before = len(world.wires.log)
    await ben.post(f"/api/v1/accounts/{group['id']}/follow")
    await world.settle()
    await lemmy.accept(running)
    assert [url for _, verb, url in world.wires.log[before:] if verb == "GET" and "outbox" in url] == []
    assert len(texts(await home(ben))) == 20


async def test_what_was_had_of_an_outbox_when_its_time_is_over_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = await world.instance("a.example")
    anna = await member(running, "anna", public=True)
    lemmy = Lemmy(world)
    created = [lemmy.does("Create", lemmy.data, lemmy.page(number, f"Post {number}")) for number in (1, 2)]
    created[1]["object"] = f"{lemmy.base}/slow"  # its author's server never answers
    lemmy.collection("outbox", [{k: v for k, v in lemmy.announced(one).items() if k != "@context"} for one in created])

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            await asyncio.Event().wait()
        await lemmy.peer(scope, receive, send)

    world.wires.apps[lemmy.peer.host] = slow
    monkeypatch.setattr(backfill, "SECONDS", 2.0)
    await world.settle()
    group = await found(anna, lemmy.group)
    await anna.post(f"/api/v1/accounts/{group['id']}/follow")
    await world.settle()
    await lemmy.accept(running)
    assert (len(await home(anna)), plain((await seen(anna, "Post 1"))["content"])) == (1, "Post 1Post 1 body")
