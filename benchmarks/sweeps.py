"""What each timed job costs where much is stored and nothing is to be done: none may hold up who writes.

    .venv/bin/python -m benchmarks.sweeps [sqlite|postgresql ...] [--stored 100000]

An instance of its own gets so many rows in each table that grows with use, all of yesterday; then each job of
`instance.wiring.TIMED` is run. Told is the time in its transaction, the best of three: on SQLite whoever writes waits for it.
"""

import argparse
import time

from sqlalchemy import text

from benchmarks.served import served
from benchmarks.stored import fill
from instance.cli.common import in_unit, site_of
from instance.db.unit import Unit
from instance.jobs.daily import BATCH, Timed
from instance.wiring import TIMED

LISTED = 0.002  # seconds
RUNS = 3


def run(u: Unit, jobs: list[Timed]) -> dict[str, float]:
    """Seconds in each batch."""
    took: dict[str, float] = {}
    for job in jobs:
        found = [job.find(u.connection, u.now)[:BATCH]] if job.find else []  # it looks beside who writes
        started = time.perf_counter()
        job.step(u, *found)
        took[job.name] = time.perf_counter() - started
    return took


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.sweeps", description=__doc__)
    parser.add_argument("databases", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--stored", type=int, default=100_000)
    parser.add_argument("--port", type=int, default=18480)
    asked = parser.parse_args()
    for kind in asked.databases:
        with served(kind, asked.port) as instance:
            site = site_of(instance.data)
            in_unit(site, fill, asked.stored)
            in_unit(site, lambda u: u.connection.execute(text("ANALYZE")))
            runs = [in_unit(site, run, TIMED) for _ in range(RUNS)]
        took = {name: min(took[name] for took in runs) for name in runs[0]}
        print(f"{kind}, {asked.stored} rows in each table: {sum(took.values()) * 1000:.1f} ms in all")
        for name, seconds in sorted(took.items(), key=lambda pair: -pair[1]):
            if seconds >= LISTED:
                print(f"  {seconds * 1000:7.1f} ms  {name}")


if __name__ == "__main__":
    main()
