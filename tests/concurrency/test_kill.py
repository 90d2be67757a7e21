"""Web and worker are killed with -9 again and again, Redis is emptied: nothing accepted is lost, no effect comes twice."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import redis as redis_client

from tests.conftest import Databases
from tests.support import redis
from tests.support.process import Process

pytestmark = pytest.mark.processes

KILLS = int(os.environ.get("SKERRY_TEST_KILLS", "10"))
SETTLE_SECONDS = 60


def _process(data: Path, environ: dict[str, str], *arguments: str) -> Process:
    """A `skerry` process with the counting job."""
    return Process(data, environ, arguments=arguments or ("serve",), module="tests.support.tallying").start()


@dataclass
class Client:
    """Posts numbers, one after the other; keeps those that were accepted."""

    url: str
    accepted: list[int] = field(default_factory=list)
    going: bool = True
    number: int = 0

    def run(self) -> None:
        with httpx.Client(timeout=5, trust_env=False) as client:
            while self.going:
                self.number += 1
                try:
                    if client.post(f"{self.url}/tally/{self.number}").status_code == 202:
                        self.accepted.append(self.number)
                except httpx.TransportError:
                    time.sleep(0.02)


async def _facts(url: str) -> dict[str, str]:
    ask = "SELECT name, value FROM fact WHERE name LIKE 'n%' OR name LIKE 'a%'"
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10) as connection:
            return dict(connection.execute(ask).fetchall())
    connection = await asyncpg.connect(url)
    try:
        return {row["name"]: row["value"] for row in await connection.fetch(ask)}
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    server = redis.start()
    yield server.url
    server.stop()


@pytest.fixture
def posting() -> Iterator[Callable[[str], Client]]:
    started: list[tuple[Client, threading.Thread]] = []

    def start(url: str) -> Client:
        client = Client(url)
        thread = threading.Thread(target=client.run)
        thread.start()
        started.append((client, thread))
        return client

    yield start
    for client, thread in started:
        client.going = False
        thread.join(10)


async def _settled(url: str, accepted: list[int]) -> None:
    """Wait until every accepted number has had its effect; then each exactly once."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        facts = await _facts(url)
        missing = [n for n in accepted if f"n{n}" not in facts]
        if not missing or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert missing == [], f"{len(missing)} of {len(accepted)} lost"
    assert {name: value for name, value in facts.items() if value != "1"} == {}
    stored = {name[1:] for name in facts if name.startswith("a")}
    assert {name[1:] for name in facts if name.startswith("n")} == stored  # nor an effect of what was not stored


def _environ(url: str, **more: str) -> dict[str, str]:
    return {"SKERRY_DATABASE_URL": url, "SKERRY_LOG_LEVEL": "warning", **more}


async def test_one_process_killed(databases: Databases, tmp_path: Path, posting: Callable[[str], Client]) -> None:
    url = await databases.make()
    web = _process(tmp_path / "data", _environ(url))
    client: Any = None
    try:
        for _ in range(KILLS):
            web.wait()
            client = client or posting(web.url)
            time.sleep(random.uniform(0.05, 0.5))
            web.kill()
            web.start()
        web.wait()
        client.going = False
        await _settled(url, client.accepted)
    finally:
        web.kill()
    assert len(client.accepted) > KILLS


async def test_web_and_worker_killed_and_redis_emptied(
    databases: Databases, tmp_path: Path, posting: Callable[[str], Client], redis_url: str
) -> None:
    url = await databases.make()
    environ = _environ(url, SKERRY_RUNNER="0", REDIS_URL=redis_url)
    web = _process(tmp_path / "data", environ)
    web.wait()
    workers = [_process(web.data, environ, "worker") for _ in range(2)]
    client = posting(web.url)
    emptied = redis_client.Redis.from_url(redis_url)
    try:
        for _ in range(KILLS):
            time.sleep(random.uniform(0.1, 0.5))
            victim = random.choice([web, *workers])
            victim.kill()
            emptied.flushall()
            victim.start()
        web.wait()
        time.sleep(1)
        client.going = False
        await _settled(url, client.accepted)
    finally:
        for process in (web, *workers):
            process.kill()
        emptied.close()
    assert len(client.accepted) > KILLS
