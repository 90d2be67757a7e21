"""Accounts, follows, restrictions and relations, on both databases."""

import asyncio

import pytest

from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.people import accounts, follows, moves, restrictions, severing
from instance.people.accounts import ProfileChanges
from instance.people.relations import relations
from instance.people.remote import RemoteProfile, learn, mark_gone
from tests.support.world import Running, World


async def _people(running: Running, *names: str) -> list[int]:
    return [await running.house.store.unit(accounts.create, name) for name in names]


def _remote(name: str, number: int = 1, **more: object) -> RemoteProfile:
    return RemoteProfile(f"https://b.example/actor/{number}", name, "B.example", **more)  # type: ignore[arg-type]


async def test_a_name_is_given_once_and_never_again(world: World) -> None:
    store = (await world.instance()).house.store
    ada = await store.unit(accounts.create, "Ada")
    row = await store.read(accounts.by_name, "ADA")
    assert row is not None
    assert (row.id, row.name, row.iri, row.url) == (
        ada,
        "ada",
        f"https://a.example/u/{ada}",
        "https://a.example/@ada",
    )
    assert (row.public_posting, row.default_visibility) == (False, "followers")
    with pytest.raises(RefusalError, match="name-taken"):
        await store.unit(accounts.create, "ada")
    await store.unit(accounts.delete, ada)
    with pytest.raises(RefusalError, match="name-taken"):
        await store.unit(accounts.create, "ada")


@pytest.mark.parametrize("name", ["", "a b", "ä", "a" * 31, "a-b", "@ada", "a/b", "a.b"])
async def test_what_is_no_name_is_refused(world: World, name: str) -> None:
    store = (await world.instance()).house.store
    with pytest.raises(RefusalError, match="name-invalid"):
        await store.unit(accounts.create, name)


async def test_public_posting_of_new_accounts_is_a_setting(world: World) -> None:
    store = (await world.instance(SKERRY_PUBLIC_POSTING="1")).house.store
    row = await store.read(accounts.by_id, await store.unit(accounts.create, "ada"))
    assert row is not None
    assert row.public_posting


async def test_a_profile_is_changed_and_its_words_are_made_safe(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    [ada] = await _people(running, "ada")
    changes = ProfileChanges(
        display_name=" Ada  L. ",
        bio_source="<b>Hi</b>\nsee https://x.example/a?b=1&c.\n\nBye",
        fields=[("Site", "https://x.example")],
    )
    await store.unit(accounts.update_profile, ada, changes)
    row = await store.read(accounts.by_id, ada)
    assert row is not None
    assert row.display_name == "Ada L."
    assert row.bio.startswith('<p>&lt;b&gt;Hi&lt;/b&gt;<br>see <a href="https://x.example/a?b=1&amp;c"')
    assert row.bio.endswith("</a>.</p><p>Bye</p>")
    assert row.fields[0]["source"] == "https://x.example"
    for bad in (
        ProfileChanges(display_name="x" * 101),
        ProfileChanges(fields=[("a", "b")] * 7),
        ProfileChanges(default_visibility="all"),
    ):
        with pytest.raises(RefusalError):
            await store.unit(accounts.update_profile, ada, bad)
    with pytest.raises(NotFoundError):
        await store.unit(accounts.update_profile, 1, changes)


async def _counts(running: Running, account_id: int) -> tuple[int, int]:
    row = await running.house.store.read(accounts.by_id, account_id)
    assert row is not None
    return row.followers_count, row.following_count


async def test_follow_of_an_open_account_is_in_force_at_once(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    ada, bea = await _people(running, "ada", "bea")
    assert await store.unit(follows.request, ada, bea) == "accepted"
    assert await store.unit(follows.request, ada, bea) == "accepted"  # asked twice, counted once
    assert (await _counts(running, ada), await _counts(running, bea)) == ((0, 1), (1, 0))
    seen = await store.read(relations, ada, [bea])
    assert (seen[bea].following, seen[bea].showing_boosts, seen[bea].followed_by) == (True, True, False)
    assert await store.unit(follows.end, ada, bea)
    assert not await store.unit(follows.end, ada, bea)
    assert (await _counts(running, ada), await _counts(running, bea)) == ((0, 0), (0, 0))


async def test_follow_of_a_locked_account_waits(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    ada, bea = await _people(running, "ada", "bea")
    await store.unit(accounts.update_profile, bea, ProfileChanges(locked=True))
    assert await store.unit(follows.request, ada, bea) == "pending"
    assert (await store.read(relations, ada, [bea]))[bea].requested
    assert (await store.read(relations, bea, [ada]))[ada].requested_by
    assert await _counts(running, bea) == (0, 0)
    assert [row.account_id for row in await store.read(follows.requests, bea)] == [ada]
    assert await store.unit(follows.accept, ada, bea)
    assert not await store.unit(follows.accept, ada, bea)
    assert await _counts(running, bea) == (1, 0)
    assert await store.unit(follows.reject, ada, bea)
    assert await _counts(running, bea) == (0, 0)


async def test_remote_follow_keeps_the_id_that_it_came_with(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    [ada] = await _people(running, "ada")
    ben = await store.unit(learn, _remote("ben"))
    eve = await store.unit(learn, _remote("eve", 2))

    def ask(u: Unit, who: int, iri: str) -> str:
        return follows.request(u, who, ada, iri=iri)

    assert await store.unit(ask, ben, "https://b.example/f/1") == "accepted"
    assert await store.unit(ask, eve, "https://b.example/f/1") == "accepted"  # an id can't be taken over
    assert await store.unit(ask, ben, "https://b.example/f/2") == "accepted"
    found = await store.read(follows.by_iri, "https://b.example/f/2")
    assert found is not None
    assert found.follower_id == ben
    assert await _counts(running, ada) == (2, 0)
    with pytest.raises(NotFoundError):
        await store.unit(follows.request, ben, eve)  # none of our business


async def test_nobody_follows_herself_or_through_a_block(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    ada, bea = await _people(running, "ada", "bea")
    await store.unit(follows.request, ada, bea)
    await store.unit(follows.request, bea, ada)
    await store.unit(restrictions.block, ada, bea)
    await store.unit(restrictions.block, ada, bea)
    assert (await _counts(running, ada), await _counts(running, bea)) == ((0, 0), (0, 0))
    assert (await store.read(relations, ada, [bea]))[bea].blocking
    assert (await store.read(relations, bea, [ada]))[ada].blocked_by
    for pair in ((ada, bea), (bea, ada), (ada, ada)):
        with pytest.raises(RefusalError):
            await store.unit(follows.request, *pair)
    assert await store.unit(restrictions.unblock, ada, bea)
    assert not await store.unit(restrictions.unblock, ada, bea)
    assert await store.unit(follows.request, bea, ada) == "accepted"


async def test_mute_note_and_refused_server(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    [ada] = await _people(running, "ada")
    ben = await store.unit(learn, _remote("ben"))
    await store.unit(follows.request, ben, ada)
    await store.unit(lambda u: restrictions.mute(u, ada, ben, notifications=False, duration=1000))
    await store.unit(restrictions.set_note, ada, ben, "met in May")
    seen = (await store.read(relations, ada, [ben]))[ben]
    assert (seen.muting, seen.muting_notifications, seen.note, seen.followed_by) == (True, False, "met in May", True)
    late = world.clock.now() + 2000
    assert not (await store.read(lambda c: relations(c, ada, [ben], now=late)))[ben].muting
    assert await store.unit(restrictions.unmute, ada, ben)
    await store.unit(restrictions.block_domain, ada, "B.example")
    seen = (await store.read(relations, ada, [ben]))[ben]
    assert (seen.domain_blocking, seen.followed_by) == (True, False)
    with pytest.raises(RefusalError):
        await store.unit(follows.request, ben, ada)
    with pytest.raises(RefusalError):
        await store.unit(restrictions.block_domain, ada, "a.example")
    assert await store.unit(restrictions.unblock_domain, ada, "b.example")


async def test_what_a_refusal_ended_is_offered_to_who_takes_it_back(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    ada, eve = await _people(running, "ada", "eve")
    ben = await store.unit(learn, _remote("ben"))
    for who in (ada, eve):
        await store.unit(follows.request, ben, who)
        await store.unit(restrictions.block_domain, who, "b.example")

    async def offered(who: int) -> list[tuple[str, bool]]:
        rows = await store.read(severing.of_member, who)
        return [(row.kind, row.lifted_at is not None) for row in rows]

    assert await store.unit(restrictions.unblock_domain, ada, "b.example")
    assert await offered(ada) == [(severing.BY_MEMBER, True)]
    assert await offered(eve) == [(severing.BY_MEMBER, False)]


async def test_followers_come_in_pages(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    ada, *others = await _people(running, "ada", "b1", "b2", "b3", "b4")
    for other in others:
        await store.unit(follows.request, other, ada)
        world.clock.turn(10)
    newest = await store.read(lambda c: follows.followers(c, ada, limit=2))
    assert [row.account_id for row in newest] == [others[3], others[2]]
    older = await store.read(lambda c: follows.followers(c, ada, limit=2, max_id=newest[-1].id))
    assert [row.account_id for row in older] == [others[1], others[0]]
    back = await store.read(lambda c: follows.followers(c, ada, limit=1, min_id=older[0].id))
    assert [row.account_id for row in back] == [others[2]]


async def test_remote_accounts_are_learnt_once_and_forgotten(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    [ada] = await _people(running, "ada")
    ids = await asyncio.gather(*(store.unit(learn, _remote("ben", display_name=f"Ben {n}")) for n in range(8)))
    assert len(set(ids)) == 1
    other = await store.unit(learn, _remote("ben", 2))  # nobody takes a handle by calling himself so
    held = {name: await store.read(accounts.by_name, name, "b.example") for name in ("ben", "ben!person")}
    assert [row.id for row in held.values() if row is not None] == [ids[0], other]
    for ours in (
        RemoteProfile("https://b.example/x", "x", "a.example"),
        RemoteProfile("https://a.example/u/1", "x", "b.example"),
    ):
        with pytest.raises(RefusalError):
            await store.unit(learn, ours)
    await store.unit(follows.request, other, ada)
    assert await store.unit(mark_gone, "https://b.example/actor/2") == other
    assert await store.unit(mark_gone, "https://b.example/actor/2") is None
    assert await _counts(running, ada) == (0, 0)
    with pytest.raises(NotFoundError):
        await store.unit(follows.request, other, ada)


async def test_a_usual_handle_is_found_by_an_index(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not among all accounts of its server, of which there may be many."""
    store = (await world.instance()).house.store
    ben = await store.unit(learn, _remote("ben"))

    def looked_through(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(accounts, "named", looked_through)
    row = await store.read(accounts.by_name, "ben", "B.example")
    assert row is not None
    assert row.id == ben
    with pytest.raises(AssertionError):
        await store.read(accounts.by_name, "Ben", "b.example")


async def test_an_erased_account_leaves_no_relations(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    ada, bea = await _people(running, "ada", "bea")
    await store.unit(follows.request, ada, bea)
    await store.unit(follows.request, bea, ada)
    await store.unit(accounts.delete, ada)
    await world.settle()
    assert await _counts(running, bea) == (0, 0)
    row = await store.read(accounts.by_id, ada)
    assert row is not None
    assert (row.display_name, row.deleted_at is not None) == ("", True)


async def test_only_the_server_that_suspended_a_remote_account_takes_it_back(world: World) -> None:
    store = (await world.instance()).house.store
    ben = await store.unit(learn, _remote("ben"))

    async def hidden() -> bool:
        return not accounts.is_shown(await store.read(accounts.by_id, ben))

    for suspended in (True, True, False):
        await store.unit(learn, _remote("ben", suspended=suspended))
        assert await hidden() is suspended
    await store.unit(accounts.suspend, ben)  # our moderators
    for suspended in (False, True, False):
        await store.unit(learn, _remote("ben", suspended=suspended))
        assert await hidden()
    await store.unit(accounts.unsuspend, ben)
    assert not await hidden()


async def test_who_stops_posting_in_public_is_offered_no_wide_audience(world: World) -> None:
    store = (await world.instance(SKERRY_PUBLIC_POSTING="1")).house.store
    ada = await store.unit(accounts.create, "ada")
    for before, after in (("public", "followers"), ("unlisted", "followers"), ("direct", "direct")):
        await store.unit(accounts.update_profile, ada, ProfileChanges(default_visibility=before))
        await store.unit(accounts.update_profile, ada, ProfileChanges(public_posting=False))
        row = await store.read(accounts.by_id, ada)
        assert row is not None
        assert (row.default_visibility, row.public_posting) == (after, False)


async def test_a_move_counts_of_accounts_elsewhere_only_and_not_in_circles(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    [ada] = await _people(running, "ada")
    ben, cat, dan = [await store.unit(learn, _remote(name, n)) for n, name in enumerate(("ben", "cat", "dan"))]
    assert not await store.unit(moves.receive, ada, ben)
    assert not await store.unit(moves.receive, ben, ben)
    assert await store.unit(moves.receive, ben, cat)
    assert not await store.unit(moves.receive, ben, dan)
    world.clock.turn(moves.COOLDOWN_ELSEWHERE)
    assert await store.unit(moves.receive, ben, dan)
