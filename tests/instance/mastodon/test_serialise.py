"""Statuses as JSON: rendered once, versions exact, the reader's marks on top."""

import json
from typing import Any

from sqlalchemy import insert, update

from instance.db.content import bookmark, favourite, post
from instance.db.unit import Unit
from instance.ids import sortable_id
from instance.mastodon.paging import Page
from instance.mastodon.serialise import account_entity, accounts, page, status, statuses
from instance.people import accounts as people
from tests.support.world import Running, World


def _person(u: Unit, name: str) -> int:
    return people.create(u, name)


def _post(u: Unit, author: int, text: str, **values: Any) -> int:
    post_id = values.pop("id", None) or sortable_id(u.now, u.now)
    base = {"iri": u.site.url(f"/u/{author}/p/{post_id}"), "thread_id": str(post_id), "visibility": "public"}
    base |= {"content": f"<p>{text}</p>", "created_at": u.now, "received_at": u.now}
    u.connection.execute(insert(post).values(id=post_id, account_id=author, **(base | values)))
    return post_id


async def _json(a: Running, post_id: int, reader: int | None) -> dict[str, Any]:
    return json.loads(bytes(await status(a.house, post_id, reader)))  # type: ignore[no-any-return]


async def test_a_status_for_a_stranger_and_for_a_reader(world: World) -> None:
    a = await world.instance()
    ana = await a.house.store.unit(_person, "ana")
    ben = await a.house.store.unit(_person, "ben")
    one = await a.house.store.unit(_post, ana, "hello")

    for_all = await _json(a, one, None)
    assert for_all["content"] == "<p>hello</p>"
    assert for_all["account"]["acct"] == "ana"
    assert for_all["uri"] == f"https://a.example/u/{ana}/p/{one}"
    assert "favourited" not in for_all

    def mark(u: Unit) -> None:
        for table in (favourite, bookmark):
            u.connection.execute(insert(table).values(id=1, account_id=ben, post_id=one, created_at=u.now))

    await a.house.store.unit(mark)
    for_ben = await _json(a, one, ben)
    assert [for_ben[name] for name in ("favourited", "reblogged", "bookmarked", "muted")] == [True, False, True, False]
    assert for_ben["filtered"] == []
    for_ana = await _json(a, one, ana)
    assert (for_ana["favourited"], for_ana["pinned"]) == (False, False)


async def test_a_new_version_is_shown_at_once_and_an_old_one_is_not_rendered_again(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ana = await store.unit(_person, "ana")
    one = await store.unit(_post, ana, "first")
    assert (await _json(a, one, None))["content"] == "<p>first</p>"
    await store.unit(lambda u: u.connection.execute(update(post).values(content="<p>second</p>")) and None)
    assert (await _json(a, one, None))["content"] == "<p>first</p>"  # same version: from memory
    await store.unit(lambda u: u.connection.execute(update(post).values(version=1)) and None)
    assert (await _json(a, one, None))["content"] == "<p>second</p>"


async def test_a_boost_wraps_the_post_and_a_hidden_one_is_left_out(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ana, ben = await store.unit(_person, "ana"), await store.unit(_person, "ben")
    one = await store.unit(_post, ana, "x")
    hidden = await store.unit(lambda u: _post(u, ana, "secret", visibility="followers"))
    boost = await store.unit(lambda u: _post(u, ben, "", boost_of_id=one, content=""))
    shown = [json.loads(bytes(raw)) for raw in await statuses(a.house, [hidden, boost, one], None)]
    assert [s["id"] for s in shown] == [str(boost), str(one)]
    assert shown[0]["reblog"] == shown[1]
    assert shown[0]["account"]["username"] == "ben"
    assert [json.loads(bytes(raw))["id"] for raw in await statuses(a.house, [hidden], ana)] == [str(hidden)]


async def test_one_statement_a_page(world: World) -> None:
    a = await world.instance()
    store: Any = a.house.store
    ana = await store.unit(_person, "ana")
    for n in range(25):
        await store.unit(_post, ana, f"post {n}")
    switches = {"local": True, "remote": False, "only_media": False}
    await page(a.house, "public", ana, Page(20), **switches)
    before = store.hot_count
    raws, ids = await page(a.house, "public", ana, Page(20), **switches)
    assert (len(raws), len(ids), store.hot_count - before) == (20, 20, 1)
    older, _ = await page(a.house, "public", ana, Page(20, below=ids[-1]), **switches)
    assert len(older) == 5
    _, newer = await page(a.house, "public", ana, Page(3, above=ids[-1], ascending=True), **switches)
    assert newer == ids[-4:-1]


async def test_accounts(world: World) -> None:
    a = await world.instance()
    ana = await a.house.store.unit(_person, "ana")
    row = await a.house.store.read(people.by_id, ana)
    assert row is not None
    entity = account_entity(row, a.house.site)
    assert (entity["id"], entity["acct"], entity["created_at"][10:]) == (str(ana), "ana", "T00:00:00.000Z")
    assert json.loads(bytes((await accounts(a.house, [ana, 5]))[ana])) == entity
