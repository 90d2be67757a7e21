"""A server is refused, by the instance or by one member: relations end both ways, and are offered when it is let in again."""

from typing import Any

from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.instance.web.conftest import MakeGuest
from tests.journeys.walk import found, home, relationship, texts, write
from tests.support.make import Member, member
from tests.support.members import Acting
from tests.support.members import member as acting
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World


class _Scene:
    """Anna and bob of peer.example follow each other; carol of third.example boosts bob; ben is here too."""

    a: Running
    anna: Member
    peer: Peer
    bob: str
    there: str

    async def make(self, world: World) -> "_Scene":
        self.a, self.peer = await world.instance("a.example"), Peer(world)
        self.anna = await member(self.a, "anna", public=True)
        await world.settle()
        self.bob = self.peer.actor("bob")
        self.there = (await found(self.anna, "@bob@peer.example"))["id"]
        await self.anna.post(f"/api/v1/accounts/{self.there}/follow", json={"reblogs": False})
        await world.settle()
        iri = f"https://a.example/u/{self.anna.account_id}"
        await self.send(world, self.peer.activity("Accept", self.bob, self.peer.received[-1].body["id"]))
        await self.send(world, self.peer.activity("Follow", self.bob, iri))
        self.peer.received.clear()
        return self

    async def send(self, world: World, *activities: dict[str, Any]) -> None:
        for activity in activities:
            assert (await self.peer.post(self.a, activity)).status_code == 202
            await world.settle()

    def told(self) -> list[str]:
        told = [one.body["type"] for one in self.peer.received]
        self.peer.received.clear()
        return told


async def _lost(who: Member) -> list[dict[str, Any]]:
    all_of_them = (await who.get("/api/v1/notifications")).json()
    return [one["event"] for one in all_of_them if one["type"] == "severed_relationships"]


async def test_a_server_is_blocked_by_a_steward_and_let_in_again(world: World) -> None:
    scene = await _Scene().make(world)
    a, anna = scene.a, scene.anna
    await a.house.store.unit(set_stance, "peer.example", Stance.BLOCKED)
    await world.settle()
    relation = await relationship(anna, scene.there)
    assert (relation["following"], relation["followed_by"]) == (False, False)
    [event] = await _lost(anna)
    assert (event["type"], event["target_name"], event["purged"]) == ("domain_block", "peer.example", False)
    assert (event["followers_count"], event["following_count"]) == (1, 1)
    counts = (await anna.get("/api/v1/accounts/verify_credentials")).json()
    assert (counts["followers_count"], counts["following_count"]) == (0, 0)
    assert scene.told() == []  # the policy in force says nothing more to it
    await a.house.store.unit(set_stance, "other.example", Stance.BLOCKED)
    assert len(await _lost(anna)) == 1
    await a.house.store.unit(set_stance, "peer.example", Stance.ALLOWED)
    await world.settle()
    assert scene.told() == []  # nobody is followed by itself
    assert not (await relationship(anna, scene.there))["requested"]


async def test_a_member_finds_what_she_lost_and_asks_again(world: World, guest: MakeGuest) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna: Acting = await acting(a, "anna")
    await world.settle()
    bob = peer.actor("bob")
    row = await a.house.resolver.account("bob@peer.example")
    headers = anna.bearer
    await a.client.post(f"/api/v1/accounts/{row}/follow", headers=headers)
    await world.settle()
    accept = peer.activity("Accept", bob, peer.received[-1].body["id"])
    assert (await peer.post(a, accept)).status_code == 202
    await world.settle()
    browser = guest(a)
    browser.client.cookies.update(anna.cookies)
    await browser.get("/settings/severed")
    assert "None." in browser.text
    await a.house.store.unit(set_stance, "peer.example", Stance.BLOCKED)
    await browser.get("/settings/severed")
    assert "peer.example" in browser.text
    assert not browser.page.xpath("//form[contains(@action, 'severed')]")
    await a.house.store.unit(set_stance, "peer.example", Stance.ALLOWED)
    await browser.get("/settings/severed")
    peer.received.clear()
    await browser.send("/settings/severed")
    assert "They are asked." in browser.says()
    await world.settle()
    assert [one.body["type"] for one in peer.received] == ["Follow"]


async def test_a_member_refuses_a_server(world: World) -> None:
    scene = await _Scene().make(world)
    a, anna = scene.a, scene.anna
    cara = await member(a, "cara", public=True)
    await world.settle()
    third = Peer(world, "third.example")
    carol = third.actor("carol", number=1)
    boosts = (await found(anna, "@carol@third.example"))["id"]
    await anna.post(f"/api/v1/accounts/{boosts}/follow")
    await world.settle()
    assert (await third.post(a, third.activity("Accept", carol, third.received[-1].body["id"]))).status_code == 202
    await world.settle()
    mine = await write(world, anna, "my boat", visibility="public")
    note = scene.peer.note(scene.bob, 1, content="<p>loud boat</p>", inReplyTo=mine["uri"])
    await scene.send(world, scene.peer.activity("Create", scene.bob, note, to=[PUBLIC]))
    await scene.send(world, scene.peer.activity("Like", scene.bob, mine["uri"]))
    assert len((await anna.get("/api/v1/notifications")).json()) == 2
    assert len((await anna.get(f"/api/v1/statuses/{mine['id']}/context")).json()["descendants"]) == 1
    scene.told()
    answer = await anna.post("/api/v1/domain_blocks", json={"domain": "peer.example"})
    assert answer.status_code == 200
    await world.settle()
    assert sorted(scene.told()) == ["Reject", "Undo"]
    [event] = await _lost(anna)
    assert (event["type"], event["followers_count"], event["following_count"]) == ("user_domain_block", 1, 1)
    assert [one["type"] for one in (await anna.get("/api/v1/notifications")).json()] == ["severed_relationships"]
    assert (await anna.get(f"/api/v1/statuses/{mine['id']}/context")).json()["descendants"] == []
    assert len((await cara.get(f"/api/v1/statuses/{mine['id']}/context")).json()["descendants"]) == 1
    assert (await third.post(a, third.activity("Announce", carol, note["id"], to=[PUBLIC]))).status_code == 202
    await world.settle()
    await scene.send(world, scene.peer.activity("Like", scene.bob, mine["uri"], 2))
    await scene.send(world, scene.peer.activity("Follow", scene.bob, f"https://a.example/u/{anna.account_id}", 9))
    assert scene.told() == ["Reject"]
    iri = f"https://a.example/u/{anna.account_id}"
    tag = [{"type": "Mention", "href": iri, "name": "@anna"}]
    letter = scene.peer.note(scene.bob, 5, content="<p>psst, a boat</p>", to=[iri], cc=[], tag=tag)
    await scene.send(world, scene.peer.activity("Create", scene.bob, letter, 5, to=[iri]))
    assert (await anna.get("/api/v1/conversations")).json() == []
    assert texts(await home(anna)) == ["my boat"]
    assert [texts([status]) for status in (await anna.get("/api/v1/timelines/public")).json()] == [["my boat"]]
    found_posts = (await anna.get("/api/v2/search", params={"q": "boat", "type": "statuses"})).json()["statuses"]
    assert texts(found_posts) == ["my boat"]
    assert len((await anna.get("/api/v1/notifications")).json()) == 1
    assert (await relationship(anna, scene.there))["domain_blocking"]
    await anna.delete("/api/v1/domain_blocks", json={"domain": "peer.example"})
    assert not (await relationship(anna, scene.there))["domain_blocking"]
