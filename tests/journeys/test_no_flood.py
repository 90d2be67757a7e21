"""People on Mastodon who follow a group of ours see its posts once, and no answers, though Mastodon boosts announced Creates."""

from typing import Any
from urllib.parse import urlsplit

from instance.content import moderation
from instance.groups.acting import By
from tests.journeys.walk import home, open_group, plain, write
from tests.support.make import Member, member
from tests.support.peer import PUBLIC
from tests.support.peers.lemmy import Lemmy
from tests.support.peers.mastodon import Mastodon
from tests.support.peers.piefed import PieFed
from tests.support.world import Running, World

POSTS = {"Note", "Question", "Page", "Article", "Video", "Audio", "Image", "Event"}


async def _boosts(world: World, mastodon: Mastodon, lemmy: Lemmy) -> dict[str, str]:
    """What Mastodon boosts, by the ids of its boosts: what an Announce names is fetched, and taken if it is a post or a Create."""
    found: dict[str, str] = {}
    for body in (received.body for received in mastodon.received):
        about = body.get("object")
        if body["type"] == "Undo" and about["type"] == "Announce":
            found = {post: boost for post, boost in found.items() if boost != about["id"]}
        if body["type"] != "Announce":
            continue
        iri = about if isinstance(about, str) else about["id"]
        document = await _had(world, mastodon, lemmy, iri)
        if document.get("id") == iri and document["type"] in POSTS | {"Create", "Announce"}:
            shown = document if document["type"] in POSTS else document["object"]
            found.setdefault(shown["id"] if isinstance(shown, dict) else shown, body["id"])
    return found


async def _had(world: World, mastodon: Mastodon, lemmy: Lemmy, iri: str) -> dict[str, Any]:
    parts = urlsplit(iri)
    if parts.netloc == lemmy.host:
        served = lemmy.documents.get(parts.path)
        return served if isinstance(served, dict) else {}
    answer = await mastodon.look(world.instances[parts.netloc], iri.partition("#")[0])
    found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    return found


async def _group(world: World) -> tuple[Running, Member, int, str]:
    running = await world.instance("a.example")
    anna = await member(running, "anna", public=True)
    group_id = await open_group(running, "lupus", anna)
    await world.settle()
    return running, anna, group_id, (await anna.get(f"/api/v1/accounts/{group_id}")).json()["uri"]


async def test_lemmy_gets_what_opens_a_thread_as_a_page(world: World) -> None:
    """Lemmy 1.0 looks for the post that an announced Note answers, and drops one that answers none."""
    _running, anna, _group_id, group = await _group(world)
    mastodon, lemmy = Mastodon(world), Lemmy(world)
    piefed = PieFed(world)
    for server, name in ((mastodon, "bob"), (lemmy, "lea"), (piefed, "pia")):
        await server.follow(server.person(name), group)
        await world.settle()
    mine = await write(world, anna, "@lupus From me", visibility="public", language="en")
    answer = await write(world, anna, "And an answer", in_reply_to_id=mine["id"], visibility="public")
    await anna.put(f"/api/v1/statuses/{mine['id']}", json={"status": "@lupus Better"})
    await world.settle()
    told = {(one["object"]["type"], one["object"]["object"]["type"]) for one in lemmy.heard("Announce", "Create")}
    told |= {(one["object"]["type"], one["object"]["object"]["type"]) for one in lemmy.heard("Announce", "Update")}
    assert told == {("Create", "Page"), ("Create", "Note"), ("Update", "Page")}
    created = [one["object"]["object"] for one in lemmy.heard("Announce", "Create")]
    assert created[0]["language"] == {"identifier": "en", "name": "English"}
    notes = {one["id"]: one["type"] for one in created}
    assert notes == {mine["uri"]: "Page", answer["uri"]: "Note"}
    assert {one["object"]["object"]["type"] for one in piefed.heard("Announce", "Create")} == {"Note"}
    assert mastodon.heard("Announce", "Create") == []


async def test_answers_flood_nobody_on_mastodon(world: World) -> None:
    running, anna, group_id, group = await _group(world)
    mastodon, lemmy = Mastodon(world), Lemmy(world)
    for server, name in ((mastodon, "bob"), (lemmy, "lea")):
        await server.follow(server.person(name), group)
    await world.settle()
    post = await lemmy.group_post(lemmy.person_iri("lea"), group, "Heat", "Does it help?")
    await world.settle()
    comment = await lemmy.comment(lemmy.person_iri("lea"), group, post, "It helps me")
    for activity in lemmy.sent:
        lemmy.serve(activity)  # as the real one does
    await world.settle()
    mine = await write(world, anna, "@lupus From me", visibility="public")
    answer = await write(world, anna, "And an answer", in_reply_to_id=mine["id"], visibility="public")
    boosts = await _boosts(world, mastodon, lemmy)
    assert set(boosts) == {post["id"], mine["uri"]}
    told = {body["object"]["object"]["id"] for body in lemmy.heard("Announce", "Create")}
    assert {comment["id"], mine["uri"], answer["uri"]} <= told
    await running.house.store.unit(moderation.remove, group_id, int(mine["id"]), By(anna.account_id))
    await world.settle()
    assert set(await _boosts(world, mastodon, lemmy)) == {post["id"]}


async def test_who_knows_a_post_by_the_groups_boost_gets_its_edits(world: World) -> None:
    """Mastodon can't read the Update that a group announces; the Lemmy family needs no second one."""
    _, anna, _, group = await _group(world)
    mastodon, lemmy = Mastodon(world), Lemmy(world)
    for server, name in ((mastodon, "bob"), (lemmy, "lea")):
        await server.follow(server.person(name), group)
    await world.settle()
    mine = await write(world, anna, "@lupus From me", visibility="public")
    answer = await write(world, anna, "And an answer", in_reply_to_id=mine["id"], visibility="public")
    for status, text in ((mine, "@lupus Changed"), (answer, "Changed too")):
        await anna.put(f"/api/v1/statuses/{status['id']}", json={"status": text})
    await world.settle()
    [update] = mastodon.heard("Update")
    assert (update["actor"], update["object"]["id"]) == (mine["account"]["uri"], mine["uri"])
    assert "Changed" in update["object"]["content"]
    assert not lemmy.heard("Update")
    announced = [body["object"]["object"]["id"] for body in lemmy.heard("Announce", "Update")]
    assert announced == [mine["uri"], answer["uri"]]


async def test_an_answer_that_comes_before_what_it_answers_is_not_boosted(world: World) -> None:
    _, anna, _, group = await _group(world)
    lemmy = Lemmy(world)
    lea = lemmy.person("lea")
    await lemmy.follow(lea, group)
    post = await lemmy.group_post(lea, group, "Heat", "Does it help?")
    await world.settle()
    under, comments = post["id"], []
    for text in ("one", "two", "three"):
        own = {"type": "Note", "audience": group, "to": [PUBLIC], "cc": [group], "inReplyTo": under}
        comments.append(lemmy.serve(lemmy.composed(lea, text, **own)))
        under = comments[-1]["id"]
    for comment in reversed(comments):
        await lemmy.into_group(group, await lemmy.made("Create", lea, comment, group))
        await world.settle()
    [boost] = await home(anna)
    below = (await anna.get(f"/api/v1/statuses/{boost['reblog']['id']}/context")).json()["descendants"]
    assert [plain(status["content"]) for status in below] == ["one", "two", "three"]
    assert [body["object"] for body in lemmy.heard("Announce") if isinstance(body["object"], str)] == [post["id"]]
