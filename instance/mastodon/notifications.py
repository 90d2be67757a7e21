"""Notifications, one by one (v1) and in groups (v2) (https://docs.joinmastodon.org/methods/notifications/, …/grouped_notifications/).

Nothing is filtered into requests: whoever is blocked or muted makes no notification at all, all others are accepted.
"""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from instance.clock import iso
from instance.errors import NotFoundError
from instance.house import House
from instance.mastodon import serialise, telling
from instance.mastodon.asking import entities_of, get, member, patch, path_id, post, put
from instance.mastodon.errors import answer, listed
from instance.mastodon.paging import link_header, page_of
from instance.mastodon.params import Params, params
from instance.mastodon.rendered import encode
from instance.notices import pages
from instance.notices.pages import Group, Wanted
from instance.notices.telling import GROUPED

READ, WRITE = "read:notifications", "write:notifications"
MOST_COUNTED = 100
ABOUT_POSTS = {"mention", "status", "reblog", "favourite", "poll", "update", "quote", "quoted_update"}
ABOUT_POSTS |= {"pending.favourite", "pending.reblog", "pending.quote"}
ACCEPT_ALL = dict.fromkeys(
    (
        "for_not_following",
        "for_not_followers",
        "for_new_accounts",
        "for_private_mentions",
        "for_limited_accounts",
        "for_bots",
    ),
    "accept",
)
SUMMARY = {"pending_requests_count": 0, "pending_notifications_count": 0}
POLICY = {**ACCEPT_ALL, "summary": SUMMARY}
OLD_POLICY = {**{name.replace("for_", "filter_"): False for name in ACCEPT_ALL}, "summary": SUMMARY}


def _wanted(asked: Params, default: int = 40, most: int = 80) -> Wanted:
    page = page_of(asked, default, most)
    grouped = asked.texts("grouped_types")
    return Wanted(
        pages.kinds(asked.texts("types"), asked.texts("exclude_types")),
        asked.id("account_id"),
        page.limit,
        page.below,
        page.above,
        page.ascending,
        [kind for kind in GROUPED if kind in grouped] if grouped else GROUPED,
    )


async def entities_of_rows(house: House, reader_id: int, rows: list[Any]) -> list[msgspec.Raw]:
    """Notification entities of rows, in their order; those about what is gone are left out."""
    accounts = await serialise.accounts(house, [row.from_id for row in rows])
    statuses = await statuses_of(house, reader_id, [row.post_id for row in rows if row.post_id])
    about = await telling.told(house, ((row.kind, row.about_id) for row in rows))
    shown = []
    for row in rows:
        if row.from_id not in accounts or (row.kind in ABOUT_POSTS and row.post_id not in statuses):
            continue
        entity: dict[str, Any] = {
            "id": str(row.id),
            "type": row.kind,
            "created_at": iso(row.created_at),
            "group_key": row.group_key,
            "account": accounts[row.from_id],
        }
        if row.kind in ABOUT_POSTS:
            entity["status"] = statuses[row.post_id]
        entity |= about.get((row.kind, row.about_id), {})
        shown.append(msgspec.Raw(encode(entity)))
    return shown


async def statuses_of(house: House, reader_id: int, ids: list[int]) -> dict[int, msgspec.Raw]:
    """Statuses by id, as far as the reader may see them."""
    found = await serialise.statuses(house, ids, reader_id, context="notifications")
    return {int(msgspec.json.decode(raw, type=_Id).id): raw for raw in found}


class _Id(msgspec.Struct):
    id: str


async def index(request: Request) -> Response:
    """GET /api/v1/notifications"""
    house, caller = await member(request, READ)
    wanted = _wanted(await params(request))
    rows = await house.store.read(pages.page, caller.me, wanted)
    shown = await entities_of_rows(house, caller.me, rows)
    return listed(shown, link_header(request, [row.id for row in rows], wanted.limit))


async def show(request: Request) -> Response:
    """GET /api/v1/notifications/:id"""
    house, caller = await member(request, READ)
    row = await house.store.read(pages.one, caller.me, path_id(request))
    shown = await entities_of_rows(house, caller.me, [row])
    if not shown:
        raise NotFoundError
    return answer(shown[0])


async def dismiss(request: Request) -> Response:
    """POST /api/v1/notifications/:id/dismiss, and the old /api/v1/notifications/dismiss with `id`"""
    house, caller = await member(request, WRITE)
    asked = await params(request)
    notification_id = path_id(request) if "id" in request.path_params else asked.id("id")
    if notification_id is not None:
        await house.store.unit(pages.dismiss, caller.me, notification_id)
    return answer({})


async def clear(request: Request) -> Response:
    """POST /api/v1/notifications/clear"""
    house, caller = await member(request, WRITE)
    await house.store.unit(pages.clear, caller.me)
    return answer({})


async def unread_count(request: Request) -> Response:
    """GET /api/v1/notifications/unread_count and /api/v2/notifications/unread_count"""
    house, caller = await member(request, READ)
    wanted = _wanted(await params(request), MOST_COUNTED, 1000)
    in_groups = request.url.path.startswith("/api/v2/")
    count = await house.store.read(lambda c: pages.unread(c, caller.me, wanted, in_groups=in_groups))
    return answer({"count": count})


async def grouped(request: Request) -> Response:
    """GET /api/v2/notifications"""
    house, caller = await member(request, READ)
    wanted = _wanted(await params(request))
    groups = await house.store.read(pages.groups, caller.me, wanted)
    links = link_header(request, [group.newest_id for group in groups], wanted.limit)
    return answer(await _results(house, caller.me, groups), headers=links)


async def one_group(request: Request) -> Response:
    """GET /api/v2/notifications/:group_key"""
    house, caller = await member(request, READ)
    group = await house.store.read(pages.group, caller.me, request.path_params["group_key"])
    return answer(await _results(house, caller.me, [group]))


async def group_accounts(request: Request) -> Response:
    """GET /api/v2/notifications/:group_key/accounts"""
    house, caller = await member(request, READ)
    ids = await house.store.read(pages.accounts_of, caller.me, request.path_params["group_key"])
    return listed(await entities_of(house, ids))


async def dismiss_group(request: Request) -> Response:
    """POST /api/v2/notifications/:group_key/dismiss"""
    house, caller = await member(request, WRITE)
    await house.store.unit(pages.dismiss_group, caller.me, request.path_params["group_key"])
    return answer({})


async def _results(house: House, reader_id: int, groups: list[Group]) -> dict[str, Any]:
    """GroupedNotificationsResults: accounts and statuses once, groups that name them."""
    statuses = await statuses_of(house, reader_id, [group.post_id for group in groups if group.post_id])
    groups = [group for group in groups if group.kind not in ABOUT_POSTS or group.post_id in statuses]
    about = await telling.told(house, ((group.kind, group.about_id) for group in groups))
    ids = list(dict.fromkeys(account_id for group in groups for account_id in group.from_ids))
    return {
        "accounts": await entities_of(house, ids),
        "statuses": list(statuses.values()),
        "notification_groups": [
            _group_entity(group) | about.get((group.kind, group.about_id or 0), {}) for group in groups
        ],
    }


def _group_entity(group: Group) -> dict[str, Any]:
    entity: dict[str, Any] = {
        "group_key": group.key,
        "notifications_count": group.count,
        "type": group.kind,
        "most_recent_notification_id": group.newest_id,
        "page_min_id": str(group.oldest_id),
        "page_max_id": str(group.newest_id),
        "latest_page_notification_at": iso(group.newest_at),
        "sample_account_ids": [str(account_id) for account_id in group.from_ids],
    }
    if group.kind in ABOUT_POSTS:
        entity["status_id"] = str(group.post_id)
    return entity


async def policy(request: Request) -> Response:
    """GET, PATCH /api/v2/notifications/policy and GET, PUT /api/v1/notifications/policy: all are accepted, always"""
    await member(request, READ if request.method == "GET" else WRITE)
    return answer(POLICY if request.url.path.startswith("/api/v2/") else OLD_POLICY)


async def requests(request: Request) -> Response:
    """GET /api/v1/notifications/requests: none are ever held back"""
    await member(request, READ)
    return listed([])


async def no_request(request: Request) -> Response:
    """A single notification request: there is none"""
    await member(request, READ if request.method == "GET" else WRITE)
    raise NotFoundError


async def many_requests(request: Request) -> Response:
    """POST /api/v1/notifications/requests/accept and …/dismiss: there is nothing to do"""
    await member(request, WRITE)
    return answer({})


async def merged(request: Request) -> Response:
    """GET /api/v1/notifications/requests/merged"""
    await member(request, READ)
    return answer({"merged": True})


ROUTES = [
    get("/api/v1/notifications", index),
    post("/api/v1/notifications/clear", clear),
    post("/api/v1/notifications/dismiss", dismiss),
    get("/api/v1/notifications/unread_count", unread_count),
    get("/api/v1/notifications/policy", policy),
    put("/api/v1/notifications/policy", policy),
    get("/api/v1/notifications/requests", requests),
    get("/api/v1/notifications/requests/merged", merged),
    post("/api/v1/notifications/requests/accept", many_requests),
    post("/api/v1/notifications/requests/dismiss", many_requests),
    get("/api/v1/notifications/requests/{id}", no_request),
    post("/api/v1/notifications/requests/{id}/accept", no_request),
    post("/api/v1/notifications/requests/{id}/dismiss", no_request),
    get("/api/v1/notifications/{id}", show),
    post("/api/v1/notifications/{id}/dismiss", dismiss),
    get("/api/v2/notifications", grouped),
    get("/api/v2/notifications/unread_count", unread_count),
    get("/api/v2/notifications/policy", policy),
    patch("/api/v2/notifications/policy", policy),
    get("/api/v2/notifications/{group_key}", one_group),
    get("/api/v2/notifications/{group_key}/accounts", group_accounts),
    post("/api/v2/notifications/{group_key}/dismiss", dismiss_group),
]
