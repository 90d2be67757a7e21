"""Many pretend servers on one port: every address 127.8.a.b is one. Some answer, some refuse, some never do, some do late.

python -m benchmarks.many --port 18390 (answers) [--slow 30]; GET /arrivals of any of them: when each POST arrived.
"""

import argparse
import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import msgspec
import uvicorn

from benchmarks.served import Served
from federation.schema import remote_actor
from instance.cli.common import in_unit, site_of
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.people import accounts, follows, remote
from instance.people.remote import RemoteProfile

NETWORK = "127.8.0.0/16"


def host(number: int, port: int) -> str:
    """The name of one of them."""
    return f"127.8.{number // 250}.{number % 250 + 1}:{port}"


class Many:
    """Inboxes that say 202, after a while where `slow` says so."""

    def __init__(self, slow: float) -> None:
        self._slow = slow
        self._arrivals: list[float] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        body = b""
        if scope["path"] == "/arrivals":
            body = msgspec.json.encode(self._arrivals)
        else:
            self._arrivals.append(time.time())
            await asyncio.sleep(self._slow)
        length = (b"content-length", str(len(body)).encode())
        status = 200 if body else 202
        await send({"type": "http.response.start", "status": status, "headers": [length]})
        await send({"type": "http.response.body", "body": body})


@contextmanager
def answering(port: int, slow: float = 0) -> Iterator[None]:
    """Servers on all addresses at this port, in a process of their own."""
    words = [sys.executable, "-m", "benchmarks.many", "--port", str(port), "--slow", str(slow)]
    process = subprocess.Popen(words)
    try:
        for _ in range(300):
            try:
                arrivals(port)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield
    finally:
        process.kill()  # it may be in the middle of being slow
        process.wait(20)


@contextmanager
def silent(port: int) -> Iterator[None]:
    """Servers on all addresses at this port that nobody gets through to: packets are dropped."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("0.0.0.0", port), backlog=0))
        assert full
        for _ in range(4):  # what takes up the only place; whoever comes now is not answered
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.8.0.1", port))
        yield


def arrivals(port: int, number: int = 0) -> list[float]:
    """When POSTs arrived, in seconds since 1970."""
    found: list[float] = httpx.get(f"http://{host(number, port)}/arrivals").json()
    return found


def befriend(instance: Served, name: str, hosts: list[str]) -> None:
    """Somebody on each of these servers follows a member; written to the database directly, for no server could ask so."""

    site = site_of(instance.data)
    for start in range(0, len(hosts), 10):
        in_unit(site, _follow, name, hosts[start : start + 10])


def _follow(u: Unit, name: str, hosts: list[str]) -> None:
    member = accounts.by_name(u.connection, name)
    assert member is not None
    for one in hosts:
        iri = f"http://{one}/users/reader"
        account_id = remote.learn(u, RemoteProfile(iri, "reader", one))
        known = {"iri": iri, "host": one, "kind": "Person", "inbox": f"{iri}/inbox", "document": "{}"}
        insert_new(u.connection, remote_actor, **known, fetched_at=u.now)
        follows.request(u, account_id, member.id, iri=f"{iri}/follow")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--slow", type=float, default=0)
    asked = parser.parse_args()
    options: dict[str, Any] = {"loop": "uvloop", "http": "httptools", "lifespan": "off", "access_log": False}
    uvicorn.run(Many(asked.slow), host="0.0.0.0", port=asked.port, log_level="warning", **options)
