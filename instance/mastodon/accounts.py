"""Other people's accounts: show, look up, search, their posts, whom they follow (https://docs.joinmastodon.org/methods/accounts/).

Who follows whom is nobody else's business: the lists are empty but for their owner.
"""

from typing import Any

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response

from instance.content import search
from instance.content.visible import visible_to
from instance.db.content import post as post_table
from instance.db.content import tag
from instance.errors import NotFoundError
from instance.house import House
from instance.mastodon import serialise
from instance.mastodon.asking import (
    account_page,
    account_row,
    entities_of,
    follow_page,
    get,
    member,
    path_id,
    reader,
)
from instance.mastodon.errors import answer, listed
from instance.mastodon.paging import Page, link_header, page_of
from instance.mastodon.params import Params, params
from instance.mastodon.rendered import shown_accounts
from instance.people import accounts, follows
from instance.people.accounts import AccountRow

READ = "read:accounts"
MOST_AT_ONCE = 80


async def show(request: Request) -> Response:
    """GET /api/v1/accounts/:id"""
    house, _ = await reader(request, READ)
    return answer(await _shown(house, await account_row(house, path_id(request))))


async def several(request: Request) -> Response:
    """GET /api/v1/accounts?id[]=: those that others may see"""
    house, _ = await reader(request, READ)
    ids = (await params(request)).ids("id")[:MOST_AT_ONCE]
    rows = await house.store.read(accounts.by_ids, ids)
    return listed(await entities_of(house, [one for one in ids if accounts.is_shown(rows.get(one))]))


async def lookup(request: Request) -> Response:
    """GET /api/v1/accounts/lookup: by handle, among those that we know"""
    house, _ = await reader(request, READ)
    name, domain = search.handle_of((await params(request)).text("acct"), house.site.domain) or ("", "")
    row = await house.store.read(accounts.by_name, name, domain)
    if row is None or not accounts.is_shown(row):
        raise NotFoundError
    return answer(await _shown(house, row))


async def find(request: Request) -> Response:
    """GET /api/v1/accounts/search"""
    house, caller = await member(request, "read:accounts")
    asked = await params(request)
    wanted = search.Wanted(
        asked.text("q"), asked.number("limit", 40, 1, 80), asked.number("offset", 0, 0, 10_000), asked.flag("following")
    )
    return listed(await found_accounts(house, caller.me, wanted, resolve=asked.flag("resolve")))


async def found_accounts(house: House, reader_id: int, wanted: search.Wanted, *, resolve: bool) -> list[Any]:
    """Accounts for a search; with `resolve`, a handle or address that we don't know is asked of its server."""
    if resolve and not wanted.offset:
        await house.learn(wanted.text)
    ids = await house.store.read(search.accounts, reader_id, wanted, house.site.domain)
    return await entities_of(house, ids)


async def statuses(request: Request) -> Response:
    """GET /api/v1/accounts/:id/statuses"""
    house, reader_id = await reader(request, "read:statuses")
    asked = await params(request)
    row = await account_row(house, path_id(request))
    page = page_of(asked)
    if asked.text("tagged"):
        return await _tagged(request, house, reader_id, row.id, page)
    if asked.flag("pinned"):
        shown, ids = await serialise.page(house, "pinned", reader_id, page, context="account", account=row.id)
        return listed(shown, link_header(request, ids, page.limit))
    shown, ids = await serialise.page(
        house, "account", reader_id, page, context="account", account=row.id, **_switches(asked)
    )
    return listed(shown, link_header(request, ids, page.limit))


def _switches(asked: Params) -> dict[str, bool]:
    return {
        "exclude_replies": asked.flag("exclude_replies"),
        "exclude_boosts": asked.flag("exclude_reblogs"),
        "only_media": asked.flag("only_media"),
    }


async def _tagged(request: Request, house: House, reader_id: int | None, account_id: int, page: Page) -> Response:
    name = (await params(request)).text("tagged").lstrip("#").lower()

    def ids_of(connection: Connection) -> list[int]:
        asked = select(post_table.c.id).join(tag, tag.c.post_id == post_table.c.id)
        asked = asked.where(post_table.c.account_id == account_id, tag.c.name == name, visible_to(reader_id))
        asked = asked.where(post_table.c.id < page.below, post_table.c.id > page.above)
        return list(connection.execute(asked.order_by(post_table.c.id.desc()).limit(page.limit)).scalars())

    ids = await house.store.read(ids_of)
    shown = await serialise.statuses(house, ids, reader_id, context="account")
    return listed(shown, link_header(request, ids, page.limit))


async def followers(request: Request) -> Response:
    """GET /api/v1/accounts/:id/followers"""
    return await _follows(request, follows.followers)


async def following(request: Request) -> Response:
    """GET /api/v1/accounts/:id/following"""
    return await _follows(request, follows.following)


async def _follows(request: Request, listing: Any) -> Response:
    house, reader_id = await reader(request, READ)
    row = await account_row(house, path_id(request))
    page = page_of(await params(request), 40, 80)
    if row.id != reader_id:
        return listed([])
    rows = await house.store.read(lambda c: listing(c, row.id, **follow_page(page)))
    return await account_page(request, rows, page.limit)


async def directory(request: Request) -> Response:
    """GET /api/v1/directory: local people who want to be found, for those who have signed in"""
    house, reader_id = await reader(request, READ)
    asked = await params(request)
    if reader_id is None:
        return listed([])
    limit, offset = asked.number("limit", 40, 1, 80), asked.number("offset", 0, 0, 10_000)
    ids = await house.store.read(search.directory, limit, offset, asked.text("order") == "new")
    return listed(await entities_of(house, ids))


async def _shown(house: House, row: AccountRow) -> dict[str, Any]:
    [(_, entity)] = await house.store.read(shown_accounts, house.site, [row])
    return entity


ROUTES = [
    get("/api/v1/accounts", several),
    get("/api/v1/accounts/lookup", lookup),
    get("/api/v1/accounts/search", find),
    get("/api/v1/directory", directory),
    get("/api/v1/accounts/{id}/statuses", statuses),
    get("/api/v1/accounts/{id}/followers", followers),
    get("/api/v1/accounts/{id}/following", following),
    get("/api/v1/accounts/{id}", show),
]
