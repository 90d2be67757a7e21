"""Memory of the whole instance, idle, after it has been used a little.

    .venv/bin/python -m benchmarks.idle_memory [sqlite|postgresql ...] [--port 18331]

Two members, twenty posts, a picture, the pages of a visitor; then rest until the picture child has ended. What counts is PSS (proportional set
size, /proc/PID/smaps_rollup) of the process and of every child that still lives; RSS is told too, for peers report it.
"""

import argparse
import json
import time

import httpx

from benchmarks.served import Served, served
from tests.instance.media.pictures import picture

REST_SECONDS = 10
CHILD_SECONDS = 120  # the child that encodes pictures ends by itself when nobody sends any


def use(instance: Served) -> None:
    """What a small evening does."""
    tokens = [instance.token(name) for name in ("ada", "ben")]
    with httpx.Client(base_url=instance.url, timeout=30) as http:
        for n in range(20):
            own = {"Authorization": f"Bearer {tokens[n % 2]}"}
            http.post("/api/v1/statuses", headers=own, json={"status": f"{n} hello @ada"}).raise_for_status()
            http.get("/api/v1/timelines/home", headers=own).raise_for_status()
            http.get("/api/v1/notifications", headers=own).raise_for_status()
        http.post(
            "/api/v2/media", headers=own, files={"file": ("a.png", picture("PNG"), "image/png")}
        ).raise_for_status()
        for path in ("/", "/about", "/@ada", "/api/v2/instance"):
            http.get(path).raise_for_status()


def measure(kind: str, port: int, _rounds: int = 1) -> dict[str, object]:
    """One run on one kind of database."""
    with served(kind, port) as instance:
        use(instance)
        before = time.monotonic()
        time.sleep(REST_SECONDS)
        while instance.children() and time.monotonic() < before + CHILD_SECONDS:
            time.sleep(1)
        return {"database": kind, "idle_pss_mb": round(instance.pss(), 1), "idle_rss_mb": round(instance.memory(), 1)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--port", type=int, default=18331)
    asked = parser.parse_args()
    for kind in asked.kinds:
        print(json.dumps(measure(kind, asked.port)))


if __name__ == "__main__":
    main()
