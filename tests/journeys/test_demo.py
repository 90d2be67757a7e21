"""`scripts/demo`: three real processes federate, everything arrives everywhere, and they stop when they are told to."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.support.process import ROOT, free_port

pytestmark = pytest.mark.processes

HOSTS = ["127.0.0.2", "127.0.0.3", "127.0.0.4"]


def _demo(*options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "scripts/three.py", "--port", str(free_port(HOSTS[0])), *options]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("SKERRY_")}
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _told_addresses(demo: "subprocess.Popen[str]", folder: Path) -> list[str]:
    """Read what it tells until all has arrived; the addresses of the three."""
    told = ""
    assert demo.stdout is not None
    while "Stop with Ctrl-C" not in told:
        line = demo.stdout.readline()
        assert line, told
        told += line
    urls = re.findall(r"circle\s+(http://\S+)", told)
    assert [url.split("/")[2].split(":")[0] for url in urls] == HOSTS
    assert {httpx.get(f"{url}/health/ready", trust_env=False).status_code for url in urls} == {200}
    assert told.count(" sees “") >= 10
    assert told.count(" follows @") == 23
    for sentence in (
        "Northern circle and Southern circle have agreed; each keeps both signatures",
        "does not see “My results are in”: it never left for Island circle",
        "Mia, on a server without promises, does not get “My results are in”",
        "Its policy promises something else than when it was agreed upon.",
        "Northern circle says of Island circle: probed.",
        "sees “The third results”",
    ):
        assert sentence in told
    logs = "".join(path.read_text() for path in folder.glob("*/log"))
    assert "Traceback" not in logs
    assert "request_failed" not in logs
    for word in ("infusion", "beans", "Thursdays", "results"):
        assert word not in logs
    return urls


def ended(demo: "subprocess.Popen[str]", seconds: float) -> int:
    """The exit status; what does not end in time is killed, for it must not keep the whole suite."""
    try:
        return demo.wait(seconds)
    except subprocess.TimeoutExpired:
        demo.kill()
        raise


def test_everything_arrives_and_it_ends(tmp_path: Path) -> None:
    with _demo("--data", str(tmp_path)) as demo:
        try:
            urls = _told_addresses(demo, tmp_path)
        finally:
            started = time.monotonic()
            demo.send_signal(signal.SIGINT)
            status = ended(demo, 40)
    assert status == 0
    assert time.monotonic() - started < 30
    for url in urls:
        with pytest.raises(httpx.TransportError):
            httpx.get(url, trust_env=False, timeout=2)


def test_an_older_demo_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / HOSTS[1]).mkdir()
    (tmp_path / HOSTS[1] / "skerry.sqlite3").touch()
    with _demo("--data", str(tmp_path), "--once") as demo:
        assert ended(demo, 30) == 2
