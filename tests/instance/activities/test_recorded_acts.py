"""What was recorded of votes, moderation, reports and refusals has its effect; and no recorded step goes untried."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from instance.db.content import report
from tests.instance.activities.recorded import DATA, Recorded
from tests.journeys.walk import found, home, open_group, plain, relationship, seen, write
from tests.support.make import Member, member
from tests.support.world import Running, World

GTS_ALICE, GTS_BOB = "https://gts-a.test/users/alice", "https://gts-b.test/users/bob"
PIE_GROUP, PIE_ADMIN = "https://pie-a.test/c/support", "https://pie-b.test/u/adminb"
NBB_GROUP, NBB_ADMIN = "https://nbb-a.test/category/2", "https://nbb-a.test/uid/1"
CONTEXT = "https://www.w3.org/ns/activitystreams"


async def _anna(world: World) -> tuple[Running, Member]:
    running = await world.instance("a.example")
    anna = await member(running, "anna", public=True, role="moderator")
    await world.settle()
    return running, anna


async def _follow(world: World, who: Member, iri: str) -> str:
    account = await found(who, iri)
    await who.post(f"/api/v1/accounts/{account['id']}/follow")
    await world.settle()
    return str(account["id"])


async def _status(who: Member, status_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await who.get(f"/api/v1/statuses/{status_id}")).json()
    return answer


async def _pinned(who: Member, group: str) -> list[str]:
    answer = await who.get(f"/api/v1/accounts/{group}/statuses", params={"pinned": "true"})
    return [(status["reblog"] or status)["uri"] for status in answer.json()]


async def _community(world: World) -> tuple[Running, Member, Recorded, str, dict[str, Any]]:
    """Anna follows the recorded community, where the recorded member's post was passed on."""
    running, anna = await _anna(world)
    piefed = Recorded(world, "piefed")
    group = await _follow(world, anna, PIE_GROUP)
    await piefed.accept(running, PIE_GROUP)
    wrapped = {"id": "https://pie-a.test/activities/announce/x", "type": "Announce", "actor": PIE_GROUP}
    wrapped |= {"@context": CONTEXT, "object": piefed.steps["create-page"]}
    piefed.steps["announce-theirs"] = wrapped | {"to": piefed.steps["announce-create-page"]["to"]}
    await piefed.send(running, "announce-theirs")
    return running, anna, piefed, group, await seen(anna, "edited")


async def test_a_piefed_moderator_s_acts(world: World) -> None:
    running, anna, piefed, group, shown = await _community(world)
    await piefed.send(running, "announce-like")
    assert (await _status(anna, shown["id"]))["favourites_count"] == 1
    await piefed.send(running, "announce-add-featured")
    assert await _pinned(anna, group) == [shown["uri"]]
    await piefed.send(running, "announce-remove-featured")
    assert await _pinned(anna, group) == []
    await piefed.send(running, "announce-update-group")
    assert (await anna.get(f"/api/v1/accounts/{group}")).json()["display_name"] == "Support group 2"
    await piefed.send(running, "announce-add", "announce-remove")  # moderators, without a target
    assert await _pinned(anna, group) == []
    answer = {"status": "Me too", "in_reply_to_id": shown["id"], "visibility": "public"}
    await piefed.send(running, "announce-lock")
    assert (await anna.post("/api/v1/statuses", json=answer)).status_code == 422
    await piefed.send(running, "announce-undo-lock")
    assert (await anna.post("/api/v1/statuses", json=answer)).status_code == 200


async def test_a_piefed_removal_and_its_undoing(world: World) -> None:
    running, anna, piefed, _, shown = await _community(world)
    await piefed.send(running, "announce-delete")
    assert await home(anna) == []
    await piefed.send(running, "announce-undo-delete")
    assert (await seen(anna, "edited"))["id"] == shown["id"]
    await piefed.send(running, "announce-block")
    assert "edited" in " ".join(plain((status["reblog"] or status)["content"]) for status in await home(anna))


async def test_a_piefed_member_takes_a_deletion_back_votes_and_reports(world: World) -> None:
    running, anna = await _anna(world)
    group_id = await open_group(running, "support", anna)
    await world.settle()
    group = (await anna.get(f"/api/v1/accounts/{group_id}")).json()["uri"]
    mine = await write(world, anna, "@support Hello", visibility="public")
    piefed = Recorded(world, "piefed", {PIE_GROUP: group, "https://pie-a.test/comment/1": mine["uri"]})
    await piefed.send(running, "follow", "create-page", "dislike")
    shown = await _status(anna, mine["id"])
    assert shown["favourites_count"] == 0  # counted, not shown
    await piefed.send(running, "create-note")
    assert (await _status(anna, mine["id"]))["replies_count"] == 1
    theirs = await seen(anna, "body md")
    await piefed.send(running, "flag")

    kept = await running.house.store.read(_reasons, running)
    assert any("test reason - d" in reason for reason in kept)
    await piefed.send(running, "delete")
    assert not any("body md" in plain((one["reblog"] or one)["content"]) for one in await home(anna))
    await piefed.send(running, "undo-delete")
    assert (await seen(anna, "edited"))["uri"] == theirs["uri"]  # as its server tells it now


async def test_nodebb_s_votes_answers_and_passed_on_pages(world: World) -> None:
    running, anna = await _anna(world)
    nodebb = Recorded(world, "nodebb")
    await _follow(world, anna, NBB_GROUP)
    await nodebb.accept(running, NBB_GROUP)
    await nodebb.send(running, "announce-page")
    shown = await seen(anna, "hello nodebb from piefed")
    assert shown["account"]["acct"] == "adminb@pie-b.test"
    await nodebb.send(running, "announce-like")
    assert (await _status(anna, shown["id"]))["favourites_count"] == 1
    await nodebb.send(running, "like")  # the same one, from himself
    assert (await _status(anna, shown["id"]))["favourites_count"] == 1
    await nodebb.send(running, "create-note")
    below = (await anna.get(f"/api/v1/statuses/{shown['id']}/context")).json()["descendants"]
    assert [plain(status["content"]) for status in below] == ["a_reply_from_nodebb_admin_long_enough"]


async def test_nodebb_s_report(world: World) -> None:
    running, anna = await _anna(world)
    mine = await write(world, anna, "Hello", visibility="public")
    theirs = "https://pie-b.test/c/general-discussion/p/8/piefed-topic-into-nodebb"
    nodebb = Recorded(world, "nodebb", {theirs: mine["uri"], PIE_ADMIN: f"https://a.example/u/{anna.account_id}"})
    await nodebb.send(running, "flag")
    assert "spam" in await running.house.store.read(_reasons, running)


async def test_gotosocial_s_refusal(world: World) -> None:
    running, anna = await _anna(world)
    gts = Recorded(world, "gotosocial", {GTS_ALICE: f"https://a.example/u/{anna.account_id}"})
    bob = await _follow(world, anna, GTS_BOB)
    assert (await relationship(anna, bob))["requested"]
    await gts.send(running, "follow-reject")
    relation = await relationship(anna, bob)
    assert (relation["requested"], relation["following"]) == (False, False)


def _reasons(connection: Any, running: Running) -> list[str]:
    rows = connection.execute(select(report)).all()
    vault = running.house.site.vault
    return [vault.open(row.comment, "report", "comment", row.id).decode() for row in rows if row.comment]


@pytest.mark.parametrize("name", ["gotosocial", "nodebb", "piefed", "takahe"])
def test_every_recorded_step_is_tried(name: str) -> None:
    steps = set(json.loads((DATA / f"{name}.json").read_text())["steps"])
    tried = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert {step for step in steps if not re.search(rf'"{re.escape(step)}"', tried)} == set()
