"""Real processes: `skerry serve` or `worker` on a data folder of its own, waited for, stopped, or killed with -9."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.commands import Said, run

ROOT = Path(__file__).parents[2]
KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR")


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One `skerry` process. `environ` are settings beside --host, --port and --data."""

    data: Path
    environ: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = 0
    arguments: tuple[str, ...] = ("serve",)
    module: str = "instance"
    running: subprocess.Popen[bytes] | None = None
    seed: Path | None = None
    """A database file to begin with: a first start that makes one takes two seconds more."""

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def log_path(self) -> Path:
        return self.data.parent / f"{self.data.name}-{self.arguments[0]}.log"

    def environment(self) -> dict[str, str]:
        """What the process sees: nothing of the settings around the tests."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**kept, "SKERRY_MODE": "development", **self.environ}

    def start(self) -> "Process":
        """Start it; `wait` says when it is ready."""
        self.port = self.port or free_port(self.host)
        self.data.mkdir(parents=True, exist_ok=True)
        if self.seed is not None and not (self.data / "skerry.sqlite3").exists():
            shutil.copyfile(self.seed, self.data / "skerry.sqlite3")
        command = [sys.executable, "-m", self.module, *self.arguments, "--data", str(self.data)]
        if self.arguments[0] == "serve":
            command += ["--host", self.host, "--port", str(self.port)]
        with self.log_path.open("ab") as log:
            self.running = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment(), cwd=ROOT)
        return self

    def wait(self, seconds: float = 90.0) -> float:
        """Wait until /health/ready answers 200; returns how many seconds that took."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            if self.running is None or self.running.poll() is not None:
                raise AssertionError(f"it ended: {self.log()[-2000:]}")
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=2, trust_env=False).status_code == 200:
                    return time.monotonic() - started
            except httpx.TransportError:
                time.sleep(0.02)
            else:
                time.sleep(0.02)
        raise AssertionError(f"not ready after {seconds} s: {self.log()[-2000:]}")

    def wait_for(self, text: str, seconds: float = 90.0) -> None:
        """Wait until it has printed this."""
        deadline = time.monotonic() + seconds
        while text not in self.log():
            assert time.monotonic() < deadline, f"it did not say {text!r}: {self.log()[-2000:]}"
            time.sleep(0.02)

    def cpu(self) -> float:
        """Seconds of CPU that it has used; says more than the clock where others work beside it."""
        assert self.running is not None
        fields = Path(f"/proc/{self.running.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, seconds: float = 15.0) -> int:
        """End it as a service manager does; its exit status."""
        return self._end(signal.SIGTERM, seconds)

    def kill(self) -> int:
        """End it in the middle of whatever it does."""
        return self._end(signal.SIGKILL, 10.0)

    def _end(self, how: signal.Signals, seconds: float) -> int:
        if self.running is None:
            return 0
        if self.running.poll() is None:
            self.running.send_signal(how)
        try:
            return self.running.wait(seconds)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait(10)
            raise AssertionError(f"it did not end within {seconds} s: {self.log()[-2000:]}") from None
        finally:
            self.running = None

    def log(self) -> str:
        """What it printed, over all its starts."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def cli(self, *arguments: str, given: str | None = None, check: bool = True) -> Said:
        """Another `skerry` command on the same data folder, in the process of the test."""
        done = run(*arguments, "--data", str(self.data), stdin=given or "", environ=self.environment())
        assert not check or done.status == 0, f"skerry {' '.join(arguments)}: {done.status}\n{done.err}"
        return done


@contextmanager
def served(data: Path, seed: Path | None = None, **environ: str) -> Iterator[Process]:
    """An instance for development, ready to be asked; stopped at the end, also after a failure."""
    process = Process(data, environ, seed=seed).start()
    try:
        process.wait()
        yield process
    finally:
        process.stop()
