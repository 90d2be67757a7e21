"""Streams of a real instance: by WebSocket, with the token in each of its three places, and by server-sent events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.process import Process, served

pytestmark = pytest.mark.processes

PASSWORD = "stones and sea 7\n"
PATIENCE = 20.0


@dataclass
class Client:
    """A member's app."""

    instance: Process
    token: str

    def post(self, path: str, **data: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.post(self.instance.url + path, json=data, headers=headers, trust_env=False, timeout=20).json()

    def delete(self, path: str) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        httpx.delete(self.instance.url + path, headers=headers, trust_env=False, timeout=20)

    @property
    def socket(self) -> str:
        return self.instance.url.replace("http", "ws", 1) + "/api/v1/streaming"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Process]:
    with served(tmp_path_factory.mktemp("streams") / "data", sqlite_template) as process:
        yield process


def _client(instance: Process, name: str) -> Client:
    made = instance.cli(
        "account", "create", name, "--public-posting", "--print-token", "--password-stdin", given=PASSWORD
    )
    return Client(instance, made.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def ann(instance: Process) -> Client:
    return _client(instance, "ann")


@pytest.fixture(scope="module")
def bea(instance: Process) -> Client:
    return _client(instance, "bea")


def _next(socket: ClientConnection, event: str) -> Any:
    while True:
        told = json.loads(socket.recv(timeout=PATIENCE))
        if told.get("event") == event:
            return told


def test_home_and_notifications_on_one_socket(ann: Client, bea: Client) -> None:
    with connect(ann.socket, subprotocols=[ann.token], proxy=None) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == ann.token
        socket.send(json.dumps({"type": "subscribe", "stream": "user"}))
        socket.send(json.dumps({"type": "subscribe", "stream": "nonsense"}))
        assert json.loads(socket.recv(timeout=PATIENCE))["error"] == "Unknown stream type"
        mine = ann.post("/api/v1/statuses", status="From the boat", visibility="public")
        told = _next(socket, "update")
        assert told["stream"] == ["user"]
        assert json.loads(told["payload"])["id"] == mine["id"]
        bea.post(f"/api/v1/statuses/{mine['id']}/favourite")
        assert json.loads(_next(socket, "notification")["payload"])["type"] == "favourite"
        ann.delete(f"/api/v1/statuses/{mine['id']}")
        assert _next(socket, "delete")["payload"] == mine["id"]


def test_the_token_in_the_address_and_in_the_header(ann: Client, bea: Client) -> None:
    header = {"Authorization": f"Bearer {ann.token}"}
    for address, headers in (
        (f"{ann.socket}?stream=public&access_token={ann.token}", {}),
        (f"{ann.socket}/?stream=public", header),
    ):
        with connect(address, additional_headers=headers, proxy=None) as socket:
            post = bea.post("/api/v1/statuses", status="For all", visibility="public")
            assert json.loads(_next(socket, "update")["payload"])["id"] == post["id"]


def test_a_stream_shows_only_what_its_reader_may_read(ann: Client, bea: Client) -> None:
    with connect(f"{ann.socket}?stream=public&access_token={ann.token}", proxy=None) as socket:
        bea.post("/api/v1/statuses", status="For few", visibility="private")
        bea.post("/api/v1/statuses", status="For bea", visibility="direct")
        post = bea.post("/api/v1/statuses", status="For all", visibility="public")
        assert json.loads(_next(socket, "update")["payload"])["id"] == post["id"]


def test_no_stream_without_a_token_and_none_after_it_ended(instance: Process) -> None:
    cleo = _client(instance, "cleo")
    with pytest.raises(InvalidStatus):
        connect(cleo.socket, proxy=None).__enter__()
    with connect(f"{cleo.socket}?stream=user&access_token={cleo.token}", proxy=None) as socket:
        instance.cli("account", "suspend", "cleo")
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=PATIENCE)


def test_server_sent_events(ann: Client, bea: Client) -> None:
    headers = {"Authorization": f"Bearer {ann.token}"}
    address = f"{ann.instance.url}/api/v1/streaming/public"
    with httpx.stream("GET", address, headers=headers, trust_env=False, timeout=PATIENCE) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == ":)"
        post = bea.post("/api/v1/statuses", status="For all", visibility="public")
        assert next(line for line in lines if line.startswith("event:")) == "event: update"
        assert json.loads(next(lines).removeprefix("data: "))["id"] == post["id"]
    assert httpx.get(address, trust_env=False).status_code == 401


def test_open_streams_do_not_keep_the_instance_from_stopping(tmp_path: Path, sqlite_template: Path) -> None:
    with served(tmp_path / "data", sqlite_template) as instance:
        dora = _client(instance, "dora")
        headers = {"Authorization": f"Bearer {dora.token}"}
        address = f"{instance.url}/api/v1/streaming/user"
        with httpx.stream("GET", address, headers=headers, trust_env=False, timeout=PATIENCE) as answer:
            lines = answer.iter_lines()
            assert next(lines) == ":)"
            assert instance.stop() in {0, -15}
            assert list(lines) == []
        assert "running task" not in instance.log()


def test_only_the_headers_of_a_stream_end_at_once(instance: Process, ann: Client) -> None:
    """HEAD: nothing would ever be told, and the connection would be kept busy."""
    headers = {"Authorization": f"Bearer {ann.token}"}
    with httpx.Client(base_url=instance.url, headers=headers, trust_env=False, timeout=5) as client:
        assert client.head("/api/v1/streaming/user").status_code == 200
        assert client.get("/api/v1/streaming/health").status_code == 200
