"""Custom emoji of other servers: small pictures in our apps and pages, copied, served by us, gone with their owner."""

import re
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from instance.db.content import post, remote_file
from instance.db.people import account
from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_here
from policies.peers import Stance
from policies.sections import PeerRule
from policies.treatments import Treatment
from tests.instance.media.pictures import animation, picture, read
from tests.journeys.walk import found, home, seen
from tests.support.make import Member, member
from tests.support.peer import PUBLIC
from tests.support.peers.mastodon import Mastodon
from tests.support.world import Running, World

BASE = "https://mastodon.example"
OURS = re.compile(r"https://a\.example/media/emoji/[0-9a-f]{32}/[A-Za-z0-9_-]+")


def emoji(name: str, address: str = f"{BASE}/emoji/cat.png") -> dict[str, Any]:
    """A tag as Mastodon writes it."""
    icon = {"type": "Image", "mediaType": "image/png", "url": address}
    return {"id": f"{BASE}/emojis/1", "type": "Emoji", "name": name, "icon": icon, "updated": "2026-01-01T00:00:00Z"}


async def anna_and_bob(world: World, **bob: Any) -> tuple[Running, Member, Mastodon, str]:
    """Anna here follows Bob there."""
    running = await world.instance("a.example")
    anna = await member(running, "anna", public=True)
    await world.settle()
    server = Mastodon(world)
    iri = server.person("bob", **{"icon": None, "image": None} | bob)
    account_id = (await found(anna, "@bob@mastodon.example"))["id"]
    await anna.post(f"/api/v1/accounts/{account_id}/follow")
    await world.settle()
    return running, anna, server, iri


def served(server: Mastodon, path: str = "/emoji/cat.png", data: bytes = b"", mime: str = "image/png") -> None:
    server.documents[path] = (200, {"content-type": mime}, data or picture("PNG", (64, 64), mode="RGBA"))


def shortcodes(entities: list[dict[str, Any]]) -> list[str]:
    return [entity["shortcode"] for entity in entities]


async def test_in_posts_names_fields_and_polls_for_apps_and_on_pages(world: World) -> None:
    looks = {
        "name": "Bob :cat:",
        "summary": "<p>likes :dog:</p>",
        "attachment": [{"type": "PropertyValue", "name": "pet :cat:", "value": "a :bird:"}],
        "tag": [emoji(":cat:"), emoji(":dog:"), emoji(":bird:"), emoji(":unused:")],
    }
    running, anna, server, bob = await anna_and_bob(world, **looks)
    tags = [emoji(name) for name in (":cat:", ":猫:", "bare", ":tea:", ":unused:")]
    words = '<p>A :cat: and :cat::猫: <a href="https://c.example/:cat:">link</a> :bare: :not_one:</p>'
    asked = await server.question(bob, "", ["tea :tea:", "coffee"], content=words, summary="about :cat:", tag=tags)
    await world.settle()
    [status] = await home(anna)
    for one in (*status["emojis"], *status["poll"]["emojis"], *status["account"]["emojis"]):
        assert OURS.fullmatch(one["url"])
        assert one["static_url"] == one["url"]
        assert one["visible_in_picker"] is False
    assert shortcodes(status["emojis"]) == ["cat", "猫", "bare"]
    assert shortcodes(status["poll"]["emojis"]) == ["tea"]
    assert shortcodes(status["account"]["emojis"]) == ["cat", "dog", "bird"]
    poll = (await anna.get(f"/api/v1/polls/{status['poll']['id']}")).json()
    assert shortcodes(poll["emojis"]) == ["tea"]
    assert ":cat:" in status["content"]
    assert (await anna.get("/api/v1/custom_emojis")).json() == []

    page = (await running.client.get(f"/@bob@mastodon.example/{status['id']}", headers={"Accept": "text/html"})).text
    pictures = re.findall(r'<img class="emoji" src="([^"]*)" alt="([^"]*)"', page)
    alts = [alt for _, alt in pictures]
    assert all(OURS.fullmatch(address) for address, _ in pictures)
    # Bob's name, the warning, four in the words, one in the poll.
    assert sorted(alts) == sorted([":cat:", ":cat:", ":cat:", ":cat:", ":猫:", ":bare:", ":tea:"])
    assert 'href="https://c.example/:cat:"' in page
    assert ":not_one:" in page
    profile = (await running.client.get("/@bob@mastodon.example", headers={"Accept": "text/html"})).text
    for alt in (":cat:", ":dog:", ":bird:"):
        assert f'alt="{alt}"' in profile, alt

    await server.edit(asked, "Now :dog:", tag=[emoji(":dog:")], content="<p>Now :dog:</p>")
    await world.settle()
    history = (await anna.get(f"/api/v1/statuses/{status['id']}/history")).json()
    assert [shortcodes(one["emojis"]) for one in history] == [["cat", "猫", "bare", "tea"], ["dog"]]


async def test_the_picture_is_copied_when_somebody_looks_and_stands_still(world: World) -> None:
    running, anna, server, bob = await anna_and_bob(world)
    served(server, "/emoji/cat.gif", animation(5), "image/gif")
    await server.create(bob, "a :cat:", tag=[emoji(":cat:", f"{BASE}/emoji/cat.gif")])
    await world.settle()
    [shown] = (await seen(anna, "a :cat:"))["emojis"]
    assert (
        await running.house.store.read(lambda c: c.execute(select(func.count()).select_from(remote_file)).scalar()) == 0
    )
    first = await running.client.get(shown["url"])
    assert (first.status_code, first.headers["cache-control"]) == (404, "no-store")  # its name is read meanwhile
    await world.settle()
    now = await running.client.get(shown["url"])
    assert now.status_code == 200
    assert now.headers["x-content-type-options"] == "nosniff"
    assert getattr(read(now.content), "n_frames", 1) == 1
    assert max(read(now.content).size) <= 256
    forged = shown["url"].replace("/media/emoji/", "/media/remote/")
    assert (await running.client.get(forged)).status_code == 404


async def test_what_is_too_much_or_no_emoji_is_left_out(world: World) -> None:
    _, anna, server, bob = await anna_and_bob(world)
    many = " ".join(f":e{n}:" for n in range(80))
    odd = [
        emoji(":plain:", "http://mastodon.example/x.png"),
        emoji(":data:", "data:image/png;base64,AAAA"),
        emoji(":with space:"),
        emoji(f":{'x' * 65}:"),
        {"type": "Emoji", "name": ":none:"},
        {"type": "Emoji", "name": 7, "icon": []},
        {"type": "Emoji", "name": '"><script>', "icon": {"url": f"{BASE}/x.png"}},
    ]
    await server.create(
        bob, f"{many} :plain: :data: :with space: :none:", tag=[*odd, *(emoji(f":e{n}:") for n in range(80))]
    )
    await world.settle()
    [status] = await home(anna)
    assert shortcodes(status["emojis"]) == [f"e{n}" for n in range(50)]


async def test_of_direct_posts_too_and_sealed_with_their_words(world: World) -> None:
    running, anna, server, bob = await anna_and_bob(world)
    to = f"https://a.example/u/{anna.account_id}"
    tags = [emoji(":cat:"), {"type": "Mention", "href": to, "name": "@anna"}]
    await server.create(bob, "for you :cat:", to=[to], cc=[], tag=tags)
    await world.settle()
    [talk] = (await anna.get("/api/v1/conversations")).json()
    assert shortcodes(talk["last_status"]["emojis"]) == ["cat"]
    row = await running.house.store.read(lambda c: c.execute(select(post).where(post.c.visibility == "direct")).one())
    assert (row.emoji, row.content) == (None, "")


async def test_a_reaction_with_one_is_a_like(world: World) -> None:
    _, anna, server, bob = await anna_and_bob(world)
    mine = (await anna.post("/api/v1/statuses", json={"status": "hello"})).json()
    await server.act("EmojiReact", bob, mine["uri"], content=":cat:", tag=[emoji(":cat:")])
    await world.settle()
    assert (await anna.get(f"/api/v1/statuses/{mine['id']}")).json()["favourites_count"] == 1
    [notice] = [one for one in (await anna.get("/api/v1/notifications")).json() if one["type"] == "favourite"]
    assert notice["status"]["emojis"] == []


async def _copies(running: Running) -> int:
    return int(
        await running.house.store.read(lambda c: c.execute(select(func.count()).select_from(remote_file)).scalar())
    )


async def test_they_go_with_the_post_and_with_their_owner(world: World) -> None:
    running, anna, server, bob = await anna_and_bob(
        world, name="Bob :bob:", tag=[emoji(":bob:", f"{BASE}/emoji/bob.png")]
    )
    served(server)
    served(server, "/emoji/bob.png")
    note = await server.create(bob, "a :cat:", tag=[emoji(":cat:")])
    await world.settle()
    [status] = await home(anna)
    for one in (*status["emojis"], *status["account"]["emojis"]):
        await running.client.get(one["url"])
    await world.settle()
    assert await _copies(running) == 2
    await server.delete(note)
    await world.settle()
    assert await _copies(running) == 1
    await server.act("Delete", bob, bob, to=[PUBLIC])
    await world.settle()
    assert await _copies(running) == 0
    rows = await running.house.store.read(
        lambda c: c.execute(select(account.c.emoji).where(account.c.iri == bob)).all()
    )
    assert [row.emoji for row in rows] == [None]


async def test_a_policy_without_pictures_or_emoji_leaves_the_shortcodes(world: World) -> None:
    running, anna, server, bob = await anna_and_bob(world, name="Bob :cat:", tag=[emoji(":cat:")])
    to = f"https://a.example/u/{anna.account_id}"
    await server.create(bob, "before :cat:", tag=[emoji(":cat:")])
    direct = [emoji(":cat:"), {"type": "Mention", "href": to, "name": "@anna"}]
    await server.create(bob, "before, for you :cat:", to=[to], cc=[], tag=direct)
    await world.settle()
    [shown] = (await seen(anna, "before :cat:"))["emojis"]

    def strip(u: Any, treatment: Treatment) -> None:
        rule = PeerRule(Stance.ALLOWED, treat=frozenset({treatment}))
        adopt(u, replace(in_force_here(u.connection), peers={"mastodon.example": rule}), "test")

    for treatment in (Treatment.NO_EMOJI, Treatment.NO_MEDIA):
        await running.house.store.unit(strip, treatment)
        await world.settle()
        await server.create(bob, f"after {treatment} :cat:", tag=[emoji(":cat:")])
        await world.settle()
        for status in await home(anna):
            assert status["emojis"] == [], status["content"]
            assert status["account"]["emojis"] == []
            assert ":cat:" in status["content"]
        [talk] = (await anna.get("/api/v1/conversations")).json()
        assert talk["last_status"]["emojis"] == []
    assert (await running.client.get(shown["url"])).status_code == 404
