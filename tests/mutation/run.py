"""Takes each control out in a copy of the tree, runs the tests that name its danger, and wants them red.

    scripts/mutate [--only 5,12] [--both]

`--both`: on PostgreSQL too. Exits 1 where a control can be taken out and its tests stay green.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.mutation.table import MUTATIONS, OPEN, Mutation
from tests.support import postgres

ROOT = Path(__file__).parents[2]
RED, GREEN = 1, 0
"""What pytest exits with: tests failed, all passed. Anything else is no answer."""


class OutOfDateError(Exception):
    """The line that is the control is not there any more: the table must be changed."""


def applied(mutation: Mutation, root: Path) -> str:
    """The file's text without the control. Raises OutOfDateError unless its line is there exactly once."""
    text = (root / mutation.path).read_text()
    if not mutation.old or text.count(mutation.old) != 1:
        times = text.count(mutation.old) if mutation.old else 0
        raise OutOfDateError(f"{mutation.number}: {mutation.path} has {times} times: {mutation.old.strip()[:80]}")
    return text.replace(mutation.old, mutation.new)


def copy(into: Path) -> None:
    """The files that git knows or would take, and the environment beside them."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, into / name)
    (into / ".venv").symlink_to(ROOT / ".venv")


def run(tree: Path, tests: Iterable[str], names: str, *, both: bool) -> tuple[int, str]:
    """(exit status, last line) of the tests whose names hold `names`."""
    chosen = names if both else f"{names} and not postgresql"
    words = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-k", chosen, *tests]
    environ = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, cwd=tree, capture_output=True, text=True, env=environ, timeout=1200)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode, lines[-1].strip("= ") if lines else ""


def one(tree: Path, mutation: Mutation, *, both: bool) -> bool:
    """Whether its tests are red without the control; prints its row."""
    path = tree / mutation.path
    text = path.read_text()
    path.write_text(applied(mutation, tree))
    try:
        status, said = run(tree, mutation.tests, f"thirty_{mutation.number:02d}", both=both)
    finally:
        path.write_text(text)
    verdict = "red" if status == RED else f"NOT RED ({status})"
    said = said.partition(" in ")[0]
    print(f"| {mutation.number} | {mutation.control} | `{mutation.path}` | {verdict}: {said} |", flush=True)
    return status == RED


def all_of(tree: Path, chosen: list[Mutation], *, both: bool) -> list[bool]:
    """For each mutation whether its tests are red without the control. Ends where they are not green with all of them."""
    copy(tree)
    status, said = run(tree, sorted({path for one in chosen for path in one.tests}), "thirty", both=both)
    if status != GREEN:
        sys.exit(f"with all controls in place the tests must be green first: {said}")
    print("| no. | control | taken out of | its tests |\n|---|---|---|---|", flush=True)
    return [one(tree, mutation, both=both) for mutation in chosen]


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__)
    parser.add_argument("--only", default="", help="numbers, with commas between them")
    parser.add_argument("--both", action="store_true", help="on PostgreSQL as well")
    asked = parser.parse_args()
    only = {int(number) for number in asked.only.split(",") if number}
    chosen = [mutation for mutation in MUTATIONS if not only or mutation.number in only]
    for mutation in chosen:
        applied(mutation, ROOT)
    server = postgres.start()  # one for all: each run would start its own
    os.environ["SKERRY_TEST_POSTGRES"] = server.url
    try:
        with tempfile.TemporaryDirectory(prefix="skerry-mutation-") as folder:
            caught = all_of(Path(folder), chosen, both=asked.both)
    finally:
        server.stop()
    for number, why in OPEN.items():
        print(f"| {number} | {why} | | open |")
    print(f"\nof {len(caught)} controls, the tests of {sum(caught)} are red without them")
    sys.exit(0 if all(caught) else 1)


if __name__ == "__main__":
    main()
