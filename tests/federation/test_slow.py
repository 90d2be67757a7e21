"""Slow, endless and misleading answers, over real sockets: nothing of ours waits for ever, or reads for ever (SECURITY no. 25)."""

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from federation.client import http, lines
from federation.client.http import Client
from federation.client.lines import Lines
from federation.client.network import GuardedNetwork
from federation.endpoints import reading
from federation.errors import FederationError, RefusedError, SlowError, TooLargeError, UnreachableError
from federation.vocab.limits import MOST_BYTES

pytestmark = pytest.mark.processes

TYPES = frozenset({"application/activity+json"})
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\n"
LISTED = [ipaddress.ip_network("127.0.0.2/32")]
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[str]:
    """A server on 127.0.0.2 that reads a request's head and then does what the script says."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await script(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.2", 0)
    try:
        yield f"http://127.0.0.2:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def endless_chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
        await writer.drain()


async def endless_hints(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * 1000)
        await writer.drain()


async def crumbs(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\n \r\n" * 5000)
        await writer.drain()


async def endless_head(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    while True:
        writer.write(b"X-Header: " + b"a" * 1000 + b"\r\n")
        await writer.drain()


async def dripping(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def dripping_head(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.05)


async def silent(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def lying_length(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 99999999999\r\n\r\n{}")
    await writer.drain()
    await asyncio.sleep(30)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second in all, for patience is not what is tested."""
    for module in (http, lines):
        monkeypatch.setattr(module, "TOTAL_SECONDS", 1.0)


async def headers(_url: str) -> dict[str, str]:
    return {}


async def anywhere(_host: str) -> bool:
    return True


async def get(url: str) -> None:
    client = Client(GuardedNetwork(LISTED), "test")
    try:
        await client.get(url, TYPES, headers, anywhere)
    finally:
        await client.aclose()


async def look(url: str) -> int:
    client = Client(GuardedNetwork(LISTED), "test")
    try:
        return len((await client.look(url, headers, anywhere, 50_000)).body)
    finally:
        await client.aclose()


async def post(url: str) -> int:
    own = Lines(GuardedNetwork(LISTED))
    try:
        return (await own.post(url, [(b"host", b"x"), (b"content-length", b"2")], b"{}")).status
    finally:
        await own.aclose()


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("script", "error"),
    [
        (endless, TooLargeError),
        (endless_chunks, TooLargeError),
        (endless_head, UnreachableError),
        (dripping, UnreachableError),
        (dripping_head, UnreachableError),
        (silent, UnreachableError),
        (lying_length, UnreachableError),
    ],
)
async def test_thirty_25_no_answer_is_waited_for_or_read_for_ever(script: Script, error: type[FederationError]) -> None:
    async with serving(script) as url:
        started = time.monotonic()
        with pytest.raises(error):
            async with asyncio.timeout(8):
                await get(f"{url}/x")
        assert time.monotonic() - started < 5


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("script", [endless, endless_chunks, dripping, dripping_head, silent])
async def test_thirty_25_nor_is_what_is_looked_at_as_a_stranger(script: Script) -> None:
    async with serving(script) as url, asyncio.timeout(8):
        if script in {endless, endless_chunks}:
            assert await look(f"{url}/x") == 50_000
        else:
            with pytest.raises(UnreachableError):
                await look(f"{url}/x")


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("script", [endless, endless_chunks, endless_head, dripping, dripping_head, silent])
async def test_thirty_25_nor_are_answers_to_deliveries(script: Script) -> None:
    async with serving(script) as url, asyncio.timeout(8):
        started = time.monotonic()
        try:
            assert await post(f"{url}/inbox") == 200  # the status is known; who needs the rest
        except UnreachableError:
            assert script not in {endless, endless_chunks}
        assert time.monotonic() - started < 5


async def test_thirty_21_a_redirect_is_checked_like_the_first_address() -> None:
    """127.0.0.2 is listed for this test, its neighbour is not; nor is anything else inside."""
    for inside in (
        "http://127.0.0.3:9/",
        "http://[::1]:9/",
        "http://localhost:9/",
        "http://169.254.169.254/",
        "ftp://x/",
    ):

        async def away(writer: asyncio.StreamWriter, to: str = inside) -> None:
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()

        async with serving(away) as url:
            with pytest.raises(RefusedError):
                await get(f"{url}/x")


class Dripping:
    """The half of a request that never comes."""

    method = "POST"

    async def stream(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.05)


async def test_a_body_that_drips_in_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own inbox does not wait for ever either."""
    monkeypatch.setattr(reading, "BODY_SECONDS", 0.3)
    request: Any = Dripping()
    with pytest.raises(SlowError):
        await reading._body(request, "100")
    assert SlowError.status == 408


class Long:
    """A request that does not say how long it is."""

    method = "POST"

    async def stream(self) -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (MOST_BYTES // 2)
        raise AssertionError("read to its end")


@pytest.mark.parametrize("said", ["", "10", "x", "9" * 30, f"{MOST_BYTES + 1}"])
async def test_a_body_ends_at_a_megabyte_whatever_it_says(said: str) -> None:
    request: Any = Long()
    with pytest.raises(TooLargeError):
        await reading._body(request, said)


@pytest.mark.parametrize("script", [endless_hints, crumbs])
async def test_what_costs_us_more_than_who_sends_it_ends_soon(script: Script) -> None:
    async with serving(script) as url:
        for asked in (get, look, post):
            began = time.process_time()
            if asked is post and script is crumbs:
                assert await post(url) == 200  # the rest is not read
            else:
                with pytest.raises(UnreachableError):
                    await asked(url)
            assert time.process_time() - began < 1.5


async def hinting(writer: asyncio.StreamWriter) -> None:
    body = b'{"a":"' + b"x" * 900_000 + b'"}'
    hints = b"HTTP/1.1 100 Continue\r\n\r\n" + b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
    writer.write(hints + HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()


async def test_hints_before_an_answer_are_no_harm() -> None:
    async with serving(hinting) as url:
        await get(url)
        assert await look(url) == 50_000
