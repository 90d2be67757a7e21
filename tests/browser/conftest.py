"""A real browser on a real process. Without chromium these tests skip in one line; SKERRY_BROWSER=required forbids that."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no browser found: install the package 'chromium' to run the tests marked browser"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder are marked `browser`."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def executable() -> str | None:
    """Where the browser is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, or one counted skip. Ends with its module: while it lives, no test with a loop of its own can run."""
    path = executable()
    if path is None:
        if os.environ.get("SKERRY_BROWSER") == "required":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running instance in development mode."""
    port = _free_port()
    data = tmp_path_factory.mktemp("instance")
    environ = {key: value for key, value in os.environ.items() if not key.startswith("SKERRY_")}
    environ |= {"SKERRY_MODE": "development", "SKERRY_DATA": str(data), "SKERRY_LOG_LEVEL": "error"}
    process = subprocess.Popen(
        [sys.executable, "-m", "instance", "serve", "--port", str(port)], env=environ, stderr=subprocess.DEVNULL
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(base)
        yield base
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(base: str) -> None:
    for _ in range(150):
        try:
            if httpx.get(f"{base}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("the instance does not get ready")


class Seen:
    """What the browser complained of or fetched from elsewhere."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.complaints: list[str] = []
        self.outside: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._request)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:")):
            self.outside.append(request.url)


@pytest.fixture
def seen(server: str) -> Seen:
    """Filled while `page` is used."""
    return Seen(server)


@pytest.fixture
def context(browser: Browser, server: str) -> Iterator[BrowserContext]:
    """A phone, without JavaScript."""
    made = browser.new_context(
        base_url=server, viewport={"width": 360, "height": 740}, java_script_enabled=False, locale="en-GB"
    )
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, seen: Seen) -> Page:
    """One page."""
    made = context.new_page()
    seen.watch(made)
    return made
