"""Two servers that federate are killed with -9 in the middle: every post that was accepted arrives, and counts once."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Databases
from tests.support.process import Process, free_port

pytestmark = pytest.mark.processes

POSTS, SENDER_KILLS = 40, 4
SETTLE_SECONDS = 120  # a server that was down is asked again after half a minute


def _until(what: Callable[[], Any], seconds: float = SETTLE_SECONDS) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = what()
            if found or time.monotonic() > deadline:
                return found
        except httpx.TransportError:
            assert time.monotonic() < deadline
        time.sleep(0.2)


def _member(process: Process, name: str) -> dict[str, str]:
    made = process.cli("account", "create", name, "--public-posting", "--print-token")
    return {"Authorization": f"Bearer {made.stdout.split()[-1]}"}


def _home(reader: httpx.Client) -> list[str]:
    page: list[dict[str, Any]] = reader.get("/api/v1/timelines/home?limit=40").json()
    return [status["content"] for status in page]


def _write(author: httpx.Client, number: int) -> None:
    """Write until it was accepted; the key makes it one post however often it is tried."""

    def tried() -> bool:
        key = {"Idempotency-Key": f"post {number}"}
        answer = author.post("/api/v1/statuses", json={"status": f"number {number:03d}"}, headers=key)
        return answer.status_code == 200

    assert _until(tried)


async def test_deliveries_and_inbox_survive_kills(databases: Databases, tmp_path: Path) -> None:
    allowed = {"SKERRY_ALLOW_PRIVATE_PEERS": "127.0.0.2/32,127.0.0.3/32"}
    servers = []
    for host in ("127.0.0.2", "127.0.0.3"):
        settings = {**allowed, "SKERRY_DATABASE_URL": await databases.make()}
        servers.append(Process(tmp_path / host, settings, host=host, port=free_port(host)))
    sender, receiver = servers
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait()
        _walk(sender, receiver)
    finally:
        for server in servers:
            server.kill()


def _walk(sender: Process, receiver: Process) -> None:
    author = httpx.Client(base_url=sender.url, headers=_member(sender, "ann"), trust_env=False)
    reader = httpx.Client(base_url=receiver.url, headers=_member(receiver, "ben"), trust_env=False)
    with author, reader:
        handle = f"@ann@{sender.host}:{sender.port}"
        asked = {"q": handle, "resolve": "true"}
        (ann,) = _until(lambda: reader.get("/api/v2/search", params=asked).json()["accounts"])
        reader.post(f"/api/v1/accounts/{ann['id']}/follow")
        relation = f"/api/v1/accounts/relationships?id[]={ann['id']}"
        assert _until(lambda: reader.get(relation).json()[0]["following"])
        every = POSTS // (SENDER_KILLS + 1)
        for number in range(POSTS):
            _write(author, number)
            if number % every == every - 1 and number < POSTS - 1:
                time.sleep(random.uniform(0, 0.2))
                sender.kill()
                sender.start().wait()
        time.sleep(random.uniform(0, 0.2))
        receiver.kill()
        receiver.start().wait()
        _until(lambda: len(_home(reader)) == POSTS)
        words = [f"<p>number {number:03d}</p>" for number in range(POSTS)]
        assert sorted(_home(reader)) == words
        assert reader.get(f"/api/v1/accounts/{ann['id']}").json()["statuses_count"] == POSTS
