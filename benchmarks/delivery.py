"""Signed deliveries over TLS on kept-alive connections, per second of the instance's CPU.

    .venv/bin/python -m benchmarks.delivery [sqlite|postgresql ...] [--port 18362] [--posts 20]

160 people on 8 other servers follow a member; they have no shared inbox, so each of her posts is 160 deliveries. She
writes 20 posts. Counted is all CPU of the instance from the first post until the last POST has arrived: writing, queueing,
signing (RSA-2048, one signature each), TLS, recording. The answer of each server is 202 at once.
"""

import argparse
import json
import time

import httpx

from benchmarks.served import Served, served
from benchmarks.wire import Peers, peers

SERVERS, EACH = 8, 20
TEXT = "Today the walk to the lake went well, better than last week, and the new inhaler helps. " * 5


def followers(instance: Served, sender: Peers, name: str) -> int:
    """Everybody follows the member; how many that are."""
    domain = instance.url.partition("://")[2]
    own = httpx.get(f"{instance.url}/.well-known/webfinger", params={"resource": f"acct:{name}@{domain}"}).json()
    iri = next(link["href"] for link in own["links"] if link["rel"] == "self")
    everybody = [f"{base}/users/reader{number}" for base in sender.bases for number in range(EACH)]
    follows = [{"id": f"{actor}/f", "type": "Follow", "actor": actor, "object": iri} for actor in everybody]
    sender.send(f"{instance.url}/inbox", follows)
    return len(everybody)


def until(sender: Peers, wanted: int, patience: float = 240) -> None:
    """Wait until so many POSTs have arrived."""
    end = time.monotonic() + patience
    while sender.posted() < wanted:
        assert time.monotonic() < end, f"{sender.posted()} of {wanted} arrived"
        time.sleep(0.3)


def measure(kind: str, port: int, posts: int) -> dict[str, object]:
    """One run on one kind of database."""
    with peers(port + 1, SERVERS, tls=True) as sender, served(kind, port) as instance:
        token = instance.token("writer")
        accepted = followers(instance, sender, "writer")
        until(sender, accepted)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=instance.url, headers=headers, timeout=60) as http:
            http.post("/api/v1/statuses", json={"status": TEXT, "visibility": "public"}).raise_for_status()
            until(sender, accepted * 2)
            before, start = instance.cpu(), time.monotonic()
            for number in range(posts):
                http.post(
                    "/api/v1/statuses", json={"status": f"{number} {TEXT}", "visibility": "public"}
                ).raise_for_status()
            until(sender, accepted * (2 + posts))
        used, took = instance.cpu() - before, time.monotonic() - start
        sent = accepted * posts
        return {
            "database": kind,
            "cpu_ms_a_delivery": round(1000 * used / sent, 2),
            "deliveries_a_second": round(sent / took),
            "deliveries": sent,
            "memory_mb": round(instance.memory()),
        }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--port", type=int, default=18362)
    parser.add_argument("--posts", type=int, default=20)
    asked = parser.parse_args()
    for kind in asked.kinds or ["sqlite", "postgresql"]:
        print(json.dumps(measure(kind, asked.port, asked.posts)), flush=True)


if __name__ == "__main__":
    main()
