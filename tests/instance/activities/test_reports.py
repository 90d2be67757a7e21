"""Reports across servers: told in every shape, seen by moderators only; forwarded without a name, to one server only."""

from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from instance.activities.incoming import reports as incoming_reports
from instance.content import reports
from instance.db.content import report
from tests.journeys.walk import found, open_group, write
from tests.support.make import Member, member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World


async def _scene(world: World) -> tuple[Running, Member, Member, Peer, str]:
    a, peer = await world.instance("a.example"), Peer(world)
    anna, mod = await member(a, "anna", public=True), await member(a, "mod", role="moderator")
    await world.settle()
    return a, anna, mod, peer, peer.actor("instance", kind="Application")


async def _rows(a: Running) -> list[tuple[int, list[int], str]]:
    rows = await a.house.store.read(lambda c: c.execute(select(report).order_by(report.c.id)).all())
    return [(row.target_id, row.post_ids, reports.words_of(a.house.site.vault, row)) for row in rows]


async def _send(world: World, a: Running, peer: Peer, activity: dict[str, Any]) -> None:
    assert (await peer.post(a, activity)).status_code == 202
    await world.settle()


@pytest.mark.parametrize(
    "shape",
    [
        lambda who, post: {"object": [who, post], "content": "spam, they say"},  # Mastodon, GoToSocial
        lambda who, post: {"object": post, "summary": "spam, they say"},  # PieFed
        lambda who, post: {"object": [post, who], "content": "spam, they say"},  # NodeBB
        lambda who, post: {
            "object": [{"type": "Note", "id": post}],
            "content": "<p>spam, they say</p>",
            "to": [PUBLIC],
        },
        lambda who, post: {"object": f"{post}/activity", "content": "spam, they say"},
    ],
)
async def test_every_shape_of_a_report(world: World, shape: Any) -> None:
    a, anna, mod, peer, instance = await _scene(world)
    post = await write(world, anna, "Buy this", visibility="public")
    iri = f"https://a.example/u/{anna.account_id}"
    await _send(world, a, peer, peer.activity("Flag", instance, "") | shape(iri, post["uri"]))
    assert await _rows(a) == [(anna.account_id, [int(post["id"])], "spam, they say")]
    [told] = (await mod.get("/api/v1/notifications")).json()
    assert (told["type"], told["report"]["comment"]) == ("admin.report", "spam, they say")
    assert told["report"]["target_account"]["acct"] == "anna"
    assert told["report"]["status_ids"] == [post["id"]]
    [group] = (await mod.get("/api/v2/notifications")).json()["notification_groups"]
    assert group["report"]["id"] == told["report"]["id"]
    assert (await anna.get("/api/v1/notifications")).json() == []  # who is reported is not told


async def test_a_report_of_an_account_alone_and_what_is_not_ours(world: World) -> None:
    a, anna, _, peer, instance = await _scene(world)
    iri = f"https://a.example/u/{anna.account_id}"
    flag = peer.activity("Flag", instance, [iri], content="rude")
    await _send(world, a, peer, flag)
    await _send(world, a, peer, {**flag, "id": f"{instance}/flag/again"})
    assert await _rows(a) == [(anna.account_id, [], "rude")]
    before = len(world.wires.log)
    await _send(
        world, a, peer, peer.activity("Flag", instance, ["https://other.example/users/x", "https://a.example/u/1"], 3)
    )
    await _send(world, a, peer, peer.activity("Flag", instance, [], 4))
    assert len(await _rows(a)) == 1
    assert len(world.wires.log) == before  # nothing is fetched for it
    await _send(world, a, peer, peer.activity("Undo", instance, flag))
    assert len(await _rows(a)) == 1
    very_long = peer.activity("Flag", instance, [iri, "https://a.example/u/2"], 5, content="x" * 50_000)
    peer.actor("second", kind="Application")
    await _send(world, a, peer, very_long | {"actor": f"{peer.base}/users/second", "id": f"{peer.base}/users/second/5"})
    assert len((await _rows(a))[1][2]) == reports.LONGEST


async def test_a_report_of_somebody_else_s_post_in_a_group_of_ours(world: World) -> None:
    a, _, _, peer, instance = await _scene(world)
    group_id = await open_group(a, "lake")
    await world.settle()
    group_iri = await _iri(a, group_id)
    bob = peer.actor("bob")
    await _send(world, a, peer, peer.activity("Follow", bob, group_iri))
    tag = [{"type": "Mention", "href": group_iri, "name": "@lake@a.example"}]
    note = peer.note(bob, 1, to=[PUBLIC, group_iri], tag=tag)
    await _send(world, a, peer, peer.activity("Create", bob, note, to=note["to"], cc=note["cc"]))
    await _send(world, a, peer, peer.activity("Flag", instance, [note["id"]], content="off topic"))
    held = await a.house.store.read(lambda c: c.execute(select(report.c.group_id)).scalars().all())
    assert held == [group_id]


async def _iri(a: Running, account_id: int) -> str:
    from_row = f"SELECT iri FROM account WHERE id = {account_id}"
    return str(await a.house.store.read(lambda c: c.exec_driver_sql(from_row).scalar()))


async def test_a_forwarded_report_names_nobody(world: World) -> None:
    a, anna, mod, peer, _ = await _scene(world)
    other = Peer(world, "other.example")
    other.actor("carol")
    bob = peer.actor("bob")
    await found(anna, "@carol@other.example")
    there = (await found(anna, "@bob@peer.example"))["id"]
    await anna.post(f"/api/v1/accounts/{there}/follow")
    await world.settle()
    await _send(world, a, peer, peer.activity("Accept", bob, peer.received[-1].body["id"]))
    note = peer.note(bob, 1)
    await _send(world, a, peer, peer.activity("Create", bob, note, to=note["to"]))
    [status] = (await anna.get("/api/v1/timelines/home")).json()
    peer.received.clear()
    form: dict[str, Any] = {"account_id": there, "status_ids": [status["id"]], "comment": "He sells pills"}
    kept = (await anna.post("/api/v1/reports", json=form)).json()
    await world.settle()
    assert (kept["forwarded"], peer.received) == (False, [])
    sent = (await anna.post("/api/v1/reports", json={**form, "forward": True})).json()
    await world.settle()
    assert sent["forwarded"] is True
    [flag] = peer.received
    assert flag.body["actor"] == "https://a.example/actor"
    assert flag.body["object"] == [bob, note["id"]]
    assert (flag.body["content"], flag.body["summary"]) == ("He sells pills", "He sells pills")  # Mbin reads the latter
    assert 'keyId="https://a.example/actor#main-key"' in flag.headers["signature"]
    raw = flag.raw.decode()
    assert "anna" not in raw
    assert str(anna.account_id) not in raw
    assert other.received == []
    assert {one["type"] for one in (await mod.get("/api/v1/notifications")).json()} == {"admin.report"}
    own = (await mod.post("/api/v1/reports", json={"account_id": str(anna.account_id), "forward": True})).json()
    assert own["forwarded"] is False


async def test_what_a_report_names_is_found_without_a_search(world: World) -> None:
    """By its address, or its page's: however many posts there are, and whoever guesses addresses."""
    a, *_ = await _scene(world)
    if not a.house.site.settings.sqlite:
        return  # PostgreSQL plans by how many rows there are; here are few
    plans: list[str] = []

    def look(connection: Connection) -> None:
        def explained(conn: Connection, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
            if not statement.startswith("EXPLAIN"):
                plans.extend(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given))

        event.listen(connection, "before_cursor_execute", explained)
        incoming_reports._posts(connection, ["https://a.example/@anna/1"], "peer.example")
        event.remove(connection, "before_cursor_execute", explained)

    await a.house.store.read(look)
    assert [one for one in plans if "ix_post_url" in one], plans
