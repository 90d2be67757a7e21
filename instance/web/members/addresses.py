"""Browsers that follow the address of an actor or object (`/u/…`, `/g/…`) are led to its page (DECISIONS 6, 20).

Only requests that ask for HTML are taken; what asks for ActivityPub goes on to federation's own routes.
"""

from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from federation.endpoints.wanted import wants_page
from instance.errors import NotFoundError
from instance.groups import groups
from instance.people import accounts
from instance.web.frame.visitor import Visitor, page


class BrowserRoute(Route):
    """A route for browsers only."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """No match unless the request asks for HTML, and for nothing else as much."""
        if scope["type"] == "http" and not wants_page(Headers(scope=scope)):
            return Match.NONE, {}
        found, child = super().matches(scope)
        return (Match.NONE, {}) if found is Match.PARTIAL else (found, child)


async def person(visitor: Visitor) -> Response:
    """`/u/{id}` and what lies under it."""
    row = await visitor.house.store.read(accounts.by_id, int(visitor.request.path_params["account_id"]))
    if row is None or row.domain or not accounts.is_shown(row):
        raise NotFoundError
    post_id = visitor.request.path_params.get("post_id")
    return RedirectResponse(f"/@{row.name}/{post_id}" if post_id else f"/@{row.name}", 302)


async def group(visitor: Visitor) -> Response:
    """`/g/{slug}`: the page of an open group; else the sign-in page, the same for closed, sealed and absent."""
    iri = visitor.house.site.url(f"/g/{visitor.param('slug')}")
    row = await visitor.house.store.read(accounts.by_iri, iri)
    tier = await visitor.house.store.read(groups.tier, row.id) if row is not None else None
    if row is not None and tier == groups.OPEN and accounts.is_shown(row):
        return RedirectResponse(f"/@{row.name}", 302)
    if visitor.session is None:
        return RedirectResponse("/auth/sign_in?next=" + quote(visitor.request.url.path, safe=""), 302)
    raise NotFoundError


ROUTES = [
    BrowserRoute("/u/{account_id:int}", page(person), methods=["GET"]),
    BrowserRoute("/u/{account_id:int}/p/{post_id:int}", page(person), methods=["GET"]),
    BrowserRoute("/g/{slug}", page(group), methods=["GET"]),
    BrowserRoute("/g/{slug}/{rest:path}", page(group), methods=["GET"]),
]
