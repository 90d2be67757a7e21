"""Deliveries' connections: one per peer, kept alive, no pool (DECISIONS 19). POSTs only."""

import asyncio
import ssl
from dataclasses import dataclass, field

import httpcore

from federation.client.network import Network, Requests
from federation.errors import RefusedError, UnreachableError
from federation.vocab.iris import host_of, origin_of

STEP_SECONDS = 10.0
TOTAL_SECONDS = 30.0
MOST_LINES = 200
MOST_ANSWER = 10_000

Headers = list[tuple[bytes, bytes]]
_TIMEOUT = {"connect": STEP_SECONDS, "read": STEP_SECONDS, "write": STEP_SECONDS, "pool": STEP_SECONDS}
_CLOSED = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError, httpcore.ConnectionNotAvailable)


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to a POST."""

    status: int
    retry_after: str = ""
    offers: bool = False
    """Whether it says that it reads RFC 9421 (Accept-Signature)."""


@dataclass(slots=True)
class _Line:
    requests: Requests
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    used: bool = False


class Lines:
    """Keeps the connections, the most recently used ones."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._lines: dict[str, _Line] = {}

    async def post(self, url: str, headers: Headers, body: bytes) -> Posted:
        """POST once; a kept-alive connection that turns out to be closed is retried once at once, on a new one.

        Raises UnreachableError, or RefusedError from the guard.
        """
        origin = origin_of(url)
        if not origin:
            raise RefusedError("that is no address")
        line = self._take(origin)
        try:
            async with line.lock, asyncio.timeout(TOTAL_SECONDS):
                try:
                    return await self._send(line, url, headers, body)
                except _CLOSED:
                    if not line.used:
                        raise
                    await self._renew(line, origin)
                    return await self._send(line, url, headers, body)
        except BaseException as error:
            await self._drop(origin, line)
            if isinstance(error, httpcore.TimeoutException | TimeoutError):
                raise UnreachableError(f"{host_of(url)} took too long") from error
            if isinstance(error, httpcore.NetworkError | httpcore.ProtocolError | OSError | ssl.SSLError):
                raise UnreachableError(f"{host_of(url)} can't be reached: {type(error).__name__}") from error
            raise

    async def aclose(self) -> None:
        """Close all."""
        for line in list(self._lines.values()):
            await line.requests.aclose()
        self._lines.clear()

    def _take(self, origin: str) -> _Line:
        line = self._lines.pop(origin, None) or _Line(self._network.line(origin))
        self._lines[origin] = line  # the last is the most recently used
        if len(self._lines) > MOST_LINES:
            oldest = next(iter(self._lines))
            if not self._lines[oldest].lock.locked():
                asyncio.get_running_loop().create_task(self._lines.pop(oldest).requests.aclose())
        return line

    async def _send(self, line: _Line, url: str, headers: Headers, body: bytes) -> Posted:
        request = httpcore.Request("POST", url, headers=headers, content=body, extensions={"timeout": _TIMEOUT})
        response = await line.requests.handle_async_request(request)
        try:
            length = 0
            async for chunk in response.aiter_stream():
                length += len(chunk)
                if length > MOST_ANSWER:
                    break  # nobody needs it; closing early ends this connection
        finally:
            await response.aclose()
        line.used = True
        answered = {name.lower(): value for name, value in response.headers}
        later = answered.get(b"retry-after", b"").decode("latin-1")[:40]
        return Posted(response.status, later, b"accept-signature" in answered)

    async def _renew(self, line: _Line, origin: str) -> None:
        await line.requests.aclose()
        line.requests, line.used = self._network.line(origin), False

    async def _drop(self, origin: str, line: _Line) -> None:
        if self._lines.get(origin) is line:
            del self._lines[origin]
        await asyncio.shield(line.requests.aclose())
