"""`skerry serve` as a real process: ready soon, stopped gently, upgrades with a copy, refuses what is unsafe."""

import os
import re
import sqlite3
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine

from instance.db.engine import open_sqlite
from instance.migrations.upgrade import upgrade
from tests.support import redis
from tests.support.commands import run
from tests.support.databases import POSTGRES, Databases
from tests.support.process import Process, served

pytestmark = pytest.mark.processes


def test_a_second_start_is_ready_within_three_seconds(tmp_path: Path) -> None:
    process = Process(tmp_path / "d").start()
    process.wait()
    assert process.stop() in {0, -15}
    process.start()
    process.wait()
    assert process.cpu() < 3
    started = time.monotonic()
    process.stop()
    assert time.monotonic() - started < 15
    assert "Traceback" not in process.log()


def test_an_open_stream_does_not_hold_up_the_end(tmp_path: Path, sqlite_template: Path) -> None:
    given = served(tmp_path / "d", sqlite_template, SKERRY_PROT="1")
    with given as process, httpx.stream("GET", f"{process.url}/health/live", trust_env=False):
        assert "SKERRY_PROT is no setting" in process.log()
        started = time.monotonic()
        process.stop()
        assert time.monotonic() - started < 15


def test_another_port_is_taken_with_a_warning(tmp_path: Path, sqlite_template: Path) -> None:
    with served(tmp_path / "d", sqlite_template) as process:
        first = process.url
    process.port = 0
    process.start()
    process.wait()
    process.stop()
    assert f"this folder was at {first}; it is at {process.url} from now on" in process.log()


def test_a_folder_or_a_port_in_use_is_told(tmp_path: Path, sqlite_template: Path) -> None:
    """A second process on the same file would take the first one's leases, and its address."""
    with served(tmp_path / "d", sqlite_template) as process:
        for second, said in [
            (Process(tmp_path / "d"), "runs on"),
            (
                Process(tmp_path / "e", port=process.port, seed=sqlite_template),
                f"can't listen on 127.0.0.1 port {process.port}",
            ),
        ]:
            assert second.start().running is not None
            assert second.running is not None
            assert second.running.wait(30) == 2
            assert said in second.log()
        assert process.cli("account", "create", "anna").status == 0
        assert httpx.get(f"{process.url}/@anna", trust_env=False).status_code == 200


def test_an_upgrade_copies_the_file_first(tmp_path: Path) -> None:
    path = tmp_path / "d" / "skerry.sqlite3"
    path.parent.mkdir()
    engine = create_engine("sqlite://", creator=lambda: open_sqlite(str(path), read_only=False))
    with engine.begin() as connection:
        upgrade(connection, "0001")
    engine.dispose()
    process = Process(tmp_path / "d")
    with sqlite3.connect(path) as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    process.cli("db", "upgrade")
    with sqlite3.connect(tmp_path / "d" / "skerry.sqlite3.before-upgrade") as copy:
        assert {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} == tables


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"SKERRY_MODE": "production"}, "SKERRY_BASE_URL is missing"),
        ({"SKERRY_MODE": "production", "SKERRY_BASE_URL": "http://a.example"}, "Production refuses to start: .*https"),
        ({"SKERRY_WORKERS": "2"}, "SKERRY_WORKERS is above 1 with SQLite"),
    ],
)
def test_it_does_not_start_unsafe(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    told = run("serve", "--data", str(tmp_path / "d"), environ=Process(tmp_path / "d", environ).environment())
    assert told.status == 2
    assert re.search(said, told.err)
    assert "Traceback" not in told.err


def test_it_does_not_start_without_its_database(tmp_path: Path) -> None:
    process = Process(tmp_path / "d", {"SKERRY_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/x"}).start()
    assert process.running is not None
    assert process.running.wait(90) == 1
    assert "the database does not answer" in process.log()
    assert "Traceback" not in process.log()
    assert "hunter2" not in process.log()


def test_postgres_is_not_upgraded_by_serve(tmp_path: Path) -> None:
    process = Process(tmp_path / "d", {"SKERRY_DATABASE_URL": os.environ[POSTGRES]}).start()  # an empty database
    assert process.running is not None
    assert process.running.wait(90) == 1
    assert "run: skerry db upgrade" in process.log()


async def test_many_workers_on_postgres_and_redis(databases: Databases, tmp_path: Path) -> None:
    if databases.kind != "postgresql":
        return
    server = redis.start()
    environ = {"SKERRY_DATABASE_URL": await databases.make(), "REDIS_URL": server.url, "SKERRY_WORKERS": "2"}
    web = Process(tmp_path / "d", environ).start()
    try:
        web.wait()
        worker = Process(tmp_path / "d", environ, arguments=("worker",)).start()
        worker.wait_for("worker runs")
        answers = [httpx.get(f"{web.url}/health/ready", trust_env=False).status_code for _ in range(10)]
        assert answers == [200] * 10
        assert worker.stop() == 0
    finally:
        web.stop()
        server.stop()
    assert "Traceback" not in web.log() + worker.log()
