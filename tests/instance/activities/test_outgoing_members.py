"""Follows, answers, blocks and profiles, as other servers are told of them."""

from collections.abc import Callable
from typing import Any

import pytest

from instance.db.unit import Unit
from instance.people import accounts, follows, restrictions
from instance.people.accounts import ProfileChanges
from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.instance.activities.elsewhere import queued, remote
from tests.support.world import Running, World

BEN = "https://b.example/users/ben"
PERSONAL, SHARED = [f"{BEN}/inbox"], ["https://b.example/inbox"]


async def _pair(world: World) -> tuple[Running, int, int]:
    running = await world.instance("a.example")

    def make(u: Unit) -> tuple[int, int]:
        return accounts.create(u, "anna"), remote(u, BEN)

    anna, ben = await running.house.store.unit(make)
    await world.settle()  # her key
    return running, anna, ben


async def _told(running: Running, *steps: Callable[[Unit], Any]) -> list[tuple[dict[str, Any], list[str]]]:
    before = await running.house.store.read(queued)
    for step in steps:
        await running.house.store.unit(step)
    return [one for one in await running.house.store.read(queued) if one not in before]


async def test_a_follow_is_asked_for_and_taken_back(world: World) -> None:
    running, anna, ben = await _pair(world)
    [(asked, to)] = await _told(running, lambda u: follows.request(u, anna, ben))
    assert (asked["type"], asked["object"], to) == ("Follow", BEN, PERSONAL)
    assert asked["actor"] == f"https://a.example/u/{anna}"
    [(undone, to)] = await _told(running, lambda u: follows.end(u, anna, ben))
    assert (undone["type"], undone["object"]["type"], undone["object"]["id"]) == ("Undo", "Follow", asked["id"])
    assert to == PERSONAL
    assert undone["id"] != asked["id"]


async def test_a_remote_follower_is_answered(world: World) -> None:
    running, anna, ben = await _pair(world)
    ask = f"{BEN}/follow/1"
    [(accepted, to)] = await _told(running, lambda u: follows.request(u, ben, anna, iri=ask))
    assert (accepted["type"], accepted["object"]["id"], accepted["object"]["actor"], to) == (
        "Accept",
        ask,
        BEN,
        PERSONAL,
    )
    assert accepted["published"]
    [(rejected, _)] = await _told(running, lambda u: follows.reject(u, ben, anna))
    assert (rejected["type"], rejected["object"]["id"]) == ("Reject", ask)


async def test_a_locked_account_answers_later(world: World) -> None:
    running, anna, ben = await _pair(world)
    await running.house.store.unit(accounts.update_profile, anna, ProfileChanges(locked=True))
    assert await _told(running, lambda u: follows.request(u, ben, anna, iri=f"{BEN}/follow/1")) == []
    [(accepted, _)] = await _told(running, lambda u: follows.accept(u, ben, anna))
    assert accepted["type"] == "Accept"


async def test_a_block_goes_with_the_end_of_the_follow(world: World) -> None:
    running, anna, ben = await _pair(world)
    told = await _told(
        running,
        lambda u: follows.request(u, anna, ben),
        lambda u: restrictions.block(u, anna, ben),
        lambda u: restrictions.unblock(u, anna, ben),
    )
    assert [activity["type"] for activity, _ in told] == ["Follow", "Undo", "Block", "Undo"]
    assert told[3][0]["object"]["id"] == told[2][0]["id"]


async def test_a_profile_goes_to_followers_with_its_key(world: World) -> None:
    running, anna, ben = await _pair(world)
    change = ProfileChanges(display_name="Anna B.", fields=[("Pronouns", "she")])
    assert await _told(running, lambda u: accounts.update_profile(u, anna, change)) == []
    await running.house.store.unit(lambda u: follows.request(u, ben, anna))
    [(updated, to)] = await _told(running, lambda u: accounts.update_profile(u, anna, change))
    assert (updated["type"], updated["object"]["type"], updated["object"]["name"], to) == (
        "Update",
        "Person",
        "Anna B.",
        SHARED,
    )
    assert "BEGIN PUBLIC KEY" in updated["object"]["publicKey"]["publicKeyPem"]
    assert "@context" not in updated["object"]


async def test_a_deletion_goes_to_those_who_knew(world: World) -> None:
    running, anna, ben = await _pair(world)
    await running.house.store.unit(lambda u: remote(u, "https://stranger.example/users/x"))
    await running.house.store.unit(lambda u: follows.request(u, ben, anna))
    [(deleted, to)] = await _told(running, lambda u: accounts.delete(u, anna))
    assert (deleted["type"], deleted["object"], to) == ("Delete", f"https://a.example/u/{anna}", SHARED)


@pytest.mark.parametrize("stance", [Stance.BLOCKED, Stance.HELD])
async def test_a_blocked_peer_is_told_nothing(world: World, stance: Stance) -> None:
    running, anna, ben = await _pair(world)
    await running.house.store.unit(set_stance, "b.example", stance)
    assert await _told(running, lambda u: follows.request(u, anna, ben), lambda u: accounts.delete(u, anna)) == []
