"""What a policy does to what comes in, through the doors: a pretend peer sends, the effect is seen in the client API.

The names in the first column are those of the treatments and rules of message rewriting elsewhere (CLOSED-GROUPS §11).
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from federation.schema import inbox_activity
from instance import wiring
from policies.peers import Stance
from policies.sections import Incoming, PeerRule, Retention, TreatRule, WordRule
from policies.treatments import Treatment as T
from tests.instance.policy.elsewhere import PUBLIC, Elsewhere, elsewhere
from tests.support.make import member
from tests.support.peer import Peer
from tests.support.world import World

PICTURE = {"type": "Document", "mediaType": "image/png", "url": "https://peer.example/1.png", "name": "A lake"}
DAY = 24


def by_server(*treat: T, stance: Stance = Stance.ALLOWED, **more: Any) -> dict[str, Any]:
    return {"peers": {"peer.example": PeerRule(stance, treat=frozenset(treat), **more)}}


def rules(**given: Any) -> dict[str, Any]:
    return {"incoming": Incoming(**given)}


def treat(*given: T) -> frozenset[T]:
    return frozenset(given)


@pytest.fixture
async def at(world: World) -> Elsewhere:
    return await elsewhere(world)


async def why(at: Elsewhere) -> list[tuple[str, str | None]]:
    """(state, reason) of all that came in, the newest first."""

    def look(connection: Any) -> list[tuple[str, str | None]]:
        columns = (inbox_activity.c.state, inbox_activity.c.reason)
        return [tuple(row) for row in connection.execute(select(*columns).order_by(inbox_activity.c.id.desc()))]

    return await at.a.house.store.read(look)


# --- what is refused or held: (rule, terms of the note, state, reason)

MENTIONS = [{"type": "Mention", "href": f"https://peer.example/users/u{n}", "name": f"@u{n}"} for n in range(12)]
LINK = '<p>buy <a href="https://shop.example/pills">here</a></p>'
STOPPED: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "reject": (by_server(T.REFUSE), {}, "", ""),
    "reject by stance": (by_server(stance=Stance.BLOCKED), {}, "", ""),
    "user allow list": (by_server(accounts=frozenset({"https://peer.example/users/zoe"})), {}, "", ""),
    "account": (rules(accounts={"https://peer.example/users/bob": TreatRule(treat(T.REFUSE))}), {}, "", ""),
    "roadblock": (by_server(T.HOLD), {}, "held", "server-rule"),
    "reject non public": (
        by_server(T.PUBLIC_ONLY),
        {"to": ["https://peer.example/users/bob/followers"], "cc": []},
        "ignored",
        "server-rule",
    ),
    "vocabulary": (rules(refused_kinds=frozenset({"Note"})), {}, "ignored", "kind-refused"),
    "vocabulary, accepted": (rules(accepted_kinds=frozenset({"Article"})), {}, "ignored", "kind-refused"),
    "object age": (rules(oldest=DAY, old=treat(T.REFUSE)), {"published": "2026-11-01T10:00:00Z"}, "ignored", "too-old"),
    "object age, none": (rules(oldest=DAY, old=treat(T.REFUSE)), {"published": "long ago"}, "ignored", "too-old"),
    "keyword": (
        rules(words=(WordRule("miracle cur*", treat(T.REFUSE)),)),
        {"content": "<p>A MIRACLE <b>cure</b>!</p>"},
        "ignored",
        "words",
    ),
    "keyword in a warning": (
        rules(words=(WordRule("cure", treat(T.REFUSE)),)),
        {"summary": "cure"},
        "ignored",
        "words",
    ),
    "keyword of a picture": (
        rules(words=(WordRule("lake", treat(T.HOLD)),)),
        {"attachment": [PICTURE]},
        "held",
        "words",
    ),
    "hashtag": (
        rules(hashtags={"cure": TreatRule(treat(T.HOLD))}),
        {"tag": [{"type": "Hashtag", "name": "#Cure", "href": "https://peer.example/t/cure"}]},
        "held",
        "hashtag",
    ),
    "hellthread": (rules(mentions_refused_above=10), {"tag": MENTIONS}, "ignored", "too-many-mentions"),
    "hellthread, held": (rules(mentions_held_above=10), {"tag": MENTIONS}, "held", "too-many-mentions"),
    "mention": (
        rules(unmentionable=frozenset({MENTIONS[3]["href"]})),
        {"tag": MENTIONS},
        "ignored",
        "mentions-protected",
    ),
    "anti link spam": (rules(new_account=DAY * 30, new_links=True), {"content": LINK}, "held", "new-account"),
    "no empty": (rules(empty_posts=True), {"content": "<p> </p>"}, "ignored", "empty"),
}


@pytest.mark.parametrize("name", STOPPED)
async def test_what_a_rule_stops(at: Elsewhere, name: str) -> None:
    rule, terms, state, reason = STOPPED[name]
    if name == "anti link spam":  # he is new, and nobody follows him
        at.bob = at.peer.actor("new", published="2026-11-20T00:00:00Z")
        terms = terms | {"tag": [{"type": "Mention", "href": at.ana_iri, "name": "@ana"}], "cc": [at.ana_iri]}
        rule = rule | {}
    await at.rule(**rule)
    before = len(await why(at))
    await at.writes(1, **terms)
    found = await why(at)
    if state:
        assert found[0] == (state, f"policy: {reason}")
    else:
        assert len(found) == before  # not even kept
    assert [await at.home(), await at.public()] == [[], []]
    notifications = (await at.ana.get("/api/v1/notifications?types[]=mention")).json()
    assert notifications == []


@pytest.mark.parametrize("name", [name for name in STOPPED if STOPPED[name][2]])
async def test_the_same_rule_lets_others_in(at: Elsewhere, name: str) -> None:
    await at.rule(**STOPPED[name][0])
    if name in {"roadblock", "vocabulary", "vocabulary, accepted"}:
        return
    note = await at.writes(1, "<p>A quiet day at the sea, #walk</p>", published="2026-11-22T00:00:00Z")
    assert [one["uri"] for one in await at.home()] == [note["id"]]


# --- what is let in, and changed: (rule, terms of the note, what is seen of it)

Look = Callable[[Elsewhere, dict[str, Any]], Awaitable[object]]


def field(name: str) -> Look:
    async def look(_at: Elsewhere, shown: dict[str, Any]) -> object:
        return shown[name]

    return look


async def media(_at: Elsewhere, shown: dict[str, Any]) -> object:
    return [
        (one["type"], one["url"].startswith("https://a.example/"), one["description"])
        for one in shown["media_attachments"]
    ]


async def in_public(at: Elsewhere, shown: dict[str, Any]) -> object:
    by_tag = [one["uri"] for one in (await at.ana.get("/api/v1/timelines/tag/walk")).json()]
    for_all = [one["uri"] for one in (await at.a.client.get("/api/v1/timelines/public")).json()]
    return [shown["uri"] in found for found in (await at.public(), by_tag, for_all)]


WALK = {"tag": [{"type": "Hashtag", "name": "#walk", "href": "https://peer.example/tags/walk"}]}
BOT = {"published": "2026-11-20T00:00:00Z"}
IN, OUT = [True] * 3, [False] * 3
CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any], Look, object, object]] = {
    "media removal": (by_server(T.NO_MEDIA), {"attachment": [PICTURE]}, media, [("image", True, "A lake")], []),
    "media not fetched": (
        by_server(stance=Stance.LIMITED),
        {"attachment": [PICTURE]},
        media,
        [("image", True, "A lake")],
        [("unknown", False, "A lake")],
    ),
    "media nsfw": (by_server(T.SENSITIVE), {}, field("sensitive"), False, True),
    "auto cw": (by_server(T.WARNING), {}, field("spoiler_text"), "", "This server's rules put a warning on this post."),
    "auto cw keeps the author's": (by_server(T.WARNING), {"summary": "food"}, field("spoiler_text"), "food", "food"),
    "followers only": (by_server(T.FOLLOWERS_ONLY), {}, field("visibility"), "public", "private"),
    "timeline removal": (by_server(T.UNLISTED), WALK, in_public, IN, OUT),
    "limited": (by_server(stance=Stance.LIMITED), WALK, in_public, IN, OUT),
    "tag policy": (
        rules(accounts={"https://peer.example/users/bob": TreatRule(treat(T.UNLISTED, T.SENSITIVE))}),
        WALK,
        in_public,
        IN,
        OUT,
    ),
    "everything": (rules(treat=treat(T.UNLISTED)), WALK, in_public, IN, OUT),
    "old posts": (
        rules(oldest=DAY // 2, old=treat(T.UNLISTED)),
        WALK | {"published": "2026-11-21T10:00:00Z"},
        in_public,
        IN,
        OUT,
    ),
    "hashtag": (rules(hashtags={"walk": TreatRule(treat(T.UNLISTED))}), WALK, in_public, IN, OUT),
    "words": (rules(words=(WordRule("hello", treat(T.FOLLOWERS_ONLY)),)), {}, field("visibility"), "public", "private"),
}


@pytest.mark.parametrize("name", CHANGED)
async def test_what_a_rule_changes(at: Elsewhere, name: str) -> None:
    rule, terms, look, before, after = CHANGED[name]
    await at.writes(1, **terms)
    [first] = await at.home()
    assert await look(at, first) == before
    await at.rule(**rule)
    await at.writes(2, **terms)
    [shown] = [one for one in await at.home() if one["uri"] != first["uri"]]
    assert await look(at, shown) == after


async def test_posts_of_bots_stay_out_of_sight(at: Elsewhere) -> None:
    await at.rule(**rules(bots_unlisted=True))
    robot = at.peer.actor("robot", "Service")
    cc = [at.ana_iri]
    for who, number in ((at.bob, 1), (robot, 2)):
        at.bob = who
        await at.writes(number, cc=cc, tag=[{"type": "Mention", "href": at.ana_iri, "name": "@ana"}])
    assert await at.public() == ["https://peer.example/users/bob/statuses/1"]


async def test_follows_by_bots_wait(at: Elsewhere) -> None:
    await at.rule(**rules(bot_follows=True))
    robot, zoe = at.peer.actor("robot", "Service"), at.peer.actor("zoe")
    for who in (robot, zoe):
        await at.peer.post(at.a, at.peer.activity("Follow", who, at.ana_iri))
    await at.world.settle()
    followers = (await at.ana.get(f"/api/v1/accounts/{at.ana.account_id}/followers")).json()
    assert sorted(one["username"] for one in followers) == ["bob", "zoe"]
    assert ("held", "policy: bot") in await why(at)


async def test_follows_wait_where_the_server_is_to_ask(at: Elsewhere) -> None:
    await at.rule(**by_server(T.NO_FOLLOWS))
    await at.peer.post(at.a, at.peer.activity("Follow", at.peer.actor("zoe"), at.ana_iri))
    await at.world.settle()
    followers = (await at.ana.get(f"/api/v1/accounts/{at.ana.account_id}/followers")).json()
    assert [one["username"] for one in followers] == ["bob"]
    assert (await why(at))[0] == ("held", "policy: server-rule")


async def test_mentions_of_strangers_wait(at: Elsewhere) -> None:
    await at.rule(**rules(strange_mentions=True))
    eve = await member(at.a, "eve")
    for who, number in ((at.ana, 1), (eve, 2)):
        iri = f"https://a.example/u/{who.account_id}"
        named = [{"type": "Mention", "href": iri, "name": f"@{who.name}"}]
        await at.writes(number, cc=[iri], tag=named)
    told = [len((await one.get("/api/v1/notifications?types[]=mention")).json()) for one in (at.ana, eve)]
    assert told == [1, 0]  # ana follows him
    assert (await why(at))[0] == ("held", "policy: mentions-strangers")


async def test_answers_to_posts_of_ours_can_be_refused(at: Elsewhere) -> None:
    await at.rule(**by_server(T.NO_REPLIES))
    ours = (await at.ana.post("/api/v1/statuses", json={"status": "Hello", "visibility": "public"})).json()
    await at.writes(1, inReplyTo=ours["uri"])
    await at.writes(2)
    assert [one["uri"][-1] for one in await at.home() if "peer" in one["uri"]] == ["2"]
    assert (await at.ana.get(f"/api/v1/statuses/{ours['id']}/context")).json()["descendants"] == []


async def test_reports_that_say_nothing_are_refused(at: Elsewhere) -> None:
    await at.rule(**rules(bare_reports=True))
    await at.peer.post(at.a, at.peer.activity("Flag", at.bob, at.ana_iri, content=""))
    await at.world.settle()
    state = [one for one in await why(at) if one[1]]
    assert state == [] or state[0] == ("ignored", "policy: bare-report")


async def test_profile_pictures_are_stripped(at: Elsewhere) -> None:
    pictures = {"icon": {"type": "Image", "url": "https://peer.example/i.png"}}
    pictures |= {"image": {"type": "Image", "url": "https://peer.example/b.png"}}

    async def shown(name: str) -> tuple[bool, bool]:
        at.peer.actor(name, **pictures)
        asked = {"q": f"@{name}@peer.example", "resolve": "true"}
        [found] = (await at.ana.get("/api/v2/search", params=asked)).json()["accounts"]
        return "missing" not in found["avatar"], "missing" not in found["header"]

    assert await shown("one") == (True, True)
    await at.rule(**by_server(T.NO_AVATARS))
    assert await shown("two") == (False, True)
    await at.rule(**by_server(T.NO_BANNERS))
    assert await shown("three") == (True, False)
    await at.rule(**by_server(stance=Stance.LIMITED))
    assert await shown("four") == (False, False)


async def test_deletes_can_be_refused(at: Elsewhere) -> None:
    note = await at.writes(1)
    await at.rule(**by_server(T.NO_DELETES))
    await at.peer.post(at.a, at.peer.activity("Delete", at.bob, note["id"], to=[PUBLIC]))
    await at.world.settle()
    assert len(await at.home()) == 1
    await at.rule(peers={})
    await at.peer.post(at.a, at.peer.activity("Delete", at.bob, note["id"], 2, to=[PUBLIC]))
    await at.world.settle()
    assert await at.home() == []


async def test_a_vote_is_no_empty_post(at: Elsewhere) -> None:
    await at.rule(**rules(empty_posts=True))
    asked = {"status": "Tea?", "poll": {"options": ["yes", "no"], "expires_in": 3600}, "visibility": "public"}
    poll = (await at.ana.post("/api/v1/statuses", json=asked)).json()
    await at.writes(1, content="", name="yes", inReplyTo=poll["uri"], to=[at.ana_iri], cc=[])
    found = (await at.ana.get(f"/api/v1/polls/{poll['poll']['id']}")).json()
    assert [one["votes_count"] for one in found["options"]] == [1, 0]


async def test_what_is_brought_by_others_is_judged_by_its_author(at: Elsewhere) -> None:
    """A boost by one server, of a post of another that is refused, or limited."""
    third = Peer(at.world, "third.example")
    zoe = third.actor("zoe")
    await at.rule(peers={"third.example": PeerRule(Stance.LIMITED, treat=treat(T.SENSITIVE))})
    note = third.note(zoe, 1)
    await at.peer.post(at.a, at.peer.activity("Announce", at.bob, note["id"], to=[PUBLIC]))
    await at.world.settle()
    [boost] = await at.home()
    assert (boost["reblog"]["uri"], boost["reblog"]["sensitive"]) == (note["id"], True)
    assert boost["reblog"]["account"]["limited"]
    assert await at.public() == []
    await at.rule(peers={}, incoming=Incoming(words=(WordRule("secret", treat(T.REFUSE)),)))
    worse = third.note(zoe, 2, "<p>a secret</p>")
    await at.peer.post(at.a, at.peer.activity("Announce", at.bob, worse["id"], 2, to=[PUBLIC]))
    await at.world.settle()
    assert len(await at.home()) == 1
    assert (await why(at))[0] == ("ignored", "policy: words")
    found = (await at.ana.get("/api/v2/search", params={"q": worse["id"], "resolve": "true"})).json()
    assert found["statuses"] == []


async def test_copies_are_kept_for_a_time(at: Elsewhere) -> None:
    await at.writes(1)
    await at.ana.post("/api/v1/statuses", json={"status": "ours stay"})
    await at.rule(retention=replace(Retention(), remote_posts=48))
    [job] = [job for job in wiring.TIMED if job.name == "erase copies whose time is over"]
    at.world.clock.turn(47 * 3_600_000)
    await at.a.house.store.unit(job.step)
    assert len(await at.home()) == 2
    at.world.clock.turn(2 * 3_600_000)
    await at.a.house.store.unit(job.step)
    assert [one["content"] for one in await at.home()] == ["<p>ours stay</p>"]
