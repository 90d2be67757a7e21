"""What a server that sends as fast as it can costs another one: how long a post of the other takes until it shows, with and without.

    .venv/bin/python -m benchmarks.flood [sqlite|postgresql ...] [--port 18500] [--posts 150] [--unbounded]

Two servers; a member follows an author on one, another member twenty on the other. The first writes one post every 200 ms. Told is
the time from its POST until the post shows in the follower's home, asked for every few milliseconds: first alone, then beside the
second, which sends posts on 16 connections without a pause and sends on whatever it is answered. The bounds are those of production;
with `--unbounded` nothing is refused, and what remains is that each server gets its turn. How many posts then wait is told as well.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from benchmarks.ingest import AUTHORS, accept_all, create, follow_all
from benchmarks.served import Served, free_ports, served
from benchmarks.wire import Peers, peers
from federation.allowance import STRANGE_FOR

EVERY_SECONDS = 0.2
LOOK_SECONDS = 0.004
AT_ONCE = 16


class Live:
    """The server whose posts are timed."""

    def __init__(self, instance: Served, sender: Peers, token: str) -> None:
        self._instance, self._sender = instance, sender
        self._author = f"{sender.bases[0]}/users/live"
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=instance.url, headers=headers, timeout=60)
        self._number = 0

    def post(self) -> float:
        """Milliseconds until one more shows."""
        self._number += 1
        inbox = f"{self._instance.url}/inbox"
        headers, body = self._sender.request(inbox, create(self._author, self._number))
        began = time.perf_counter()
        self._http.post("/inbox", headers=headers, content=body).raise_for_status()
        wanted, deadline = f"{self._author}/statuses/{self._number}", began + 60
        while self._newest() != wanted:
            assert time.perf_counter() < deadline, "it does not show"
            time.sleep(LOOK_SECONDS)
        return 1000 * (time.perf_counter() - began)

    def _newest(self) -> str:
        shown = self._http.get("/api/v1/timelines/home?limit=1").json()
        return str(shown[0]["uri"]) if shown else ""

    def series(self, posts: int) -> list[float]:
        took = []
        for _ in range(posts):
            took.append(self.post())
            time.sleep(EVERY_SECONDS)
        return took


async def _flood(url: str, requests: list[tuple[dict[str, str], bytes]], until: float) -> Counter[int]:
    """Send on kept-alive connections until a moment; each request is sent once."""
    answers: Counter[int] = Counter()
    left = iter(requests)
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=AT_ONCE), timeout=60) as http:

        async def some() -> None:
            for headers, body in left:
                if time.time() > until:
                    return
                answers[(await http.post(f"{url}/inbox", headers=headers, content=body)).status_code] += 1

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return answers


def flooder(url: str, base: str, key: Path, seconds: float, count: int) -> None:
    """The other server: signs first, then says so, then sends. A process of its own."""
    sender = Peers([base], load_key(key), "")
    authors = [f"{base}/users/author{number}" for number in range(AUTHORS)]
    made = [sender.request(f"{url}/inbox", create(authors[n % AUTHORS], 10_000 + n)) for n in range(count)]
    print("signed", flush=True)
    sys.stdin.readline()
    print(json.dumps(asyncio.run(_flood(url, made, time.time() + seconds))), flush=True)


def load_key(path: Path) -> Any:
    return load_pem_private_key(path.read_bytes(), None)


@contextmanager
def flooding(instance: Served, sender: Peers, seconds: float, count: int) -> Iterator[dict[str, int]]:
    """While the other server sends; its answers, by status, are known at the end."""
    answers: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="skerry-flood-") as folder:
        key = Path(folder) / "key.pem"
        key.write_bytes(sender.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        words = [sys.executable, "-m", "benchmarks.flood", "--flooder", instance.url, "--base", sender.bases[1]]
        words += ["--key", str(key), "--seconds", str(seconds), "--count", str(count)]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "signed\n"
        process.stdin.write("go\n")
        process.stdin.flush()
        try:
            yield answers
            answers |= json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(20)


def _waiting(instance: Served) -> int:
    """How many activities wait to be done."""
    found = re.search(r'skerry_inbox{state="received"} (\d+)', httpx.get(f"{instance.url}/metrics", timeout=60).text)
    return int(found[1]) if found else 0


def _told(took: list[float]) -> dict[str, float]:
    parts = statistics.quantiles(took, n=20)
    return {"p50_ms": round(statistics.median(took), 1), "p95_ms": round(parts[-1], 1), "max_ms": round(max(took), 1)}


def measure(kind: str, port: int, posts: int, count: int, *, unbounded: bool) -> dict[str, object]:
    """One run on one kind of database."""
    bounds = {"SKERRY_RATE_LIMITS": "0" if unbounded else "1"}
    os.environ.update(bounds)
    try:
        with peers(port + 1, 2, tls=False) as sender, served(kind, port) as instance:
            tokens = [instance.token("quiet"), instance.token("busy")]
            one, other = (replace(sender, bases=[base]) for base in sender.bases)
            befriend(instance, one, ["live"], tokens[0])
            befriend(instance, other, [f"author{number}" for number in range(AUTHORS)], tokens[1])
            time.sleep(STRANGE_FOR / 1000 + 1)  # until then both are one stranger, for they have one address
            live = Live(instance, sender, tokens[0])
            live.series(10)
            alone = live.series(posts)
            with flooding(instance, sender, posts * (EVERY_SECONDS + 0.05), count) as answers:
                time.sleep(1)
                beside = live.series(posts)
                waiting = _waiting(instance)
    finally:
        for name in bounds:
            os.environ.pop(name)
    told = {"alone": _told(alone), "beside": _told(beside), "flood": answers, "waiting": waiting}
    return {"database": kind, "bounds": not unbounded, "posts": posts, **told}


def befriend(instance: Served, sender: Peers, names: list[str], token: str) -> None:
    """A member follows people of one server, and they say yes."""
    authors = [f"{sender.bases[0]}/users/{name}" for name in names]
    follow_all(instance, authors, token)
    accept_all(instance, sender, authors, token)
    time.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--port", type=int, default=18500)
    parser.add_argument("--posts", type=int, default=150)
    parser.add_argument("--count", type=int, default=30_000, help="how many posts the other server has ready")
    parser.add_argument("--unbounded", action="store_true")
    parser.add_argument("--flooder", default="", help=argparse.SUPPRESS)
    parser.add_argument("--base", help=argparse.SUPPRESS)
    parser.add_argument("--key", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.flooder:
        flooder(asked.flooder, asked.base, asked.key, asked.seconds, asked.count)
        return
    for kind in asked.kinds or ["sqlite", "postgresql"]:
        port = free_ports("127.0.0.1", asked.port, 4)
        print(json.dumps(measure(kind, port, asked.posts, asked.count, unbounded=asked.unbounded)), flush=True)


if __name__ == "__main__":
    main()
