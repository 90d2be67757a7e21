"""Every kind of post and actor that other servers have becomes a readable post or account, and loads nothing from there."""

import re
from typing import Any

import pytest

from tests.journeys.walk import found, home, plain
from tests.support.make import Member, member
from tests.support.peer import PUBLIC
from tests.support.peers.mastodon import Mastodon
from tests.support.world import Running, World

BASE = "https://mastodon.example"
IMAGE = {"type": "Image", "mediaType": "image/png", "url": f"{BASE}/1.png", "name": "A boat"}
HTML = {"type": "Link", "mediaType": "text/html", "href": f"{BASE}/page"}
INLINE = '<p>Long words <img src="https://mastodon.example/x.png" alt=":cat:"> here</p>'

# kind -> (terms of the document, what is to be read of it, the address that it leads to)
KINDS: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "Note": ({"content": INLINE, "attachment": [IMAGE]}, ["Long words :cat: here"], ""),
    "Note of a forum": ({"name": "Our next meeting", "content": "<h3>When</h3>"}, ["Our next meeting", "When"], ""),
    "Note without content": ({"content": None, "contentMap": {"de": "<p>Guten Tag</p>"}}, ["Guten Tag"], ""),
    "Note in MFM": (
        {"content": "<p>hi <b>you</b></p>", "_misskey_content": "hi **you**", "quoteUrl": f"{BASE}/notes/1"},
        ["hi you", f"RE: {BASE}/notes/1"],
        f"{BASE}/notes/1",
    ),
    "Note in plain text": (
        {"content": "a < b\n\nhttps://c.example", "mediaType": "text/plain"},
        ["a &lt; b"],
        "https://c.example",
    ),
    "Note in Markdown": ({"content": "**bold** <script>x</script>", "mediaType": "text/markdown"}, ["bold"], ""),
    "Page": (
        {
            "type": "Page",
            "name": "A story",
            "content": None,
            "attachment": [{"type": "Link", "href": "https://elsewhere.example/story"}],
            "image": {"type": "Image", "url": f"{BASE}/thumb.webp"},
            "source": {"content": "x", "mediaType": "text/markdown"},
        },
        ["A story", "elsewhere.example/story"],
        "https://elsewhere.example/story",
    ),
    "Page of Lotide": (
        {
            "type": "Page",
            "name": "A film",
            "summary": "A film",
            "content": None,
            "url": "https://films.example/watch?v=1",
        },
        ["A film", "films.example/watch"],
        "https://films.example/watch?v=1",
    ),
    "Article": (
        {"type": "Article", "name": "On heat", "summary": "An excerpt", "content": INLINE, "image": IMAGE, "url": HTML},
        ["On heat", "Long words"],
        f"{BASE}/page",
    ),
    "long Article": (
        {"type": "Article", "name": "On cold", "content": "<p>word</p>" * 20_000, "url": [HTML]},
        ["On cold", "word"],
        f"{BASE}/page",
    ),
    "Article with an excerpt only": (
        {"type": "Article", "name": "On wind", "summary": "What it is about", "content": None, "url": f"{BASE}/page"},
        ["On wind", "What it is about"],
        f"{BASE}/page",
    ),
    "Event": (
        {
            "type": "Event",
            "name": "Dance",
            "content": "<p>Bring shoes</p>",
            "startTime": "2026-12-11T19:00:00+00:00",
            "location": {"type": "Place", "name": "The Hall", "address": {"addressLocality": "Exeter"}},
            "attachment": [
                {"type": "Document", "mediaType": "image/jpeg", "url": f"{BASE}/banner.jpg?name=", "name": "Banner"}
            ],
        },
        ["Dance", "When: 11 December 2026, 19:00 (UTC)", "Where: The Hall, Exeter", "Bring shoes"],
        f"{BASE}/@bob",
    ),
    "Video": (
        {
            "type": "Video",
            "name": "A film of ours",
            "content": "Look at\n\nthis",
            "mediaType": "text/markdown",
            "attributedTo": [{"type": "Person", "id": "BOB"}, {"type": "Group", "id": f"{BASE}/channel"}],
            "icon": [{"type": "Image", "url": f"{BASE}/still.jpg", "width": 850}],
            "url": [HTML, {"type": "Link", "mediaType": "video/mp4", "href": f"{BASE}/film.mp4", "tag": [{"tag": []}]}],
        },
        ["A film of ours", "Look at", "this"],
        f"{BASE}/page",
    ),
    "Audio": (
        {
            "type": "Audio",
            "name": "A song",
            "content": None,
            "url": [HTML, {"mediaType": "audio/ogg", "href": f"{BASE}/s.ogg"}],
        },
        ["A song"],
        f"{BASE}/page",
    ),
    "Image": (
        {
            "type": "Image",
            "name": "A picture",
            "content": None,
            "url": [HTML, {"mediaType": "image/png", "href": f"{BASE}/p.png"}],
        },
        ["A picture"],
        f"{BASE}/page",
    ),
    "Document": ({"type": "Document", "name": "A paper", "content": None, "url": HTML}, ["A paper"], f"{BASE}/page"),
    "Question": (
        {"type": "Question", "content": "<p>Which?</p>", "oneOf": [{"name": "tea"}, {"name": "coffee"}]},
        ["Which?"],
        "",
    ),
}
EMOJI = {"type": "Emoji", "name": ":cat:", "icon": {"type": "Image", "url": f"{BASE}/emoji/cat.png"}}
FOREIGN = re.compile(r"https?://(?!a\.example)")
LOADED = {"static_url", "preview_url", "avatar", "avatar_static", "header", "header_static", "image", "blurhash_url"}


def _loads(value: Any, name: str = "") -> list[str]:
    """What an app would load by itself of a JSON answer, from elsewhere."""
    if isinstance(value, dict):
        inner = [found for key, item in value.items() for found in _loads(item, key)]
        own = value.get("url") if value.get("type") == "image" or "shortcode" in value else None
        return inner + ([own] if isinstance(own, str) and FOREIGN.match(own) else [])
    if isinstance(value, list):
        return [found for item in value for found in _loads(item, name)]
    if isinstance(value, str):
        if name in LOADED:
            return [value] if FOREIGN.match(value) else []
        return _in_html(value)
    return []


def _in_html(text: str) -> list[str]:
    given = re.findall(r"""(?i)\b(?:src|srcset|poster|background|data|action)\s*=\s*["']?([^"'\s>]+)""", text)
    given += re.findall(r"(?i)url\(([^)]*)\)", text)
    given += re.findall(r"""(?i)<link[^>]+rel=["']?(?:stylesheet|icon|preload)[^>]*href=["']?([^"'\s>]+)""", text)
    return [address for address in given if FOREIGN.match(address)]


async def _anna(world: World) -> tuple[Running, Member, Mastodon, str]:
    running = await world.instance("a.example")
    anna = await member(running, "anna", public=True)
    await world.settle()
    server = Mastodon(world)
    looks = {"icon": [IMAGE], "image": IMAGE, "name": "Bob :cat:", "tag": [EMOJI]}
    bob = server.person("bob", **looks, summary='<p>Hi <img src="https://mastodon.example/y.png"></p>')
    account = await found(anna, "@bob@mastodon.example")
    await anna.post(f"/api/v1/accounts/{account['id']}/follow")
    await world.settle()
    return running, anna, server, bob


@pytest.mark.parametrize("kind", list(KINDS))
async def test_every_kind_is_readable_and_loads_nothing(world: World, kind: str) -> None:
    running, anna, server, bob = await _anna(world)
    terms, words, address = KINDS[kind]
    given = {"tag": [EMOJI], "url": f"{BASE}/@bob/1"} | terms
    if "attributedTo" in given:
        given["attributedTo"] = [item | {"id": item["id"].replace("BOB", bob)} for item in given["attributedTo"]]
    note = server.composed(bob, "", **{"contentMap": None} | given)
    server.serve(note)
    await server.act("Create", bob, note, to=[PUBLIC], cc=[f"{bob}/followers"])
    await world.settle()
    [status] = await home(anna)
    said = status["content"]
    for text in words:
        assert text in said if "&" in text else text in plain(said), (text, said)
    assert address in said
    assert "<script" not in said
    assert "<img" not in said
    assert len(said) < 100_000
    assert (status["spoiler_text"], status["visibility"]) == ("", "public")
    answers = [
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        f"/api/v1/statuses/{status['id']}",
        f"/api/v1/statuses/{status['id']}/context",
        f"/api/v1/statuses/{status['id']}/history",
        f"/api/v1/accounts/{status['account']['id']}",
        f"/api/v1/accounts/{status['account']['id']}/statuses",
        "/api/v1/notifications",
        "/api/v2/search?q=bob",
    ]
    for path in answers:
        answer = await anna.get(path)
        assert answer.status_code == 200, path
        assert _loads(answer.json()) == [], path
    for path in (f"/@bob@mastodon.example/{status['id']}", "/@bob@mastodon.example"):
        page = await running.client.get(path, headers={"Accept": "text/html"})
        assert _in_html(page.text) == [], path
    for file in status["media_attachments"]:
        assert file["type"] in {"image", "unknown"}
        if file["type"] == "unknown":
            assert (file["url"], file["preview_url"]) == (file["remote_url"], None)


async def test_a_walk_finds_what_would_be_loaded(world: World) -> None:
    """The walk itself can fail."""
    assert _loads({"avatar": "https://b.example/x"})
    assert _loads([{"type": "image", "url": "https://b.example/x"}])
    assert _loads({"content": '<img src="https://b.example/x">'})
    assert _loads({"emojis": [{"shortcode": "a", "url": "https://b.example/x"}]})
    assert _loads({"avatar": "https://a.example/x", "url": "https://b.example/x"}) == []


async def test_times_and_news_of_any_kind(world: World) -> None:
    """Missing and future times are now; an Update without a time is one; what says nothing new is none."""
    _, anna, server, bob = await _anna(world)
    late = await server.create(bob, "From the future", published="2099-01-01T00:00:00Z", updated="2099-01-01T00:00:00Z")
    none = await server.create(bob, "No time", published=None, updated=None)
    old = await server.create(bob, "Before all", published="0001-01-01T00:00:00Z", sensitive="true")
    await world.settle()
    shown = {plain(status["content"]): status for status in await home(anna)}
    now = "2027"
    assert shown["From the future"]["created_at"] < now
    assert shown["From the future"]["edited_at"] is None
    assert shown["No time"]["created_at"] < now
    assert shown["Before all"]["sensitive"]
    world.clock.turn(60_000)
    await server.edit(none, "No time, changed", updated=None)
    await server.edit(late, "From the future, changed", updated="2100-01-01T00:00:00Z")
    await server.edit(old, "Before all", updated=None)
    await world.settle()
    world.clock.turn(60_000)
    await server.edit(late, "From the future, changed again", updated=None)
    await world.settle()
    shown = {plain(status["content"]): status for status in await home(anna)}
    assert shown["No time, changed"]["edited_at"]
    assert shown["From the future, changed again"]["edited_at"] < now
    assert shown["Before all"]["edited_at"] is None


@pytest.mark.parametrize("kind", ["Person", "Group", "Organization", "Service", "Application"])
async def test_every_kind_of_actor_is_an_account(world: World, kind: str) -> None:
    await world.instance("a.example")
    anna = await member(world.instances["a.example"], "anna", public=True)
    await world.settle()
    server = Mastodon(world)
    iri = server.person("robo", type=kind, icon=[IMAGE | {"url": [{"href": f"{BASE}/1.png"}]}], name=None)
    await server.follow(iri, f"https://a.example/u/{anna.account_id}")
    await world.settle()
    [account] = (await anna.get(f"/api/v1/accounts/{anna.account_id}/followers")).json()
    assert account["acct"] == "robo@mastodon.example"
    assert (account["uri"], account["group"], account["bot"]) == (
        iri,
        kind == "Group",
        kind in {"Service", "Application"},
    )
    assert account["avatar"].startswith("https://a.example/media/remote/")


async def test_alternative_texts_focus_and_blurhash_are_kept(world: World) -> None:
    _, anna, server, bob = await _anna(world)
    more = {"focalPoint": [0.5, "-0.25"], "blurhash": "UCD]o8%MIUof~qofM{Rj", "width": 640, "height": "480"}
    await server.create(bob, "Look", attachment=[IMAGE | more])
    await world.settle()
    [file] = (await home(anna))[0]["media_attachments"]
    assert (file["description"], file["blurhash"]) == ("A boat", more["blurhash"])
    assert file["meta"]["focus"] == {"x": 0.5, "y": -0.25}
    assert file["meta"]["original"]["width"] == 640


@pytest.mark.parametrize("verb", ["Delete", "Update"])
async def test_a_tombstone_ends_a_post(world: World, verb: str) -> None:
    _, anna, server, bob = await _anna(world)
    note = await server.create(bob, "Soon gone")
    await world.settle()
    assert len(await home(anna)) == 1
    grave = {"id": note["id"], "type": "Tombstone", "formerType": "Note", "attributedTo": bob}
    server.serve(grave)
    await server.act(verb, bob, grave, to=[PUBLIC], cc=[f"{bob}/followers"])
    await world.settle()
    assert await home(anna) == []
    await server.act("Create", bob, grave | {"id": f"{note['id']}0"}, to=[PUBLIC], cc=[f"{bob}/followers"])
    await world.settle()
    assert await home(anna) == []
