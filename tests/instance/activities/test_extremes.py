"""Values at the edge of what can be written: times that no calendar has, marks that entities bring in, polls that end again and again."""

from typing import Any

import pytest
from sqlalchemy import select, update

from federation.vocab import times
from instance.clock import EARLIEST, LATEST, iso
from instance.db.content import post
from instance.db.people import account
from instance.sanitise import clean, plain
from tests.journeys.walk import follow, found, home, notified, seen, write
from tests.support.make import member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World

NEVER = [
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "0999-12-31T23:59:59Z",
]


async def _accept(world: World, peer: Peer, a: Running, actor: str) -> None:
    asked = [one.body for one in peer.received if one.body["type"] == "Follow" and one.body["object"] == actor][-1]
    await peer.post(a, peer.activity("Accept", actor, asked, "f"))
    await world.settle()


@pytest.mark.parametrize("text", NEVER)
def test_times_that_no_calendar_has_are_none(text: str) -> None:
    assert times.read(text) is None


@pytest.mark.parametrize("at", [-(2**63), EARLIEST - 1, LATEST + 1, 2**63 - 1])
def test_whatever_is_kept_can_be_shown(at: int) -> None:
    assert iso(at)[:5] in {"1000-", "9998-"}
    assert times.write(at)[:5] in {"1000-", "9998-"}


async def test_no_time_keeps_a_timeline_from_being_shown(world: World) -> None:
    """Of a post, its change, its poll, its event, its author."""
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    authors = [peer.actor(f"b{number}", published=when) for number, when in enumerate(NEVER)]
    await world.settle()
    for number, (who, when) in enumerate(zip(authors, NEVER, strict=True)):
        await follow(world, anna, f"@b{number}@peer.example")
        await _accept(world, peer, a, who)
        poll = {"type": "Question", "oneOf": [{"type": "Note", "name": "Yes"}], "endTime": when, "closed": when}
        event = {"type": "Event", "name": "Walk", "startTime": when, "endTime": when}
        for index, more in enumerate([{}, poll, event]):
            note = peer.note(who, index, f"Words {number}{index}", published=when, updated=when, **more)
            await peer.post(a, peer.activity("Create", who, note, index, published=when))
            await world.settle()
            changed = note | {"content": f"Changed {number}{index}", "updated": when}
            await peer.post(a, peer.activity("Update", who, changed, index))
    await world.settle()
    shown = await anna.get("/api/v1/timelines/home", params={"limit": "40"})
    assert shown.status_code == 200, shown.text
    assert len(shown.json()) == 3 * len(NEVER)
    for status in shown.json():
        assert (await anna.get(f"/api/v1/statuses/{status['id']}")).status_code == 200
        assert (await anna.get(f"/api/v1/accounts/{status['account']['id']}")).status_code == 200
    long_ago = {"created_at": times.EARLIEST - 10**12, "edited_at": times.LATEST + 10**12}
    await a.house.store.unit(
        lambda u: u.connection.execute(update(post).values(**long_ago, version=post.c.version + 1))
    )
    await a.house.store.unit(lambda u: u.connection.execute(update(account).values(created_at=-(2**60))))
    assert (await anna.get("/api/v1/timelines/home")).status_code == 200


@pytest.mark.parametrize("mark", ["&#8238;", "&#x202e;", "&#x2066;", "\u202e", "&amp;#x202e;", "&#0;"])
def test_no_entity_brings_in_what_is_taken_out(mark: str) -> None:
    for said in (
        clean(f"<p>a{mark}b</p>"),
        plain(f"<p>a{mark}b</p>"),
        clean(f'<a href="https://x.example/{mark}">x</a>'),
    ):
        assert not set(said) & set("\0\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


async def test_names_do_not_read_backwards(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    bob = peer.actor("bob", summary="<p>&#x202e;gnihton</p>")
    peer.documents["/users/bob"]["name"] = "&#8238;moc.knab"
    await world.settle()
    shown = await found(anna, bob)
    assert (shown["display_name"], shown["note"]) == ("moc.knab", "<p>gnihton</p>")


async def test_a_poll_ends_once(world: World) -> None:
    """A server that closes its poll, opens it and closes it again tells those who voted once."""
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    bob = peer.actor("bob")
    await world.settle()
    await follow(world, anna, "@bob@peer.example")
    await _accept(world, peer, a, bob)
    choices = [{"type": "Note", "name": name, "replies": {"totalItems": 1}} for name in ("Yes", "No")]
    question = peer.note(bob, 1, "Well?", type="Question", oneOf=choices, endTime="2099-01-01T00:00:00Z")
    await peer.post(a, peer.activity("Create", bob, question))
    await world.settle()
    status = await seen(anna, "Well?")
    assert (await anna.post(f"/api/v1/polls/{status['poll']['id']}/votes", json={"choices": [0]})).status_code == 200
    for number in range(6):
        more: dict[str, Any] = {"closed": "2026-11-22T10:00:00Z"} if number % 2 == 0 else {}
        await peer.post(a, peer.activity("Update", bob, question | more, number))
        await world.settle()
        await anna.post("/api/v1/notifications/clear")
        if number:
            assert await notified(anna) == []
    assert (await seen(anna, "Well?"))["poll"]["expired"] is True


async def test_nobody_shows_another_ones_page_as_hers(world: World) -> None:
    a, peer, victim = await world.instance("a.example"), Peer(world), Peer(world, "victim.example")
    anna = await member(a, "anna", public=True)
    page = "https://victim.example/@vic"
    victim.actor("vic", url=page)
    eve = peer.actor("eve", url=[{"type": "Link", "mediaType": "text/html", "href": page}])
    fay = peer.actor("fay", url="https://peer.example/@fay")
    await world.settle()
    assert (await found(anna, eve))["url"] == eve
    assert (await found(anna, fay))["url"] == "https://peer.example/@fay"
    for number, (url, shown) in enumerate(
        [(f"{page}/1", None), ("https://peer.example/@eve/9", "https://peer.example/@eve/9")]
    ):
        note = peer.note(eve, number, "Words", url=url)
        asked = await anna.get("/api/v2/search", params={"q": note["id"], "resolve": "true"})
        assert asked.json()["statuses"][0]["url"] == (shown or note["id"])


async def test_who_is_blocked_is_told_no_posts_by_name(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    bob, carol = peer.actor("bob"), peer.actor("carol", number=1)
    await world.settle()
    status = await write(world, anna, "Hello", visibility="public")
    await anna.post(f"/api/v1/statuses/{status['id']}/pin")
    blocked = await found(anna, bob)
    await found(anna, carol)
    await anna.post(f"/api/v1/accounts/{blocked['id']}/block")
    for name in ("outbox", "featured"):
        path = f"/u/{anna.account_id}/{name}"
        assert status["uri"] not in (await peer.get(a, path, bob)).text
        assert status["uri"] in (await peer.get(a, path, carol)).text


async def test_a_group_has_no_say_about_posts_for_few(world: World) -> None:
    """A server answers 404 for what is not for us strangers: that is no deletion, whoever announces one."""
    a, peer, evil = await world.instance("a.example"), Peer(world), Peer(world, "evil.example")
    anna = await member(a, "anna", public=True)
    bob, group = peer.actor("bob"), evil.actor("club", "Group", number=1)
    await world.settle()
    await follow(world, anna, "@bob@peer.example")
    await _accept(world, peer, a, bob)
    await follow(world, anna, "@club@evil.example")
    await _accept(world, evil, a, group)
    notes = [
        peer.note(bob, 1, "For few", to=[f"{bob}/followers"], cc=[]),
        peer.note(bob, 2, "For all"),
        peer.note(bob, 3, "For few once", to=[f"{bob}/followers"], cc=[]),
    ]
    for number, note in enumerate(notes):
        audience = {"to": note["to"], "cc": note["cc"]}
        await peer.post(a, peer.activity("Create", bob, note, number, **audience))
    await world.settle()
    assert len(await home(anna)) == 3
    for number, status in ((1, 404), (2, 404), (3, 410)):
        peer.documents[f"/users/bob/statuses/{number}"] = status
        gone = {"id": f"{bob}/delete/{number}", "type": "Delete", "actor": bob, "object": notes[number - 1]["id"]}
        gone |= {"to": [PUBLIC], "audience": group}
        await evil.post(a, evil.activity("Announce", group, gone, number, to=[PUBLIC]))
    await world.settle()
    gone_at = select(post.c.deleted_at).where(post.c.iri.in_([note["id"] for note in notes])).order_by(post.c.iri)
    found_now = await a.house.store.read(lambda c: c.execute(gone_at).scalars().all())
    assert [at is not None for at in found_now] == [False, True, True]


async def test_a_vote_is_not_changed(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await member(a, "anna", public=True)
    bob = peer.actor("bob")
    await world.settle()
    asked = await write(world, anna, "Tea?", visibility="public", poll={"options": ["Yes", "No"], "expires_in": 3600})
    vote = {"id": f"{bob}#votes/1", "type": "Note", "attributedTo": bob, "inReplyTo": asked["uri"], "name": "Yes"}
    vote |= {"to": [f"https://a.example/u/{anna.account_id}"], "published": "2026-11-22T10:00:00Z"}
    for number, (verb, name) in enumerate([("Create", "Yes"), ("Update", "No"), ("Create", "No")]):
        made = vote | {"name": name}
        await peer.post(a, peer.activity(verb, bob, made, number, to=made["to"]))
        await peer.post(
            a, peer.activity(verb, bob, made | {"id": f"{bob}#votes/{number + 9}"}, number + 9, to=made["to"])
        )
        await world.settle()
    shown = (await anna.get(f"/api/v1/statuses/{asked['id']}")).json()
    assert [option["votes_count"] for option in shown["poll"]["options"]] == [1, 0]
    theirs = select(post.c.id).join(account, account.c.id == post.c.account_id).where(account.c.iri == bob)
    assert await a.house.store.read(lambda c: c.execute(theirs).all()) == []
