"""`skerry` commands in this process, in a thread of their own: a tenth of what a process costs.

What only a process shows (its start, its end, what it imports) has tests of its own: test_cli.py, test_serve.py.
"""

import asyncio
import io
import json
import threading
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any
from unittest import mock

from instance.cli import main
from instance.remembered import remember
from tests.support.world import Running


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    stdout: str
    err: str

    @property
    def out(self) -> list[str]:
        """The lines of stdout."""
        return self.stdout.splitlines()

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found: dict[str, Any] = json.loads(self.stdout)
        return found


def run(*words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Said:
    """Run `skerry WORDS` to its end; `environ` in place of this process's."""
    out, err, ended = io.StringIO(), io.StringIO(), []

    def call() -> None:
        try:
            main()
        except SystemExit as end:
            ended.append(int(end.code or 0))

    given = mock.patch.dict("os.environ", environ, clear=True) if environ is not None else mock.patch.dict("os.environ")
    thread = threading.Thread(target=call)  # commands run loops of their own
    with (
        given,
        mock.patch("sys.argv", ["skerry", *words]),
        mock.patch("sys.stdin", io.StringIO(stdin)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        thread.start()
        thread.join(120)
    assert ended, f"skerry {' '.join(words)} did not end: {err.getvalue()}"
    return Said(ended[0], out.getvalue(), err.getvalue())


async def skerry(running: Running, *words: str, stdin: str = "") -> Said:
    """Run a command beside a running instance."""
    settings = running.house.site.settings
    remember(settings)
    return await asyncio.to_thread(lambda: run(*words, "--data", str(settings.data), stdin=stdin))
