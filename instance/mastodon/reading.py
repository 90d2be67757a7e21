"""What a member's apps keep for reading: lists (each of her groups is one), markers, conversations, followed hashtags."""

from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response

from instance.auth.bearer import optional_bearer
from instance.auth.scopes import covers
from instance.clock import iso
from instance.content import conversations, lists, tags
from instance.content.lists import ListChange, ReadingList
from instance.db.content import bookmark, favourite
from instance.house import House, house_of
from instance.mastodon import serialise
from instance.mastodon.asking import delete, entities_of, get, member, path_id, post, put
from instance.mastodon.errors import answer, listed
from instance.mastodon.paging import link_header, page_of
from instance.mastodon.params import Params, params, wrong
from instance.notices import markers


def _list(found: ReadingList) -> dict[str, Any]:
    entity = {"id": str(found.id), "title": found.title, "replies_policy": found.replies_policy}
    return {**entity, "exclusive": found.exclusive}


def _list_change(asked: Params) -> ListChange:
    return ListChange(asked.maybe("title"), asked.maybe("replies_policy"), asked.maybe_flag("exclusive"))


async def all_lists(request: Request) -> Response:
    """GET /api/v1/lists"""
    house, caller = await member(request, "read:lists")
    return answer([_list(found) for found in await house.store.read(lists.all_of, caller.me)])


async def create_list(request: Request) -> Response:
    """POST /api/v1/lists"""
    house, caller = await member(request, "write:lists")
    list_id = await house.store.unit(lists.create, caller.me, _list_change(await params(request)))
    return answer(_list(await house.store.read(lists.one, caller.me, list_id)))


async def one_list(request: Request) -> Response:
    """GET, PUT, DELETE /api/v1/lists/:id"""
    house, caller = await member(request, "read:lists" if request.method == "GET" else "write:lists")
    list_id = path_id(request)
    if request.method == "DELETE":
        await house.store.unit(lists.remove, caller.me, list_id)
        return answer({})
    if request.method == "PUT":
        await house.store.unit(lists.change, caller.me, list_id, _list_change(await params(request)))
    return answer(_list(await house.store.read(lists.one, caller.me, list_id)))


async def list_accounts(request: Request) -> Response:
    """GET, POST, DELETE /api/v1/lists/:id/accounts (`account_ids[]`); all at once"""
    house, caller = await member(request, "read:lists" if request.method == "GET" else "write:lists")
    list_id = path_id(request)
    if request.method == "GET":
        return listed(await entities_of(house, await house.store.read(lists.accounts_of, caller.me, list_id)))
    ids = (await params(request)).ids("account_ids")
    await house.store.unit(lists.add if request.method == "POST" else lists.drop, caller.me, list_id, ids)
    return answer({})


async def lists_of_account(request: Request) -> Response:
    """GET /api/v1/accounts/:id/lists"""
    house, caller = await member(request, "read:lists")
    return answer([_list(found) for found in await house.store.read(lists.having, caller.me, path_id(request))])


async def get_markers(request: Request) -> Response:
    """GET /api/v1/markers"""
    house, caller = await member(request, "read:statuses")
    timelines = (await params(request)).texts("timeline")
    return await _markers(house, caller.me, timelines)


async def set_markers(request: Request) -> Response:
    """POST /api/v1/markers (`home[last_read_id]`, `notifications[last_read_id]`)"""
    house, caller = await member(request, "write:statuses")
    asked = await params(request)
    last_read: dict[str, int] = {}
    for timeline in markers.TIMELINES:
        child = asked.child(timeline)
        if child is not None:
            last = child.id("last_read_id")
            if last is None:
                raise wrong("last_read_id")
            last_read[timeline] = last
    await house.store.unit(markers.keep, caller.me, last_read)
    return await _markers(house, caller.me, list(last_read))


async def _markers(house: House, account_id: int, timelines: list[str]) -> Response:
    rows = await house.store.read(markers.of, account_id, timelines)
    return answer(
        {
            row.timeline: {
                "last_read_id": str(row.last_read_id),
                "version": row.version,
                "updated_at": iso(row.updated_at),
            }
            for row in rows
        }
    )


async def _conversations(house: House, reader_id: int, rows: list[Any]) -> list[dict[str, Any]]:
    ids = [account_id for row in rows for account_id in row.participants]
    accounts = await serialise.accounts(house, list(dict.fromkeys(ids)))
    shown = []
    for row in rows:
        last = await serialise.statuses(house, [row.last_post_id], reader_id)
        shown.append(
            {
                "id": str(row.id),
                "unread": row.unread,
                "accounts": [accounts[key] for key in row.participants if key in accounts],
                "last_status": last[0] if last else None,
            }
        )
    return shown


async def all_conversations(request: Request) -> Response:
    """GET /api/v1/conversations"""
    house, caller = await member(request, "read:statuses")
    page = page_of(await params(request))
    rows = await house.store.read(conversations.page, caller.me, page.limit, page.below, page.above)
    links = link_header(request, [row.last_post_id for row in rows], page.limit)
    return answer(await _conversations(house, caller.me, rows), headers=links)


async def read_conversation(request: Request) -> Response:
    """POST /api/v1/conversations/:id/read"""
    house, caller = await member(request, "write:conversations")
    row = await house.store.unit(conversations.read, caller.me, path_id(request))
    return answer((await _conversations(house, caller.me, [row]))[0])


async def remove_conversation(request: Request) -> Response:
    """DELETE /api/v1/conversations/:id"""
    house, caller = await member(request, "write:conversations")
    await house.store.unit(conversations.remove, caller.me, path_id(request))
    return answer({})


async def direct(request: Request) -> Response:
    """GET /api/v1/timelines/direct: the posts of all conversations (older apps)"""
    house, caller = await member(request, "read:statuses")
    page = page_of(await params(request))
    shown, ids = await serialise.page(house, "conversations", caller.me, page)
    return listed(shown, link_header(request, ids, page.limit))


async def marked(request: Request) -> Response:
    """GET /api/v1/bookmarks and /api/v1/favourites, by when they were marked"""
    table = bookmark if request.url.path.endswith("bookmarks") else favourite
    house, caller = await member(request, f"read:{table.name}s")
    page = page_of(await params(request))

    def rows_of(connection: Connection) -> list[Any]:
        asked = select(table.c.id, table.c.post_id).where(table.c.account_id == caller.me)
        asked = asked.where(table.c.id < page.below, table.c.id > page.above).limit(page.limit)
        if page.ascending:
            return list(connection.execute(asked.order_by(table.c.id)).all())[::-1]
        return list(connection.execute(asked.order_by(table.c.id.desc())).all())

    rows = await house.store.read(rows_of)
    shown = await serialise.statuses(house, [row.post_id for row in rows], caller.me)
    return listed(shown, link_header(request, [row.id for row in rows], page.limit))


def tag_entity(house: House, name: str, *, following: bool | None) -> dict[str, Any]:
    """A Tag; nobody counts here who used it when."""
    entity: dict[str, Any] = {"id": name, "name": name, "url": house.site.url(f"/tags/{quote(name)}"), "history": []}
    return entity if following is None else {**entity, "following": following, "featuring": False}


async def one_tag(request: Request) -> Response:
    """GET /api/v1/tags/:name: for any token; whether the reader follows it is told where the token may read that"""
    house = house_of(request)
    caller = await optional_bearer(house, request)
    name = tags.name_of(request.path_params["name"])
    hers = caller is not None and caller.account_id is not None and covers(caller.scopes, "read:follows")
    following = await house.store.read(tags.follows, caller.me, name) if caller is not None and hers else None
    return answer(tag_entity(house, name, following=following))


async def follow_tag(request: Request) -> Response:
    """POST /api/v1/tags/:name/follow and …/unfollow"""
    house, caller = await member(request, "write:follows")
    name = tags.name_of(request.path_params["name"])
    follows = request.url.path.endswith("/follow")
    await house.store.unit(tags.follow if follows else tags.unfollow, caller.me, name)
    return answer(tag_entity(house, name, following=follows))


async def followed_tags(request: Request) -> Response:
    """GET /api/v1/followed_tags"""
    house, caller = await member(request, "read:follows")
    page = page_of(await params(request), 100, 200)
    rows = await house.store.read(tags.followed, caller.me, page.limit, page.below, page.above)
    links = link_header(request, [row.id for row in rows], page.limit)
    return answer([tag_entity(house, row.name, following=True) for row in rows], headers=links)


ROUTES = [
    get("/api/v1/lists", all_lists),
    post("/api/v1/lists", create_list),
    *(method("/api/v1/lists/{id}", one_list) for method in (get, put, delete)),
    *(method("/api/v1/lists/{id}/accounts", list_accounts) for method in (get, post, delete)),
    get("/api/v1/accounts/{id}/lists", lists_of_account),
    get("/api/v1/markers", get_markers),
    post("/api/v1/markers", set_markers),
    get("/api/v1/conversations", all_conversations),
    post("/api/v1/conversations/{id}/read", read_conversation),
    delete("/api/v1/conversations/{id}", remove_conversation),
    get("/api/v1/timelines/direct", direct),
    get("/api/v1/bookmarks", marked),
    get("/api/v1/favourites", marked),
    get("/api/v1/followed_tags", followed_tags),
    post("/api/v1/tags/{name}/follow", follow_tag),
    post("/api/v1/tags/{name}/unfollow", follow_tag),
    get("/api/v1/tags/{name}", one_tag),
]
