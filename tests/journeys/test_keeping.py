"""A member keeps a server from her own posts: nothing of hers gets there by any way, and it goes there again when she says so."""

import json

from sqlalchemy import select, update

from federation.schema import delivery, outbox_item
from instance.db.unit import Unit
from instance.policy.keeping import keep, lift
from instance.policy.kept import is_kept
from tests.journeys.walk import follow, found, home, open_group, texts, write
from tests.support.make import Member, member
from tests.support.members import member as acting
from tests.support.peer import Peer
from tests.support.world import Running, World

SECRET = "quince"


async def _scene(world: World) -> tuple[Running, Member, Member, Member, Peer, str]:
    """Anna and Ben on a; Cleo on c and bob of peer.example follow both, and the group lupus of a."""
    a, c = await world.instance("a.example"), await world.instance("c.example")
    anna, ben = await member(a, "anna", public=True), await member(a, "ben", public=True)
    cleo = await member(c, "cleo")
    await open_group(a, "lupus", anna)
    await world.settle()
    peer = Peer(world)
    bob = peer.actor("bob")
    for handle in ("anna", "ben", "lupus"):
        await follow(world, cleo, f"@{handle}@a.example")
        iri = (await found(ben, handle))["uri"]
        assert (await peer.post(a, peer.activity("Follow", bob, iri, handle))).status_code == 202
    await world.settle()
    peer.received.clear()
    return a, anna, ben, cleo, peer, bob


def _told(peer: Peer, what: str) -> list[str]:
    return [one.body["type"] for one in peer.received if what in one.raw.decode()]


async def test_nothing_of_hers_gets_there(world: World) -> None:
    a, anna, ben, cleo, peer, bob = await _scene(world)
    await a.house.store.unit(keep, anna.account_id, "https://Peer.Example/@bob")
    await world.settle()
    hers = [
        await write(world, anna, f"{SECRET} to all", visibility="public"),
        await write(world, anna, f"{SECRET} to followers", visibility="private"),
        await write(world, anna, f"@bob@peer.example {SECRET}", visibility="direct"),
        await write(world, anna, f"@lupus {SECRET} in the group"),
    ]
    await anna.put(f"/api/v1/statuses/{hers[0]['id']}", json={"status": f"{SECRET} changed"})
    await ben.post(f"/api/v1/statuses/{hers[0]['id']}/reblog")
    answer = await write(world, ben, "I agree", in_reply_to_id=hers[0]["id"], visibility="public")
    theirs = await write(world, ben, "Ben himself", visibility="public")
    await anna.post(f"/api/v1/statuses/{theirs['id']}/reblog")
    await world.settle()
    assert "Ben himself" in str([one.body for one in peer.received])
    assert _told(peer, SECRET) == []
    assert not [one for one in peer.received if one.body["actor"] == f"https://a.example/u/{anna.account_id}"]
    assert not [one for one in peer.received if one.body["type"] == "Announce" and hers[0]["uri"] in one.raw.decode()]
    assert {f"{SECRET} changed", f"{SECRET} to followers", f"@lupus {SECRET} in the group"} <= set(
        texts(await home(cleo))
    )

    base = f"https://a.example/u/{anna.account_id}"
    for url in [*(one["uri"] for one in hers), f"{hers[0]['uri']}/activity", f"{hers[0]['uri']}/replies"]:
        assert (await peer.get(a, url, bob)).status_code == 404, url
    for url in (f"{base}/outbox", f"{base}/featured", f"{theirs['uri']}/replies", f"{theirs['uri']}/context"):
        shown = await peer.get(a, url, bob)
        assert (shown.status_code, hers[0]["uri"] in shown.text) == (200, False), url
    assert (await peer.get(a, answer["uri"], bob)).status_code == 200

    await anna.delete(f"/api/v1/statuses/{hers[0]['id']}")
    await world.settle()
    assert _told(peer, hers[0]["uri"] + '"') == ["Create"]  # Ben's answer names what it answers
    assert (await peer.get(a, hers[0]["uri"], bob)).status_code == 404


async def test_what_was_there_before_is_taken_away_and_lifting_works(world: World) -> None:
    a, anna, _, _, peer, bob = await _scene(world)
    before = await write(world, anna, f"{SECRET} before", visibility="public")
    assert _told(peer, SECRET) == ["Create"]
    await a.house.store.unit(keep, anna.account_id, "peer.example")
    assert (await peer.get(a, before["uri"], bob)).status_code == 404
    await anna.delete(f"/api/v1/statuses/{before['id']}")
    await world.settle()
    assert _told(peer, before["uri"])[-1] == "Delete"
    assert (await peer.get(a, before["uri"], bob)).status_code == 410

    between = await write(world, anna, f"{SECRET} between", visibility="public")
    assert await a.house.store.unit(lift, anna.account_id, "peer.example")
    after = await write(world, anna, f"{SECRET} after", visibility="public")
    assert _told(peer, after["uri"]) == ["Create"]
    assert _told(peer, between["uri"]) == []
    assert (await peer.get(a, between["uri"], bob)).status_code == 200


async def test_it_is_asked_again_when_it_is_sent_and_what_waits_is_cancelled(world: World) -> None:
    a, anna, _, _, peer, _ = await _scene(world)
    made = await anna.post("/api/v1/statuses", json={"status": f"{SECRET} waits", "visibility": "public"})
    uri = made.json()["uri"]
    await a.house.store.unit(keep, anna.account_id, "peer.example")

    def again(u: Unit) -> list[tuple[str, str]]:
        asked = select(delivery.c.host, delivery.c.state, delivery.c.error).join(
            outbox_item, outbox_item.c.id == delivery.c.item_id
        )
        rows = u.connection.execute(asked.where(outbox_item.c.activity == f"{uri}/activity")).all()
        u.connection.execute(update(delivery).where(delivery.c.state == "cancelled").values(state="ready", error=None))
        return sorted((row.host, row.error or row.state) for row in rows)

    assert ("peer.example", "author-keeps-from-peer") in await a.house.store.unit(again)
    await world.settle()
    assert _told(peer, SECRET) == []


async def test_the_page(world: World) -> None:
    a = await world.instance("a.example")
    anna = await acting(a, "anna")
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in anna.cookies.items())}

    async def press(path: str, host: str) -> int:
        fields = {"csrf": anna.csrf, "host": host}
        return (await a.client.post(path, data=fields, headers=cookies)).status_code

    assert await press("/settings/servers", "https://Bad.example/") == 303
    assert "bad.example" in (await a.client.get("/settings/servers", headers=cookies)).text
    for wrong in ("", "a b", "nothing", "a.example"):
        assert await press("/settings/servers", wrong) == 422
    assert await press("/settings/servers/lift", "bad.example") == 303
    assert "bad.example" not in (await a.client.get("/settings/servers", headers=cookies)).text


def test_it_spreads_to_subdomains_and_ports() -> None:
    rows = [(1, "bad.example", 10)]
    facts = json.loads('{"authors": [1, 2]}')
    assert all(is_kept(rows, host, facts) for host in ("bad.example", "x.bad.example", "bad.example:8443"))
    assert not any(is_kept(rows, host, facts) for host in ("good.example", "notbad.example", "example"))
    assert not is_kept(rows, "bad.example", {"authors": [2]})
    assert not is_kept(rows, "bad.example", {})
    assert is_kept(rows, "bad.example", facts | {"written_at": 10})
    assert not is_kept(rows, "bad.example", facts | {"written_at": 9})
