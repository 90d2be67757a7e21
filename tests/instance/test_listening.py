"""What `serve` bears of who connects: heads that never end, and who says nothing."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import uvicorn

from instance.cli import listening
from instance.cli.serve import MOST_FILES, server_config, take_files
from instance.settings import load

Ask = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _answers(scope: Any, receive: Any, send: Any) -> None:
    length = 0
    while True:
        message = await receive()
        length += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = str(length).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> AsyncIterator[int]:
    """A server as `serve` makes it, in this loop; heads have half a second."""
    monkeypatch.setattr(listening, "HEAD_SECONDS", 0.5)
    settings = load({"SKERRY_MODE": "development", "SKERRY_DATA": str(tmp_path)})
    config = server_config(settings, _answers)  # type: ignore[arg-type]
    config.lifespan, config.loop = "off", "asyncio"
    server = uvicorn.Server(config)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    task = asyncio.create_task(server._serve([sock]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield sock.getsockname()[1]
    server.should_exit = True
    await task


async def _said(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """What is answered until the connection ends or nothing more comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
    said = b""
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(3):
            while more := await reader.read(65_536):
                said += more
    writer.close()
    return said


async def test_a_head_is_bounded_in_size(port: int) -> None:
    begin = b"GET / HTTP/1.1\r\nHost: a.example\r\n"
    one = b"x" * 30_000
    for parts in (
        [begin + b"X-Long: ", *[one] * 40],
        [begin, *[b"X-More: y\r\n" * 3000] * 40],
        [b"GET /", *[one] * 40],
        [begin + b"X-Long: " + b"x" * 200_000 + b"\r\n\r\n"],
    ):
        said = await _said(port, *parts, pause=0.005)
        assert said.split(b" ")[1:2] in ([b"431"], [b"400"], []), said[:100]
        assert b" 200 " not in said


async def test_a_head_is_bounded_in_time(port: int) -> None:
    began = asyncio.get_running_loop().time()
    assert await _said(port) == b""
    assert await _said(port, b"GET / HT", b"TP/1.1\r\n", b"X: y\r\n", pause=0.1) == b""
    first = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
    assert (await _said(port, first, b"GET / HT", pause=0.1)).count(b"200 OK") == 1
    assert asyncio.get_running_loop().time() - began < 4


async def test_what_is_in_order_is_answered(port: int) -> None:
    large = b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 900000\r\n\r\n" + b"x" * 900_000
    close = b"POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
    said = await _said(port, large + close)
    assert said.count(b"200 OK") == 2
    assert said.endswith(b"3")
    slow = [b"POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 3\r\n\r\n", b"a", b"b", b"c"]
    assert (await _said(port, *slow, pause=0.3)).endswith(b"3")  # a body has times of its own
    cookies = b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nCookie: " + b"c=d; " * 4000 + b"\r\n\r\n"
    assert b"200 OK" in await _said(port, cookies)


def test_as_many_connections_as_the_system_lets_us() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        take_files()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert (soft, hard) == (MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES), before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
