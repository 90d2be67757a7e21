"""Every benchmark in one run, one table: `benchmarks/run [--quick] [--only NAME] [--port N] [sqlite|postgresql ...]`."""

import argparse
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks import dead_peers, delivery, fan_out, growth, home_page, idle_memory, ingest, startup

Measure = Callable[[str, int, int], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One line of the table: what is measured, the aim, how, the figure's name, rounds in full and quick."""

    name: str
    aim: str
    measure: Measure
    figure: str
    rounds: int
    quick: int


ROWS = [
    Row("CPU ms per signed Create until it shows", "3.5", ingest.measure, "cpu_ms_a_create", 2000, 300),
    Row("the same, 1,000 posts stored", "3.5", growth.measure, "cpu_ms_a_create_at_1000", 500, 100),
    Row("the same, 100,000 posts stored", "3.5", growth.measure, "cpu_ms_a_create_at_100000", 500, 100),
    Row("CPU ms per home page of 20", "0.75", home_page.measure, "cpu_ms_a_page", 3000, 600),
    Row("CPU ms per signed delivery over TLS", "1.2", delivery.measure, "cpu_ms_a_delivery", 20, 5),
    Row("CPU ms per delivery, 100 servers, HTTP", "", fan_out.measure, "cpu_ms_to_100", 5, 2),
    Row("CPU ms per delivery, 1,000 servers, HTTP", "", fan_out.measure, "cpu_ms_to_1000", 5, 2),
    Row("p95 to reach one server, 1,000 others dead / none", "1.1", dead_peers.measure, "p95_ratio_alone", 200, 40),
    Row("the same, the dead ones sent the post too", "1.1", dead_peers.measure, "p95_ratio_all", 200, 40),
    Row("MB idle (PSS)", "110", idle_memory.measure, "idle_pss_mb", 1, 1),
    Row("MB idle (RSS)", "", idle_memory.measure, "idle_rss_mb", 1, 1),
    Row("s to ready, first start", "", startup.measure, "first_start_s", 1, 1),
    Row("s to ready, later starts", "3", startup.measure, "start_s", 1, 1),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks/run", description="Every benchmark in one run, one table.")
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--port", type=int, default=18330)
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print(f"| what | aim | {' | '.join(asked.kinds)} |\n|---|---|{'---|' * len(asked.kinds)}")
    measured: dict[tuple[Measure, str], dict[str, Any]] = {}
    for row in ROWS:
        if asked.only not in row.name:
            continue
        cells = []
        for kind in asked.kinds:
            if (row.measure, kind) not in measured:
                rounds = row.quick if asked.quick else row.rounds
                measured[row.measure, kind] = row.measure(kind, asked.port, rounds)
            cells.append(str(measured[row.measure, kind][row.figure]))
        print(f"| {row.name} | {row.aim} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
