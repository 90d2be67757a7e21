"""Health answers without sign-in, before any steward exists; metrics answer those who may read them."""

import pytest

from instance.jobs import table
from tests.support.world import World


async def test_ready_and_live(world: World) -> None:
    running = await world.instance()
    for path in ("/health/live", "/health/ready"):
        assert (await running.client.get(path)).status_code == 200
        assert (await running.client.head(path)).status_code == 200


async def test_not_ready_when_the_runner_died(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    running = await world.instance()
    object.__setattr__(running.house, "runner_alive", lambda: False)
    answer = await running.client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": True, "migrations": True, "jobs": False}
    assert (await running.client.get("/health/live")).status_code == 200


async def test_not_ready_without_its_database(world: World) -> None:
    running = await world.instance()
    await running.house.store.close()
    answer = await running.client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] is False


async def test_metrics_count_and_name_nobody(world: World) -> None:
    running = await world.instance(SKERRY_METRICS_TOKEN="s3cret")
    await running.house.store.unit(table.enqueue, "test", {"n": 1})
    await running.client.get("/@alice")
    assert (await running.client.get("/metrics")).status_code == 404
    assert (await running.client.get("/metrics", headers={"Authorization": "Bearer no"})).status_code == 404
    answer = await running.client.get("/metrics", headers={"Authorization": "Bearer s3cret"})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'skerry_jobs{kind="test",state="ready"} 1' in lines
    assert 'skerry_requests_total{status="4xx"} 3' in lines
    assert "skerry_runner_up 1" in lines
    assert "alice" not in answer.text
    assert all(line.startswith(("#", "skerry_")) for line in lines)


async def test_without_a_token_only_this_machine_reads_metrics(world: World) -> None:
    client = (await world.instance()).client
    assert (await client.get("/metrics")).status_code == 200
    assert (await client.get("/metrics", headers={"X-Forwarded-For": "198.51.100.1"})).status_code == 404
