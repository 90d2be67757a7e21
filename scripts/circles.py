"""What the demo is made of: collectives as real processes, their members, and the words that it says as things happen."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from instance.cli import skerry
from instance.errors import RefusalError
from instance.i18n import refusal_text

ROOT = Path(__file__).parents[1]
PASSWORD = "three circles on one hill"
READY_SECONDS = 120
ARRIVE_SECONDS = 120


class DemoError(Exception):
    """Something did not happen in time; the text says what."""


@dataclass
class Member:
    """One person: her name, her instance, a client that acts for her."""

    name: str
    home: "Circle"
    api: httpx.Client

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.home.domain}"

    def get(self, path: str, **query: Any) -> Any:
        return self._json(self.api.get(path, params=query))

    def post(self, path: str, **body: Any) -> Any:
        return self._json(self.api.post(path, json=body))

    def find(self, handle: str) -> dict[str, Any]:
        """An account by its handle; its server is asked. One that was made just now gets its key in a moment."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found[:] = self.get("/api/v2/search", q=handle, type="accounts", resolve="true", limit=1)["accounts"]
            return bool(found)

        until(look, f"{self.handle} finds {handle}", told=False)
        return found[0]

    def follow(self, handle: str) -> None:
        """Follow, and wait until it is accepted."""
        account = self.find(handle)
        self.post(f"/api/v1/accounts/{account['id']}/follow")

        def accepted() -> bool:
            (relation,) = self.get("/api/v1/accounts/relationships", **{"id[]": account["id"]})
            return bool(relation["following"])

        until(accepted, f"{self.handle} follows {handle}")

    def write(self, text: str, **more: Any) -> dict[str, Any]:
        status: dict[str, Any] = self.post("/api/v1/statuses", status=text, **more)
        return status

    def sees(self, words: str) -> dict[str, Any]:
        """Wait until a post with these words is in her home timeline; that post."""
        seen: list[dict[str, Any]] = []

        def look() -> bool:
            home = self.get("/api/v1/timelines/home", limit=40)
            shown = [status.get("reblog") or status for status in home]
            seen[:] = [status for status in shown if words in status["content"]]
            return bool(seen)

        until(look, f"{self.handle} sees “{words}”")
        return seen[0]

    def reads_answer(self, status: dict[str, Any], words: str) -> None:
        """Wait until an answer with these words stands below a post."""

        def look() -> bool:
            thread = self.get(f"/api/v1/statuses/{status['id']}/context")
            return any(words in answer["content"] for answer in thread["descendants"])

        until(look, f"{self.handle} reads the answer “{words}”")

    def _json(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            raise DemoError(f"{self.handle}: {answer.request.method} {answer.request.url.path}: {answer.text[:200]}")
        return answer.json()


@dataclass
class Circle:
    """One collective: a real process with its own data folder."""

    title: str
    host: str
    port: int
    data: Path
    peers: str
    members: dict[str, Member] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def domain(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.domain}"

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SKERRY_")}
        return kept | {
            "SKERRY_MODE": "development",
            "SKERRY_NAME": self.title,
            "SKERRY_ALLOW_PRIVATE_PEERS": self.peers,
            "SKERRY_LOG_LEVEL": os.environ.get("SKERRY_LOG_LEVEL", "info"),
        }

    def start(self) -> None:
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [*SKERRY, "serve", "--host", self.host, "--port", str(self.port), "--data", str(self.data)]
        with (self.data / "log").open("ab") as log:
            # A session of its own: Ctrl-C reaches the demo, which then stops the three one after the other.
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self.environment(), cwd=ROOT, start_new_session=True
            )

    def ready(self) -> None:
        def look() -> bool:
            if self.process is None or self.process.poll() is not None:
                raise DemoError(f"{self.title} ended: {(self.data / 'log').read_text(errors='replace')[-800:]}")
            with suppress(httpx.TransportError):
                return httpx.get(f"{self.url}/health/ready", timeout=2, trust_env=False).status_code == 200
            return False

        until(look, f"{self.title} is ready at {self.url}", READY_SECONDS)

    def cli(self, *arguments: str, given: str | None = None) -> dict[str, Any]:
        """A `skerry` command beside the running process; in this one, for starting another takes longer than the command."""
        out, before = io.StringIO(), (dict(os.environ), sys.stdin)
        os.environ.clear()
        os.environ.update(self.environment())
        sys.stdin = io.StringIO(given or "")
        try:
            with redirect_stdout(out):
                skerry.main([*arguments, "--json", "--data", str(self.data)], standalone_mode=False)
        except RefusalError as refusal:
            raise DemoError(f"{self.title}: skerry {' '.join(arguments)}: {refusal_text(refusal)}") from None
        finally:
            os.environ.clear()
            os.environ.update(before[0])
            sys.stdin = before[1]
        values: dict[str, Any] = json.loads(out.getvalue())
        return values

    def join(self, name: str, display_name: str, role: str = "member") -> Member:
        options = ["--display-name", display_name, "--role", role, "--public-posting", "--password-stdin"]
        made = self.cli("account", "create", name, *options, "--print-token", given=PASSWORD + "\n")
        client = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {made['token']}"}, timeout=30, trust_env=False
        )
        self.members[name] = Member(name, self, client)
        return self.members[name]

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()


SKERRY = [sys.executable, "-m", "instance"]


def until(look: Callable[[], bool], what: str, seconds: float = ARRIVE_SECONDS, *, told: bool = True) -> None:
    """Wait until it is so. Raises DemoError."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise DemoError(f"after {seconds} s still not: {what}")
        time.sleep(0.1)
    if told:
        say(f"  {what}")


def say(text: str) -> None:
    print(text, flush=True)
