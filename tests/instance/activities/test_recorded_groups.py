"""What PieFed's and NodeBB's communities really announce, and what a PieFed moderator says to a group of ours."""

from typing import Any

from sqlalchemy import Connection, select

from instance.content import reports
from instance.db.content import post, report
from instance.db.unit import Unit
from instance.groups import bans, groups, moderators
from instance.groups.acting import By
from instance.people import accounts
from tests.instance.activities.recorded import Recorded
from tests.instance.activities.test_recorded import NBB_GROUP, PIE_ADMIN, PIE_GROUP, _follow
from tests.journeys.walk import found, home, notified, open_group, seen, write
from tests.support.make import Member, member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World

THEIRS = "https://pie-b.test/c/support/p/1/question-from-b"


async def _community(world: World) -> tuple[Running, Member, Recorded, str]:
    """Anna follows PieFed's community, which has announced Adminb's post."""
    running = await world.instance("a.example")
    anna = await member(running, "anna", public=True)
    await world.settle()
    piefed = Recorded(world, "piefed")
    group = await _follow(world, anna, PIE_GROUP)
    await piefed.accept(running, PIE_GROUP)
    wrapped = {"id": "https://pie-a.test/activities/announce/x", "type": "Announce", "actor": PIE_GROUP}
    wrapped |= {"@context": "https://www.w3.org/ns/activitystreams", "object": piefed.steps["create-page"]}
    piefed.steps["announce-theirs"] = wrapped | {"to": [PUBLIC]}
    await piefed.send(running, "announce-theirs")
    return running, anna, piefed, group


def _state(connection: Connection) -> tuple[bool, bool, int]:
    """(locked, removed, likes) of Adminb's post."""
    row = connection.execute(select(post).where(post.c.iri == THEIRS)).one()
    return row.locked_at is not None, row.removed_at is not None, row.favourites_count


async def test_piefed_s_moderators(world: World) -> None:
    running, anna, piefed, group = await _community(world)
    state = running.house.store.read
    await piefed.send(running, "announce-like")
    assert await state(_state) == (False, False, 1)
    await piefed.send(running, "announce-lock")
    assert await state(_state) == (True, False, 1)
    await piefed.send(running, "announce-undo-lock")
    assert await state(_state) == (False, False, 1)
    pinned = f"/api/v1/accounts/{group}/statuses"
    await piefed.send(running, "announce-add-featured")
    assert len((await anna.get(pinned, params={"pinned": "true"})).json()) == 1
    await piefed.send(running, "announce-remove-featured")
    assert (await anna.get(pinned, params={"pinned": "true"})).json() == []
    await piefed.send(running, "announce-delete")
    assert (await state(_state))[1] is True
    assert await home(anna) == []
    await piefed.send(running, "announce-undo-delete")
    assert (await state(_state))[1] is False
    assert len(await home(anna)) == 1
    await piefed.send(running, "announce-update-group")
    assert (await found(anna, PIE_GROUP))["display_name"] == "Support group 2"


async def test_piefed_s_moderators_come_without_a_target_and_bans_with_an_end(world: World) -> None:
    running, _, piefed, group = await _community(world)

    def names(connection: Connection) -> list[str]:
        return [row.iri for row in moderators.known(connection, int(group))]

    def ban(connection: Connection) -> Any:
        row = accounts.by_iri(connection, PIE_ADMIN)
        return bans.one(connection, int(group), row.id, world.clock.now()) if row is not None else None

    store = running.house.store
    await piefed.send(running, "announce-add")
    assert PIE_ADMIN in await store.read(names)
    await piefed.send(running, "announce-remove")
    assert PIE_ADMIN not in await store.read(names)
    await piefed.send(running, "announce-block")
    row = await store.read(ban)
    assert (row.reason, row.expires_at) == ("spam", 1_798_675_200_000)


async def test_a_nodebb_category_s_like_is_counted(world: World) -> None:
    running = await world.instance("a.example")
    anna = await member(running, "anna")
    await world.settle()
    nodebb = Recorded(world, "nodebb")
    await _follow(world, anna, NBB_GROUP)
    await nodebb.accept(running, NBB_GROUP)
    await nodebb.send(running, "announce-create-page", "announce-like")
    assert (await seen(anna, "hello nodebb"))["favourites_count"] == 1
    await nodebb.send(running, "like")
    assert (await seen(anna, "hello nodebb"))["favourites_count"] == 1


async def test_a_nodebb_category_takes_an_answer_out_and_announces_it_again(world: World) -> None:
    running = await world.instance("a.example")
    anna = await member(running, "anna")
    await world.settle()
    nodebb = Recorded(world, "nodebb")
    await _follow(world, anna, NBB_GROUP)
    await nodebb.accept(running, NBB_GROUP)
    await nodebb.send(running, "announce-create-page", "announce-create-note")
    opened = (await seen(anna, "hello nodebb"))["id"]

    async def below() -> int:
        return len((await anna.get(f"/api/v1/statuses/{opened}/context")).json()["descendants"])

    assert await below() == 1
    answer = nodebb.steps["announce-create-note"]
    undone = {"id": "https://nbb-a.test/undo/1", "type": "Undo", "actor": NBB_GROUP, "to": [PUBLIC]}
    told = {"id": "https://nbb-a.test/announce/9", "type": "Announce", "actor": NBB_GROUP}
    told["object"] = answer["object"]["object"]["id"]
    nodebb.steps["undo"] = {"@context": answer["@context"]} | undone | {"object": told}
    await nodebb.send(running, "undo")
    assert await below() == 0
    nodebb.steps["again"] = answer | {"id": "https://nbb-a.test/announce/10"}
    await nodebb.send(running, "again")
    assert await below() == 1


async def _ours(world: World) -> tuple[Running, Member, Recorded, int, str]:
    """Adminb of PieFed takes part in our group and has written to it."""
    running = await world.instance("a.example")
    anna = await member(running, "anna", role="moderator")
    group_id = await open_group(running, "support", anna)
    await world.settle()
    group = (await anna.get(f"/api/v1/accounts/{group_id}")).json()["uri"]
    piefed = Recorded(world, "piefed", {PIE_GROUP: group})
    await piefed.send(running, "follow", "create-page")
    return running, anna, piefed, group_id, group


def _said(group: str, kind: str, about: Any, number: int, **terms: Any) -> dict[str, Any]:
    iri = f"https://pie-b.test/activities/{kind.lower()}/{number}"
    made = {"@context": "https://www.w3.org/ns/activitystreams", "id": iri, "type": kind, "actor": PIE_ADMIN}
    return made | {"object": about, "audience": group, "to": [PUBLIC], "cc": [group]} | terms


async def test_a_piefed_moderator_of_our_group(world: World) -> None:
    running, anna, piefed, group_id, group = await _ours(world)
    mine = await write(world, anna, "@support Welcome")
    steps = {
        "lock": _said(group, "Lock", mine["uri"], 1, summary="done"),
        "remove": _said(group, "Delete", mine["uri"], 2, summary="rule 1"),
        "pin": _said(group, "Add", mine["uri"], 3, target=f"{group}/featured"),
        "ban": _said(group, "Block", f"https://a.example/u/{anna.account_id}", 4, target=group),
        "rename": _said(group, "Update", {"id": group, "type": "Group", "name": "Ours", "inbox": f"{group}/inbox"}, 5),
    }
    piefed.steps |= steps

    def state(connection: Connection) -> tuple[bool, bool, str]:
        row = connection.execute(select(post).where(post.c.iri == mine["uri"])).one()
        named = accounts.by_ids(connection, [group_id])[group_id]
        return row.locked_at is not None, row.removed_at is not None, named.display_name

    store = running.house.store
    await piefed.send(running, "lock", "remove", "pin", "ban", "rename")
    assert await store.read(state) == (False, False, "Support")  # he is no moderator
    adminb = int((await found(anna, PIE_ADMIN))["id"])
    await store.unit(moderators.add, group_id, adminb, By(anna.account_id))
    await world.settle()
    for number, step in enumerate(steps.values(), 10):
        step["id"] = f"https://pie-b.test/activities/again/{number}"
    await piefed.send(running, "pin", "lock", "rename", "remove")
    assert await store.read(state) == (True, True, "Ours")
    announced = [body for body in piefed.sent_to("pie-b.test") if body["type"] == "Announce"]
    inner = [(one["object"]["type"], one["object"]["id"]) for one in announced if isinstance(one["object"], dict)]
    assert ("Lock", steps["lock"]["id"]) in inner
    assert ("Delete", steps["remove"]["id"]) in inner
    gone = next(
        one["object"] for one in announced if isinstance(one["object"], dict) and one["object"]["type"] == "Delete"
    )
    assert (gone["actor"], gone["object"], gone["summary"]) == (PIE_ADMIN, mine["uri"], "rule 1")
    piefed.steps["undo"] = _said(group, "Undo", {k: v for k, v in steps["remove"].items() if k != "@context"}, 30)
    await piefed.send(running, "undo")
    assert (await store.read(state))[1] is False


async def test_a_dislike_is_counted_and_passed_on(world: World) -> None:
    running, anna, piefed, _, group = await _ours(world)
    mine = await write(world, anna, "@support Welcome")
    piefed.steps["no"] = _said(group, "Dislike", mine["uri"], 7)
    await piefed.send(running, "no")
    asked = select(post.c.dislikes_count).where(post.c.iri == mine["uri"])
    assert await running.house.store.read(lambda c: c.execute(asked).scalar_one()) == 1
    assert "dislikes_count" not in (await anna.get(f"/api/v1/statuses/{mine['id']}")).json()
    kinds = [body["object"]["type"] for body in piefed.sent_to("pie-b.test") if isinstance(body["object"], dict)]
    assert "Dislike" in kinds


async def test_a_piefed_report_reaches_the_group_s_moderators_and_is_resolved(world: World) -> None:
    running, anna, piefed, group_id, group = await _ours(world)
    await piefed.send(running, "flag")
    [told] = await running.house.store.read(reports.in_group, group_id)
    assert told.group_id == group_id
    assert ("admin.report", "adminb@pie-b.test") in await notified(anna)
    adminb = int((await found(anna, PIE_ADMIN))["id"])
    piefed.steps["resolve"] = _said(group, "Resolve", piefed.steps["flag"]["id"], 8)
    await piefed.send(running, "resolve")
    assert len(await running.house.store.read(reports.in_group, group_id)) == 1
    await running.house.store.unit(moderators.add, group_id, adminb, By(anna.account_id))
    piefed.steps["resolve"]["id"] += "0"
    await piefed.send(running, "resolve")
    assert await running.house.store.read(reports.in_group, group_id) == []


async def test_a_forwarded_report_reaches_the_remote_group_without_the_reporter_s_name(world: World) -> None:
    running, anna, piefed, _ = await _community(world)
    shown = await seen(anna, "edited")
    about = {"account_id": shown["account"]["id"], "status_ids": [shown["id"]], "comment": "spam", "forward": True}
    assert (await anna.post("/api/v1/reports", json=about)).status_code == 200
    await world.settle()
    flags = [body for body in piefed.sent_to("pie-a.test") if body["type"] == "Flag"]
    assert [(one["actor"], one["object"], one["to"], one["summary"]) for one in flags] == [
        ("https://a.example/actor", THEIRS, [PIE_GROUP], "spam")
    ]
    assert str(anna.account_id) not in str(flags)
    rows = await running.house.store.read(lambda c: c.execute(select(report)).all())
    assert rows[0].forward


async def test_a_warning_reaches_the_author_and_nobody_else_may_give_one(world: World) -> None:
    running, anna, piefed, group = await _community(world)
    mine = await write(world, anna, "@support@pie-a.test Hello there", visibility="public")
    moderator = "https://pie-a.test/u/admina"
    warn = _said(PIE_GROUP, "Warn", mine["uri"], 9, summary="calm down", to=[f"https://a.example/u/{anna.account_id}"])
    piefed.steps["warn"] = warn | {"id": "https://pie-a.test/activities/warn/1", "actor": moderator}
    await piefed.send(running, "warn")
    assert await notified(anna) == []

    def known(u: Unit) -> None:
        moderators.learn(u, int(group), moderator)

    await running.house.store.unit(known)
    piefed.steps["warn"]["id"] += "0"
    await piefed.send(running, "warn")
    [told] = (await anna.get("/api/v1/notifications")).json()
    assert (told["type"], told["moderation_warning"]["text"]) == ("moderation_warning", "calm down")
    assert told["moderation_warning"]["action"] == "none"


async def test_our_group_as_lemmy_and_piefed_read_it(world: World) -> None:
    running, anna, piefed, group_id, group = await _ours(world)
    await write(world, anna, "@support # Welcome\nTo all of you")
    change = {"rules": "Be kind.\nNo adverts <b>at all</b>."}
    await running.house.store.unit(lambda u: groups.change(u, group_id, By(anna.account_id), **change))
    reader = Peer(world, "reader.example")
    zoe = reader.actor("zoe")
    path = group.removeprefix("https://a.example")
    document = (await reader.get(running, path, zoe)).json()
    expected = {"type": "Group", "attributedTo": f"{group}/moderators", "moderators": f"{group}/moderators"}
    expected |= {"featured": f"{group}/featured", "postingRestrictedToMods": False, "sensitive": False}
    assert {name: document[name] for name in expected} == expected
    assert document["rules"] == "<p>Be kind.<br>No adverts &lt;b&gt;at all&lt;/b&gt;.</p>"  # as PieFed shows them
    assert document["endpoints"]["sharedInbox"] == "https://a.example/inbox"
    outbox = (await reader.get(running, f"{path}/outbox", zoe)).json()
    assert outbox["totalItems"] == 2
    first = outbox["orderedItems"][0]
    assert (first["type"], first["actor"], first["object"]["type"]) == ("Announce", group, "Create")
    page = first["object"]["object"]
    assert (page["type"], page["name"], page["audience"]) == ("Page", "Welcome", group)
    assert page["source"]["mediaType"] in {"text/plain", "text/markdown"}
    moderated = (await reader.get(running, f"{path}/moderators", zoe)).json()
    assert moderated["orderedItems"] == [f"https://a.example/u/{anna.account_id}"]
    finger = (await running.client.get("/.well-known/webfinger?resource=acct:support@a.example")).json()
    [own] = [link for link in finger["links"] if link["rel"] == "self"]
    assert own["properties"] == {"https://www.w3.org/ns/activitystreams#type": "Group"}
    del piefed
