"""By which handle accounts of other servers are shown and found: split domains, and two of one name on one server."""

import json
from itertools import count
from typing import Any

import pytest

from tests.instance.activities.scene import Scene, sent
from tests.journeys.walk import write
from tests.support.make import Member
from tests.support.peer import ACTIVITY, Peer
from tests.support.world import World

OURS = "https://a.example/u/{}"
NUMBERS = count(1)
HOME, WEB = "wool.example", "social.wool.example"


async def found(member: Member, asked: str) -> list[dict[str, Any]]:
    """What a member's search for people finds, others of the same name left out."""
    answer = await member.get("/api/v2/search", params={"q": asked, "type": "accounts", "resolve": "true"})
    assert answer.status_code == 200
    listed: list[dict[str, Any]] = answer.json()["accounts"]
    return listed


async def acct(member: Member, iri: str) -> str:
    """How an account is shown now."""
    [one] = await found(member, iri)
    return str(one["acct"])


async def follow_anna(scene: Scene, peer: Peer, iri: str) -> None:
    await scene.send(peer, peer.activity("Follow", iri, OURS.format(scene.anna.account_id), next(NUMBERS)))


async def split(scene: Scene, world: World, **terms: Any) -> tuple[Peer, Peer, str]:
    """wool.example, whose actors are at social.wool.example."""
    home, web = Peer(world, HOME), Peer(world, WEB)
    alice = web.actor("alice", number=3, **terms)
    home.names["alice"] = [f"alice@{HOME}", alice]
    web.names["alice"] = [f"alice@{HOME}", alice]
    return home, web, alice


async def test_a_handle_is_where_both_hosts_say_that_it_is(world: World, scene: Scene) -> None:
    """Mastodon's LOCAL_DOMAIN and WEB_DOMAIN: shown and mentioned by the one, found by both."""
    _, web, alice = await split(scene, world)
    await follow_anna(scene, web, alice)
    assert await acct(scene.anna, alice) == f"alice@{HOME}"
    for asked in (f"@alice@{HOME}", f"@alice@{WEB}", f"acct:ALICE@{HOME}", alice):
        assert [one["uri"] for one in await found(scene.anna, asked)] == [alice], asked
    looked = await scene.anna.get("/api/v1/accounts/lookup", params={"acct": f"alice@{HOME}"})
    assert looked.json()["acct"] == f"alice@{HOME}"
    await write(world, scene.anna, f"Hello @alice@{HOME}", visibility="public")
    [create] = sent(web, "Create")
    assert create["object"]["tag"] == [{"type": "Mention", "href": alice, "name": f"@alice@{HOME}"}]
    assert (await scene.here.client.get(f"/@alice@{HOME}")).status_code == 200


async def test_who_blocks_a_server_by_its_handles_is_rid_of_it(world: World, scene: Scene) -> None:
    _, web, alice = await split(scene, world)
    await follow_anna(scene, web, alice)
    await scene.anna.post("/api/v1/domain_blocks", data={"domain": HOME})
    blocked = (await scene.anna.get("/api/v1/domain_blocks")).json()
    assert set(blocked) == {HOME, WEB}
    note = web.note(
        alice, 1, "<p>Hello anna</p>", tag=[{"type": "Mention", "href": OURS.format(scene.anna.account_id)}]
    )
    await scene.send(web, web.activity("Create", alice, note, 1))
    told = (await scene.anna.get("/api/v1/notifications")).json()
    assert "mention" not in {one["type"] for one in told}


async def test_a_handle_is_found_by_the_home_that_leads_elsewhere(world: World, scene: Scene) -> None:
    """The short domain has nothing but redirects, as Mastodon's handbook asks for; later accounts of that server follow suit."""
    home, _web, alice = await split(scene, world)
    home.names.clear()
    moved = (301, {"location": f"https://{WEB}/.well-known/webfinger?resource=acct:alice@{HOME}"}, b"")
    home.documents["/.well-known/webfinger"] = moved
    assert [one["acct"] for one in await found(scene.anna, f"@alice@{HOME}")] == [f"alice@{HOME}"]
    assert await acct(scene.anna, alice) == f"alice@{HOME}"


async def test_a_handle_is_found_by_host_meta(world: World, scene: Scene) -> None:
    """RFC 6415: where to ask stands in another document; and the answer is a file of no particular type."""
    home, _, alice = await split(scene, world)
    home.names["alice"] = 404
    template = (
        '<XRD><Link rel="lrdd" type="application/jrd+json" template="https://wool.example/who?is={uri}&amp;x=1"/></XRD>'
    )
    home.documents["/.well-known/host-meta"] = (
        200,
        {"content-type": "application/xrd+xml; charset=utf-8"},
        template.encode(),
    )
    said = {"subject": f"acct:alice@{HOME}", "links": [{"rel": "self", "type": ACTIVITY, "href": alice}]}
    home.documents["/who"] = (200, {"content-type": "application/octet-stream"}, json.dumps(said).encode())
    assert [one["acct"] for one in await found(scene.anna, f"@alice@{HOME}")] == [f"alice@{HOME}"]
    assert await acct(scene.anna, alice) == f"alice@{HOME}"
    home.documents["/.well-known/host-meta"] = (200, {"content-type": "text/html"}, b"<html>")
    assert await found(scene.anna, f"@nobody@{HOME}") == []


async def test_an_actor_names_its_handle_itself(world: World, scene: Scene) -> None:
    """FEP-2c59: `webfinger` of the actor, whose own host answers nothing, and which need not have a preferredUsername."""
    _home, web, alice = await split(scene, world, webfinger=f"alice@{HOME}", preferredUsername="")
    web.names["alice"] = 404
    await follow_anna(scene, web, alice)
    assert await acct(scene.anna, alice) == f"alice@{HOME}"
    assert [one["uri"] for one in await found(scene.anna, f"@alice@{HOME}")] == [alice]


@pytest.mark.parametrize("by", ["subject", "webfinger"])
async def test_nobody_takes_a_handle_that_its_host_does_not_give(world: World, scene: Scene, by: str) -> None:
    """z says that its actor is xeno of x: x names another."""
    claim = {"webfinger": "xeno@x.example"} if by == "webfinger" else {}
    thief = scene.z.actor("xeno", number=2, **claim)
    scene.z.names["xeno"] = ["xeno@x.example", thief]
    await follow_anna(scene, scene.z, thief)
    assert await acct(scene.anna, thief) == "xeno@z.example"
    assert [one["uri"] for one in await found(scene.anna, "@xeno@x.example")] == [scene.xeno]
    del scene.x.documents["/users/xeno"]  # nor when x can't say anything any more
    await follow_anna(scene, scene.z, thief)
    assert await acct(scene.anna, thief) == "xeno@z.example"


async def test_nobody_gives_a_handle_to_those_who_do_not_want_it(world: World, scene: Scene) -> None:
    """A host may lead to whom it likes; shown is what the actor's own host says."""
    scene.z.names["xeno"] = ["xeno@z.example", scene.xeno]
    scene.z.names["anna"] = ["anna@a.example", OURS.format(scene.anna.account_id)]
    assert [one["acct"] for one in await found(scene.anna, "@xeno@z.example")] in ([], ["xeno@x.example"])
    assert await acct(scene.anna, scene.xeno) == "xeno@x.example"
    assert all(one["acct"] == "anna" for one in await found(scene.anna, "@anna@z.example"))


async def test_our_own_names_are_given_to_nobody_elsewhere(scene: Scene) -> None:
    thief = scene.z.actor("anna", number=2, webfinger="anna@a.example")
    scene.z.names["anna"] = ["anna@a.example", thief]
    await follow_anna(scene, scene.z, thief)
    assert await acct(scene.anna, thief) == "anna@z.example"


async def test_a_handle_that_is_given_up_is_lost(world: World, scene: Scene) -> None:
    """The home names somebody else now: the next time it is asked, she is shown with her own host's name again."""
    home, web, alice = await split(scene, world)
    await follow_anna(scene, web, alice)
    assert await acct(scene.anna, alice) == f"alice@{HOME}"
    other = home.actor("alice", number=4)
    home.names["alice"] = [f"alice@{HOME}", other]
    await follow_anna(scene, home, other)
    assert await acct(scene.anna, other) == f"alice@{HOME}"
    assert await acct(scene.anna, alice) == f"alice@{WEB}"


async def community(scene: Scene, name: str = "knitting") -> tuple[str, str]:
    """A person and a group of one name at z, as Lemmy, PieFed, Mbin and NodeBB may have; the person is known here first."""
    person = scene.z.actor(name, number=2)
    group = f"{scene.z.base}/c/{name}"
    scene.z.keys[group] = scene.z.keys[person]
    document = scene.z.documents[f"/users/{name}"]
    said = str(document).replace(person, group).replace("'Person'", "'Group'")
    scene.z.documents[f"/c/{name}"] = eval(said)
    await follow_anna(scene, scene.z, person)
    return person, group


@pytest.mark.parametrize("says", ["person", "both", "nothing"])
async def test_a_person_and_a_group_of_one_name_are_both_reached(world: World, scene: Scene, says: str) -> None:
    """Who had the handle keeps it, unless its server names the other one alone."""
    person, group = await community(scene)
    names = {"person": [person], "both": [person, group]}
    scene.z.names["knitting"] = ["knitting@z.example", *names[says]] if says in names else 404
    await follow_anna(scene, scene.z, group)
    assert await acct(scene.anna, person) == "knitting@z.example"
    assert await acct(scene.anna, group) == "knitting!group@z.example"
    for asked, whom in {
        "@knitting@z.example": person,
        "!knitting@z.example": group,
        "@knitting!group@z.example": group,
        "@knitting!person@z.example": person,
    }.items():
        assert (await found(scene.anna, asked))[0]["uri"] == whom, asked
    [shown] = await found(scene.anna, group)
    assert shown["username"] == "knitting"
    for asked in (shown["acct"], "!knitting@z.example"):
        looked = await scene.anna.get("/api/v1/accounts/lookup", params={"acct": asked})
        assert looked.json()["uri"] == group
        known = await scene.here.house.resolver.find(asked, fetching=False)
        assert known.account_id == int(shown["id"])
    page = await scene.here.client.get(f"/@{shown['acct']}")
    assert page.status_code == 200
    assert "@knitting!group@z.example" in page.text
    for asked, whom in (("@knitting@z.example", person), ("!knitting@z.example", group)):
        scene.z.received.clear()
        await write(world, scene.anna, f"Hello {asked}", visibility="public")
        tags = sent(scene.z, "Create")[0]["object"]["tag"]
        assert tags == [{"type": "Mention", "href": whom, "name": "@knitting@z.example"}]


async def test_a_handle_goes_to_the_one_that_its_host_names_now(world: World, scene: Scene) -> None:
    """A server was set up anew: the old actor keeps its posts, and is found under a name of its own."""
    person, group = await community(scene)
    scene.z.names["knitting"] = ["knitting@z.example", group]
    await follow_anna(scene, scene.z, group)
    assert await acct(scene.anna, group) == "knitting@z.example"
    assert await acct(scene.anna, person) == "knitting!person@z.example"


async def test_a_handle_of_one_that_is_gone_is_free(world: World, scene: Scene) -> None:
    person, group = await community(scene)
    await scene.send(scene.z, scene.z.activity("Delete", person, person, "end"))
    scene.z.names["knitting"] = 404
    await follow_anna(scene, scene.z, group)
    assert await acct(scene.anna, group) == "knitting@z.example"


async def test_the_mark_is_nobody_s_to_choose(world: World, scene: Scene) -> None:
    _person, group = await community(scene)
    thief = scene.z.actor("thief", number=5, preferredUsername="knitting!group")
    await follow_anna(scene, scene.z, thief)
    await follow_anna(scene, scene.z, group)
    assert await acct(scene.anna, thief) == "knitting_group@z.example"
    assert await acct(scene.anna, group) == "knitting!group@z.example"
