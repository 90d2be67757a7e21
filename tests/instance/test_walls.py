"""The walls of the house: every address that answers GET, asked by everybody who has no right to what is behind it.

The addresses come from the table of routes, so that a new one is walked too; one with a new part in its path must be named in
`PARTS`, or the test fails. What only some may read holds a word that is found nowhere else.
"""

import asyncio
import itertools
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, insert, or_, select
from starlette.routing import BaseRoute, Mount, Route

from instance.auth import logins
from instance.auth.logins import NewLogin
from instance.content import reports
from instance.content.reports import Complaint
from instance.db.content import attachment, interaction, poll, post, report
from instance.db.people import account
from instance.db.reading import conversation, notification, reading_list, word_filter, word_filter_keyword
from instance.db.unit import Unit
from instance.entrance import silence
from instance.people import accounts, follows, restrictions
from instance.policy import keeping
from instance.policy.adopt import set_stance
from policies.peers import Stance
from tests.support.members import Acting, member
from tests.support.world import Running, World

FOLLOWERS, DIRECT, LOCAL, DELETED = "quillfollowers", "quilldirect", "quilllocal", "quilldeleted"
PENDING, POLL, PICTURE, EARLIER = "quillpending", "quillpoll", "quillpicture", "quillearlier"
NOTE, FILTER, LIST, REPORT = "quillnote", "quillfilter", "quilllist", "quillreport"
ANSWER, WAITING, SUSPENDED, KEPT = "quillanswer", "quillwaiting", "quillsuspended", "quillkept"
REFUSED, MAIL, REASON = "quillrefused", "quillmail", "quillreason"
WORDS = re.compile("quill[a-z]+")
MAY: dict[str, set[str]] = {
    "nobody": set(),
    "dan": set(),
    "flo": {LOCAL},
    "ben": {FOLLOWERS, DIRECT, LOCAL, EARLIER, POLL, PICTURE, NOTE, FILTER, LIST},
    "moderator": {LOCAL, REPORT, ANSWER, WAITING},
}
"""What each may find, and finds. Dan is blocked by the author; flo was her follower; ben is one, and is named."""
AT_ONCE = 24
PAGE, JSON = "text/html", "application/activity+json"
OBJECTS = ("/u/", "/g/", "/@", "/agreements/")


@dataclass
class Place:
    """Who is there, and the ids of what is behind the walls, by kind."""

    a: Running
    people: dict[str, Acting] = field(default_factory=dict)
    ids: dict[str, list[Any]] = field(default_factory=dict)

    async def do(self, who: str, method: str, path: str, **body: Any) -> Any:
        answer = await self.a.client.request(method, path, json=body, headers=self.people[who].bearer)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def write(self, who: str, text: str, **more: Any) -> Any:
        return await self.do(who, "POST", "/api/v1/statuses", status=text, **more)


async def place(world: World) -> Place:
    """Ana writes for some; ben is one of them, cyd waits for her yes; eve, dan and flo are not."""
    made = Place(await world.instance())
    store = made.a.house.store
    for name in ("ana", "ben", "cyd", "eve", "dan", "flo", "sus"):
        made.people[name] = await member(made.a, name, public_posting=True)
    made.people["moderator"] = await member(made.a, "the_moderator", role="moderator")
    who = {name: one.account_id for name, one in made.people.items()}
    for name in ("ben", "dan", "flo"):
        await store.unit(follows.request, who[name], who["ana"])
    await _said(made)
    await store.unit(_rest, who, made.people["ana"].login_id)
    await world.settle()
    made.ids = await store.read(_ids)
    return made


async def _said(made: Place) -> None:
    start = await made.write("ana", "for all", visibility="public")
    at = {"in_reply_to_id": start["id"]}
    await made.write("eve", "an answer", visibility="public", **at)
    options = {"options": [POLL, "no"], "expires_in": 600}
    asked = await made.write("ana", f"{FOLLOWERS} #{FOLLOWERS} @ben", visibility="private", poll=options, **at)
    edited = await made.write("ana", EARLIER, visibility="private", **at)
    await made.do("ana", "PUT", f"/api/v1/statuses/{edited['id']}", status=FOLLOWERS)
    direct = await made.write("ana", f"{DIRECT} #{DIRECT} @ben @dan", visibility="direct", **at)
    local = await made.write("ana", f"{LOCAL} #{LOCAL}", visibility="public", local_only=True, **at)
    gone = await made.write("ana", f"{DELETED} #{DELETED}", visibility="public", **at)
    for one in (start, asked, edited, direct, local, gone):
        for deed in ("favourite", "bookmark"):
            await made.do("ben", "POST", f"/api/v1/statuses/{one['id']}/{deed}")
            if one is not direct:
                await made.do("flo", "POST", f"/api/v1/statuses/{one['id']}/{deed}")
    await made.do("dan", "POST", f"/api/v1/statuses/{direct['id']}/bookmark")
    await made.do("ben", "POST", f"/api/v1/statuses/{start['id']}/reblog")
    await made.do("ana", "POST", f"/api/v1/statuses/{asked['id']}/pin")
    await made.do("ana", "DELETE", f"/api/v1/statuses/{gone['id']}")
    rules = {"can_reply": {"always": ["author"], "with_approval": ["public"]}}
    careful = await made.write("ana", "ask me", visibility="public", interaction_policy=rules)
    await made.write("cyd", f"{PENDING} #{PENDING}", visibility="public", in_reply_to_id=careful["id"])
    await made.write("sus", f"{SUSPENDED} #{SUSPENDED} @eve", visibility="public", **at)
    await made.do("ben", "POST", f"/api/v1/accounts/{made.people['dan'].account_id}/note", comment=NOTE)
    words = [{"keyword": FILTER}]
    await made.do("ben", "POST", "/api/v2/filters", title=FILTER, context=["home"], keywords_attributes=words)
    await made.do("ben", "POST", "/api/v1/lists", title=LIST)


def _rest(u: Unit, who: dict[str, int], ana_login: int) -> None:
    follows.reject(u, who["flo"], who["ana"])
    restrictions.block(u, who["ana"], who["dan"])
    restrictions.block_domain(u, who["ana"], f"{REFUSED}.example")
    keeping.keep(u, who["ana"], f"{KEPT}.example")
    set_stance(u, "bad.example", Stance.BLOCKED, REASON)
    reports.file(u, who["ben"], Complaint(who["cyd"], comment=REPORT))
    logins.add(u, WAITING, NewLogin("!", state="pending", answer=ANSWER), display_name=WAITING)
    logins.set_email(u, ana_login, f"{MAIL}@mail.example")
    accounts.update_profile(u, who["sus"], accounts.ProfileChanges(display_name=SUSPENDED, bio_source=SUSPENDED))
    accounts.suspend(u, who["sus"])
    hidden = select(post.c.id).where(post.c.account_id == who["ana"], post.c.visibility == "followers").limit(1)
    file = {"id": 77, "account_id": who["ana"], "post_id": u.connection.execute(hidden).scalar_one(), "kind": "image"}
    u.connection.execute(insert(attachment).values(**file, description=PICTURE, created_at=u.now))


def _ids(connection: Connection) -> dict[str, list[Any]]:
    def of(column: Any, *which: Any, most: int = 3) -> list[Any]:
        return list(connection.execute(select(column).where(*which).order_by(column.desc()).limit(most)).scalars())

    shown = post.c.visibility.in_(["public", "unlisted"])
    walled = or_(~shown, post.c.local_only, post.c.consent.is_not(None), post.c.deleted_at.is_not(None))
    people = account.c.name.in_(["ana", "dan", "sus", WAITING])
    kept = (attachment, report, interaction, conversation, reading_list, word_filter, word_filter_keyword, notification)
    posts = of(post.c.id, walled, most=20)
    return {
        "post": [*posts, *of(post.c.thread_id, post.c.id.in_(posts), most=1)],
        "account": of(account.c.id, people, most=4),
        "name": ["ana", "sus", WAITING],
        "poll": of(poll.c.id),
        "own": [one for table in kept for one in of(table.c.id, most=2)],
        "key": of(notification.c.group_key),
        "tag": [FOLLOWERS, DIRECT],
        "iri": of(post.c.iri, walled, most=20),
    }


PARTS = {
    "hashtag": "tag", "group_key": "key", "post_id": "post", "account_id": "account", "quoting": "poll", "owner": "account",
}  # fmt: skip
"""Part of a path -> the kind of thing that it names; `id` and `name` are told by what stands before them."""
NOTHING = frozenset({
    "date", "host", "key", "kind", "proof", "version", "token", "slug", "year", "item", "number", "invitation", "path", "setup", "rest",
})  # fmt: skip
"""Parts that name nothing that is hidden here."""
BEFORE_ID = {"statuses": "post", "accounts": "account", "polls": "poll"}
SKIPPED = ("/api/v1/streaming", "/metrics", "/health", "/static")


def addresses(route: BaseRoute, ids: dict[str, list[Any]]) -> list[str]:
    """All that a route's path can name."""
    assert isinstance(route, Route)
    names = re.findall(r"\{(\w+)(?::\w+)?\}", route.path)
    choices = []
    for name in names:
        before = route.path.partition("{" + name)[0].strip("/").rpartition("/")[2]
        if name == "id":
            choices.append(ids[BEFORE_ID.get(before, "own")])
        elif name == "name":
            choices.append(ids["tag"] if before == "tags" else ids["name"])
        else:
            assert name in PARTS or name in NOTHING, f"{route.path}: say in PARTS what {name} names"
            choices.append(ids[PARTS[name]] if name in PARTS else ["x"])
    path = re.sub(r"\{(\w+)(?::\w+)?\}", "{}", route.path)
    return [path.format(*chosen) for chosen in itertools.product(*choices)]


def all_addresses(made: Place) -> list[str]:
    routes = made.a.asgi.inner.router.routes[0].routes  # type: ignore[attr-defined]
    asked = [one for one in routes if not isinstance(one, Mount) and "GET" in (getattr(one, "methods", None) or ())]
    found = [path for one in asked for path in addresses(one, made.ids) if not path.startswith(SKIPPED)]
    several = "&".join(f"id[]={one}" for one in made.ids["post"])
    people = "&".join(f"id[]={one}" for one in made.ids["account"])
    found += [
        f"/api/v1/statuses?{several}",
        *(f"/api/v1/accounts{name}?{people}" for name in ("", "/relationships", "/familiar_followers")),
    ]
    hidden = {word for allowed in MAY.values() for word in allowed} | {
        PENDING,
        DELETED,
        SUSPENDED,
        KEPT,
        REFUSED,
        MAIL,
        REASON,
    }
    found += [f"/api/v2/search?q={word}" for word in sorted(hidden)]
    found += [f"/api/v1/accounts/search?q={word}" for word in (WAITING, SUSPENDED, "sus", "@sus")]
    found += [f"/api/v1/accounts/lookup?acct={word}" for word in (WAITING, "sus")]
    author = made.people["ana"].account_id
    found += [f"/api/v1/accounts/{author}/statuses?{more}" for more in ("pinned=true", f"tagged={FOLLOWERS}")]
    found += [
        iri.removeprefix(made.a.house.site.base_url) + end for iri in made.ids["iri"] for end in ("", "/activity")
    ]
    resources = [f"acct:{name}@a.example" for name in made.ids["name"]]
    found += [f"/.well-known/webfinger?resource={one}" for one in resources]
    return list(dict.fromkeys(found))


async def walk(made: Place, who: str, paths: list[str]) -> dict[str, list[str]]:
    """word -> the addresses that tell it to somebody."""
    person = made.people.get(who)
    headers = person.bearer if person is not None else {}
    cookies = "; ".join(f"{name}={value}" for name, value in person.cookies.items()) if person is not None else ""
    found: dict[str, list[str]] = defaultdict(list)
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(path: str, accept: str) -> None:
        async with gate:
            more = {"Accept": accept} | ({"Cookie": cookies} if cookies else {})
            answer = await made.a.client.get(path, headers=headers | more)
        assert answer.status_code < 500, (path, answer.text)
        told = set(WORDS.findall(answer.text + " ".join(answer.headers.values()))) - set(WORDS.findall(path))
        for word in told:
            found[word].append(f"{path} ({accept})")

    asked = [(path, kind) for path in paths for kind in (JSON, PAGE) if kind is PAGE or path.startswith(OBJECTS)]
    await asyncio.gather(*(ask(path, kind) for path, kind in asked))
    return found


async def test_nobody_finds_what_is_not_for_her(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "FLOOR_SECONDS", 0.0)
    monkeypatch.setattr(silence, "JITTER_SECONDS", 0.0)
    made = await place(world)
    paths = all_addresses(made)
    wrong: dict[tuple[str, str], list[str]] = {}
    for who, allowed in MAY.items():
        told = await walk(made, who, paths)
        wrong |= {(who, word): where[:3] for word, where in told.items() if word not in allowed}
        missing = allowed - set(told)
        if missing:
            wrong[who, "does not find"] = sorted(missing)
    assert wrong == {}
