"""Ways back in for who is kept out: by a change, by a return, by a group's outbox, by a report; and what waits counts nowhere."""

from typing import Any

import pytest
from sqlalchemy import func, insert, select

from federation.schema import inbox_activity, remote_actor, remote_key
from federation.schema import peer as peers_
from federation.vocab.iris import host_of
from instance.cli.common import echo
from instance.clock import DAY
from instance.content import moderation, reports, submissions
from instance.db.content import post, report
from instance.db.people import account
from instance.errors import RefusalError
from instance.groups import acting, bans, moderators
from instance.groups.acting import By
from instance.peering import met_once
from tests.instance.activities.lemmy import Lemmy
from tests.journeys.walk import follow, found, home, open_group, relationship, write
from tests.support.make import member
from tests.support.peer import AS, PUBLIC, Peer, key_number
from tests.support.world import Running, World


async def _row(a: Running, iri: str) -> Any:
    return await a.house.store.read(lambda c: c.execute(select(post).where(post.c.iri == iri)).one())


async def test_who_is_banned_changes_nothing_in_the_group(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna, mia = await member(a, "anna", public=True), await member(a, "mia", public=True)
    group_id = await open_group(a, "lake", anna)
    await world.settle()
    await follow(world, mia, "@lake")
    bob = peer.actor("bob")
    group = (await a.house.store.read(lambda c: c.execute(select(account).where(account.c.id == group_id)).one())).iri
    await peer.post(a, peer.activity("Follow", bob, group))
    await world.settle()
    notes = [peer.note(bob, number, f"Kind words {number}", to=[PUBLIC, group]) for number in range(2)]
    for number, note in enumerate(notes):
        await peer.post(a, peer.activity("Create", bob, note, number, to=[PUBLIC, group]))
    mine = await write(world, mia, "@lake My kind words")
    await world.settle()
    for who in (bob, f"https://a.example/u/{mia.account_id}"):
        row = await a.house.store.read(lambda c, who=who: c.execute(select(account).where(account.c.iri == who)).one())
        await a.house.store.unit(moderation.ban, group_id, row.id, By())
    await world.settle()
    peer.received.clear()
    changed = notes[0] | {"content": "<p>Buy pills</p>", "updated": "2026-11-22T12:00:00Z"}
    await peer.post(a, peer.activity("Update", bob, changed))
    peer.documents["/users/bob/statuses/1"] = {"@context": AS} | notes[1] | {"content": "<p>Buy pills</p>"}
    gone = peer.activity("Delete", bob, notes[1]["id"], 5)
    await peer.post(a, gone)
    await world.settle()
    peer.received.clear()
    await peer.post(a, peer.activity("Undo", bob, {name: gone[name] for name in ("id", "type", "actor", "object")}))
    await mia.put(f"/api/v1/statuses/{mine['id']}", json={"status": "@lake Buy pills"})
    await world.settle()
    told = [one.body for one in peer.received if one.body["actor"] == group]
    assert not [one for one in told if "pills" in str(one)]
    shown = [(one["reblog"] or one)["content"] for one in await home(anna)]
    assert not [words for words in shown if "pills" in words]


async def test_a_refused_answer_stays_out_of_the_thread_and_none_that_waits_is_counted(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna, mia = await member(a, "anna", public=True), await member(a, "mia")
    group_id = await open_group(a, "lake", anna)
    await world.settle()
    top = await write(world, anna, "@lake Who has a boat?")
    bob = peer.actor("bob")
    notes = [peer.note(bob, number, f"Answer {number}", inReplyTo=top["uri"]) for number in range(3)]
    for number, note in enumerate(notes):
        await peer.post(a, peer.activity("Create", bob, note, number, to=[PUBLIC]))
    await world.settle()

    async def seen() -> tuple[int, list[bool]]:
        thread = (await mia.get(f"/api/v1/statuses/{top['id']}/context")).text
        status = (await mia.get(f"/api/v1/statuses/{top['id']}")).json()
        return status["replies_count"], [note["id"] in thread for note in notes]

    assert await seen() == (0, [False] * 3)
    held = {row.post_id: row.id for row in await a.house.store.read(submissions.held, group_id)}
    first, second, _third = [(await _row(a, note["id"])).id for note in notes]
    await a.house.store.unit(submissions.refuse, held[first], anna.account_id)
    await a.house.store.unit(submissions.approve, held[second], anna.account_id)
    await world.settle()
    assert await seen() == (1, [False, True, False])
    await a.house.store.unit(moderation.remove, group_id, second, By(anna.account_id, "No"))
    assert await seen() == (0, [False] * 3)
    await a.house.store.unit(moderation.restore, group_id, second, By(anna.account_id))
    assert await seen() == (1, [False, True, False])
    for number in (0, 1, 2):
        await peer.post(a, peer.activity("Delete", bob, notes[number]["id"], number))
    await world.settle()
    assert await seen() == (0, [False] * 3)


async def test_a_group_takes_in_no_post_of_others_by_its_outbox(world: World) -> None:
    a, victim = await world.instance("a.example"), Peer(world, "victim.example")
    anna = await member(a, "anna", public=True)
    vic, lemmy = victim.actor("vic"), Lemmy(world)
    await world.settle()
    note = victim.note(vic, 1, "Kind words")
    page = lemmy.page(1, "Ours")
    await anna.get("/api/v2/search", params={"q": note["id"], "resolve": "true"})
    items = [
        lemmy.announced(lemmy.does("Create", vic, note["id"])),
        lemmy.announced(lemmy.does("Create", lemmy.data, page)),
    ]
    lemmy.collection("outbox", items)
    group = await found(anna, lemmy.group)
    await anna.post(f"/api/v1/accounts/{group['id']}/follow")
    await world.settle()
    await lemmy.accept(a)
    for verb in ("Lock", "Delete"):
        await lemmy.announce(a, lemmy.moderates(verb, note["id"], summary="Out"))
    row = await _row(a, note["id"])
    assert (row.group_id, row.locked_at, row.removed_at) == (None, None, None)
    assert (await _row(a, page["id"])).group_id == int(group["id"])


async def test_a_report_names_no_post_that_its_server_never_got(world: World) -> None:
    a, peer, other = await world.instance("a.example"), Peer(world), Peer(world, "other.example")
    anna = await member(a, "anna", public=True)
    await world.settle()
    bob, eve = peer.actor("bob"), other.actor("eve")
    iri = f"https://a.example/u/{anna.account_id}"
    await peer.post(a, peer.activity("Follow", bob, iri))
    await world.settle()
    kinds = ("public", "private", "direct")
    posts = {kind: await write(world, anna, f"Words, {kind}", visibility=kind) for kind in kinds}
    posts["local"] = await write(world, anna, "Words, local", visibility="public", local_only=True)
    for actor, host in ((bob, peer), (eve, other)):
        await host.post(a, host.activity("Flag", actor, [iri, *(one["uri"] for one in posts.values())], content="Look"))
        await host.post(a, host.activity("Flag", actor, [posts["direct"]["uri"]], 2, content="Look"))
    await world.settle()
    rows = await a.house.store.read(
        lambda c: c.execute(select(report.c.post_ids).order_by(report.c.id)).scalars().all()
    )
    ids = {kind: int(one["id"]) for kind, one in posts.items()}
    assert [sorted(row) for row in rows] == [sorted([ids["public"], ids["private"]]), [ids["public"]]]
    assert await a.house.store.read(lambda c: len(reports.waiting(c))) == 2


async def test_a_group_elsewhere_has_no_more_moderators_than_we_keep(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(moderators, "MOST", 3)
    a, lemmy = await world.instance("a.example"), Lemmy(world)
    anna = await member(a, "anna", public=True)
    await world.settle()
    group = await found(anna, lemmy.group)
    await anna.post(f"/api/v1/accounts/{group['id']}/follow")
    await world.settle()
    await lemmy.accept(a)
    for number in range(6):
        who = lemmy.peer.actor(f"mod{number}")
        await lemmy.announce(a, lemmy.moderates("Add", who, target=f"{lemmy.group}/moderators"))
    known = await a.house.store.read(moderators.known, int(group["id"]))
    assert len(known) <= 3
    group_id = await open_group(a, "lake", anna)
    ids = [int((await found(anna, f"{lemmy.base}/users/mod{number}"))["id"]) for number in range(3)]
    refused = 0
    for account_id in ids:
        try:
            await a.house.store.unit(lambda u, one=account_id: moderators.add(u, group_id, one, By()))
        except RefusalError as refusal:
            refused += refusal.code == "moderators-many"
    assert refused == 1
    assert await a.house.store.read(acting.is_moderator, group_id, ids[0])


async def test_who_was_met_once_is_forgotten(world: World, monkeypatch: Any) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    await world.settle()
    bob = peer.actor("bob")
    await found(anna, bob)
    now = a.house.site.clock.now()

    def fill(u: Any) -> None:
        for number in range(8):
            host = f"h{number}.wild.example"
            who = f"https://{host}/x"
            met = now - (40 * DAY if number < 2 else number)
            row = {"iri": who, "host": host, "kind": "Person", "inbox": f"{who}/inbox", "document": "{}"}
            u.connection.execute(insert(remote_actor).values(**row, fetched_at=met))
            key = {"id": f"{who}#k", "owner": who, "algorithm": "rsa", "public": "x", "fetched_at": met}
            u.connection.execute(insert(remote_key).values(**key))
            u.connection.execute(insert(peers_).values(host=host, first_seen_at=met, last_seen_at=met))
        waits = {"host": "waits.wild.example", "actor": "https://waits.wild.example/x", "kind": "Follow"}
        waits |= {"activity_key": "x", "state": "held", "next_try_at": now, "received_at": now}
        u.connection.execute(insert(inbox_activity).values(**waits))
        u.connection.execute(insert(peers_).values(host=waits["host"], first_seen_at=0, last_seen_at=0))

    async def left() -> list[int]:
        tables = (remote_actor, remote_key, peers_)
        wild = [remote_actor.c.iri, remote_key.c.id, peers_.c.host]
        return [
            await a.house.store.read(
                lambda c, t=table, n=name: c.execute(
                    select(func.count()).select_from(t).where(n.contains("wild"))
                ).scalar_one()
            )
            for table, name in zip(tables, wild, strict=True)
        ]

    async def sweep() -> None:
        while strange := await a.house.store.read(met_once.find, now):
            assert await a.house.store.unit(met_once.forget, strange) == len(strange)

    await a.house.store.unit(fill)
    await sweep()
    assert await left() == [6, 6, 7]  # a steward decides about the one that waits, by its server's page
    monkeypatch.setattr(met_once, "MOST", 4)
    await sweep()
    assert await left() == [4, 4, 7]  # their servers are strangers from now on
    kept = select(func.count()).select_from(remote_actor).where(remote_actor.c.iri == bob)
    assert await a.house.store.read(lambda c: c.execute(kept).scalar_one()) == 1


async def test_a_name_is_no_other_name_and_steers_no_terminal(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    await world.settle()
    for number, name in enumerate(["anna@a.example", "b\x1b[31mob", "b\u202eob", "x/../y", "<b>"]):
        who = peer.actor(f"n{number}", preferredUsername=name)
        shown = await found(anna, who)
        handle = shown["acct"].removesuffix("@peer.example")
        assert not set(handle) & set("@/<>\x1b\u202e")
    capsys.readouterr()
    echo("a\tb\n\x1b[31mred\x9b\u202eend")
    assert capsys.readouterr().out == "a\tb\n\\u001b[31mred\\u009b\\u202eend\n"


async def test_a_server_is_refused_under_each_of_its_names(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world, "xn--mnchen-3ya.example")
    anna = await member(a, "anna", public=True)
    bob = peer.actor("bob")
    await world.settle()
    shown = await found(anna, bob)
    for number, name in enumerate(["münchen.example", "XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example."]):
        assert (await anna.post("/api/v1/domain_blocks", json={"domain": name})).status_code == 200
        assert (await relationship(anna, shown["id"]))["domain_blocking"]
        assert (await anna.get("/api/v1/domain_blocks")).json() == ["xn--mnchen-3ya.example"]
        undone = ["münchen.example", "xn--mnchen-3ya.example.", "xn--mnchen-3ya.example"][number]
        assert (await anna.delete("/api/v1/domain_blocks", json={"domain": undone})).status_code == 200
        assert (await anna.get("/api/v1/domain_blocks")).json() == []
    assert host_of("https://peer.example./users/bob") == ""
    assert host_of("https://peer.example.:8443/") == ""


async def test_a_post_about_a_policy_is_a_post(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    bob = peer.actor("bob")
    await world.settle()
    await follow(world, anna, "@bob@peer.example")
    [asked] = [one.body for one in peer.received if one.body["type"] == "Follow"]
    await peer.post(a, peer.activity("Accept", bob, asked, "f"))
    note = peer.note(bob, "policy-of-ours", "First words")
    await peer.post(a, peer.activity("Create", bob, note))
    await world.settle()
    await peer.post(
        a, peer.activity("Update", bob, note | {"content": "Second words", "updated": "2026-11-22T12:00:00Z"})
    )
    await world.settle()
    assert [status["content"] for status in await home(anna)] == ["Second words"]


async def test_a_search_asks_a_third_server_a_few_times(world: World) -> None:
    a, peer, victim = await world.instance("a.example"), Peer(world), Peer(world, "victim.example")
    anna = await member(a, "anna", public=True)
    bob = peer.actor("bob")
    await world.settle()
    people = [victim.actor(f"p{number}") for number in range(20)]
    for number, who in enumerate(people):  # each asks for one more
        victim.documents[f"/users/p{number}"] = (302, {"location": f"{who}x"}, b"")
        victim.documents[f"/users/p{number}x"] = (302, {"location": f"{who}y"}, b"")
    note = peer.note(bob, 1, "Hello", tag=[{"type": "Mention", "href": who} for who in people])
    await anna.get("/api/v2/search", params={"q": note["id"], "resolve": "true"})
    assert len(world.wires.requests_to("victim.example")) <= 10


async def test_a_ban_goes_along_when_its_account_moves(world: World) -> None:
    a, peer, other = await world.instance("a.example"), Peer(world), Peer(world, "other.example")
    anna = await member(a, "anna", public=True)
    group_id = await open_group(a, "lake", anna)
    old = peer.actor("bob")
    new = other.actor("bob2", alsoKnownAs=[old])
    await world.settle()
    bob = await found(anna, old)
    await a.house.store.unit(moderation.ban, group_id, int(bob["id"]), By(anna.account_id, "Adverts"))
    await peer.post(a, peer.activity("Move", old, old, target=new))
    await world.settle()
    moved = await found(anna, new)
    kept = await a.house.store.read(bans.one, group_id, int(moved["id"]), a.house.site.clock.now())
    assert kept is not None
    assert kept.reason == "Adverts"


async def test_invented_servers_do_not_bury_the_moderators(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_OPEN_ELSEWHERE", 3)
    a = await world.instance("a.example")
    anna = await member(a, "anna", public=True)
    await world.settle()
    for number in range(5):
        peer = Peer(world, f"h{number}.wild.example")
        made = peer.activity("Flag", peer.actor("x"), f"https://a.example/u/{anna.account_id}", content="Look")
        await peer.post(a, made)
    await world.settle()
    assert await a.house.store.read(lambda c: len(reports.waiting(c))) == 3


async def test_addresses_that_nobody_can_ask_are_none(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    await world.settle()
    odd = [
        "https://0177.0.0.1/x",
        "https://999.1.1.1/x",
        "https://[1::2::3]/x",
        "https://[::1%251]/x",
        "https://xn--a-/x",
    ]
    for address in odd:
        assert (await anna.get("/api/v2/search", params={"q": address, "resolve": "true"})).status_code == 200
        like = peer.activity("Like", address, "https://a.example/x")
        assert (await peer.post(a, like, key=key_number(0))).status_code in {202, 400, 401, 503}


async def test_who_is_banned_brings_nothing_back_into_the_thread(world: World) -> None:
    """An answer that was deleted before the ban and is restored after it: not in the thread, and not counted there."""
    a, peer = await world.instance("a.example"), Peer(world)
    anna, mia = await member(a, "anna", public=True), await member(a, "mia")
    group_id = await open_group(a, "lake", anna)
    await world.settle()
    group = (await a.house.store.read(lambda c: c.execute(select(account).where(account.c.id == group_id)).one())).iri
    bob = peer.actor("bob")
    await peer.post(a, peer.activity("Follow", bob, group))
    top = await write(world, anna, "@lake Who has a boat?")
    note = peer.note(bob, 1, "I sell boats", inReplyTo=top["uri"], to=[PUBLIC, group])
    await peer.post(a, peer.activity("Create", bob, note, 1, to=[PUBLIC, group]))
    await world.settle()

    async def seen() -> tuple[int, bool]:
        thread = (await mia.get(f"/api/v1/statuses/{top['id']}/context")).text
        return (await mia.get(f"/api/v1/statuses/{top['id']}")).json()["replies_count"], "boats" in thread

    assert await seen() == (1, True)
    gone = peer.activity("Delete", bob, note["id"], 5)
    undo = {name: gone[name] for name in ("id", "type", "actor", "object")}
    peer.documents["/users/bob/statuses/1"] = {"@context": AS} | note
    for number, banned in enumerate((False, True)):
        await peer.post(a, gone | {"id": f"{gone['id']}{number}"})
        await world.settle()
        assert await seen() == (0, False)
        if banned:
            row = await _row(a, note["id"])
            await a.house.store.unit(moderation.ban, group_id, row.account_id, By())
        await peer.post(a, peer.activity("Undo", bob, undo | {"id": f"{gone['id']}{number}"}, number))
        await world.settle()
        assert await seen() == ((0, False) if banned else (1, True))
