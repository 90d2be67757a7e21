"""What a group tells its followers elsewhere costs no more statements for a thousand than for ten; answers are no boosts."""

from typing import Any

from sqlalchemy import insert

from instance.content import moderation
from instance.db.people import follow
from instance.db.unit import Unit
from instance.groups.acting import By
from tests.instance.activities.elsewhere import queued, remote
from tests.instance.activities.test_cost import statements
from tests.journeys.walk import open_group, seen
from tests.support.make import Member, member
from tests.support.world import Running, World

CHUNKS = 4
"""More recipients are looked up in more statements, 500 at a time: twice for a post, which is told in two forms."""


def _join(group_id: int, hosts: range, each: int) -> Any:
    def go(u: Unit) -> None:
        for host in hosts:
            for number in range(each):
                follower = remote(u, f"https://h{host}.example/u/m{number}")
                row = {"id": 1000 * host + number + 1, "follower_id": follower, "target_id": group_id}
                u.connection.execute(insert(follow).values(**row, state="accepted", created_at=u.now))

    return go


async def _group(world: World) -> tuple[Running, Member, int]:
    running = await world.instance("a.example")
    anna = await member(running, "anna", public=True)
    group_id = await open_group(running, "lupus", anna)
    await world.settle()
    return running, anna, group_id


async def test_a_thousand_followers_on_a_hundred_servers(world: World) -> None:
    running, anna, group_id = await _group(world)
    await running.house.store.unit(_join(group_id, range(5), 2))

    async def told() -> tuple[int, int, int]:
        with statements(running) as posting:
            made = await anna.post("/api/v1/statuses", json={"status": "@lupus Good morning"})
        post_id = int(made.json()["id"])
        with statements(running) as liking:
            await anna.post(f"/api/v1/statuses/{post_id}/favourite")
        with statements(running) as moderating:
            await running.house.store.unit(moderation.remove, group_id, post_id, By(anna.account_id, "because"))
        return len(posting), len(liking), len(moderating)

    few = await told()
    await running.house.store.unit(_join(group_id, range(5, 105), 10))
    many = await told()
    assert all(after <= before + CHUNKS for before, after in zip(few, many, strict=True)), (few, many)
    sent = await running.house.store.read(queued)
    kinds = [body["object"] if isinstance(body["object"], str) else body["object"]["type"] for body, _ in sent]
    assert kinds.count("Like") == 2
    assert kinds.count("Delete") == 2
    assert {len(inboxes) for body, inboxes in sent[-3:]} == {105}


async def test_an_answer_is_announced_as_an_activity_and_never_boosted(world: World) -> None:
    running, anna, group_id = await _group(world)
    await running.house.store.unit(_join(group_id, range(2), 1))
    await anna.post("/api/v1/statuses", json={"status": "@lupus Good morning"})
    mine = await seen(anna, "Good morning")
    before = len(await running.house.store.read(queued))
    await anna.post("/api/v1/statuses", json={"status": "And to me", "in_reply_to_id": mine["id"]})
    sent = (await running.house.store.read(queued))[before:]
    announced = [body for body, _ in sent if body["type"] == "Announce"]
    assert [body["object"]["type"] for body in announced] == ["Create"]
    assert announced[0]["object"]["object"]["type"] == "Note"
    assert announced[0]["object"]["object"]["inReplyTo"] == mine["uri"]
    shown = (await anna.get(f"/api/v1/accounts/{group_id}/statuses")).json()
    assert len(shown) == 1
