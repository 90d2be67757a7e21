"""The doctor finds what is not well and says what to do; nothing is well that is not."""

import json
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import update

import federation
from instance import doctor, doctor_reach
from instance.clock import HOUR
from instance.db.system import job
from instance.db.unit import Unit
from instance.doctor import Finding, State
from instance.jobs import table
from instance.settings import Settings, load
from tests.support import redis
from tests.support.process import Process, served
from tests.support.world import World


def _settings(data: Path, **environ: str) -> Settings:
    return load({"SKERRY_MODE": "development", "SKERRY_DATA": str(data), **environ})


def _only(findings: list[Finding]) -> tuple[State, str, str]:
    (found,) = findings
    assert found.state is State.GOOD or found.remedy
    return found.state, found.said, found.remedy


def test_the_secret(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    assert _only(doctor.secret(settings))[0] is State.BAD
    settings.secret_path.write_bytes(b"x" * 32)
    settings.secret_path.chmod(0o644)
    assert [f.state for f in doctor.secret(settings)] == [State.BAD, State.WARNING]
    settings.secret_path.chmod(0o600)
    assert "copy" in _only(doctor.secret(settings))[2]
    doctor.note_backup(settings)
    assert _only(doctor.secret(settings))[0] is State.GOOD


def test_data_folder_and_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(tmp_path)
    tmp_path.chmod(0o755)
    assert _only(doctor.data_folder(settings))[2] == f"run: chmod 700 {tmp_path}"
    tmp_path.chmod(0o700)
    assert _only(doctor.data_folder(settings))[0] is State.GOOD
    assert _only(doctor.data_folder(_settings(tmp_path / "no")))[0] is State.BAD
    for free, state in ((1 << 20, State.BAD), (1 << 30, State.WARNING), (9 << 30, State.GOOD)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, free=free: SimpleNamespace(free=free))
        assert _only(doctor.disk(settings))[0] is state


def test_a_stranger_among_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _only(doctor.packages(_settings(tmp_path)))[0] is State.GOOD
    monkeypatch.setattr(federation, "__file__", "/usr/lib/python3/dist-packages/federation/__init__.py")
    state, said, _ = _only(doctor.packages(_settings(tmp_path)))
    assert state is State.BAD
    assert "federation" in said


def test_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer, state in ((0, State.GOOD), (doctor.CLOCK_ERROR, State.WARNING), (None, State.WARNING)):
        monkeypatch.setattr(doctor, "_clock_state", lambda answer=answer: answer)
        assert _only(doctor.clock(_settings(tmp_path)))[0] is state


async def test_database_and_queue(world: World) -> None:
    running = await world.instance()
    settings, store = running.house.site.settings, running.house.store

    async def look() -> list[Finding]:
        if settings.sqlite:
            return doctor_reach.database(settings)
        return doctor_reach._found(await doctor_reach._from_postgres(settings))

    assert {f.state for f in await look()} == {State.GOOD}

    def trouble(u: Unit) -> None:
        for _ in range(2):
            table.enqueue(u, "test", {}, run_at=u.site.clock.wire() - HOUR)
        last = update(job).where(job.c.id == 2).values(state="dead")
        u.connection.execute(last)

    await store.unit(trouble)
    found = {f.name + " " + f.state: f for f in await look()}
    assert "60 minutes" in found["queue bad"].said
    assert "1 jobs" in found["queue warning"].said


def test_absent_servers(tmp_path: Path) -> None:
    settings = _settings(
        tmp_path,
        SKERRY_DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/x",
        REDIS_URL="redis://127.0.0.1:1",
        SKERRY_MAIL_URL="smtp://127.0.0.1:1",
        SKERRY_MAIL_FROM="a@b.example",
        SKERRY_BASE_URL="https://127.0.0.1:1",
    )
    assert _only(doctor_reach.database(settings))[0] is State.BAD
    assert _only(doctor_reach.redis_server(settings))[0] is State.WARNING
    assert _only(doctor_reach.mail(settings))[0] is State.BAD
    assert _only(doctor_reach.certificate(settings))[0] is State.BAD
    assert "hunter2" not in str(doctor_reach.database(settings))


def test_our_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(tmp_path, SKERRY_BASE_URL="https://circle.example")

    def nowhere(*_: object) -> list[object]:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert _only(doctor_reach.name(settings))[0] is State.BAD
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [(0, 0, 0, "", ("10.0.0.7", 0))])
    assert "10.0.0.7" in _only(doctor_reach.name(settings))[1]


def test_redis_answers(tmp_path: Path) -> None:
    server = redis.start()
    try:
        assert _only(doctor_reach.redis_server(_settings(tmp_path, REDIS_URL=server.url)))[0] is State.GOOD
    finally:
        server.stop()


@pytest.mark.processes
def test_beside_a_running_instance(tmp_path: Path, sqlite_template: Path) -> None:
    with served(tmp_path / "d", sqlite_template) as process:
        told = json.loads(process.cli("doctor", "--json").stdout)
        assert {f["name"] for f in told["findings"]} >= {"settings", "packages", "disk", "secret", "running", "queue"}
        assert [f for f in told["findings"] if f["state"] == "bad"] == []
        assert "ready at" in process.cli("doctor").stdout
        (process.data / "secret.key").chmod(0o644)
        done = process.cli("doctor", check=False)
        assert done.status == 1
        assert "BAD   secret" in done.stdout
    never = Process(tmp_path / "never", {"SKERRY_BASE_URL": "http://a.example"}).cli("doctor", check=False)
    assert never.status == 1
