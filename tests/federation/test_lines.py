"""Deliveries' connections over real sockets: one a peer, kept alive, tried once more where it turns out to be closed."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore
import pytest

from federation.client import lines
from federation.client.bounds import MOST_HEAD, BoundedStream
from federation.client.lines import Lines
from federation.client.network import GuardedNetwork
from federation.errors import UnreachableError

pytestmark = pytest.mark.processes

LISTED = [ipaddress.ip_network("127.0.0.2/32")]
TAKEN = b"HTTP/1.1 202 Accepted\r\n"


@dataclass
class Inbox:
    """A server that takes POSTs; each connection is answered so often, then it is closed: at once, or when asked once more."""

    answers: int = 100
    at_once: bool = False
    words: int = 0
    url: str = ""
    asked: list[int] = field(default_factory=list)
    """For each connection how many requests came by it."""
    open: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(self.asked)
        self.asked.append(0)
        self.open += 1
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n{}")
                self.asked[number] += 1
                if self.asked[number] > self.answers:
                    return
                writer.write(TAKEN + b"Content-Length: %d\r\n\r\n" % self.words + b" " * self.words)
                await writer.drain()
                if self.at_once and self.asked[number] == self.answers:
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def serving(inbox: Inbox) -> AsyncIterator[str]:
    server = await asyncio.start_server(inbox, "127.0.0.2", 0)
    try:
        yield f"http://127.0.0.2:{server.sockets[0].getsockname()[1]}/inbox"
    finally:
        server.close()


@pytest.fixture
async def own() -> AsyncIterator[Lines]:
    made = Lines(GuardedNetwork(LISTED))
    yield made
    await made.aclose()


async def post(own: Lines, url: str) -> int:
    return (await own.post(url, [(b"host", b"x"), (b"content-length", b"2")], b"{}")).status


async def test_one_connection_is_kept_for_each_server(own: Lines) -> None:
    one, other = Inbox(), Inbox()
    async with serving(one) as here, serving(other) as there:
        for _ in range(3):
            assert [await post(own, here), await post(own, there)] == [202, 202]
        found = await asyncio.gather(*(post(own, here) for _ in range(5)))  # at the same moment: one after the other
        assert found == [202] * 5
    assert (one.asked, other.asked) == ([8], [3])


async def test_what_is_answered_is_bounded_for_each_delivery_by_itself(own: Lines) -> None:
    inbox = Inbox(words=9000)
    async with serving(inbox) as url:
        for _ in range(2 * MOST_HEAD // inbox.words):
            assert await post(own, url) == 202
    assert len(inbox.asked) == 1


class Stream(httpcore.AsyncMockStream):
    """Gives without end, and so does what it becomes with TLS."""

    def __init__(self) -> None:
        super().__init__([])

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b" " * max_bytes

    async def start_tls(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        return Stream()


async def test_bounds_hold_with_tls_as_well() -> None:
    plain = BoundedStream(Stream(), all_of_it=True)
    for stream in (plain, await plain.start_tls(ssl.create_default_context())):
        assert len(await stream.read(MOST_HEAD)) == MOST_HEAD
        with pytest.raises(httpcore.ReadError):
            await stream.read(1)


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_kept_connection_that_is_closed_is_tried_once_more_at_once(own: Lines, at_once: bool) -> None:
    inbox = Inbox(answers=1, at_once=at_once)
    async with serving(inbox) as url, asyncio.timeout(10):
        for _ in range(3):
            assert await post(own, url) == 202
            await asyncio.sleep(0.05)  # it is closed meanwhile, or when it is used
    assert len(inbox.asked) == 3
    assert set(inbox.asked[:-1]) == ({1} if at_once else {2})


async def test_a_new_connection_that_is_closed_is_the_peers_failure(own: Lines) -> None:
    """What was perhaps taken is not sent twice in a row; the peer waits, as after any failure."""
    inbox = Inbox(answers=0)
    async with serving(inbox) as url:
        with pytest.raises(UnreachableError):
            await post(own, url)
        assert inbox.asked == [1]
        inbox.answers = 5
        assert [await post(own, url), await post(own, url)] == [202, 202]
    assert inbox.asked == [1, 2]


async def test_the_connection_that_was_longest_unused_makes_room(own: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_LINES", 2)
    inboxes = [Inbox() for _ in range(3)]
    async with serving(inboxes[0]) as a, serving(inboxes[1]) as b, serving(inboxes[2]) as c:
        for url in (a, b, a, c):
            assert await post(own, url) == 202
        async with asyncio.timeout(5):
            while inboxes[1].open:
                await asyncio.sleep(0.01)
        assert [inbox.open for inbox in inboxes] == [1, 0, 1]
        assert [await post(own, a), await post(own, b)] == [202, 202]
    assert [inbox.asked for inbox in inboxes] == [[3], [1, 1], [1]]
