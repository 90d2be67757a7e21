"""How long until `/health/ready` answers: first start (makes secret and schema) and later ones.

    .venv/bin/python -m benchmarks.startup [sqlite|postgresql ...]

Wall seconds, for that is what a person waits; the median of five later starts. The schema of PostgreSQL is made before, as
`skerry db upgrade` does.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.support import postgres
from tests.support.process import Process

STARTS = 5


def measure(kind: str, port: int, _rounds: int = 1) -> dict[str, object]:
    """One run on one kind of database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="skerry-bench-")))
        environ = {}
        if kind == "postgresql":
            server = postgres.start()
            stack.callback(server.stop)
            environ["SKERRY_DATABASE_URL"] = server.url
            subprocess.run([sys.executable, "-m", "instance.migrations.upgrade", server.url], check=True)
        process = Process(folder / "data", environ, port=port)
        stack.callback(process.kill)
        first = process.start().wait()
        later = []
        for _ in range(STARTS):
            process.stop()
            later.append(process.start().wait())
        return {"database": kind, "first_start_s": round(first, 2), "start_s": round(statistics.median(later), 2)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--port", type=int, default=18332)
    asked = parser.parse_args()
    for kind in asked.kinds:
        print(json.dumps(measure(kind, asked.port)))


if __name__ == "__main__":
    main()
