"""Votes across servers: of strangers, of several choices, twice, too late; and the counts, told both ways."""

from typing import Any

from sqlalchemy import func, select

from instance.clock import HOUR, MINUTE, iso
from instance.db.content import poll_vote, post
from tests.journeys.walk import found, home, write
from tests.support.make import Member, member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World


async def _scene(
    world: World, *, multiple: bool = False, visibility: str = "public"
) -> tuple[Running, Member, Peer, dict[str, Any]]:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    await world.settle()
    asked = {"options": ["tea", "coffee", "water"], "expires_in": 3600, "multiple": multiple}
    return a, anna, peer, await write(world, anna, "What to drink?", visibility=visibility, poll=asked)


def _vote(peer: Peer, actor: str, post: dict[str, Any], choice: str, number: int = 1) -> dict[str, Any]:
    about = {"id": f"{actor}/votes/{number}", "type": "Note", "attributedTo": actor, "name": choice}
    about |= {"inReplyTo": post["uri"], "to": [post["account"]["uri"]], "published": iso(0)}
    return peer.activity("Create", actor, about, f"vote-{number}", to=[post["account"]["uri"]])


async def _send(world: World, a: Running, peer: Peer, *activities: dict[str, Any]) -> None:
    for activity in activities:
        assert (await peer.post(a, activity)).status_code == 202
        await world.settle()


async def _counts(who: Member, status: dict[str, Any]) -> tuple[list[int], int, int]:
    shown = (await who.get(f"/api/v1/statuses/{status['id']}")).json()["poll"]
    return [option["votes_count"] for option in shown["options"]], shown["votes_count"], shown["voters_count"]


async def test_a_stranger_s_vote_counts_once_and_is_no_post(world: World) -> None:
    a, anna, peer, asked = await _scene(world)
    bob = peer.actor("bob")
    vote = _vote(peer, bob, asked, "coffee")
    await _send(world, a, peer, vote, vote, {**vote, "id": f"{bob}/again"}, _vote(peer, bob, asked, "tea", 2))
    await _send(world, a, peer, _vote(peer, bob, asked, "beer", 3))
    assert await _counts(anna, asked) == ([0, 1, 0], 1, 1)
    kept = select(func.count()).select_from(post)
    assert await a.house.store.read(lambda c: c.execute(kept).scalar()) == 1
    assert (await anna.get("/api/v1/notifications")).json() == []


async def test_several_choices_come_one_by_one(world: World) -> None:
    a, anna, peer, asked = await _scene(world, multiple=True)
    bob, carol = peer.actor("bob"), peer.actor("carol", number=1)
    await _send(world, a, peer, _vote(peer, bob, asked, "tea"), _vote(peer, bob, asked, "water", 2))
    await _send(world, a, peer, _vote(peer, bob, asked, "water", 3), _vote(peer, carol, asked, "water"))
    stolen = _vote(peer, carol, asked, "tea", 2)
    stolen["object"]["id"] = f"{bob}/votes/1"  # an id that another vote has
    await _send(world, a, peer, stolen)
    counts, votes, voters = await _counts(anna, asked)
    assert (counts[2], voters) == (2, 2)
    assert votes == sum(counts)
    rows = select(func.count()).select_from(poll_vote)
    assert await a.house.store.read(lambda c: c.execute(rows).scalar()) == votes


async def test_votes_too_late_and_by_who_may_not_read(world: World) -> None:
    a, anna, peer, asked = await _scene(world, visibility="private")
    bob = peer.actor("bob")
    await _send(world, a, peer, _vote(peer, bob, asked, "tea"))
    assert (await _counts(anna, asked))[1] == 0  # not a follower
    await _send(
        world, a, peer, peer.activity("Follow", bob, asked["account"]["uri"]), _vote(peer, bob, asked, "tea", 2)
    )
    assert (await _counts(anna, asked))[1] == 1
    world.clock.turn(2 * HOUR)
    await world.settle()
    carol = peer.actor("carol", number=1)
    await _send(
        world, a, peer, peer.activity("Follow", carol, asked["account"]["uri"]), _vote(peer, carol, asked, "tea")
    )
    assert (await _counts(anna, asked))[1] == 1


async def test_the_counts_of_ours_are_told(world: World) -> None:
    a, _anna, peer, asked = await _scene(world)
    bob = peer.actor("bob")
    await _send(world, a, peer, peer.activity("Follow", bob, asked["account"]["uri"]))
    peer.received.clear()
    for number in range(3):
        voter = peer.actor(f"voter{number}", number=1)
        await _send(world, a, peer, _vote(peer, voter, asked, "tea"))
    assert peer.received == []
    world.clock.turn(4 * MINUTE)
    await world.settle()
    [update] = [one.body for one in peer.received]  # many votes, one Update
    assert (update["type"], update["object"]["type"], update["object"]["votersCount"]) == ("Update", "Question", 3)
    assert update["object"]["oneOf"][0]["replies"]["totalItems"] == 3
    peer.received.clear()
    world.clock.turn(HOUR)
    await world.settle()
    assert "closed" in peer.received[-1].body["object"]


async def test_the_counts_of_theirs_are_taken_and_the_end_is_told(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna")
    await world.settle()
    bob = peer.actor("bob")
    there = (await found(anna, "@bob@peer.example"))["id"]
    await anna.post(f"/api/v1/accounts/{there}/follow")
    await world.settle()
    await _send(world, a, peer, peer.activity("Accept", bob, peer.received[-1].body["id"]))
    question = peer.note(bob, 1, type="Question", endTime=iso(world.clock.now() + HOUR))
    question["oneOf"] = [{"type": "Note", "name": name, "replies": {"totalItems": 0}} for name in ("yes", "no")]
    await _send(world, a, peer, peer.activity("Create", bob, question, to=[PUBLIC]))
    [status] = await home(anna)
    peer.received.clear()
    answer = await anna.post(f"/api/v1/polls/{status['poll']['id']}/votes", json={"choices": [1]})
    assert answer.status_code == 200
    await world.settle()
    [vote] = [one.body for one in peer.received]
    assert (vote["type"], vote["object"]["name"], vote["object"]["inReplyTo"]) == ("Create", "no", question["id"])
    assert (vote["to"], "content" in vote["object"]) == ([bob], False)
    twice = await anna.post(f"/api/v1/polls/{status['poll']['id']}/votes", json={"choices": [0]})
    assert twice.status_code == 422
    told = dict(question)
    told["oneOf"] = [
        {"type": "Note", "name": name, "replies": {"totalItems": n}} for name, n in (("yes", 4), ("no", 7))
    ]
    update = peer.activity("Update", bob, {**told, "votersCount": 11}, to=[PUBLIC])
    await _send(world, a, peer, update)
    assert await _counts(anna, status) == ([4, 7], 11, 11)
    shown = (await anna.get(f"/api/v1/polls/{status['poll']['id']}")).json()
    assert (shown["voted"], shown["own_votes"]) == (True, [1])
    assert (await anna.get(f"/api/v1/statuses/{status['id']}")).json()["edited_at"] is None
    closed = peer.activity("Update", bob, {**told, "closed": iso(world.clock.now())}, 2, to=[PUBLIC])
    await _send(world, a, peer, closed, {**closed, "id": f"{bob}/again"})
    assert [one["type"] for one in (await anna.get("/api/v1/notifications")).json()] == ["poll"]
    world.clock.turn(2 * HOUR)
    await world.settle()
    assert len((await anna.get("/api/v1/notifications")).json()) == 1
