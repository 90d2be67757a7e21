"""Habits of other servers' documents, one table: what is sent, and what an app shows of it.

Each case is what one or more programs really write, brought to its smallest form. All go through the inbox of one instance.
"""

from typing import Any

from tests.journeys.walk import found, plain
from tests.support.make import Member, member
from tests.support.peer import AS, PUBLIC
from tests.support.peers.mastodon import Mastodon
from tests.support.world import World

BASE = "https://mastodon.example"
BOB = f"{BASE}/users/bob"
PICTURE = f"{BASE}/1.png"
LINK = {"type": "Link", "mediaType": "text/html", "href": f"{BASE}/page"}
NAMED = {"type": "Mention", "href": "ANNA"}
INLINE = f'<p>Look <img src="{PICTURE}" alt="A boat"> and <img class="emoji" src="{BASE}/cat.png" alt="(cat)"></p>'
TAGS = ["nohash", "#with-dash_under", "#white space", "#(sub)tag", "#1234", "#🐄", "#CamelCase", "#牛", "#हिन्दी"]
SEVERAL = [{"name": f"Option {number}"} for number in range(40)]

# what it is -> (terms of the Note; None: left out), (what the app shows; words of `content` as plain text)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # what it says, and in which language
    "content in maps only": ({"content": None, "contentMap": {"EN": "<p>Hi</p>"}}, {"words": "Hi", "language": "en"}),
    "content that is in no map": ({"contentMap": {"de": "Tag", "en": "Day"}}, {"words": "Words", "language": "de"}),
    "a list of content": ({"content": ["<p>Hi</p>"]}, {"words": "Hi"}),
    "a language with a region": ({"contentMap": {"pt_BR": "Words"}}, {"language": "pt-BR"}),
    "markup of others": (
        {"content": "<del>a</del><ins>b</ins><mark>c</mark> <var>d</var> <small>e</small>fg<wbr />h"},
        {"words": "abc d efgh"},
    ),
    "no type": ({"type": None, "summary": "Care"}, {"words": "Words", "spoiler_text": "Care"}),
    "two types": ({"type": ["x:Odd", "Note"]}, {"words": "Words"}),
    # kinds that nobody here knows
    "a review": (
        {"type": "Review", "name": "On a book", "summary": "Long", "url": f"{BASE}/page"},
        {"words": "On a book Words mastodon.example/page", "spoiler_text": ""},
    ),
    "a place": ({"type": "Place", "name": "The Hall", "url": LINK}, {"words": "The Hall Words mastodon.example/page"}),
    # who wrote it, for whom
    "no author": ({"attributedTo": None}, {"words": "Words"}),
    "an author embedded": ({"attributedTo": [{"type": "Person", "id": BOB, "name": "Bob"}]}, {"words": "Words"}),
    "an audience around it only": ({"to": None, "cc": None}, {"visibility": "public"}),
    "an audience of empty lists": ({"to": [], "cc": []}, {"visibility": "public"}),
    "followers only, public around it": ({"to": f"{BOB}/followers", "cc": None}, {"visibility": "private"}),
    "unlisted, public around it": ({"to": f"{BOB}/followers", "cc": "as:Public"}, {"visibility": "unlisted"}),
    "she names herself": ({"tag": {"type": "Mention", "href": BOB}}, {"mentions": ["bob@mastodon.example"]}),
    "a Mention without a name, twice": ({"tag": [NAMED, NAMED]}, {"mentions": ["anna"]}),
    # tags
    "hashtags as others write them": (
        {"tag": [{"type": "Hashtag", "name": name} for name in TAGS]},
        {"tags": ["CamelCase", "nohash", "subtag", "whitespace", "withdash_under", "हिन्दी", "牛"]},
    ),
    "a hashtag without a list": ({"tag": {"type": "as:Hashtag", "name": "#one", "href": None}}, {"tags": ["one"]}),
    # files
    "pictures within the text": (
        {"type": "Article", "name": "A walk", "content": INLINE, "url": LINK},
        {"media": [("image", PICTURE, "A boat")], "words": "A walk Look and (cat) mastodon.example/page"},
    ),
    "a picture by a relative address": (
        {"content": "<img src='/1.png'>", "url": f"{BASE}/page"},
        {"media": [("image", PICTURE, None)]},
    ),
    "pictures within the text that are attached too": (
        {"content": INLINE, "attachment": [{"type": "Image", "url": PICTURE, "name": "Its alternative"}]},
        {"media": [("image", PICTURE, "Its alternative")], "words": "Look and (cat)"},
    ),
    "a file's name and its description": (
        {"attachment": {"type": "Image", "url": PICTURE, "name": "IMG_1.png", "summary": "A boat"}},
        {"media": [("image", PICTURE, "A boat")]},
    ),
    "pictures of kinds that no one shows": (
        {
            "attachment": [
                {"type": "Image", "url": f"{BASE}/a.svg"},
                {"type": "Document", "mediaType": "image/tiff", "url": f"{BASE}/b"},
                {"type": "Image", "mediaType": "image/png", "url": f"{BASE}/c.svg"},
            ]
        },
        {
            "media": [
                ("unknown", f"{BASE}/a.svg", None),
                ("unknown", f"{BASE}/b", None),
                ("image", f"{BASE}/c.svg", None),
            ]
        },
    ),
    "a recipe that is attached": (
        {"attachment": {"@context": "https://schema.org/x", "@type": "Recipe", "name": "Sandwich"}},
        {"words": "Words", "media": []},
    ),
    "sound whose types are mimeTypes": (
        {
            "type": "Audio",
            "name": "A song",
            "url": [
                {"type": "Link", "mimeType": "audio/ogg", "href": f"{BASE}/s.ogg"},
                {"type": "Link", "mimeType": "text/html", "href": f"{BASE}/page"},
            ],
        },
        {"url": f"{BASE}/page", "media": [("unknown", f"{BASE}/s.ogg", "A song")]},
    ),
    # addresses
    "a film's address first": (
        {"url": [{"type": "Link", "mediaType": "video/mp4", "href": f"{BASE}/v.mp4"}, f"{BASE}/page"]},
        {"url": f"{BASE}/page"},
    ),
    "a quote by a Link": (
        {"tag": [{"type": "Link", "rel": "https://misskey-hub.net/ns#_misskey_quote", "href": f"{BASE}/notes/1"}]},
        {"words": f"Words RE: {BASE}/notes/1"},
    ),
    "a quote that is said already": (
        {"quoteUri": f"{BASE}/notes/1", "content": f"Words<span class='quote-inline'><br>QT: {BASE}/@eve/1</span>"},
        {"words": f"Words QT: {BASE}/@eve/1"},
    ),
    "a quote that Misskey says": (
        {
            "quoteUrl": f"{BASE}/notes/1",
            "content": f"<p>Words<br>RE: </span><a href='{BASE}/@eve/1'>{BASE}/@eve/1</a></p>",
        },
        {"words": f"Words RE: {BASE}/@eve/1"},
    ),
    # times
    "a time with two zones": (
        {"published": "2026-01-02T03:04:05.678901+00:00Z"},
        {"created_at": "2026-01-02T03:04:05.678Z"},
    ),
    "a time as mails have it": (
        {"published": "Fri, 02 Jan 2026 03:04:05 GMT"},
        {"created_at": "2026-01-02T03:04:05.000Z"},
    ),
    "a time with the zone's name": (
        {"published": "2026-01-02 03:04:05 UTC"},
        {"created_at": "2026-01-02T03:04:05.000Z"},
    ),
    "an event with two zones": (
        {"type": "Event", "name": "Dance", "startTime": "2026-12-11T19:00:00+00:00Z", "url": LINK},
        {"words": "Dance When: 11 December 2026, 19:00 (UTC) Words mastodon.example/page"},
    ),
    # polls
    "a poll that is over, no one says since when": (
        {"type": "Question", "oneOf": [{"name": "tea"}, {"name": "coffee"}], "closed": True},
        {"expired": True},
    ),
    "what a poll asks is its name": (
        {"type": "Question", "name": "Which?", "content": None, "oneOf": [{"name": "tea"}, {"name": "coffee"}]},
        {"words": "Which?", "expired": False},
    ),
    "a picture with a title that is its summary": (
        {"name": "A boat", "summary": "A boat", "content": None, "attachment": [{"type": "Image", "url": PICTURE}]},
        {"words": "A boat", "spoiler_text": "", "media": [("image", PICTURE, None)]},
    ),
    "a poll that is longer than ours": (
        {"type": "Question", "anyOf": SEVERAL, "url": LINK},
        {"words": "Words mastodon.example/page"},
    ),
}


def _shown(status: dict[str, Any]) -> dict[str, Any]:
    return status | {
        "words": " ".join(plain(status["content"].replace("</p>", "</p> ").replace("<br>", " ")).split()),
        "mentions": [named["acct"] for named in status["mentions"]],
        "tags": sorted(tag["name"] for tag in status["tags"]),
        "media": [(file["type"], file["remote_url"], file["description"]) for file in status["media_attachments"]],
        "expired": bool(status["poll"]) and status["poll"]["expired"],
    }


async def _anna(world: World) -> tuple[Member, Mastodon]:
    anna = await member(await world.instance("a.example"), "anna", public=True)
    await world.settle()
    server = Mastodon(world)
    server.person("bob")
    account = await found(anna, "@bob@mastodon.example")
    await anna.post(f"/api/v1/accounts/{account['id']}/follow")
    await world.settle()
    return anna, server


async def test_every_habit_is_read_as_it_is_meant(world: World) -> None:
    anna, server = await _anna(world)
    here = f"https://a.example/u/{anna.account_id}"
    given: dict[str, str] = {}
    for name, (terms, _) in CASES.items():
        note = {"content": "<p>Words</p>", "contentMap": None} | terms
        if note.get("tag") == [NAMED, NAMED]:
            note["tag"] = [NAMED | {"href": here}] * 2
        made = {term: value for term, value in (server.composed(BOB, "") | note).items() if value is not None}
        given[name] = server.serve(made)["id"]
        await server.act("Create", BOB, made, to=[PUBLIC], cc=[f"{BOB}/followers"])
    await world.settle()
    wrong = {}
    for name, (_, expected) in CASES.items():
        [status] = (await anna.get("/api/v2/search", params={"q": given[name], "resolve": "false"})).json()[
            "statuses"
        ] or [{}]
        shown = _shown(status) if status else {}
        different = {key: shown.get(key) for key, value in expected.items() if shown.get(key) != value}
        if different or not shown:
            wrong[name] = different or "not here"
    assert wrong == {}


async def test_several_votes_may_come_in_one_create(world: World) -> None:
    """GoToSocial's form; nobody votes for somebody else in it."""
    anna, server = await _anna(world)
    eve = server.person("eve")
    terms = {"options": ["tea", "coffee", "milk"], "expires_in": 3600, "multiple": True}
    asked = (
        await anna.post("/api/v1/statuses", json={"status": "Which?", "poll": terms, "visibility": "public"})
    ).json()
    poll = {"type": "Note", "to": [f"https://a.example/u/{anna.account_id}"], "inReplyTo": asked["uri"]}
    votes = [poll | {"id": f"{BOB}#votes/{name}", "attributedTo": BOB, "name": name} for name in ("tea", "milk")]
    await server.act(
        "Create",
        BOB,
        [*votes, votes[0] | {"id": f"{eve}#votes/1", "attributedTo": eve, "name": "coffee"}],
        to=poll["to"],
    )
    await world.settle()
    counted = (await anna.get(f"/api/v1/polls/{asked['poll']['id']}")).json()
    assert [option["votes_count"] for option in counted["options"]] == [1, 0, 1]
    assert counted["voters_count"] == 1


async def test_capitals_in_a_handle_are_the_other_server_s_to_choose(world: World) -> None:
    """Pages and look-ups find who writes herself in capitals, in any case."""
    anna, server = await _anna(world)
    eve = server.person("EveSmith")
    account = await found(anna, "@EveSmith@mastodon.example")
    await anna.post(f"/api/v1/accounts/{account['id']}/follow")
    await world.settle()
    post = await server.create(eve, "Words")
    await world.settle()
    [status] = (await anna.get("/api/v2/search", params={"q": post["id"]})).json()["statuses"]
    client = world.instances["a.example"].client
    server.documents.pop("handle EveSmith")  # no WebFinger from now on
    for name in ("EveSmith", "evesmith"):
        for path in (f"/@{name}@mastodon.example", f"/@{name}@mastodon.example/{status['id']}"):
            assert (await client.get(path, headers={"Accept": "text/html"})).status_code == 200, path
        asked = await anna.get("/api/v1/accounts/lookup", params={"acct": f"{name}@mastodon.example"})
        assert asked.json()["acct"] == "EveSmith@mastodon.example"


async def test_what_is_fetched_may_leave_the_context_out(world: World) -> None:
    anna, server = await _anna(world)
    note = server.composed(BOB, "Words")
    server.serve(note)
    server.documents[note["id"].removeprefix(BASE)].pop("@context")
    assert (await anna.get("/api/v2/search", params={"q": note["id"], "resolve": "true"})).json()["statuses"]
    assert AS in str(server.documents["/users/bob"])
