"""Timelines: home, public, tag, list (a group is a list too), by pages of ids with Link headers."""

from typing import Any

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from instance.auth.bearer import bearer
from instance.content.formatting import tag_name
from instance.db.people import account, follow
from instance.db.reading import reading_list
from instance.errors import NotFoundError
from instance.house import house_of
from instance.mastodon import serialise
from instance.mastodon.errors import listed
from instance.mastodon.paging import link_header, page_of
from instance.mastodon.params import Params, id_of, params
from instance.mastodon.statuses import reader_of


async def _page(
    request: Request, asked: Params, source: str, reader: int | None, *, context: str, **values: Any
) -> Response:
    page = page_of(asked)
    raws, ids = await serialise.page(house_of(request), source, reader, page, context=context, **values)
    return listed(raws, link_header(request, ids, page.limit))


def _switches(asked: Params) -> dict[str, bool]:
    return {name: asked.flag(name) for name in ("local", "remote", "only_media")}


async def home(request: Request) -> Response:
    """GET /api/v1/timelines/home"""
    caller = await bearer(house_of(request), request, "read:statuses")
    return await _page(request, await params(request), "home", caller.me, context="home")


async def public(request: Request) -> Response:
    """GET /api/v1/timelines/public"""
    reader, asked = await reader_of(request), await params(request)
    return await _page(request, asked, "public", reader, context="public", **_switches(asked))


async def tagged(request: Request) -> Response:
    """GET /api/v1/timelines/tag/:hashtag"""
    reader, asked = await reader_of(request), await params(request)
    name = tag_name(Params({"tag": request.path_params["hashtag"]}).text("tag"))
    return await _page(request, asked, "tag", reader, context="public", name=name, **_switches(asked))


def list_source(connection: Connection, account_id: int, list_id: int) -> str:
    """What a list is: her own, or a group that she takes part in. Raises NotFoundError."""
    mine = select(reading_list.c.id).where(reading_list.c.id == list_id, reading_list.c.account_id == account_id)
    if connection.execute(mine).first() is not None:
        return "list"
    group = select(follow.c.id).join(account, account.c.id == follow.c.target_id)
    group = group.where(follow.c.follower_id == account_id, follow.c.target_id == list_id, account.c.kind == "group")
    if connection.execute(group.where(follow.c.state == "accepted")).first() is None:
        raise NotFoundError
    return "group"


async def from_list(request: Request) -> Response:
    """GET /api/v1/timelines/list/:id"""
    house = house_of(request)
    caller = await bearer(house, request, "read:lists")
    list_id = id_of(request.path_params["id"])
    source = await house.store.read(list_source, caller.me, list_id)
    values = {source: list_id}
    return await _page(request, await params(request), source, caller.me, context="home", **values)


ROUTES = [
    Route("/api/v1/timelines/home", home, methods=["GET"]),
    Route("/api/v1/timelines/public", public, methods=["GET"]),
    Route("/api/v1/timelines/tag/{hashtag}", tagged, methods=["GET"]),
    Route("/api/v1/timelines/list/{id}", from_list, methods=["GET"]),
]
