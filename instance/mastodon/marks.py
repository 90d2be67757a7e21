"""What a member does with a status: favourite, reblog, bookmark, mute its thread, pin; and who did."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from instance.auth.bearer import bearer
from instance.content import boosts, marks
from instance.content.visible import shown, visible_to
from instance.db.content import favourite, post
from instance.db.people import account
from instance.db.unit import Unit
from instance.house import house_of
from instance.mastodon import serialise
from instance.mastodon.errors import listed
from instance.mastodon.paging import Page, link_header, page_of
from instance.mastodon.params import params
from instance.mastodon.statuses import one, path_id, reader_of
from instance.people import restrictions

Do = Callable[[Unit, int, int], Any]


def _action(name: str, scope: str, do: Do) -> Route:
    """POST /api/v1/statuses/:id/{name}: do it, answer the status."""

    async def endpoint(request: Request) -> Response:
        house = house_of(request)
        caller = await bearer(house, request, scope)
        post_id = path_id(request)

        def work(u: Unit) -> int:
            do(u, caller.me, post_id)
            return int(shown(u.connection, caller.me, post_id).id)

        return one(await serialise.status(house, await house.store.unit(work), caller.me))

    return Route(f"/api/v1/statuses/{{id}}/{name}", endpoint, methods=["POST"])


async def reblog(request: Request) -> Response:
    """POST /api/v1/statuses/:id/reblog: answers the wrapper, with the status in `reblog`."""
    house = house_of(request)
    caller = await bearer(house, request, "write:statuses")
    post_id, wanted = path_id(request), (await params(request)).maybe("visibility")
    boost_id = await house.store.unit(lambda u: boosts.boost(u, caller.me, post_id, visibility=wanted))
    return one(await serialise.status(house, boost_id, caller.me))


async def unreblog(request: Request) -> Response:
    """POST /api/v1/statuses/:id/unreblog: answers the status that was boosted."""
    house = house_of(request)
    caller = await bearer(house, request, "write:statuses")
    post_id = path_id(request)

    def work(u: Unit) -> int:
        target = shown(u.connection, caller.me, post_id).id
        boosts.unboost(u, caller.me, target)
        return int(target)

    return one(await serialise.status(house, await house.store.unit(work), caller.me))


def _who(connection: Connection, reader_id: int | None, post_id: int, page: Page, table: Table) -> list[Any]:
    """Who favourited or boosted a post that the reader may see: (id of the mark, account), newest first; nobody of a block."""
    row = shown(connection, reader_id, post_id)
    about = table.c.boost_of_id if table is post else table.c.post_id
    asked = select(table.c.id, table.c.account_id).join(account, account.c.id == table.c.account_id)
    asked = asked.where(about == row.id, account.c.suspended_at.is_(None), account.c.deleted_at.is_(None))
    asked = asked.where(~restrictions.blocked(reader_id, account.c.id))
    if table is post:
        asked = asked.where(visible_to(reader_id))
    asked = asked.where(table.c.id < page.below, table.c.id > page.above).limit(page.limit)
    if page.ascending:
        return list(reversed(connection.execute(asked.order_by(table.c.id)).all()))
    return list(connection.execute(asked.order_by(table.c.id.desc())).all())


def _list(name: str, table: Table) -> Route:
    """GET /api/v1/statuses/:id/{name}: accounts, by pages."""

    async def endpoint(request: Request) -> Response:
        house, reader = house_of(request), await reader_of(request)
        page = page_of(await params(request), 40, 80)
        rows = await house.store.read(_who, reader, path_id(request), page, table)
        found = await serialise.accounts(house, [row.account_id for row in rows])
        shown_accounts = [found[row.account_id] for row in rows if row.account_id in found]
        return listed(shown_accounts, link_header(request, [row.id for row in rows], page.limit))

    return Route(f"/api/v1/statuses/{{id}}/{name}", endpoint, methods=["GET"])


ROUTES = [
    _action("favourite", "write:favourites", marks.favourite),
    _action("unfavourite", "write:favourites", marks.unfavourite),
    _action("bookmark", "write:bookmarks", marks.bookmark),
    _action("unbookmark", "write:bookmarks", marks.unbookmark),
    _action("mute", "write:mutes", marks.mute_thread),
    _action("unmute", "write:mutes", marks.unmute_thread),
    _action("pin", "write:accounts", marks.pin),
    _action("unpin", "write:accounts", marks.unpin),
    Route("/api/v1/statuses/{id}/reblog", reblog, methods=["POST"]),
    Route("/api/v1/statuses/{id}/unreblog", unreblog, methods=["POST"]),
    _list("favourited_by", favourite),
    _list("reblogged_by", post),
]
