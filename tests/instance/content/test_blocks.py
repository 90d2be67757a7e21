"""A block hides one from the other, a mute one from the reader, wherever posts and people are listed; and what a suspended account shows on."""

from typing import Any

from sqlalchemy import insert, update

from instance.auth import logins
from instance.clock import HOUR
from instance.db.content import post
from instance.db.people import account
from instance.db.unit import Unit
from instance.mastodon.entities import account_entity
from instance.people import accounts, follows, restrictions
from tests.support.make import Member, member
from tests.support.world import World

WORD = "quillfeather"


async def write(who: Member, text: str, **more: Any) -> dict[str, Any]:
    answer = await who.post("/api/v1/statuses", json={"status": text, "visibility": "public"} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def ids(who: Member, path: str) -> list[str]:
    found = (await who.get(path)).json()
    return [one["id"] for one in (found["descendants"] if "context" in path else found)]


async def test_neither_finds_the_other(world: World) -> None:
    a = await world.instance()
    ana, ben, eve = [await member(a, name, public=True) for name in ("ana", "ben", "eve")]
    start = await write(ana, "start")
    answer = await write(ben, f"an answer, {WORD}", in_reply_to_id=start["id"])
    for who in (ben, eve):
        await who.post(f"/api/v1/statuses/{start['id']}/favourite")
        await who.post(f"/api/v1/statuses/{start['id']}/reblog")
    await write(ben, f"for us, {WORD} @eve", visibility="direct")
    await eve.post(f"/api/v1/statuses/{answer['id']}/bookmark")
    lists = [f"/api/v1/statuses/{start['id']}/{name}" for name in ("context", "favourited_by", "reblogged_by")]
    lists += ["/api/v1/conversations"]
    found = [await ids(eve, path) for path in lists]
    assert [len(one) for one in found] == [1, 2, 2, 1]
    await a.house.store.unit(restrictions.mute, eve.account_id, ben.account_id)
    assert [len(await ids(eve, path)) for path in lists[1:3]] == [2, 2]  # a mute parts nobody
    await a.house.store.unit(restrictions.unmute, eve.account_id, ben.account_id)
    assert len((await eve.get("/api/v2/search", params={"q": WORD})).json()["statuses"]) == 2
    await a.house.store.unit(restrictions.block, eve.account_id, ben.account_id)
    assert [await ids(eve, path) for path in lists] == [[], [str(eve.account_id)], [str(eve.account_id)], []]
    assert (await eve.get("/api/v2/search", params={"q": WORD})).json()["statuses"] == []
    assert [await ids(ben, path) for path in lists[1:3]] == [[str(ben.account_id)]] * 2
    assert await ids(ana, lists[0]) == [answer["id"]]
    await a.house.store.unit(restrictions.unblock, eve.account_id, ben.account_id)
    assert await ids(eve, lists[0]) == [answer["id"]]


async def test_a_mute_hides_in_threads_while_it_lasts(world: World) -> None:
    a = await world.instance()
    ana, ben, eve = [await member(a, name, public=True) for name in ("ana", "ben", "eve")]
    start = await write(ana, "start")
    answer = await write(ben, "an answer", in_reply_to_id=start["id"])
    context = f"/api/v1/statuses/{start['id']}/context"
    await eve.post(f"/api/v1/accounts/{ben.account_id}/mute", json={"duration": 3600})
    assert await ids(eve, context) == []
    opened = (await eve.get(f"/api/v1/statuses/{answer['id']}/context")).json()
    assert [one["id"] for one in opened["ancestors"]] == [start["id"]]
    world.clock.turn(HOUR + 1)
    assert await ids(eve, context) == [answer["id"]]


async def test_what_a_suspended_account_shows_on_is_not_at_home(world: World) -> None:
    a = await world.instance()
    ana, ben, eve = [await member(a, name, public=True) for name in ("ana", "ben", "eve")]
    await a.house.store.unit(follows.request, eve.account_id, ben.account_id)
    start = await write(ana, "start")
    await ben.post(f"/api/v1/statuses/{start['id']}/reblog")
    assert len(await ids(eve, "/api/v1/timelines/home")) == 1
    await a.house.store.unit(accounts.suspend, ben.account_id)
    assert await ids(eve, "/api/v1/timelines/home") == []
    await a.house.store.unit(accounts.unsuspend, ben.account_id)
    assert len(await ids(eve, "/api/v1/timelines/home")) == 1


async def test_a_boost_that_waits_for_a_yes_is_before_nobody(world: World) -> None:
    a = await world.instance()
    ana, ben, eve = [await member(a, name, public=True) for name in ("ana", "ben", "eve")]
    rules = {"can_reblog": {"always": ["author"], "with_approval": ["public"]}}
    start = await write(ana, "ask me", interaction_policy=rules)
    await ben.post(f"/api/v1/statuses/{start['id']}/reblog")
    await eve.post(f"/api/v1/accounts/{ben.account_id}/follow")
    assert await ids(eve, "/api/v1/timelines/home") == []


async def test_who_is_hidden_has_no_picture_and_no_place_in_what_is_kept_ready(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ana, ben = [await member(a, name, public=True) for name in ("ana", "ben")]
    changes = accounts.ProfileChanges(avatar="p" + "x" * 24 + ".png", bio_source=WORD)
    await store.unit(accounts.update_profile, ben.account_id, changes)
    moved = {"also_known_as": [], "moved_to": f"https://a.example/u/{ben.account_id}"}
    await store.unit(
        lambda u: u.connection.execute(update(account).where(account.c.id == ana.account_id).values(moved))
    )
    named = accounts.ProfileChanges(also_known_as=[f"https://a.example/u/{ana.account_id}"])
    await store.unit(accounts.update_profile, ben.account_id, named)
    shown = f"/api/v1/statuses/{await store.unit(_written, ana.account_id)}"
    assert WORD in (await ana.get(shown)).json()["account"]["moved"]["note"]
    await store.unit(accounts.suspend, ben.account_id)
    assert WORD not in (await ana.get(shown)).text
    found = (await ana.get(f"/api/v1/accounts?id[]={ben.account_id}")).json()
    assert found == []
    entity = account_entity(await store.read(accounts.by_id, ben.account_id), a.house.site)
    assert entity["avatar"].endswith("/media/avatar/missing.png")
    asked = {"Accept": "application/activity+json"}
    assert (await a.client.get("/@ana/1", headers=asked)).status_code == 302
    assert (await a.client.get("/@ben/1", headers=asked)).status_code == 404


def _written(u: Unit, account_id: int) -> int:
    values = {"iri": "https://a.example/x", "visibility": "public", "thread_id": "1", "account_id": account_id}
    u.connection.execute(insert(post).values(id=1, **values, created_at=u.now, received_at=u.now))
    return 1


async def test_staff_is_told_as_long_as_it_is_staff(world: World) -> None:
    a = await world.instance()
    ana, ben, mod = await member(a, "ana"), await member(a, "ben"), await member(a, "mod", role="moderator")
    await ana.post("/api/v1/reports", json={"account_id": str(ben.account_id), "comment": WORD})
    [told] = (await mod.get("/api/v1/notifications")).json()
    assert told["report"]["comment"] == WORD
    ways = ["/api/v1/notifications", "/api/v2/notifications", f"/api/v1/notifications/{told['id']}"]
    ways += [f"/api/v2/notifications/{told['group_key']}", f"/api/v2/notifications/{told['group_key']}/accounts"]
    await a.house.store.unit(logins.set_role, mod.login_id, "member")
    for way in ways:
        answer = await mod.get(way)
        assert WORD not in answer.text, way
        assert "ana" not in answer.text, way
    assert (await mod.get("/api/v1/notifications/unread_count")).json() == {"count": 0}
