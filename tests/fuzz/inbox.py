"""Fires signed hostile bodies at the inbox of a real served instance; none may be answered 5xx, none may take over 2 s.

    scripts/fuzz [--count 5000] [--seed 1] [--at-once 16] [--port 7140] [--database sqlite]

Afterwards it waits until the instance has worked through them, and lists what its handlers stumbled over.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from benchmarks.served import Served, served
from benchmarks.wire import Peers, peers
from tests.fuzz.bodies import Bodies, World
from tests.support.peer import cavage

SLOWEST = 2.0
FOUND = Path("fuzz-found.jsonl")
UNFORESEEN = re.compile(r"[A-Za-z]+ at \S+:\d+")


@dataclass
class Result:
    """What came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    found: list[dict[str, object]] = field(default_factory=list)


class Line:
    """One kept-alive connection; speaks as much HTTP as is needed."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> int:
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        assert self.reader is not None
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self.writer.write(
            "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode("latin-1", "replace") + body
        )
        await self.writer.drain()
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        await self.reader.readexactly(int(length[1]) if length else 0)
        if b"connection: close" in head.lower():
            await self.aclose()
        return int(head.split(b" ", 2)[1])

    async def aclose(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.writer = None


def sign(sender: Peers, signer: str, url: str, body: bytes, kind: str) -> dict[str, str]:
    """Headers as a peer sends them."""
    headers = {
        "Host": url.partition("://")[2].partition("/")[0],
        "Date": formatdate(time.time(), usegmt=True),
        "Digest": "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode(),
        "Content-Type": kind,
    }
    names = ["(request-target)", "host", "date", "digest"]
    return headers | {"Signature": cavage(sender.key, f"{signer}#main-key", "POST", url, headers, names)}


async def fire(instance: Served, sender: Peers, world: World, asked: argparse.Namespace) -> Result:
    """Send all of them."""
    bodies, result = Bodies(world, asked.seed), Result()
    host, port = instance.url.partition("://")[2].split(":")

    async def one(line: Line) -> None:
        body, kind, label = bodies.next()
        url = f"{instance.url}/inbox"
        headers = sign(sender, world.signer, url, body, kind)
        started = time.perf_counter()
        try:
            status = await line.post("/inbox", headers, body)
        except (ConnectionError, asyncio.IncompleteReadError):
            await line.aclose()
            status = await line.post("/inbox", headers, body)  # closed while idle; a second time is the server's fault
        took = time.perf_counter() - started
        result.statuses[status] += 1
        result.slowest = max(result.slowest, took)
        if status >= 500 or took > SLOWEST:
            text = base64.b64encode(body).decode()
            result.found.append({"status": status, "seconds": round(took, 3), "label": label, "body": text})

    async def some() -> None:
        line = Line(host, int(port))
        while bodies.count < asked.count:
            await one(line)
            if result.statuses.total() % 10_000 == 0:
                print(f"{bodies.count} bodies, {dict(result.statuses)}, slowest {result.slowest:.2f} s", flush=True)
        await line.aclose()

    await asyncio.gather(*(some() for _ in range(asked.at_once)))
    return result


def settle(instance: Served, database: str, seconds: float) -> Counter[str]:
    """Wait until nothing is left that was not tried; returns what handlers stumbled over, by reason."""
    engine = create_engine(database)
    waiting = text("SELECT count(*) FROM inbox_activity WHERE state = 'received' AND tries = 0")
    stumbled = text("SELECT reason FROM inbox_activity WHERE state IN ('received', 'dead') AND reason IS NOT NULL")
    deadline = time.monotonic() + seconds
    with engine.connect() as connection:
        while connection.execute(waiting).scalar_one() and time.monotonic() < deadline:
            connection.rollback()
            time.sleep(1)
        left = connection.execute(waiting).scalar_one()
        reasons = Counter(connection.execute(stumbled).scalars().all())
        states = connection.execute(text("SELECT state, count(*) FROM inbox_activity GROUP BY state")).all()
        print("worked through:", ", ".join(f"{count} {state}" for state, count in states))
    if left:
        reasons["not worked through in time"] = left
    return reasons


def prepare(instance: Served) -> list[str]:
    """A member with a post and a poll; IRIs of hers that bodies may name."""
    token = instance.token("ann")
    with httpx.Client(base_url=instance.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        post = http.post("/api/v1/statuses", json={"status": "Hello", "visibility": "public"}).json()
        poll = {"options": ["tea", "coffee"], "expires_in": 86400}
        asked = http.post("/api/v1/statuses", json={"status": "Tea?", "poll": poll, "visibility": "public"}).json()
        host = instance.url.partition("://")[2]
        found = http.get("/.well-known/webfinger", params={"resource": f"acct:ann@{host}"}).json()
    iri = next(link["href"] for link in found["links"] if link["rel"] == "self")
    return [iri, post["uri"], asked["uri"], f"{iri}/followers", f"{instance.url}/actor", f"{instance.url}/g/none"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=5000, help="how many bodies")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--port", type=int, default=7140)
    parser.add_argument("--settle", type=float, default=600.0, help="seconds to wait for the handlers")
    asked = parser.parse_args()
    with peers(asked.port, 1, tls=False) as sender, served("sqlite", asked.port + 5) as instance:
        signer = f"{sender.bases[0]}/users/fuzz"
        started = time.monotonic()
        result = asyncio.run(fire(instance, sender, World(sender.bases[0], signer, prepare(instance)), asked))
        took = time.monotonic() - started
        reasons = settle(instance, f"sqlite:///{instance.data / 'skerry.sqlite3'}", asked.settle)
    print(
        f"{asked.count} bodies in {took:.0f} s: {dict(sorted(result.statuses.items()))}, slowest {result.slowest:.2f} s"
    )
    for reason, count in reasons.most_common():
        print(f"  {count} x tried again: {reason}")
    unforeseen = [reason for reason in reasons if UNFORESEEN.fullmatch(reason)]
    with FOUND.open("w") if result.found else open("/dev/null", "w") as file:
        file.writelines(json.dumps(one) + "\n" for one in result.found)
    if result.found or unforeseen:
        print(f"{len(result.found)} answered 5xx or took over {SLOWEST} s (in {FOUND}); unforeseen: {unforeseen}")
        sys.exit(1)


if __name__ == "__main__":
    main()
