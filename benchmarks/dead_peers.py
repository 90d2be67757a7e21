"""What a thousand servers that are away cost one that is there: how long a post takes to reach it, with and without them.

    .venv/bin/python -m benchmarks.dead_peers [sqlite|postgresql ...] [--port 18380] [--posts 120] [--dead 1000]

One server answers. A thousand others have followers too: a third refuses connections, a third lets them hang (packets are
dropped), a third takes a post and answers after 30 s. Two members write in turn, one post every 100 ms: one is followed by the
living server alone, the other by all. Told is the time from the answer to who wrote until the post has arrived at the living
server, for both kinds side by side, so that whatever else the machine does falls on both alike.
"""

import argparse
import json
import os
import statistics
import time

import httpx

from benchmarks.many import NETWORK, answering, arrivals, befriend, host, silent
from benchmarks.served import free_ports, served

TEXT = "Today the walk to the lake went well, better than last week. "
EVERY_SECONDS = 0.1


def _write(http: httpx.Client, token: str, number: int) -> float:
    headers = {"Authorization": f"Bearer {token}"}
    http.post("/api/v1/statuses", json={"status": f"{number} {TEXT}"}, headers=headers).raise_for_status()
    return time.time()


def _reach(http: httpx.Client, token: str, port: int, number: int) -> float:
    """Milliseconds until a post has arrived at the living server."""
    before = len(arrivals(port))
    began = _write(http, token, number)
    deadline = time.monotonic() + 120
    while len(found := arrivals(port)) == before:
        assert time.monotonic() < deadline, "it did not arrive"
        time.sleep(0.005)
    return max(0.0, 1000 * (found[before] - began))


def _told(took: list[float]) -> dict[str, float]:
    parts = statistics.quantiles(took, n=20)
    return {"p50_ms": round(statistics.median(took), 1), "p95_ms": round(parts[-1], 1), "max_ms": round(max(took), 1)}


def measure(kind: str, port: int, posts: int, dead: int = 1000) -> dict[str, object]:
    """One run on one kind of database."""
    alive, hanging, late = port + 1, port + 2, port + 3
    os.environ["SKERRY_ALLOW_PRIVATE_PEERS"] = NETWORK
    try:
        with answering(alive), silent(hanging), answering(late, 30), served(kind, port) as instance:
            tokens = {name: instance.token(name) for name in ("alone", "all")}
            gone = [host(number, (port + 4, hanging, late)[number % 3]) for number in range(1, dead + 1)]
            befriend(instance, "alone", [host(0, alive)])
            befriend(instance, "all", [f"127.8.100.1:{alive}"])
            with httpx.Client(base_url=instance.url, timeout=60) as http:
                before = _series(http, tokens, alive, posts)
                befriend(instance, "all", gone)
                time.sleep(2)
                after = _series(http, tokens, alive, posts)
    finally:
        os.environ.pop("SKERRY_ALLOW_PRIVATE_PEERS", None)
    found: dict[str, object] = {"database": kind, "posts": posts}
    for name in tokens:
        without, beside = _told(before[name]), _told(after[name])
        ratio = round(beside["p95_ms"] / without["p95_ms"], 2)
        found[name] = {"without": without, "with_dead": beside}
        found[f"p95_ratio_{name}"] = ratio
    return found


def _series(http: httpx.Client, tokens: dict[str, str], alive: int, posts: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in tokens}
    for token in tokens.values():
        _reach(http, token, alive, 0)
    for number in range(posts):
        for name, token in tokens.items():
            took[name].append(_reach(http, token, alive, number))
            time.sleep(EVERY_SECONDS)
    return took


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--port", type=int, default=18380)
    parser.add_argument("--posts", type=int, default=120)
    parser.add_argument("--dead", type=int, default=1000)
    asked = parser.parse_args()
    for kind in asked.kinds or ["sqlite", "postgresql"]:
        port = free_ports("0.0.0.0", asked.port, 5)
        print(json.dumps(measure(kind, port, asked.posts, asked.dead)), flush=True)


if __name__ == "__main__":
    main()
