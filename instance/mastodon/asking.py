"""What endpoints ask first: who calls and with which scopes, which id the path names; and lists of accounts as answers."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from instance.auth.bearer import Caller, bearer, optional_bearer
from instance.errors import NotFoundError
from instance.house import House, house_of
from instance.mastodon import serialise
from instance.mastodon.errors import listed
from instance.mastodon.paging import Page, link_header
from instance.mastodon.params import id_of
from instance.media.intake import MOST_BYTES
from instance.people import accounts
from instance.people.accounts import AccountRow

Endpoint = Callable[[Request], Awaitable[Response]]


def get(path: str, endpoint: Endpoint) -> Route:
    """A route for GET."""
    return Route(path, endpoint, methods=["GET"])


def post(path: str, endpoint: Endpoint) -> Route:
    """A route for POST."""
    return Route(path, endpoint, methods=["POST"])


def put(path: str, endpoint: Endpoint) -> Route:
    """A route for PUT."""
    return Route(path, endpoint, methods=["PUT"])


def patch(path: str, endpoint: Endpoint) -> Route:
    """A route for PATCH."""
    return Route(path, endpoint, methods=["PATCH"])


def delete(path: str, endpoint: Endpoint) -> Route:
    """A route for DELETE."""
    return Route(path, endpoint, methods=["DELETE"])


async def member(request: Request, *scopes: str) -> tuple[House, Caller]:
    """The house and the member who calls. Raises RefusalError (401, 403, 422)."""
    house = house_of(request)
    return house, await bearer(house, request, *scopes)


async def reader(request: Request, scope: str) -> tuple[House, int | None]:
    """The house and the reader's account, None for a stranger. A token that does not hold, or not for this, is refused.

    `scope`: what a token needs for it ('' for nothing in particular); `a|b` asks for either.
    """
    house = house_of(request)
    caller = await optional_bearer(house, request, scope)
    return house, caller.account_id if caller is not None else None


async def uploaded(file: UploadFile) -> bytes:
    """What was uploaded, one byte more than is taken at most; the temporary file is gone then."""
    try:
        return await file.read(MOST_BYTES + 1)
    finally:
        await file.close()


def path_id(request: Request, name: str = "id") -> int:
    """The id in the path. Raises NotFoundError for what can be none."""
    return id_of(request.path_params[name])


async def account_row(house: House, account_id: int) -> AccountRow:
    """An account that others may see. Raises NotFoundError."""
    row = await house.store.read(accounts.by_id, account_id)
    if row is None or not accounts.is_shown(row):
        raise NotFoundError
    return row


async def entities_of(house: House, ids: Sequence[int]) -> list[msgspec.Raw]:
    """Account entities in this order; unknown ones are left out."""
    found = await serialise.accounts(house, list(ids))
    return [found[account_id] for account_id in ids if account_id in found]


async def account_page(request: Request, rows: Sequence[Any], limit: int) -> Response:
    """A page of accounts from rows (id that pages, account id)."""
    shown = await entities_of(house_of(request), [row[1] for row in rows])
    return listed(shown, link_header(request, [row[0] for row in rows], limit))


def follow_page(page: Page) -> dict[str, int | None]:
    """A page in the words of `people.follows`."""
    newer = page.above or None
    return {
        "limit": page.limit,
        "max_id": page.below,
        "since_id": None if page.ascending else newer,
        "min_id": page.above if page.ascending else None,
    }
