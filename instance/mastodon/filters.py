"""Word filters, v2 and the older v1 (https://docs.joinmastodon.org/methods/filters/). Where they match: `filtering`."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from instance.clock import iso
from instance.content import filters, visible
from instance.content.filters import Filter, FilterChange, Keyword, KeywordChange
from instance.errors import NotFoundError
from instance.mastodon.asking import delete, get, member, path_id, post, put
from instance.mastodon.errors import answer
from instance.mastodon.params import Params, params, wrong

READ, WRITE = "read:filters", "write:filters"
MOST_SECONDS = 10 * 366 * 24 * 3600


def _keyword(keyword: Keyword) -> dict[str, Any]:
    return {"id": str(keyword.id), "keyword": keyword.keyword, "whole_word": keyword.whole_word}


def _named(row_id: int, post_id: int) -> dict[str, Any]:
    return {"id": str(row_id), "status_id": str(post_id)}


def _entity(found: Filter) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "title": found.title,
        "context": found.contexts,
        "expires_at": iso(found.expires_at) if found.expires_at else None,
        "filter_action": found.action,
        "keywords": [_keyword(keyword) for keyword in found.keywords],
        "statuses": [_named(row_id, post_id) for post_id, row_id in found.posts.items()],
    }


def _old_entity(found: Filter, keyword: Keyword) -> dict[str, Any]:
    """V1::Filter: one keyword; its id is the keyword's."""
    return {
        "id": str(keyword.id),
        "phrase": keyword.keyword,
        "context": found.contexts,
        "whole_word": keyword.whole_word,
        "expires_at": iso(found.expires_at) if found.expires_at else None,
        "irreversible": found.action == "hide",
    }


def _expires(asked: Params) -> int | None:
    """`expires_in`: absent leaves it, null or empty is never."""
    return asked.number("expires_in", 0, 0, MOST_SECONDS) if "expires_in" in asked else None


def _change(asked: Params) -> FilterChange:
    return FilterChange(
        asked.maybe("title"),
        asked.texts("context") if "context" in asked else None,
        asked.maybe("filter_action"),
        _expires(asked),
        [_keyword_change(each) for each in asked.children("keywords_attributes")],
    )


def _keyword_change(asked: Params) -> KeywordChange:
    return KeywordChange(
        asked.id("id"), asked.maybe("keyword"), asked.maybe_flag("whole_word"), remove=asked.flag("_destroy")
    )


async def index(request: Request) -> Response:
    """GET /api/v2/filters"""
    house, caller = await member(request, READ)
    return answer([_entity(found) for found in await house.store.read(filters.all_of, caller.me)])


async def show(request: Request) -> Response:
    """GET /api/v2/filters/:id"""
    house, caller = await member(request, READ)
    return answer(_entity(await house.store.read(filters.one, caller.me, path_id(request))))


async def create(request: Request) -> Response:
    """POST /api/v2/filters"""
    house, caller = await member(request, WRITE)
    return answer(_entity(await house.store.unit(filters.create, caller.me, _change(await params(request)))))


async def update(request: Request) -> Response:
    """PUT /api/v2/filters/:id"""
    house, caller = await member(request, WRITE)
    wanted = _change(await params(request))
    return answer(_entity(await house.store.unit(filters.change, caller.me, path_id(request), wanted)))


async def remove(request: Request) -> Response:
    """DELETE /api/v2/filters/:id"""
    house, caller = await member(request, WRITE)
    await house.store.unit(filters.remove, caller.me, path_id(request))
    return answer({})


async def keywords(request: Request) -> Response:
    """GET /api/v2/filters/:id/keywords"""
    house, caller = await member(request, READ)
    found = await house.store.read(filters.one, caller.me, path_id(request))
    return answer([_keyword(keyword) for keyword in found.keywords])


async def add_keyword(request: Request) -> Response:
    """POST /api/v2/filters/:id/keywords"""
    house, caller = await member(request, WRITE)
    asked = await params(request)
    wanted = FilterChange(keywords=[KeywordChange(None, asked.text("keyword"), asked.maybe_flag("whole_word"))])
    found = await house.store.unit(filters.change, caller.me, path_id(request), wanted)
    return answer(
        _keyword(max(found.keywords, key=lambda each: (each.keyword == asked.text("keyword").strip(), each.id)))
    )


async def keyword(request: Request) -> Response:
    """GET, PUT, DELETE /api/v2/filters/keywords/:id"""
    house, caller = await member(request, READ if request.method == "GET" else WRITE)
    keyword_id = path_id(request)
    found, kept = await house.store.read(filters.of_keyword, caller.me, keyword_id)
    if request.method == "GET":
        return answer(_keyword(kept))
    asked = await params(request)
    gone = request.method == "DELETE"
    wanted = KeywordChange(keyword_id, asked.maybe("keyword"), asked.maybe_flag("whole_word"), remove=gone)
    await house.store.unit(filters.change, caller.me, found.id, FilterChange(keywords=[wanted]))
    if gone:
        return answer({})
    return answer(_keyword((await house.store.read(filters.of_keyword, caller.me, keyword_id))[1]))


async def statuses(request: Request) -> Response:
    """GET /api/v2/filters/:id/statuses"""
    house, caller = await member(request, READ)
    found = await house.store.read(filters.one, caller.me, path_id(request))
    return answer([_named(row_id, post_id) for post_id, row_id in found.posts.items()])


async def add_status(request: Request) -> Response:
    """POST /api/v2/filters/:id/statuses"""
    house, caller = await member(request, WRITE)
    post_id = (await params(request)).id("status_id")
    if post_id is None:
        raise wrong("status_id")
    await house.store.read(visible.readable, caller.me, post_id)
    row_id = await house.store.unit(filters.add_post, caller.me, path_id(request), post_id)
    return answer(_named(row_id, post_id))


async def status(request: Request) -> Response:
    """GET, DELETE /api/v2/filters/statuses/:id"""
    house, caller = await member(request, READ if request.method == "GET" else WRITE)
    row_id = path_id(request)
    _, post_id = await house.store.read(filters.of_post, caller.me, row_id)
    if request.method == "DELETE":
        await house.store.unit(filters.remove_post, caller.me, row_id)
    return answer(_named(row_id, post_id))


async def old_index(request: Request) -> Response:
    """GET /api/v1/filters"""
    house, caller = await member(request, READ)
    found = await house.store.read(filters.all_of, caller.me)
    return answer([_old_entity(each, keyword) for each in found for keyword in each.keywords])


async def old_create(request: Request) -> Response:
    """POST /api/v1/filters"""
    house, caller = await member(request, WRITE)
    asked = await params(request)
    wanted = FilterChange(
        asked.text("phrase"),
        asked.texts("context"),
        "hide" if asked.flag("irreversible") else "warn",
        _expires(asked),
        [KeywordChange(None, asked.text("phrase"), asked.flag("whole_word"))],
    )
    found = await house.store.unit(filters.create, caller.me, wanted)
    return answer(_old_entity(found, found.keywords[0]))


async def old_one(request: Request) -> Response:
    """GET, PUT, DELETE /api/v1/filters/:id"""
    house, caller = await member(request, READ if request.method == "GET" else WRITE)
    keyword_id = path_id(request)
    found, kept = await house.store.read(filters.of_keyword, caller.me, keyword_id)
    if request.method == "DELETE":
        gone = FilterChange(keywords=[KeywordChange(keyword_id, remove=True)])
        change = (filters.remove, ()) if len(found.keywords) == 1 and not found.posts else (filters.change, (gone,))
        await house.store.unit(change[0], caller.me, found.id, *change[1])
        return answer({})
    if request.method == "PUT":
        asked = await params(request)
        action = asked.maybe_flag("irreversible")
        wanted = FilterChange(
            asked.maybe("phrase"),
            asked.texts("context") if "context" in asked else None,
            None if action is None else ("hide" if action else "warn"),
            _expires(asked),
            [KeywordChange(keyword_id, asked.maybe("phrase"), asked.maybe_flag("whole_word"))],
        )
        await house.store.unit(filters.change, caller.me, found.id, wanted)
        found, kept = await house.store.read(filters.of_keyword, caller.me, keyword_id)
    if kept is None:
        raise NotFoundError
    return answer(_old_entity(found, kept))


ROUTES = [
    get("/api/v2/filters", index),
    post("/api/v2/filters", create),
    *(method("/api/v2/filters/keywords/{id}", keyword) for method in (get, put, delete)),
    *(method("/api/v2/filters/statuses/{id}", status) for method in (get, delete)),
    get("/api/v2/filters/{id}/keywords", keywords),
    post("/api/v2/filters/{id}/keywords", add_keyword),
    get("/api/v2/filters/{id}/statuses", statuses),
    post("/api/v2/filters/{id}/statuses", add_status),
    get("/api/v2/filters/{id}", show),
    put("/api/v2/filters/{id}", update),
    delete("/api/v2/filters/{id}", remove),
    get("/api/v1/filters", old_index),
    post("/api/v1/filters", old_create),
    *(method("/api/v1/filters/{id}", old_one) for method in (get, put, delete)),
]
