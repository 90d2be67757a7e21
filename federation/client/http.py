"""The only module that imports httpx: single requests, with limits on time, size, redirects and types."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

import httpcore
import httpx

from federation.client.bounds import Pieces, reading_a_head
from federation.client.budget import spend
from federation.client.network import Network, Requests
from federation.errors import AwayError, RefusedError, TooLargeError, UnreachableError, WrongTypeError
from federation.vocab.iris import host_of, is_iri, origin_of

MOST_BYTES = 1_000_000
STEP_SECONDS = 10.0
TOTAL_SECONDS = 30.0
MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})

Headers = dict[str, str]
Signing = Callable[[str], Awaitable[Headers]]
"""Makes the headers of a GET of this address; asked again at each redirect, which goes to another address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What another server answered; `url` is where it came from after redirects."""

    url: str
    status: int
    type: str
    parameters: str
    body: bytes
    offers: bool = False
    """Whether it says that it reads RFC 9421 (Accept-Signature)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Whatever an address answered, of any type and status; `body` is the beginning of it."""

    url: str
    status: int
    type: str
    links: list[str]
    """Its Link headers, as they came."""
    body: bytes


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


class _Transport(httpx.AsyncBaseTransport):
    """httpx over the guarded network, without a memory: whoever sets cookies would be recognised by them, and fill us with them."""

    def __init__(self, network: Network) -> None:
        self._pools: dict[str, Requests] = {scheme: network.pool(scheme) for scheme in ("https", "http")}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        pool = self._pools.get(request.url.scheme)
        if pool is None:
            raise RefusedError("only https and, for listed peers, http")
        url = request.url
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        response = await pool.handle_async_request(sent)
        kept = [(name, value) for name, value in response.headers if name.lower() != b"set-cookie"]
        return httpx.Response(response.status, headers=kept, stream=_Body(response))

    async def aclose(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()


class Client:
    """GETs what other servers publish."""

    def __init__(self, network: Network, user_agent: str) -> None:
        self._client = httpx.AsyncClient(
            transport=_Transport(network),
            timeout=httpx.Timeout(STEP_SECONDS),
            headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
            trust_env=False,
            follow_redirects=False,
        )
        self.requests = 0

    async def aclose(self) -> None:
        await self._client.aclose()

    async def get(
        self,
        url: str,
        types: frozenset[str],
        headers: Signing,
        allow: Callable[[str], Awaitable[bool]],
        most: int = MOST_BYTES,
    ) -> Answer:
        """GET with at most three redirects, each as the first: signed anew, its host asked of `allow` and the guard.

        A 2xx answer has one of `types` (without parameters) and at most `most` bytes. Raises UnreachableError (AwayError
        where nobody is there), RefusedError, TooLargeError, WrongTypeError.
        """
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await self._follow(url, types, headers, allow, most)
        except (httpcore.TimeoutException, httpx.TimeoutException, TimeoutError) as error:
            raise UnreachableError(f"{host_of(url)} took too long") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpx.TransportError, OSError, ssl.SSLError) as error:
            raise UnreachableError(f"{host_of(url)} can't be reached: {type(error).__name__}") from error

    async def look(
        self, url: str, headers: Signing, allow: Callable[[str], Awaitable[bool]], most: int = MOST_BYTES
    ) -> Seen:
        """GET whatever is there: any status, any type, at most `most` bytes of it; redirects as in `get`.

        Raises UnreachableError, RefusedError.
        """
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                for _ in range(MOST_REDIRECTS + 1):
                    if not is_iri(url) or not await allow(host_of(url)):
                        raise RefusedError("that address is none that we speak to")
                    location, seen = await self._see(url, await headers(url), most)
                    if seen is not None:
                        return seen
                    url = _joined(url, location)
        except (httpcore.TimeoutException, httpx.TimeoutException, TimeoutError) as error:
            raise UnreachableError(f"{host_of(url)} took too long") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpx.TransportError, OSError, ssl.SSLError) as error:
            raise UnreachableError(f"{host_of(url)} can't be reached: {type(error).__name__}") from error
        raise UnreachableError(f"{host_of(url)} redirects again and again")

    async def _see(self, url: str, headers: Headers, most: int) -> tuple[str, Seen | None]:
        spend(host_of(url))
        self.requests += 1
        async with self._stream(url, headers) as response:
            if response.status_code in REDIRECTS and "location" in response.headers:
                return response.headers["location"], None
            kind = response.headers.get("content-type", "").lower().partition(";")[0].strip()
            parts: list[bytes] = []
            length, pieces = 0, Pieces()
            async for chunk in response.aiter_raw():
                pieces.check(chunk)
                parts.append(chunk[: most - length])
                length += len(chunk)
                if length >= most:
                    break
            return "", Seen(url, response.status_code, kind, response.headers.get_list("link"), b"".join(parts))

    @asynccontextmanager
    async def _stream(self, url: str, headers: Headers) -> AsyncIterator[httpx.Response]:
        try:
            with reading_a_head() as head:
                async with self._client.stream(
                    "GET", url, headers=headers, extensions={"trace": head.trace}
                ) as response:
                    yield response
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise AwayError(f"{host_of(url)} can't be reached: {type(error).__name__}", origin_of(url)) from error
        except httpx.InvalidURL as error:  # more is an address to us than to the library
            raise RefusedError("that is no address that can be asked") from error

    async def _follow(
        self, url: str, types: frozenset[str], headers: Signing, allow: Callable[[str], Awaitable[bool]], most: int
    ) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            if not is_iri(url) or not await allow(host_of(url)):
                raise RefusedError("that address is none that we speak to")
            location, answer = await self._once(url, types, await headers(url), most)
            if answer is not None:
                return answer
            url = _joined(url, location)
        raise UnreachableError(f"{host_of(url)} redirects again and again")

    async def _once(self, url: str, types: frozenset[str], headers: Headers, most: int) -> tuple[str, Answer | None]:
        spend(host_of(url))
        self.requests += 1
        async with self._stream(url, headers) as response:
            if response.status_code in REDIRECTS and "location" in response.headers:
                return response.headers["location"], None
            kind, _, parameters = response.headers.get("content-type", "").lower().partition(";")
            kind = kind.strip()
            if response.is_success and kind not in types:
                raise WrongTypeError(f"{host_of(url)} answered {kind[:60] or 'nothing'}")
            if response.is_success and response.headers.get("content-encoding", "identity") != "identity":
                raise WrongTypeError(f"{host_of(url)} answered in an encoding that was not asked for")
            body = await _read(response, most) if response.is_success else b""
            offers = "accept-signature" in response.headers
            return "", Answer(url, response.status_code, kind, parameters, body, offers)


async def _read(response: httpx.Response, most: int) -> bytes:
    parts: list[bytes] = []
    length, pieces = 0, Pieces()
    async for chunk in response.aiter_raw():
        pieces.check(chunk)
        length += len(chunk)
        if length > most:
            raise TooLargeError(f"more than {most} bytes")
        parts.append(chunk)
    return b"".join(parts)


def _joined(url: str, location: str) -> str:
    """Where a redirect leads; '' where that is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""
