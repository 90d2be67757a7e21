"""GoToSocial with the same incoming posts as benchmarks/ingest.py, measured the same way: to compare within one hour.

    .venv/bin/python -m benchmarks.gotosocial --binary PATH --web PATH [--port 18390] [--posts 1000]

`--binary` is a gotosocial executable, `--web` its folder `web` (templates and assets). It runs on SQLite in a temporary folder,
over plain HTTP on the loopback network (it asks the pretend server over TLS, once for each author), with rate limits off. Each post is sent to the reader's own inbox, for it has no shared
one. Its CPU is counted from the first post until the last one shows in the home timeline.
"""

import argparse
import asyncio
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.ingest import AUTHORS, accept_all, create, follow_all, wait_for
from benchmarks.served import Served, free_ports
from benchmarks.wire import peers, post_all

HOST = "127.0.0.3"
PASSWORD = "Correct-horse-battery-9"
OOB = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = "read write follow"
CONFIG = """
log-level: "error"
host: "{host}:{port}"
protocol: "http"
bind-address: "{host}"
port: {port}
db-type: "sqlite"
db-address: "{data}/sqlite.db"
web-template-base-dir: "{web}/template/"
web-asset-base-dir: "{web}/assets/"
storage-local-base-path: "{data}/storage"
letsencrypt-enabled: false
accounts-registration-open: false
advanced-rate-limit-requests: 0
http-client:
  allow-ips: ["127.0.0.0/8"]
  tls-insecure-skip-verify: true
"""


@contextmanager
def running(binary: str, web: str, port: int) -> Iterator[Served]:
    """A new GoToSocial with one account, `reader`."""
    with tempfile.TemporaryDirectory(prefix="skerry-gts-") as folder:
        data = Path(folder)
        config = data / "config.yaml"
        config.write_text(CONFIG.format(host=HOST, port=port, data=folder, web=web))
        words = [binary, "--config-path", str(config)]
        with (data / "log").open("wb") as log:
            process = subprocess.Popen([*words, "server", "start"], stdout=log, stderr=log)
            try:
                served = Served(f"http://{HOST}:{port}", data, process.pid)
                _wait(served.url, process, data / "log")
                who = ["--username", "reader"]
                account = [*words, "admin", "account"]
                more = ["--email", "reader@bench.example", "--password", PASSWORD]
                subprocess.run([*account, "create", *who, *more], check=True, stdout=log, stderr=log)
                subprocess.run([*account, "confirm", *who], check=True, stdout=log, stderr=log)
                yield served
            finally:
                process.terminate()
                process.wait(30)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/nodeinfo/2.0").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"GoToSocial did not start:\n{log.read_text()[-2000:]}")


def token(url: str) -> str:
    """The reader signs in and lets an app in."""
    with httpx.Client(base_url=url, timeout=30) as http:
        named = {"client_name": "bench", "redirect_uris": OOB, "scopes": SCOPES}
        app = http.post("/api/v1/apps", data=named).json()
        asked = {"client_id": app["client_id"], "redirect_uri": OOB, "response_type": "code", "scope": SCOPES}
        http.get("/oauth/authorize", params=asked)
        answer = http.post("/auth/sign_in", data={"username": "reader@bench.example", "password": PASSWORD})
        http.get(answer.headers["location"])
        where = http.post("/oauth/authorize").headers["location"]
        code = re.search(r"code=([^&]+)", where)
        assert code, where
        own = {"client_id": app["client_id"], "client_secret": app["client_secret"], "redirect_uri": OOB}
        grant = {"grant_type": "authorization_code", "code": code[1], **own}
        return str(http.post("/oauth/token", data=grant).json()["access_token"])


def measure(binary: str, web: str, port: int, posts: int) -> dict[str, object]:
    """One run."""
    port = free_ports(HOST, port, 1)
    with peers(port + 1, 1, tls=True) as sender, running(binary, web, port) as instance:
        held = token(instance.url)
        authors = [f"{sender.bases[0]}/users/author{number}" for number in range(AUTHORS)]
        inbox = f"{instance.url}/users/reader/inbox"
        follow_all(instance, authors, held)
        accept_all(instance, sender, authors, held, inbox)
        sender.send(inbox, [create(authors[n % AUTHORS], n) for n in range(100)])
        wait_for(99, instance, held)
        made = [create(authors[n % AUTHORS], 1000 + n) for n in range(posts)]
        requests = [sender.request(inbox, activity) for activity in made]
        before = instance.cpu()
        asyncio.run(post_all(inbox, requests))
        wait_for(1000 + posts - 1, instance, held)
        used = instance.cpu() - before
        return {
            "server": "gotosocial",
            "cpu_ms_a_create": round(1000 * used / posts, 2),
            "memory_mb": round(instance.memory()),
        }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--web", required=True)
    parser.add_argument("--port", type=int, default=18390)
    parser.add_argument("--posts", type=int, default=1000)
    asked = parser.parse_args()
    print(json.dumps(measure(asked.binary, asked.web, asked.port, asked.posts)), flush=True)


if __name__ == "__main__":
    main()
