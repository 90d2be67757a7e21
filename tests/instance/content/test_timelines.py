"""What home timelines forget, and the erasure of all that a person posted."""

from sqlalchemy import Connection, func, select

from instance.clock import DAY
from instance.content import timelines
from instance.db.content import favourite, post
from instance.db.reading import timeline_entry
from instance.people import accounts
from tests.support.make import member
from tests.support.world import World


def entries(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(timeline_entry)).scalar_one()


async def test_old_entries_are_forgotten_posts_are_not(world: World) -> None:
    a = await world.instance()
    ana = await member(a, "ana", public=True)
    made = (await ana.post("/api/v1/statuses", json={"status": "old"})).json()["id"]
    world.clock.turn(100 * DAY)
    await ana.post("/api/v1/statuses", json={"status": "newer"})
    assert await a.house.store.unit(timelines.sweep) == 0
    world.clock.turn(81 * DAY)
    assert await a.house.store.unit(timelines.sweep) == 1
    assert await a.house.store.read(entries) == 1
    assert (await ana.get(f"/api/v1/statuses/{made}")).status_code == 200


async def test_a_person_who_leaves_takes_her_words_along(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben", public=True)
    for n in range(60):
        made = (await ana.post("/api/v1/statuses", json={"status": f"my illness {n}"})).json()["id"]
    foreign = (await ben.post("/api/v1/statuses", json={"status": "of ben"})).json()["id"]
    await ana.post(f"/api/v1/statuses/{foreign}/reblog")
    await ana.post(f"/api/v1/statuses/{foreign}/favourite")
    await ben.post(f"/api/v1/statuses/{made}/favourite")
    await a.house.store.unit(accounts.delete, ana.account_id)
    await world.settle()
    left = await a.house.store.read(lambda c: [tuple(row) for row in c.execute(select(post))])
    assert "illness" not in str(left)
    assert await a.house.store.read(lambda c: c.execute(select(favourite)).all()) == []
    shown = (await ben.get(f"/api/v1/statuses/{foreign}")).json()
    assert (shown["reblogs_count"], shown["favourites_count"]) == (0, 0)
