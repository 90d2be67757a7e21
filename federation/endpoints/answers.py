"""How federation's endpoints answer: ActivityStreams JSON that nobody caches, short problem texts, never a 500."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from federation.context import Federation
from federation.errors import FederationError

ACTIVITY = "application/activity+json; charset=utf-8"
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Accept, Signature, Signature-Input"}
WANTED = {
    "WWW-Authenticate": 'Signature realm="federation",headers="(request-target) host date"',
    "Accept-Signature": 'sig1=("@method" "@target-uri");created;keyid',
}
"""What a signature needs here, in both schemes' words (RFC 9421 §5)."""

Endpoint = Callable[[Federation, Request], Awaitable[Response]]


def federation_of(request: Request) -> Federation:
    """The federation that this request came to."""
    found: Federation = request.state.federation
    return found


def activity_json(document: dict[str, Any], headers: dict[str, str] = PRIVATE, *, status: int = 200) -> Response:
    """A document for peers."""
    return Response(msgspec.json.encode(document), status, media_type=ACTIVITY, headers=headers)


def json(document: dict[str, Any], media_type: str, headers: dict[str, str]) -> Response:
    """Any other JSON."""
    return Response(msgspec.json.encode(document), media_type=media_type, headers=headers)


def not_found() -> Response:
    """Absent, or not for this reader: the same bytes (SECURITY no. 16)."""
    return PlainTextResponse("Not found.", 404, headers=PRIVATE)


def problem(error: FederationError) -> Response:
    """A refusal."""
    headers = dict(PRIVATE)
    if error.retry:
        headers["Retry-After"] = str(error.after)
    if error.status == 401:
        headers |= WANTED
    text = error.text
    return PlainTextResponse(f"{text[:1].upper()}{text[1:]}.", error.status, headers=headers)


def guarded(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint whose refusals become answers."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(federation_of(request), request)
        except FederationError as error:
            return problem(error)

    return answer
