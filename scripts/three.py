"""The demo: three instances on 127.0.0.2, .3 and .4, members, groups, follows, posts and replies between them.

All of it goes through the doors: the command line makes accounts and groups, the client API does the rest.
Prints addresses and sign-ins, runs until Ctrl-C; `--once` ends when everything has arrived everywhere (0) or not (1).
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

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
        command = [*SKERRY, *arguments, "--json", "--data", str(self.data)]
        done = subprocess.run(
            command, env=self.environment(), cwd=ROOT, input=given, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DemoError(f"{self.title}: skerry {' '.join(arguments)}: {done.stderr.strip()[-400:]}")
        values: dict[str, Any] = json.loads(done.stdout)
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


# What the three circles do.

PEOPLE = [
    [("ada", "Ada", "steward"), ("ben", "Ben", "member")],
    [("cleo", "Cleo", "steward"), ("dan", "Dan", "member")],
    [("eva", "Eva", "steward"), ("finn", "Finn", "member")],
]
GROUPS = [
    ("tuesday", "Tuesday circle", "ada"),
    ("garden", "Garden talk", "cleo"),
    ("night", "Awake at night", "eva"),
]


def people_and_groups(circles: list[Circle]) -> None:
    """Two members and a group on each."""
    for circle, people, (group, title, moderator) in zip(circles, PEOPLE, GROUPS, strict=True):
        for name, display_name, role in people:
            circle.join(name, display_name, role)
        circle.cli("group", "create", group, "--display-name", title, "--moderator", moderator)
        say(f"  {circle.title}: {', '.join(m.handle for m in circle.members.values())}, group @{group}@{circle.domain}")


def follows(circles: list[Circle]) -> None:
    """Everyone follows every group; the first of each follows the second of the next."""
    everyone = [member for circle in circles for member in circle.members.values()]
    groups = [f"@{group[0]}@{circle.domain}" for circle, group in zip(circles, GROUPS, strict=True)]
    for member in everyone:
        for group in groups:
            member.follow(group)
    for circle, following in zip(circles, circles[1:] + circles[:1], strict=True):
        first, second = next(iter(circle.members.values())), list(following.members.values())[1]
        first.follow(second.handle)


def talk(circles: list[Circle]) -> None:
    """Posts to groups from elsewhere, seen everywhere, answered across."""
    ada, ben, cleo, dan, eva, finn = (member for circle in circles for member in circle.members.values())
    tuesday, garden, night = (f"@{group[0]}@{circle.domain}" for circle, group in zip(circles, GROUPS, strict=True))
    ben.write(f"{tuesday} First infusion today. Who has a good book for four hours?", visibility="public")
    for member in (ada, cleo, dan, eva, finn):
        seen = member.sees("First infusion today")
        if member is dan:
            dan.write(
                f"@{ben.name}@{ben.home.domain} Short stories. You can stop at any page.", in_reply_to_id=seen["id"]
            )
        if member is finn:
            finn.post(f"/api/v1/statuses/{seen['id']}/favourite")
    mine = ben.sees("First infusion today")
    ben.reads_answer(mine, "Short stories")
    finn.write(f"{garden} The beans are up, and so am I.", visibility="public")
    for member in (ada, ben, cleo, dan, eva):
        member.sees("The beans are up")
    dan.write(f"{night} Anyone else awake?", visibility="public", spoiler_text="can't sleep")
    answered = eva.sees("Anyone else awake")
    eva.write(f"{dan.handle} Always, on Thursdays.", in_reply_to_id=answered["id"])
    dan.reads_answer(dan.sees("Anyone else awake"), "on Thursdays")


def tell(circles: list[Circle]) -> None:
    say("\nThree collectives are running.\n")
    for circle, (group, title, _) in zip(circles, GROUPS, strict=True):
        say(f"  {circle.title:<16} {circle.url}   {title}: {circle.url}/@{group}")
        say(f"  {'':<16} sign in as {' or '.join(circle.members)}")
    say(f"\nEvery password is: {PASSWORD}")
    say(
        "Each first one is steward of her instance and moderates its group. Logs lie in the data folders. Stop with Ctrl-C."
    )


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="Three collectives that federate, on this machine."
    )
    parser.add_argument(
        "--port", type=int, default=8800, help="port on 127.0.0.2, 127.0.0.3 and 127.0.0.4 (default 8800)"
    )
    parser.add_argument("--data", type=Path, help="folder for the three (default: a new one, gone at the end)")
    parser.add_argument("--once", action="store_true", help="end as soon as everything has arrived")
    return parser.parse_args()


def main() -> int:
    """Run the demo; 0 when all went well."""
    given = asked()
    folder = given.data or Path(tempfile.mkdtemp(prefix="skerry-demo-"))
    hosts = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
    peers = ",".join(f"{host}/32" for host in hosts)
    titles = ["Northern circle", "Southern circle", "Island circle"]
    circles = [Circle(t, h, given.port, folder / h, peers) for t, h in zip(titles, hosts, strict=True)]
    if any((circle.data / "skerry.sqlite3").exists() for circle in circles):
        say(f"{folder} holds an older demo; name an empty folder, or none.")
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):  # SIGINT is ignored where a shell started us in the background
        signal.signal(number, signal.default_int_handler)
    try:
        play(circles)
        tell(circles)
        if not given.once:
            signal.pause()
    except KeyboardInterrupt:
        say("\nStopping.")
    except DemoError as error:
        say(f"\nIt did not work: {error}\nLogs: {folder}")
        return 1
    finally:
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(Circle.stop, circles))
    if given.data is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def play(circles: list[Circle]) -> None:
    """All steps, told as they happen."""
    say("Starting three instances …")
    for circle in circles:
        circle.start()
    for circle in circles:
        circle.ready()
    say("Making members and groups …")
    people_and_groups(circles)
    say("Following across …")
    follows(circles)
    say("Talking …")
    talk(circles)


if __name__ == "__main__":
    sys.exit(main())
