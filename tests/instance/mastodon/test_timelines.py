"""Timelines through the client API: who finds what where, pages, and how few statements they take."""

import re
from typing import Any

from sqlalchemy import insert

from instance.db.reading import reading_list, reading_list_account, word_filter, word_filter_keyword
from instance.groups import groups
from instance.people import follows, restrictions
from tests.support.make import Member, member
from tests.support.world import Running, World

API = "/api/v1/statuses"
HOME = "/api/v1/timelines/home"
PUBLIC = "/api/v1/timelines/public"


async def write(who: Member, text: str = "hello", **more: Any) -> str:
    answer = await who.post(API, json={"status": text, **more})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def ids(who: Member, path: str = HOME, **query: Any) -> list[str]:
    answer = await who.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [status["id"] for status in answer.json()]


async def follow(running: Running, follower: Member, target: int) -> None:
    await running.house.store.unit(follows.request, follower.account_id, target)


async def test_home_holds_what_she_follows_and_her_own(world: World) -> None:
    a = await world.instance()
    ana, ben, eve = await member(a, "ana", public=True), await member(a, "ben"), await member(a, "eve", public=True)
    old = await write(ana, "before")
    await follow(a, ben, ana.account_id)
    one = await write(ana, "public")
    two = await write(ana, "followers", visibility="private")
    foreign = await write(eve, "stranger")
    await write(ana, "to eve, a stranger to ben @eve", in_reply_to_id=foreign)
    await write(ana, "secret @eve", visibility="direct")
    direct = await write(ana, "dear @ben", visibility="direct")
    mine = await write(ben, "mine")
    assert await ids(ben) == [mine, direct, two, one, old]
    boost = (await ana.post(f"{API}/{foreign}/reblog")).json()["id"]
    await ana.post(f"{API}/{one}/reblog")
    assert await ids(ben, limit=2) == [boost, mine]
    await a.house.store.unit(follows.end, ben.account_id, ana.account_id)
    assert await ids(ben) == [mine]


async def test_blocks_and_mutes_count_when_the_page_is_read(world: World) -> None:
    a = await world.instance()
    ana, ben, eve = await member(a, "ana", public=True), await member(a, "ben"), await member(a, "eve", public=True)
    await follow(a, ben, ana.account_id)
    foreign = await write(eve)
    boost = (await ana.post(f"{API}/{foreign}/reblog")).json()["id"]
    assert await ids(ben) == [boost]
    await a.house.store.unit(restrictions.mute, ben.account_id, eve.account_id)
    assert await ids(ben) == []
    assert await ids(ben, PUBLIC) == []
    await a.house.store.unit(restrictions.unmute, ben.account_id, eve.account_id)
    assert await ids(ben) == [boost]
    await a.house.store.unit(restrictions.block, eve.account_id, ben.account_id)
    assert await ids(ben) == []
    assert (await ben.get(f"{API}/{foreign}")).status_code == 404


async def test_a_group_post_is_at_home_once_as_the_groups_boost(world: World) -> None:
    a = await world.instance()
    ana, ben, eve = await member(a, "ana"), await member(a, "ben"), await member(a, "eve")
    lung = await a.house.store.unit(lambda u: groups.create(u, "lung", "Lung", created_by=ana.account_id))
    for who in (ben, eve):
        await follow(a, who, lung)
    await follow(a, ben, ana.account_id)
    made = (await ana.post(API, json={"status": "hello @lung"})).json()
    assert made["reblog"] is None
    assert await ids(ana) == [made["id"]]
    for who in (ben, eve):
        home = (await who.get(HOME)).json()
        assert [(s["account"]["acct"], s["reblog"]["id"]) for s in home] == [("lung", made["id"])]
        assert home[0]["id"] != made["id"]
        shown = await ids(who, f"/api/v1/timelines/list/{lung}")
        assert shown == [home[0]["id"]]
    outsider = await member(a, "zoe")
    assert (await outsider.get(f"/api/v1/timelines/list/{lung}")).status_code == 404
    await ana.delete(f"{API}/{made['id']}")
    assert await ids(ben) == []


async def test_public_and_tag_timelines(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben")
    one = await write(ana, "hello #Lung")
    await write(ana, "quiet #lung", visibility="unlisted")
    await write(ana, "followers #lung", visibility="private")
    await write(ana, "only here #lung", local_only=True)
    two = await write(ana, "answer to myself", in_reply_to_id=one)
    assert await ids(ben, PUBLIC, local="true") != []
    seen = (await a.client.get(PUBLIC)).json()
    assert [status["id"] for status in seen] == [two, one]
    assert (await a.client.get(PUBLIC, params={"remote": "1"})).json() == []
    assert (await a.client.get(PUBLIC, params={"only_media": "1"})).json() == []
    assert [s["id"] for s in (await a.client.get("/api/v1/timelines/tag/LUNG")).json()] == [one]
    assert (await a.client.get("/api/v1/timelines/tag/nothing")).json() == []
    assert (await a.client.get(HOME)).status_code == 401


async def test_pages_join_without_gap_or_double(world: World) -> None:
    a = await world.instance()
    ana = await member(a, "ana", public=True)
    made = [await write(ana, f"post {n}") for n in range(7)][::-1]
    answer = await ana.get(HOME, params={"limit": 3})
    found, pages = [status["id"] for status in answer.json()], 1
    while match := re.search(r'<(https://a\.example/[^>]+)>; rel="next"', answer.headers.get("link", "")):
        answer = await ana.get(match[1])
        found += [status["id"] for status in answer.json()]
        pages += 1
    assert found == made
    assert pages == 3
    assert await ids(ana, limit=2, min_id=made[6]) == made[4:6]
    assert await ids(ana, limit=2, since_id=made[6]) == made[0:2]


async def test_a_list_of_her_own(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben")
    await follow(a, ben, ana.account_id)

    def make(u: Any, exclusive: bool) -> None:
        u.connection.execute(
            insert(reading_list).values(id=5, account_id=ben.account_id, title="x", exclusive=exclusive)
        )
        u.connection.execute(insert(reading_list_account).values(list_id=5, account_id=ana.account_id))

    await a.house.store.unit(make, True)
    one = await write(ana)
    assert await ids(ben, "/api/v1/timelines/list/5") == [one]
    assert await ids(ben) == []  # the list is exclusive
    assert (await ana.get("/api/v1/timelines/list/5")).status_code == 404


async def test_filters_are_told(world: World) -> None:
    a = await world.instance()
    ana, ben = await member(a, "ana", public=True), await member(a, "ben")
    await follow(a, ben, ana.account_id)
    await write(ana, "about Spiders and spiderwebs")
    await write(ana, "about webs")

    def make(u: Any) -> None:
        u.connection.execute(
            insert(word_filter).values(id=5, account_id=ben.account_id, title="no", contexts=["home"], action="warn")
        )
        u.connection.execute(insert(word_filter_keyword).values(id=6, filter_id=5, keyword="SPIDERS", whole_word=True))

    await a.house.store.unit(make)
    home = (await ben.get(HOME)).json()
    assert [len(status["filtered"]) for status in home] == [0, 1]
    assert home[1]["filtered"][0]["keyword_matches"] == ["SPIDERS"]
    assert [status["filtered"] for status in (await ben.get(PUBLIC)).json()] == [[], []]


async def test_a_page_takes_two_statements(world: World) -> None:
    a = await world.instance()
    store: Any = a.house.store
    ana, ben = await member(a, "ana", public=True), await member(a, "ben", public=True)
    await follow(a, ben, ana.account_id)
    for n in range(21):
        post_id = await write(
            ana, f"post {n}", **({"poll": {"options": ["a", "b"], "expires_in": 900}} if n % 3 else {})
        )
        if n % 4 == 0:
            await ben.post(f"{API}/{post_id}/favourite")
    first = (await ben.get(HOME)).json()
    for path in (HOME, PUBLIC):
        await ben.get(path)
        before = store.hot_count
        shown = (await ben.get(path)).json()
        assert store.hot_count - before <= 2  # the token, and the page with all marks
        assert len(shown) == 20
    assert first == (await ben.get(HOME)).json()
    assert sum(status["favourited"] for status in first) == 5
