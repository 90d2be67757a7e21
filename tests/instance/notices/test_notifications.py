"""Who is told what, and who is not."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from instance import events
from instance.clock import HOUR
from instance.db.content import mention, post, thread_mute
from instance.db.reading import marker, notification
from instance.db.unit import Unit
from instance.errors import NotFoundError
from instance.ids import sortable_id
from instance.notices import pages
from instance.notices.pages import Wanted
from instance.people import follows, restrictions
from tests.support.make import Member, member
from tests.support.world import Running, World


def _write(u: Unit, author_id: int, names: list[int], visibility: str = "public") -> int:
    post_id = sortable_id(u.now, u.now)
    values = {"id": post_id, "iri": f"https://a.example/{post_id}", "account_id": author_id, "thread_id": str(post_id)}
    u.connection.execute(
        insert(post).values(**values, visibility=visibility, content="x", created_at=u.now, received_at=u.now)
    )
    for account_id in names:
        u.connection.execute(insert(mention).values(post_id=post_id, account_id=account_id))
    u.site.clock.turn(5)  # ids of one millisecond have no order
    return post_id


def _written(u: Unit, author_id: int, names: list[int], visibility: str = "public") -> int:
    post_id = _write(u, author_id, names, visibility)
    u.record(events.PostWritten(post_id))
    return post_id


async def _kinds(running: Running, of: Member) -> list[tuple[str, int]]:
    rows = await running.house.store.read(pages.page, of.account_id, Wanted())
    return [(row.kind, row.from_id) for row in rows]


async def _record(running: Running, event: Any) -> None:
    running.house.site.clock.turn(5)
    await running.house.store.unit(lambda u: u.record(event))


async def test_told_of_what_concerns_her(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ann, bea = await member(a, "ann"), await member(a, "bea")
    await store.unit(follows.request, bea.account_id, ann.account_id)
    assert await _kinds(a, ann) == [("follow", bea.account_id)]
    post_id = await store.unit(_written, ann.account_id, [bea.account_id, ann.account_id])
    assert await _kinds(a, bea) == [("mention", ann.account_id)]
    await _record(a, events.PostFavourited(1, post_id, bea.account_id))
    await _record(a, events.PostBoosted(2, post_id, bea.account_id))
    assert [kind for kind, _ in await _kinds(a, ann)] == ["reblog", "favourite", "follow"]
    await _record(a, events.FavouriteUndone("x", post_id, bea.account_id))
    await _record(a, events.BoostUndone(2, "x", post_id, bea.account_id))
    assert [kind for kind, _ in await _kinds(a, ann)] == ["follow"]
    await _record(a, events.PostDeleted(post_id, ann.account_id))
    assert await _kinds(a, bea) == []


async def test_listeners_hear_of_posts_but_not_twice(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ann, bea = await member(a, "ann"), await member(a, "bea")
    await store.unit(lambda u: follows.request(u, bea.account_id, ann.account_id, notify=True))
    await store.unit(_written, ann.account_id, [])
    await store.unit(_written, ann.account_id, [bea.account_id])
    await store.unit(_written, ann.account_id, [], "direct")
    assert [kind for kind, _ in await _kinds(a, bea)] == ["mention", "status"]


async def test_nobody_hears_of_whom_she_shut_out(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ann, bea, cleo, dora = [await member(a, name) for name in ("ann", "bea", "cleo", "dora")]
    post_id = await store.unit(_write, ann.account_id, [])
    await store.unit(restrictions.block, ann.account_id, bea.account_id)
    await store.unit(restrictions.mute, ann.account_id, cleo.account_id)
    for who in (bea, cleo):
        await _record(a, events.PostFavourited(1, post_id, who.account_id))
    assert await _kinds(a, ann) == []
    await store.unit(lambda u: restrictions.mute(u, ann.account_id, dora.account_id, notifications=False))
    await _record(a, events.PostFavourited(1, post_id, dora.account_id))
    assert await _kinds(a, ann) == [("favourite", dora.account_id)]
    muted = {"account_id": ann.account_id, "thread_id": str(post_id), "created_at": 0}
    await store.unit(lambda u: u.connection.execute(insert(thread_mute).values(**muted)))
    await _record(a, events.PostBoosted(2, post_id, dora.account_id))
    assert await _kinds(a, ann) == [("favourite", dora.account_id)]
    await store.unit(restrictions.block, ann.account_id, dora.account_id)
    assert await _kinds(a, ann) == []


async def test_a_mute_that_has_ended_counts_no_more(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ann, bea = await member(a, "ann"), await member(a, "bea")
    await store.unit(lambda u: restrictions.mute(u, ann.account_id, bea.account_id, duration=HOUR))
    world.clock.turn(2 * HOUR)
    await store.unit(_written, bea.account_id, [ann.account_id])
    assert await _kinds(a, ann) == [("mention", bea.account_id)]


async def test_edits_tell_new_names_and_boosters(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ann, bea, cleo = [await member(a, name) for name in ("ann", "bea", "cleo")]
    post_id = await store.unit(_written, ann.account_id, [bea.account_id])

    def edit(u: Unit) -> None:
        u.connection.execute(insert(mention).values(post_id=post_id, account_id=cleo.account_id))
        values = {"id": 5, "iri": "b", "account_id": bea.account_id, "thread_id": "5", "boost_of_id": post_id}
        u.connection.execute(insert(post).values(**values, visibility="public", created_at=u.now, received_at=u.now))
        u.record(events.PostEdited(post_id))

    await store.unit(edit)
    assert [kind for kind, _ in await _kinds(a, bea)] == ["update", "mention"]
    assert [kind for kind, _ in await _kinds(a, cleo)] == ["mention"]


async def test_staff_hear_of_sign_ups(world: World) -> None:
    a = await world.instance()
    mod = await member(a, "mod", role="moderator")
    plain = await member(a, "plain")
    assert await _kinds(a, mod) == []  # made by an operator, who knows
    await a.house.store.unit(lambda u: u.record(events.MemberSignedUp(plain.account_id, "pending")))
    assert await _kinds(a, mod) == [("admin.sign_up", plain.account_id)]
    assert await _kinds(a, plain) == []


async def test_groups(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ann = await member(a, "ann")
    others = [await member(a, f"m{n}") for n in range(10)]
    first = await store.unit(_write, ann.account_id, [])
    second = await store.unit(_write, ann.account_id, [])
    for other in others:
        await _record(a, events.PostFavourited(1, first, other.account_id))
    await _record(a, events.PostFavourited(1, second, others[0].account_id))
    await store.unit(_written, others[1].account_id, [ann.account_id])
    groups = await store.read(pages.groups, ann.account_id, Wanted())
    assert [(g.kind, g.post_id, g.count) for g in groups][1:] == [("favourite", second, 1), ("favourite", first, 10)]
    assert groups[0].kind == "mention"
    assert groups[0].key == f"ungrouped-{groups[0].newest_id}"
    assert groups[2].from_ids == [other.account_id for other in reversed(others)][:8]
    older = await store.read(pages.groups, ann.account_id, Wanted(below=groups[1].newest_id))
    assert [g.key for g in older] == [groups[2].key]
    nearest = await store.read(pages.groups, ann.account_id, Wanted(above=groups[2].newest_id, ascending=True, limit=1))
    assert [g.key for g in nearest] == [groups[1].key]
    alone = await store.read(pages.groups, ann.account_id, Wanted(grouped=["reblog"]))
    assert len(alone) == 12
    assert len(await store.read(pages.accounts_of, ann.account_id, groups[2].key)) == 10
    await _counts_and_dismissals(a, ann, groups)


async def _counts_and_dismissals(a: Running, ann: Member, groups: list[pages.Group]) -> None:
    store = a.house.store

    async def unread(in_groups: bool) -> int:
        return await store.read(lambda c: pages.unread(c, ann.account_id, Wanted(limit=100), in_groups=in_groups))

    assert (await unread(False), await unread(True)) == (12, 3)
    read = {"account_id": ann.account_id, "timeline": "notifications", "last_read_id": groups[2].newest_id}
    await store.unit(lambda u: u.connection.execute(insert(marker).values(**read, version=1, updated_at=0)))
    assert (await unread(False), await unread(True)) == (2, 2)
    await store.unit(pages.dismiss_group, ann.account_id, groups[2].key)
    with pytest.raises(NotFoundError):
        await store.read(pages.group, ann.account_id, groups[2].key)
    await store.unit(pages.dismiss, ann.account_id + 1, groups[0].newest_id)  # not hers
    assert len(await _kinds(a, ann)) == 2
    await store.unit(pages.dismiss, ann.account_id, groups[0].newest_id)
    await store.unit(pages.clear, ann.account_id)
    assert await store.read(lambda c: c.execute(select(notification.c.id)).all()) == []
