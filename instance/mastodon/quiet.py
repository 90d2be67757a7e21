"""Endpoints that apps ask and that have nothing to tell here: each answers in its right shape.

Nothing is recommended, ranked or counted; nothing is scheduled, featured or announced yet.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_
from instance.mastodon.asking import account_row, member, path_id, reader
from instance.mastodon.errors import answer

Endpoint = Callable[[Request], Awaitable[Response]]

ANYONE = None
NO_COLLECTIONS = N_("There are no collections here.")
NO_FEATURED_TAGS = N_("Hashtags can't be featured here.")

# (method, path, scope or None for strangers too, answer)
EMPTY: list[tuple[str, str, str | None, Any]] = [
    ("GET", "/api/v1/custom_emojis", ANYONE, []),
    ("GET", "/api/v1/trends", ANYONE, []),
    ("GET", "/api/v1/trends/tags", ANYONE, []),
    ("GET", "/api/v1/trends/statuses", ANYONE, []),
    ("GET", "/api/v1/trends/links", ANYONE, []),
    ("GET", "/api/v1/timelines/link", ANYONE, []),
    ("GET", "/api/v1/announcements", "read", []),
    ("GET", "/api/v1/annual_reports", "read:accounts", {"accounts": [], "statuses": [], "annual_reports": []}),
    ("GET", "/api/v1/annual_reports/{year}/state", "read:accounts", {"state": "ineligible"}),
    ("GET", "/api/v1/scheduled_statuses", "read:statuses", []),
    ("GET", "/api/v1/suggestions", "read", []),
    ("GET", "/api/v2/suggestions", "read", []),
    ("DELETE", "/api/v1/suggestions/{id}", "read", {}),
    ("GET", "/api/v1/endorsements", "read:accounts", []),
    ("GET", "/api/v1/featured_tags", "read:accounts", []),
    ("GET", "/api/v1/featured_tags/suggestions", "read:accounts", []),
]

# (path, answer): of an account that is there
OF_ACCOUNT: list[tuple[str, Any]] = [
    ("/api/v1/accounts/{id}/featured_tags", []),
    ("/api/v1/accounts/{id}/endorsements", []),
    ("/api/v1/accounts/{id}/identity_proofs", []),
    ("/api/v1/accounts/{id}/collections", {"collections": []}),
    ("/api/v1/accounts/{id}/in_collections", {"collections": []}),
]

# (method, path, scope): no such thing is ever there
NONE: list[tuple[str, str, str]] = [
    ("POST", "/api/v1/announcements/{id}/dismiss", "write:accounts"),
    ("PUT", "/api/v1/announcements/{id}/reactions/{name}", "write:favourites"),
    ("DELETE", "/api/v1/announcements/{id}/reactions/{name}", "write:favourites"),
    ("GET", "/api/v1/annual_reports/{year}", "read:accounts"),
    ("POST", "/api/v1/annual_reports/{year}/read", "write:accounts"),
    ("POST", "/api/v1/annual_reports/{year}/generate", "write:accounts"),
    ("GET", "/api/v1/scheduled_statuses/{id}", "read:statuses"),
    ("PUT", "/api/v1/scheduled_statuses/{id}", "write:statuses"),
    ("DELETE", "/api/v1/scheduled_statuses/{id}", "write:statuses"),
    ("DELETE", "/api/v1/featured_tags/{id}", "write:accounts"),
    ("GET", "/api/v1_alpha/async_refreshes/{id}", "read"),
    ("GET", "/api/v1/collections/{id}", "read"),
    ("PATCH", "/api/v1/collections/{id}", "write"),
    ("DELETE", "/api/v1/collections/{id}", "write"),
    ("POST", "/api/v1/collections/{id}/items", "write"),
    ("DELETE", "/api/v1/collections/{id}/items/{item}", "write"),
    ("POST", "/api/v1/collections/{id}/items/{item}/revoke", "write"),
]

# (method, path, scope, why not)
REFUSED: list[tuple[str, str, str, str]] = [
    ("POST", "/api/v1/featured_tags", "write:accounts", NO_FEATURED_TAGS),
    ("POST", "/api/v1/tags/{name}/feature", "write:accounts", NO_FEATURED_TAGS),
    ("POST", "/api/v1/collections", "write", NO_COLLECTIONS),
]


def _empty(scope: str | None, value: Any) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if scope is None:
            await reader(request, "")
        else:
            await member(request, scope)
        return answer(value)

    return endpoint


def _of_account(value: Any) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        house, _ = await reader(request, "read:accounts")
        await account_row(house, path_id(request))
        return answer(value)

    return endpoint


def _none(scope: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        await member(request, scope)
        raise NotFoundError

    return endpoint


def _refused(scope: str, sentence: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        await member(request, scope)
        raise RefusalError("not-here", sentence)

    return endpoint


async def unfeature(request: Request) -> Response:
    """POST /api/v1/tags/:name/unfeature: none is featured"""
    house, _ = await member(request, "write:accounts")
    name = request.path_params["name"].lower()
    entity = {"id": name, "name": name, "url": house.site.url(f"/tags/{name}"), "history": []}
    return answer({**entity, "following": False, "featuring": False})


async def oembed(request: Request) -> Response:
    """GET /api/oembed: posts are not embedded elsewhere"""
    raise NotFoundError


ROUTES = [
    *(Route(path, _empty(scope, value), methods=[method]) for method, path, scope, value in EMPTY),
    *(Route(path, _of_account(value), methods=["GET"]) for path, value in OF_ACCOUNT),
    *(Route(path, _none(scope), methods=[method]) for method, path, scope in NONE),
    *(Route(path, _refused(scope, sentence), methods=[method]) for method, path, scope, sentence in REFUSED),
    Route("/api/v1/tags/{name}/unfeature", unfeature, methods=["POST"]),
    Route("/api/oembed", oembed, methods=["GET"]),
]
