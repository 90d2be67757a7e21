"""Search (https://docs.joinmastodon.org/methods/search/): people, posts that the reader may read, hashtags."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from instance.content import search as searching
from instance.content.search import Wanted
from instance.mastodon import serialise
from instance.mastodon.accounts import found_accounts
from instance.mastodon.asking import get, member
from instance.mastodon.errors import answer
from instance.mastodon.params import params
from instance.mastodon.reading import tag_entity


async def search(request: Request) -> Response:
    """GET /api/v2/search; /api/v1/search answers hashtags as mere names"""
    house, caller = await member(request, "read:search")
    asked = await params(request)
    kind = asked.text("type")
    wanted = Wanted(
        asked.text("q").strip(),
        asked.number("limit", 20, 1, 40),
        asked.number("offset", 0, 0, 10_000),
        asked.flag("following"),
        asked.id("account_id"),
    )
    resolve = asked.flag("resolve")
    found: dict[str, list[Any]] = {"accounts": [], "statuses": [], "hashtags": []}
    if kind in {"", "accounts"} and not wanted.text.startswith("#"):
        found["accounts"] = await found_accounts(house, caller.me, wanted, resolve=resolve)
    if kind in {"", "statuses"}:
        found["statuses"] = await _statuses(request, caller.me, wanted, resolve=resolve)
    if kind in {"", "hashtags"} and "://" not in wanted.text:
        names = await house.store.read(searching.tags, wanted)
        old = request.url.path.startswith("/api/v1/")
        found["hashtags"] = list(names) if old else [tag_entity(house, name, following=False) for name in names]
    return answer(found)


async def _statuses(request: Request, reader_id: int, wanted: Wanted, *, resolve: bool) -> list[msgspec.Raw]:
    house, _ = await member(request, "read:search")
    if wanted.text.startswith(("https://", "http://")):
        if resolve:
            await house.learn(wanted.text)
        ids = await house.store.read(searching.at_address, reader_id, wanted.text)
    else:
        ids = await house.store.read(searching.posts, reader_id, wanted, house.site)
    return await serialise.statuses(house, ids, reader_id)


ROUTES = [get("/api/v2/search", search), get("/api/v1/search", search)]
