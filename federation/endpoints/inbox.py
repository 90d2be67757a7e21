"""POST to `/inbox`, to the Application's and to each actor's own inbox: all the same to us (DECISIONS 20)."""

import re

from starlette.requests import Request
from starlette.responses import Response

from federation.context import Federation
from federation.endpoints.answers import PRIVATE
from federation.endpoints.reading import read, target_of
from federation.errors import TooMuchError
from federation.inbound.accept import accept

_GIVES_UP = re.compile(r"Lemmy/0\.(?:\d|1[0-8]|19\.[0-3])(?!\d)", re.ASCII)
"""Lemmy before 0.19.4 never sends again what was answered 4xx, whatever it was; what is answered 503 it does."""


async def post_inbox(federation: Federation, request: Request) -> Response:
    """202 once it is stored, or once it is clear that nothing is to be done; also for recipients that we don't have."""
    message = await read(federation, request)
    owner = target_of(request).partition("?")[0].removesuffix("/inbox")
    try:
        await accept(federation, message, f"{federation.base_url}{owner}" if owner else None)
    except TooMuchError as error:
        if _GIVES_UP.match(message.header("user-agent")):
            error.status = 503
        raise
    return Response(status_code=202, headers=PRIVATE)
