"""A server that sends too much is asked to come later, before it costs anything; nobody else pays for it, nothing is lost."""

from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from federation.inbound import keeping
from federation.schema import inbox_activity, turned_away
from federation.signatures import verify
from instance.clock import DAY, HOUR, MINUTE
from instance.db.people import follow
from instance.peering import explain, overview, regulars
from instance.people import follows, remote
from instance.people.remote import RemoteProfile
from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.federation.conftest import Recorder
from tests.support.make import member
from tests.support.peer import Peer
from tests.support.world import Running, World

LIMITED = {"SKERRY_RATE_LIMITS": "1", "SKERRY_INBOX_PER_MINUTE": "50", "SKERRY_KEYS_PER_MINUTE": "100"}


@pytest.fixture
async def small(world: World, recorder: Recorder) -> Running:
    """An instance where a known server may send 50 a minute, a stranger ten."""
    return await world.instance("a.example", **LIMITED)


async def send(home: Running, peer: Peer, actor: str, first: int, count: int, **more: Any) -> list[int]:
    sent = []
    for number in range(first, first + count):
        like = peer.activity("Like", actor, "https://a.example/x", number)
        sent.append((await peer.post(home, like, **more)).status_code)
    return sent


async def kept(home: Running, host: str) -> int:
    asked = select(func.count()).where(inbox_activity.c.host == host)
    return int(await home.house.store.read(lambda c: c.execute(asked).scalar_one()))


async def test_a_flood_is_put_off_and_comes_in_later(world: World, small: Running, recorder: Recorder) -> None:
    flood, other = Peer(world, "flood.example"), Peer(world, "other.example")
    bob, ann = flood.actor("bob"), other.actor("ann")
    assert await send(small, flood, bob, 0, 15) == [202] * 10 + [429] * 5
    refused = await flood.post(small, flood.activity("Like", bob, "https://a.example/x", 10))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert refused.text == "Too much at once: send it again later."
    assert await send(small, other, ann, 0, 5) == [202] * 5
    assert await kept(small, flood.host) == 10
    world.clock.turn(MINUTE)
    assert await send(small, flood, bob, 10, 5) == [202] * 5
    await world.settle()
    assert len(recorder.applied) == 20


async def test_who_is_over_its_share_costs_no_key_and_no_verification(
    world: World, small: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood = Peer(world, "flood.example")
    bob = flood.actor("bob")
    await send(small, flood, bob, 0, 11)
    world.wires.log.clear()

    def verified(*_args: Any) -> bool:
        raise AssertionError("a signature was verified")

    monkeypatch.setattr(verify, "_holds", verified)
    assert await send(small, flood, flood.actor("new"), 0, 3) == [429] * 3
    assert world.wires.log == []


async def test_nobody_uses_up_a_share_by_naming_its_owner(world: World, small: Running) -> None:
    good, bad = Peer(world, "good.example"), Peer(world, "bad.example")
    ann = good.actor("ann")
    assert await send(small, good, ann, 0, 1) == [202]
    forged = await send(small, bad, ann, 100, 30, signer=ann, key=bad.keys[bad.actor("eve", number=1)])
    assert set(forged) <= {401, 429}
    assert await send(small, good, ann, 1, 9) == [202] * 9
    assert await send(small, good, ann, 10, 1) == [429]


async def test_many_names_of_one_domain_are_one_stranger(world: World, small: Running) -> None:
    answers = []
    for number in range(13):
        peer = Peer(world, f"n{number}.evil.example")
        answers += await send(small, peer, peer.actor("bob"), 0, 1)
    assert answers == [202] * 10 + [429] * 3


async def test_old_lemmy_gets_an_answer_after_which_it_sends_again(world: World, small: Running) -> None:
    flood = Peer(world, "lemmy.example")
    bob = flood.actor("bob")
    await send(small, flood, bob, 0, 10)
    for agent, status in [
        ("Lemmy/0.19.3; +https://lemmy.example", 503),
        ("Lemmy/0.18.5; +https://lemmy.example", 503),
        ("Lemmy/0.19.4-rc.6; +https://lemmy.example", 429),
        ("Lemmy/0.19.13; +https://lemmy.example", 429),
        ("Lemmy/1.0.0; +https://lemmy.example", 429),
        ("Mastodon/4.4.0 (http.rb/5.3.1; +https://lemmy.example/)", 429),
    ]:
        like = flood.activity("Like", bob, "https://a.example/x", agent)
        answer = await flood.post(small, like, more={"User-Agent": agent}, sign_more=False)
        assert (answer.status_code, answer.headers["retry-after"]) == (status, "30"), agent


async def test_keys_of_one_server_are_fetched_so_often_in_a_minute(world: World, small: Running) -> None:
    crowd, friend = Peer(world, "crowd.example"), Peer(world, "friend.example")
    answers = [
        (await crowd.post(small, {"type": "Like", "actor": f"{crowd.base}/users/n{n}", "object": "https://a.example/x"},
                          key=crowd.keys[crowd.actor("bob")])).status_code
        for n in range(70)
    ]  # fmt: skip
    assert answers == [401] * 50 + [429] * 20  # none of them is there
    assert len([1 for request in world.wires.log if crowd.host in str(request)]) == 50
    assert small.house.federation.allowance.refused["keys"] == 20
    # an address that is used up has no new keys fetched; who is known there is heard all the same
    world.clock.turn(MINUTE)
    assert await send(small, friend, friend.actor("ann"), 0, 1) == [202]
    for number in range(52):
        await crowd.post(small, {"type": "Like", "actor": f"{crowd.base}/users/m{number}", "object": "x:y"},
                         key=crowd.keys[f"{crowd.base}/users/bob"])  # fmt: skip
    assert await send(small, friend, friend.actor("eva"), 0, 3) == [202] * 3


async def test_who_is_followed_agreed_with_or_allowed_is_known(world: World) -> None:
    home = await world.instance("a.example")
    ann = await member(home, "ann")

    def relate(u: Any) -> None:
        for host in ("followed.example", "follower.example"):
            account = remote.learn(u, RemoteProfile(f"https://{host}/u/x", "x", host))
            pair = (ann.account_id, account) if host.startswith("followed") else (account, ann.account_id)
            follows.request(u, *pair)
            follows.accept(u, *pair)
        set_stance(u, "allowed.example", Stance.ALLOWED)
        set_stance(u, "limited.example", Stance.LIMITED)

    await home.house.store.unit(relate)
    names = ("followed", "follower", "allowed", "limited", "nobody")
    found = [name for name in names if await home.house.store.read(regulars.knows, f"{name}.example")]
    assert found == ["followed", "allowed"]
    await home.house.store.unit(lambda u: u.connection.execute(update(follow).values(state="pending")))
    assert not await home.house.store.read(regulars.knows, "followed.example")


async def test_what_waits_for_a_steward_is_bounded(world: World, recorder: Recorder) -> None:
    home = await world.instance("a.example", SKERRY_RATE_LIMITS="1", SKERRY_INBOX_WAITING="25")
    peer = Peer(world, "held.example")
    bob = peer.actor("bob")
    await home.house.store.unit(set_stance, peer.host, Stance.HELD)
    assert await send(home, peer, bob, 0, 8) == [202] * 5 + [429] * 3
    assert (await peer.post(home, peer.activity("Like", bob, "x:y", 9))).headers["retry-after"] == "300"
    await home.house.store.unit(lambda u: overview.decide_held(u, peer.host, let_in=False))
    world.clock.turn(HOUR)
    assert await send(home, peer, bob, 5, 3) == [202] * 3


async def test_a_steward_is_told_who_sent_too_much_how_often_and_since_when(world: World, small: Running) -> None:
    flood = Peer(world, "flood.example")
    bob = flood.actor("bob")
    await send(small, flood, bob, 0, 14)
    await small.house.federation.ledger.flush()
    began = world.clock.now()
    world.clock.turn(2 * MINUTE)
    await send(small, flood, bob, 20, 13)
    await small.house.federation.ledger.flush()
    (view,) = await small.house.store.read(overview.peers, world.clock.now(), "", flood.host)
    assert view.too_much == 7
    assert (view.too_much_since or 0) < (view.too_much_at or 0)
    found = await small.house.store.read(explain.explain, small.house.site, flood.host)
    assert [(one.code, one.number) for one in found][1:] == [("sends-too-much", 7)]
    assert found[1].words == "It was asked 7 times to come later, for it sent too much."
    assert (found[1].since or 0) <= began
    text = (await small.client.get("/metrics")).text
    assert 'skerry_inbox_put_off_total{bound="rate"} 7' in text.splitlines()
    assert 'skerry_inbox_put_off_total{bound="keys"} 0' in text.splitlines()
    assert "flood.example" not in text


async def test_who_is_only_named_is_not_said_to_have_sent_too_much(
    world: World, small: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Peer(world, "good.example")
    ann = good.actor("ann")
    await send(small, good, ann, 0, 11)
    monkeypatch.setattr(small.house.federation.allowance, "is_proven", lambda caller, host: False)
    await send(small, good, ann, 20, 5)  # from another address
    await small.house.federation.ledger.flush()
    asked = select(turned_away.c.host, turned_away.c.number).order_by(turned_away.c.number)
    rows = await small.house.store.read(lambda c: c.execute(asked).all())
    assert [tuple(row) for row in rows] == [("good.example", 1), ("other", 5)]


async def test_in_development_nothing_is_bounded(home: Running, peer: Peer) -> None:
    answers = await send(home, peer, "https://peer.example/users/bob", 0, 60)
    assert answers == [202] * 60


async def test_what_waits_for_a_person_does_not_wait_for_ever(world: World, home: Running) -> None:
    def fill(u: Any) -> None:
        common = {"host": "b.example", "family": "b.example", "actor": "x", "kind": "Like", "body": b"words"}
        ages = [("received", 200), ("held", 91), ("held", 80), ("dead", 31), ("dead", 20)]
        for state, days in ages:
            times = {"received_at": u.now - days * DAY, "next_try_at": u.now}
            row = common | times | {"activity_key": f"{state}{days}", "state": state, "reason": "peer-held"}
            u.connection.execute(insert(inbox_activity).values(**row))

    await home.house.store.unit(fill)
    assert await home.house.store.unit(keeping.give_up) == 2
    assert await home.house.store.unit(keeping.give_up) == 0
    c = inbox_activity.c
    rows = await home.house.store.read(lambda u: u.execute(select(c.activity_key, c.state, c.body, c.reason)).all())
    assert {(row.activity_key, row.state) for row in rows if row.body is None} == {
        ("dead31", "ignored"),
        ("held91", "ignored"),
    }
    assert {row.reason for row in rows if row.body is None} == {keeping.REASON}


async def test_what_was_put_aside_of_one_server_is_bounded(
    world: World, home: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_DEAD", 3)

    def fill(u: Any) -> None:
        for host, number in (("many.example", 8), ("few.example", 3)):
            common = {"host": host, "family": host, "actor": "x", "kind": "Like", "body": b"words", "state": "dead"}
            for n in range(number):
                row = common | {"activity_key": str(n), "received_at": u.now, "next_try_at": u.now}
                u.connection.execute(insert(inbox_activity).values(**row))

    await home.house.store.unit(fill)
    while await home.house.store.unit(keeping.give_up):
        pass
    c = inbox_activity.c
    asked = select(c.host, c.activity_key).where(c.state == "dead").order_by(c.id)
    rows = await home.house.store.read(lambda u: u.execute(asked).all())
    assert [row.activity_key for row in rows] == ["5", "6", "7", "0", "1", "2"]


async def test_what_is_done_is_thinned_where_there_is_very_much_of_it(
    world: World, home: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_DONE", 5)

    def fill(u: Any) -> None:
        for n in range(20):
            at = u.now - (14 if n < 10 else 12) * HOUR
            state = "held" if n == 0 else "done"
            row = {"host": "b", "activity_key": str(n), "actor": "x", "kind": "Like", "state": state, "done_at": at}
            u.connection.execute(insert(inbox_activity).values(**row, received_at=at, next_try_at=at))

    await home.house.store.unit(fill)
    assert await home.house.store.unit(keeping.thin) == 9  # all but those that a signature could bring back
    assert await home.house.store.unit(keeping.thin) == 0
    assert await kept(home, "b") == 11
