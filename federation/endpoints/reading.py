"""Reads a request for signatures; takes bodies up to a limit, however they are sent."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from federation.context import Federation
from federation.errors import MalformedError, SlowError, TooLargeError, WrongTypeError
from federation.signatures.message import Message, read_headers
from federation.vocab.limits import MOST_BYTES

BODY_SECONDS = 30.0
BODY_TYPES = frozenset({"application/activity+json", "application/ld+json", "application/json"})


async def read(federation: Federation, request: Request) -> Message:
    """The request as it was sent, with its body. Raises TooLargeError, WrongTypeError."""
    headers, repeated = read_headers(request.scope["headers"])
    body = b""
    if request.method == "POST":
        _check_type(headers.get("content-type", ""))
        body = await _body(request, headers.get("content-length", ""))
    scheme = federation.base_url.partition(":")[0]
    caller = request.client.host if request.client is not None else ""
    return Message(request.method, target_of(request), headers, body, scheme, repeated, caller)


def target_of(request: Request) -> str:
    """Path and query as they were sent, before any decoding."""
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    path = raw_path.partition(b"?")[0].decode("latin-1")
    return f"{path}?{query.decode('latin-1')}" if query else path


def _check_type(given: str) -> None:
    kind = given.partition(";")[0].strip().lower()
    if kind not in BODY_TYPES:
        raise WrongTypeError("send application/activity+json")


async def _body(request: Request, length: str) -> bytes:
    if length.isdecimal() and len(length) < 20 and int(length) > MOST_BYTES:
        raise TooLargeError(f"more than {MOST_BYTES} bytes")
    parts: list[bytes] = []
    total = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                total += len(chunk)
                if total > MOST_BYTES:
                    raise TooLargeError(f"more than {MOST_BYTES} bytes")
                parts.append(chunk)
    except TimeoutError as error:
        raise SlowError("the body took too long") from error
    except ClientDisconnect as error:
        raise MalformedError("the body did not arrive") from error
    return b"".join(parts)
