"""One post to many servers: the instance's CPU for each delivery, to 100, 300 and 1,000 servers.

    .venv/bin/python -m benchmarks.fan_out [sqlite|postgresql ...] [--port 18380] [--posts 5]

Each server has one follower, and answers 202 at once, over plain HTTP (what TLS costs is in benchmarks/delivery.py). Counted
is all CPU of the instance from the first post until the last POST has arrived: writing, queueing, connections, signing,
recording.
"""

import argparse
import json
import os
import time

import httpx

from benchmarks.many import NETWORK, answering, arrivals, befriend, host
from benchmarks.served import Served, free_ports, served

SERVERS = (100, 300, 1000)
TEXT = "Today the walk to the lake went well, better than last week, and the new inhaler helps. " * 5


def _posts(instance: Served, token: str, port: int, posts: int, servers: int) -> float:
    """CPU milliseconds for each delivery of so many posts."""
    before, cpu = len(arrivals(port)), instance.cpu()
    headers = {"Authorization": f"Bearer {token}"}
    for number in range(posts):
        words = {"status": f"{number} {TEXT}", "visibility": "public"}
        httpx.post(f"{instance.url}/api/v1/statuses", json=words, headers=headers, timeout=60).raise_for_status()
    deadline = time.monotonic() + 300
    while len(arrivals(port)) < before + posts * servers:
        assert time.monotonic() < deadline, "some did not arrive"
        time.sleep(0.3)
    time.sleep(0.5)
    return 1000 * (instance.cpu() - cpu) / (posts * servers)


def measure(kind: str, port: int, posts: int) -> dict[str, object]:
    """One run on one kind of database."""
    os.environ["SKERRY_ALLOW_PRIVATE_PEERS"] = NETWORK
    found: dict[str, object] = {"database": kind}
    try:
        with answering(port + 1), served(kind, port) as instance:
            for servers in SERVERS:
                token = instance.token(f"to_{servers}")
                befriend(instance, f"to_{servers}", [host(number, port + 1) for number in range(servers)])
                _posts(instance, token, port + 1, 1, servers)
                found[f"cpu_ms_to_{servers}"] = round(_posts(instance, token, port + 1, posts, servers), 2)
    finally:
        os.environ.pop("SKERRY_ALLOW_PRIVATE_PEERS", None)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--port", type=int, default=18380)
    parser.add_argument("--posts", type=int, default=5)
    asked = parser.parse_args()
    for kind in asked.kinds or ["sqlite", "postgresql"]:
        print(json.dumps(measure(kind, free_ports("0.0.0.0", asked.port, 2), asked.posts)), flush=True)


if __name__ == "__main__":
    main()
