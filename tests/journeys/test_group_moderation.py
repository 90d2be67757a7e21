"""What moderators do in an open group reaches its members on other servers, and a moderator may live on any of them."""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from federation.schema import remote_actor
from instance.clock import DAY
from instance.content import moderation
from instance.groups import bans, groups, moderators
from instance.groups.acting import By
from instance.people import accounts
from tests.instance.activities.elsewhere import queued
from tests.journeys.walk import follow, found, home, open_group, plain, seen, texts, write
from tests.support.make import Member, member
from tests.support.world import Running, World


class Circle:
    """Anna and the group on a, Ben on b, Cleo on c; all take part, Anna moderates."""

    def __init__(self, world: World, places: dict[str, Running], people: dict[str, Member], group_id: int) -> None:
        self.world, self.places, self.people, self.group_id = world, places, people, group_id
        self.anna, self.ben, self.cleo = people["anna"], people["ben"], people["cleo"]

    async def at(self, place: str, who: Member) -> int:
        """The id of the group on a server."""
        handle = "@lupus" if place == "a" else "@lupus@a.example"
        return int((await found(who, handle))["id"])

    async def do(self, place: str, does: Callable[..., Any], *args: Any, **terms: Any) -> Any:
        """A service, on one server; all servers have worked afterwards."""
        result = await self.places[place].house.store.unit(lambda u: does(u, *args, **terms))
        await self.world.settle()
        return result


async def circle(world: World) -> Circle:
    places = {name: await world.instance(f"{name}.example") for name in ("a", "b", "c")}
    people = {
        "anna": await member(places["a"], "anna"),
        "ben": await member(places["b"], "ben"),
        "cleo": await member(places["c"], "cleo"),
    }
    group_id = await open_group(places["a"], "lupus", people["anna"])
    await world.settle()
    for name in ("ben", "cleo"):
        assert (await follow(world, people[name], "@lupus@a.example"))["following"]
    return Circle(world, places, people, group_id)


async def _below(who: Member, text: str) -> list[str]:
    asked = await seen(who, text)
    below = (await who.get(f"/api/v1/statuses/{asked['id']}/context")).json()["descendants"]
    return [plain(status["content"]) for status in below]


async def test_a_removal_reaches_everyone_and_is_undone(world: World) -> None:
    c = await circle(world)
    mine = await write(world, c.ben, "@lupus@a.example Buy pills")
    here = await seen(c.anna, "Buy pills")
    await c.do("a", moderation.remove, c.group_id, int(here["id"]), By(c.anna.account_id, "No adverts (rule 1)"))
    assert await home(c.anna) == []
    assert await home(c.cleo) == []
    page = (await c.cleo.get(f"/api/v1/accounts/{await c.at('c', c.cleo)}/statuses")).json()
    assert page == []
    assert (await c.ben.get(f"/api/v1/statuses/{mine['id']}")).status_code == 200  # his own, outside the group
    told = (await c.ben.get("/api/v1/notifications")).json()
    assert [item["type"] for item in told] == ["moderation_warning"]
    assert told[0]["moderation_warning"]["text"] == "No adverts (rule 1)"
    await c.do("a", moderation.restore, c.group_id, int(here["id"]), By(c.anna.account_id))
    for reader in (c.anna, c.cleo):
        assert len([text for text in texts(await home(reader)) if "Buy pills" in text]) == 1


async def test_a_removal_without_a_reason_says_so_to_others(world: World) -> None:
    c = await circle(world)
    await write(world, c.ben, "@lupus@a.example Buy my pills")
    pills = await seen(c.anna, "pills")
    await c.do("a", moderation.remove, c.group_id, int(pills["id"]), By(c.anna.account_id))
    told = [body["object"] for body, _ in await c.places["a"].house.store.read(queued) if body["type"] == "Announce"]
    [removal] = [about for about in told if isinstance(about, dict) and about["type"] == "Delete"]
    assert removal["summary"] == ""  # Lemmy and Mbin take a Delete that has none for the author's own


async def test_a_removed_answer_leaves_the_thread_but_for_author_and_moderators(world: World) -> None:
    c = await circle(world)
    await write(world, c.cleo, "@lupus@a.example What helps?")
    asked = await seen(c.ben, "What helps")
    await write(world, c.ben, "@cleo@c.example Snake oil", in_reply_to_id=asked["id"])
    assert ["Snake oil" in text for text in await _below(c.cleo, "What helps")] == [True]
    there = await seen(c.anna, "What helps")
    below = (await c.anna.get(f"/api/v1/statuses/{there['id']}/context")).json()["descendants"]
    await c.do("a", moderation.remove, c.group_id, int(below[0]["id"]), By(c.anna.account_id, "wrong"))
    assert await _below(c.cleo, "What helps") == []
    assert len(await _below(c.ben, "What helps")) == 1
    assert len(await _below(c.anna, "What helps")) == 1
    await c.do("a", moderation.restore, c.group_id, int(below[0]["id"]), By(c.anna.account_id))
    assert len(await _below(c.cleo, "What helps")) == 1


async def test_a_locked_thread_refuses_answers_everywhere(world: World) -> None:
    c = await circle(world)
    await write(world, c.cleo, "@lupus@a.example A heated matter")
    here, there = await seen(c.anna, "heated"), await seen(c.ben, "heated")
    await c.do("a", moderation.lock, c.group_id, int(here["id"]), By(c.anna.account_id, "enough"))
    for who, status in ((c.anna, here), (c.ben, there), (c.cleo, await seen(c.cleo, "heated"))):
        refused = await who.post("/api/v1/statuses", json={"status": "But!", "in_reply_to_id": status["id"]})
        assert refused.status_code == 422
        assert "locked" in refused.json()["error"]
        app = (await who.get(f"/api/v1/statuses/{status['id']}")).json()
        assert app["interaction_policy"]["can_reply"]["always"] == []
    await c.do("a", moderation.unlock, c.group_id, int(here["id"]), By(c.anna.account_id))
    await write(world, c.ben, "@cleo@c.example Calmly", in_reply_to_id=there["id"])
    assert len(await _below(c.anna, "heated")) == 1


async def test_a_pin_stands_first_everywhere(world: World) -> None:
    c = await circle(world)
    await write(world, c.cleo, "@lupus@a.example Read this first")
    here = await seen(c.anna, "Read this first")
    await c.do("a", moderation.pin, c.group_id, int(here["id"]), By(c.anna.account_id))
    for place, who in (("a", c.anna), ("b", c.ben)):
        address = f"/api/v1/accounts/{await c.at(place, who)}/statuses"
        assert len((await who.get(address, params={"pinned": "true"})).json()) == 1
    await c.do("a", moderation.unpin, c.group_id, int(here["id"]), By(c.anna.account_id))
    for place, who in (("a", c.anna), ("b", c.ben)):
        address = f"/api/v1/accounts/{await c.at(place, who)}/statuses"
        assert (await who.get(address, params={"pinned": "true"})).json() == []


async def test_a_ban_holds_until_its_end_here_and_there(world: World) -> None:
    c = await circle(world)
    await write(world, c.ben, "@lupus@a.example Rude words")
    banned = int((await found(c.anna, "@ben@b.example"))["id"])
    until = world.clock.now() + DAY
    by = By(c.anna.account_id, "rude")
    await c.do("a", moderation.ban, c.group_id, banned, by, until=until, removes=True)
    assert await home(c.cleo) == []
    refused = await c.ben.post("/api/v1/statuses", json={"status": "@lupus@a.example Again"})
    assert refused.status_code == 422
    assert "banned you until" in refused.json()["error"]
    world.clock.turn(DAY + 60_000)
    await write(world, c.ben, "@lupus@a.example I am sorry")
    assert "@lupus I am sorry" in texts(await home(c.cleo))


async def test_what_a_banned_member_sends_all_the_same_is_not_let_through(world: World) -> None:
    c = await circle(world)
    banned = int((await found(c.anna, "@ben@b.example"))["id"])
    await c.do("a", bans.ban, c.group_id, banned, By(c.anna.account_id))
    there = await c.at("b", c.ben)
    await c.do("b", bans.lift, there, c.ben.account_id)  # his server does not care
    await write(world, c.ben, "@lupus@a.example Here I am")
    assert await home(c.cleo) == []
    assert await home(c.anna) == []
    await c.do("a", bans.unban, c.group_id, banned, By(c.anna.account_id))
    await write(world, c.ben, "@lupus@a.example Back again")
    assert texts(await home(c.cleo)) == ["@lupus Back again"]


async def test_a_moderator_on_another_server_moderates(world: World) -> None:
    c = await circle(world)
    there = int((await found(c.anna, "@ben@b.example"))["id"])
    await c.do("a", moderators.add, c.group_id, there, By(c.anna.account_id))
    group_at_b = await c.at("b", c.ben)
    await write(world, c.cleo, "@lupus@a.example One")
    await write(world, c.cleo, "@lupus@a.example Two")
    one, two = await seen(c.ben, "One"), await seen(c.ben, "Two")
    by = By(c.ben.account_id, "by Ben")
    await c.do("b", moderation.remove, group_at_b, int(one["id"]), by)
    await c.do("b", moderation.lock, group_at_b, int(two["id"]), by)
    await c.do("b", moderation.pin, group_at_b, int(two["id"]), by)
    cleo_there = int((await found(c.ben, "@cleo@c.example"))["id"])
    for reader in (c.anna, c.ben):
        assert texts(await home(reader)) == ["@lupus Two"]
    pins = f"/api/v1/accounts/{c.group_id}/statuses"
    assert len((await c.anna.get(pins, params={"pinned": "true"})).json()) == 1
    mine = await seen(c.cleo, "Two")
    refused = await c.cleo.post("/api/v1/statuses", json={"status": "More", "in_reply_to_id": mine["id"]})
    assert refused.status_code == 422
    await c.do("b", moderation.restore, group_at_b, int(one["id"]), By(c.ben.account_id))
    await c.do("b", moderation.unlock, group_at_b, int(two["id"]), By(c.ben.account_id))
    await c.do("b", moderation.unpin, group_at_b, int(two["id"]), By(c.ben.account_id))
    assert sorted(texts(await home(c.anna))) == ["@lupus One", "@lupus Two"]
    await write(world, c.cleo, "More", in_reply_to_id=mine["id"])
    assert (await c.anna.get(pins, params={"pinned": "true"})).json() == []
    await c.do("b", moderation.ban, group_at_b, cleo_there, by)
    assert (await c.cleo.post("/api/v1/statuses", json={"status": "@lupus@a.example x"})).status_code == 422
    await c.do("a", moderators.remove, c.group_id, there, By(c.anna.account_id))
    assert await c.places["b"].house.store.read(lambda conn: moderators.known(conn, group_at_b)) == []


async def test_who_is_no_moderator_changes_nothing(world: World) -> None:
    c = await circle(world)
    await write(world, c.cleo, "@lupus@a.example One")
    one = await seen(c.ben, "One")
    group_at_b = await c.at("b", c.ben)

    def pretend(u: Any) -> None:
        moderators.learn(u, group_at_b, f"https://b.example/u/{c.ben.account_id}")

    await c.do("b", pretend)
    await c.do("b", moderation.remove, group_at_b, int(one["id"]), By(c.ben.account_id, "mine"))
    await c.do("b", moderation.lock, group_at_b, int(one["id"]), By(c.ben.account_id))
    for reader in (c.anna, c.cleo):
        assert texts(await home(reader)) == ["@lupus One"]
    mine = await seen(c.cleo, "One")
    await write(world, c.cleo, "More", in_reply_to_id=mine["id"])


async def test_votes_count_the_same_everywhere(world: World) -> None:
    c = await circle(world)
    mine = await write(world, c.cleo, "@lupus@a.example Rest helps")
    for who in (c.anna, c.ben):
        await who.post(f"/api/v1/statuses/{(await seen(who, 'Rest'))['id']}/favourite")
        await world.settle()
    shown = (await c.cleo.get(f"/api/v1/statuses/{mine['id']}")).json()
    assert shown["favourites_count"] == 2
    assert (await seen(c.ben, "Rest"))["favourites_count"] == 2
    assert (await seen(c.anna, "Rest"))["favourites_count"] == 2
    await c.ben.post(f"/api/v1/statuses/{(await seen(c.ben, 'Rest'))['id']}/unfavourite")
    await world.settle()
    for who in (c.anna, c.ben, c.cleo):
        assert (await seen(who, "Rest"))["favourites_count"] == 1, who.name


async def test_a_group_s_new_name_and_rules_reach_its_members(world: World) -> None:
    c = await circle(world)
    change = {"name": "Lupus and friends", "bio": "For all of us", "rules": "Be kind."}
    await c.do("a", groups.change, c.group_id, By(c.anna.account_id), **change)
    shown = await found(c.ben, "@lupus@a.example")
    assert shown["display_name"] == "Lupus and friends"
    assert "For all of us" in shown["note"]
    group = await c.places["b"].house.store.read(accounts.by_id, int(shown["id"]))
    assert group is not None
    kept = select(remote_actor.c.document).where(remote_actor.c.iri == group.iri)
    document = json.loads(await c.places["b"].house.store.read(lambda r: r.execute(kept).scalar_one()))
    assert document["rules"] == "<p>Be kind.</p>"


async def test_a_titled_post_has_its_title_everywhere(world: World) -> None:
    c = await circle(world)
    await write(world, c.anna, "@lupus # How do you sleep?\nI don't.")
    for reader in (c.anna, c.ben, c.cleo):
        shown = await seen(reader, "How do you sleep?")
        assert "<strong>How do you sleep?</strong>" in shown["content"]
        assert "#" not in plain(shown["content"])
    mine = await seen(c.anna, "How do you")
    source = (await c.anna.get(f"/api/v1/statuses/{mine['id']}/source")).json()["text"]
    assert source.startswith("# How do you sleep?\n")
    world.clock.turn(60_000)
    await c.anna.put(f"/api/v1/statuses/{mine['id']}", json={"status": source.replace("sleep", "rest")})
    await world.settle()
    assert "<strong>How do you rest?</strong>" in (await seen(c.cleo, "rest?"))["content"]
