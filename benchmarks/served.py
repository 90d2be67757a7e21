"""A real `skerry serve` process on SQLite or PostgreSQL, made ready for a benchmark, and what CPU it has used."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support import postgres

TICKS = os.sysconf("SC_CLK_TCK")
SKERRY = [sys.executable, "-m", "instance"]


@dataclass
class Served:
    """One running instance."""

    url: str
    data: Path
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU that the process has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> float:
        """Resident memory in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def children(self) -> list[int]:
        """Its living child processes."""
        return _children(self.pid)

    def pss(self) -> float:
        """Memory in MB that the instance and its living children hold, shared pages counted in part."""
        return sum(_pss(pid) for pid in (self.pid, *self.children())) / 1024

    def cli(self, *words: str) -> str:
        """Run a command of the command line on this instance; its last line."""
        run = subprocess.run([*SKERRY, *words, "--data", str(self.data)], check=True, capture_output=True, text=True)
        return run.stdout.strip().splitlines()[-1] if run.stdout.strip() else ""

    def token(self, name: str) -> str:
        """Make a member who may post in public; her token."""
        self.cli("account", "create", name, "--public-posting")
        return self.cli("token", "create", name, "--scopes", "read write follow push")


def free_ports(host: str, first: int, count: int) -> int:
    """The first port, at or above `first`, from which on `count` are free."""
    for port in range(first, first + 200):
        try:
            for number in range(port, port + count):
                with socket.create_server((host, number)):
                    pass
        except OSError:
            continue
        return port
    raise SystemExit(f"no free port above {first}")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def _pss(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.partition("\nPss:")[2].split()[0])


@contextmanager
def served(kind: str, port: int) -> Iterator[Served]:
    """Start an instance on `kind` ('sqlite' or 'postgresql') at `port` or above; stop it and throw its data away afterwards."""
    port = free_ports("127.0.0.1", port, 1)
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="skerry-bench-")))
        environ = os.environ | {"SKERRY_MODE": "development", "SKERRY_PUBLIC_POSTING": "1"}
        if kind == "postgresql":
            server = postgres.start()
            stack.callback(server.stop)
            environ["SKERRY_DATABASE_URL"] = server.url
            subprocess.run([sys.executable, "-m", "instance.migrations.upgrade", server.url], check=True)
        log = stack.enter_context((data / "log").open("wb"))
        words = [*SKERRY, "serve", "--port", str(port), "--data", str(data)]
        process = subprocess.Popen(words, env=environ, stderr=log, stdout=log)
        stack.callback(process.wait, 20)
        stack.callback(process.terminate)
        url = f"http://127.0.0.1:{port}"
        _wait(url, process, data / "log")
        yield Served(url, data, process.pid)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(1200):
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"the instance did not start:\n{log.read_text()[-3000:]}")
