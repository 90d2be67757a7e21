"""POST to `/inbox`, to the Application's and to each actor's own inbox: all the same to us (DECISIONS 20)."""

from starlette.requests import Request
from starlette.responses import Response

from federation.context import Federation
from federation.endpoints.answers import PRIVATE
from federation.endpoints.reading import read, target_of
from federation.inbound.accept import accept


async def post_inbox(federation: Federation, request: Request) -> Response:
    """202 once it is stored, or once it is clear that nothing is to be done; also for recipients that we don't have."""
    message = await read(federation, request)
    owner = target_of(request).partition("?")[0].removesuffix("/inbox")
    await accept(federation, message, f"{federation.base_url}{owner}" if owner else None)
    return Response(status_code=202, headers=PRIVATE)
