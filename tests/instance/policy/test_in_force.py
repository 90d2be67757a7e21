"""The policy in force: adopted at first start, changed by stewards, felt by what waits in the queues."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, insert, select

from federation.schema import delivery, inbox_activity, outbox_item
from instance.cli import skerry
from instance.db.unit import Unit
from instance.policy.adopt import adopt_first, end_rules, set_stance
from instance.policy.inforce import InForce, in_force, in_force_here
from instance.policy.judge import RELATION, facts_of, may_send
from policies.facts import PeerFacts
from policies.peers import Stance, stance
from policies.presets import preset
from tests.support.world import World

PRODUCTION = {"SKERRY_MODE": "production", "SKERRY_CONTACT_EMAIL": "anna@circle.example"}


async def test_first_start_adopts_a_preset_once(world: World) -> None:
    house = (await world.instance("a.example")).house
    assert await in_force(house) == preset("open")
    assert await house.store.unit(adopt_first) is False
    careful = (await world.instance("b.example", **PRODUCTION)).house
    assert await in_force(careful) == preset("closed")


async def test_a_change_is_in_force_at_once_for_all_who_ask(world: World) -> None:
    store = (await world.instance()).house.store
    kept = InForce(store)
    assert stance(await kept.document(), "bad.example") == "allowed"
    await store.unit(set_stance, "Bad.example", Stance.BLOCKED, "spam")
    store_count = store.hot_count  # type: ignore[attr-defined]
    assert stance(await kept.document(), "www.bad.example") == "blocked"
    await kept.document()
    assert store.hot_count - store_count == 3  # type: ignore[attr-defined]  # version, document; version
    assert (await store.read(in_force_here)).peers["bad.example"].reason == "spam"


@pytest.mark.parametrize(
    ("facts", "allowed"),
    [
        (RELATION, True),
        (facts_of("public"), True),
        (facts_of("followers", tier="open"), True),
        (facts_of("public", local_only=True), False),
        (facts_of("group", tier="closed"), False),
        (facts_of("group"), False),
        ({}, False),
        ({"visibility": None, "local_only": False}, False),
        ({"visibility": "public", "local_only": None}, False),
        ({"visibility": "public", "tier": 7}, False),
    ],
)
def test_facts_that_are_kept_are_judged_strictly(facts: dict[str, object], allowed: bool) -> None:
    assert may_send(preset("open"), PeerFacts("a.example"), facts).allowed is allowed
    assert not may_send(preset("closed"), PeerFacts("a.example"), facts).allowed


def _queue(u: Unit) -> None:
    item = {"activity": "x", "actor": "https://a.example/u/1", "kind": "Create", "facts": facts_of("public")}
    made = u.connection.execute(insert(outbox_item).values(**item, body=b"{}", created_at=u.now))
    for number, host in enumerate(["bad.example", "sub.bad.example", "good.example"]):
        values = {"item_id": made.inserted_primary_key[0], "host": host, "inbox": f"https://{host}/inbox"}
        u.connection.execute(insert(delivery).values(**values, state="ready", created_at=u.now))
        came = {
            "host": host,
            "activity_key": str(number),
            "actor": f"https://{host}/u",
            "kind": "Create",
            "body": b"{}",
        }
        times = {"next_try_at": u.now, "received_at": u.now}
        u.connection.execute(insert(inbox_activity).values(**came, state="held", **times))


def _states(connection: Connection) -> dict[str, tuple[str, str]]:
    sent = dict(connection.execute(select(delivery.c.host, delivery.c.state)).all())  # type: ignore[arg-type]
    came = dict(connection.execute(select(inbox_activity.c.host, inbox_activity.c.state)).all())  # type: ignore[arg-type]
    return {host: (sent[host], came[host]) for host in sent}


async def test_two_who_change_it_at_once_both_count(world: World) -> None:
    store = (await world.instance()).house.store
    hosts = [f"bad{number}.example" for number in range(6)]
    await asyncio.gather(*(store.unit(set_stance, host, Stance.BLOCKED) for host in hosts))
    assert sorted((await store.read(in_force_here)).peers) == hosts


async def test_of_many_who_change_it_one_after_another_all_count(world: World) -> None:
    """Each begins while another one waits, and a third has just ended."""
    store = (await world.instance()).house.store
    hosts = [f"bad{number:02}.example" for number in range(30)]

    async def change(number: int, host: str) -> None:
        await asyncio.sleep(number * 0.004)
        await store.unit(set_stance, host, Stance.BLOCKED)

    await asyncio.gather(*(change(number, host) for number, host in enumerate(hosts)))
    assert sorted((await store.read(in_force_here)).peers) == hosts


async def test_what_waits_is_judged_again(world: World) -> None:
    store = (await world.instance()).house.store
    await store.unit(_queue)
    woken: list[set[str]] = []
    store.on_wake = woken.append
    await store.unit(set_stance, "bad.example", Stance.BLOCKED)
    assert await store.read(_states) == {
        "bad.example": ("cancelled", "ignored"),
        "sub.bad.example": ("cancelled", "ignored"),
        "good.example": ("ready", "received"),
    }
    assert woken == [{"inbox"}]
    assert await store.read(lambda c: c.execute(select(delivery.c.error).distinct()).scalars().all()) in (
        [None, "peer-blocked"],
        ["peer-blocked", None],
    )


def test_the_command_line_changes_a_stance(tmp_path: Path, sqlite_template: Path) -> None:
    (tmp_path / "skerry.sqlite3").write_bytes(sqlite_template.read_bytes())
    (tmp_path / "instance.json").write_text(json.dumps({"mode": "development", "base_url": "http://127.0.0.1:18380"}))

    def run(*words: str) -> str:
        result = CliRunner().invoke(skerry, ["policy", *words, "--data", str(tmp_path)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    assert "servers that no rule names: blocked" in run("show")
    run("start-from", "allowlist")
    changed = run("set-stance", "peer.example:8443", "allowed", "--reason", "friends", "--json")
    assert json.loads(changed)["peers"]["rules"] == {"peer.example:8443": {"stance": "allowed", "reason": "friends"}}
    assert "peer.example:8443: allowed (friends)" in run("show")
    refused = CliRunner().invoke(skerry, ["policy", "set-stance", "no host", "held", "--data", str(tmp_path)])
    assert refused.exit_code == 1
    assert "is no host" in refused.stderr


async def test_a_rule_ends_at_its_moment(world: World) -> None:
    house = (await world.instance()).house
    kept = InForce(house.store, house.site.clock.now)
    soon = (house.site.clock.now() + 60_000) // 1000 * 1000
    await house.store.unit(_queue)
    await house.store.unit(lambda u: set_stance(u, "bad.example", Stance.HELD, "a trial", until=soon))
    assert stance(await kept.document(), "bad.example") == "held"
    published = (await kept.newest()).document
    assert published.peers["bad.example"].until == soon
    assert await house.store.unit(end_rules) == 0
    world.clock.turn(60_000)
    assert stance(await kept.document(), "bad.example") == "allowed"
    assert await house.store.unit(end_rules) == 1
    assert await house.store.unit(end_rules) == 0
    assert "bad.example" not in (await kept.newest()).document.peers
    assert (await house.store.read(_states))["bad.example"] == ("cancelled", "received")
