"""A boost is served, listed and led on from only as long as anyone may read what it boosts."""

from typing import Any

from sqlalchemy import Table, update

from instance.db.content import post
from instance.db.people import account
from tests.journeys.walk import follow, open_group, write
from tests.support.make import member
from tests.support.peer import PUBLIC, Peer
from tests.support.world import Running, World

NO_LONGER: dict[str, dict[str, Any]] = {
    "consent taken back": {"consent": "refused"},
    "consent waits": {"consent": "pending"},
    "for followers": {"visibility": "followers"},
    "for this server": {"local_only": True},
    "deleted": {"deleted_at": 1},
}


async def _set(a: Running, table: Table, row_id: int, values: dict[str, Any]) -> None:
    await a.house.store.unit(lambda u: u.connection.execute(update(table).where(table.c.id == row_id).values(**values)))


async def _outbox(peer: Peer, a: Running, path: str, reader: str) -> str:
    """All that an outbox holds, as text."""
    answer = await peer.get(a, f"{path}/outbox", reader)
    first = answer.json().get("first")
    more = (await peer.get(a, first, reader)).text if isinstance(first, str) else ""
    return answer.text + more


async def test_no_boost_of_what_not_everyone_may_read(world: World) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    ana, ben = await member(a, "ana", public=True), await member(a, "ben", public=True)
    await world.settle()
    await open_group(a, "harbour", ana)
    bob = peer.actor("bob")
    await ana.post(f"/api/v1/accounts/{(await ana.get('/api/v1/accounts/lookup?acct=harbour')).json()['id']}/follow")
    status = await write(world, ana, "@harbour hello", visibility="public")
    boost = (await ben.post(f"/api/v1/statuses/{status['id']}/reblog", json={"visibility": "public"})).json()
    await world.settle()
    iri, page = f"https://a.example/u/{ben.account_id}/b/{boost['id']}", {"Accept": "text/html"}
    group = (await peer.get(a, "/.well-known/webfinger?resource=acct:harbour@a.example", bob)).json()
    harbour = next(link["href"] for link in group["links"] if link["rel"] == "self")
    path, harbour_path = f"/u/{ben.account_id}", harbour.removeprefix("https://a.example")

    async def is_served() -> set[bool]:
        return {
            (await peer.get(a, iri, bob)).status_code == 200,
            (await a.client.get(iri, headers=page)).is_redirect,
            iri in await _outbox(peer, a, path, bob),
            status["uri"] in await _outbox(peer, a, harbour_path, bob),
        }

    assert await is_served() == {True}
    written = {"consent": None, "visibility": "public", "local_only": False, "deleted_at": None}
    for why, values in NO_LONGER.items():
        await _set(a, post, int(status["id"]), values)
        assert await is_served() == {False}, why
        await _set(a, post, int(status["id"]), written)
        assert await is_served() == {True}, why
    for gone in ({"suspended_at": 1}, {"deleted_at": 1}):
        await _set(a, account, ana.account_id, gone)
        assert await is_served() == {False}, gone
        await _set(a, account, ana.account_id, dict.fromkeys(gone))
    await _set(a, account, ben.account_id, {"suspended_at": 1})
    assert (await peer.get(a, iri, bob)).status_code == 404
    assert not (await a.client.get(iri, headers=page)).is_redirect


async def test_what_stays_here_is_nothing_to_other_servers(world: World) -> None:
    """Who guesses its address learns nothing: a mark on it comes to nothing, as on a post that is not there."""
    a, peer = await world.instance("a.example"), Peer(world)
    ana = await member(a, "ana", public=True)
    await world.settle()
    bob = peer.actor("bob")
    await follow(world, ana, "@bob@peer.example")
    [asked] = [one.body for one in peer.received if one.body["type"] == "Follow"]
    await peer.post(a, peer.activity("Accept", bob, asked, "f"))
    await peer.post(a, peer.activity("Follow", bob, f"https://a.example/u/{ana.account_id}"))
    await world.settle()
    for local_only, marks in ((False, 1), (True, 0)):
        status = await write(world, ana, "hello", visibility="public", local_only=local_only)
        peer.received.clear()
        for verb in ("Like", "Announce"):
            terms = {"to": [PUBLIC]} if verb == "Announce" else {}
            await peer.post(a, peer.activity(verb, bob, status["uri"], f"{local_only}", **terms))
        request = peer.activity("QuoteRequest", bob, status["uri"], f"{local_only}")
        quoting = peer.note(bob, 7 + local_only, "<p>See</p>", quote=status["uri"])
        await peer.post(a, request | {"instrument": quoting["id"]})
        await world.settle()
        shown = (await ana.get(f"/api/v1/statuses/{status['id']}")).json()
        assert (shown["favourites_count"], shown["reblogs_count"]) == (marks, marks)
        answers = [one.body["type"] for one in peer.received if one.body["type"] in {"Accept", "Reject"}]
        assert len(answers) == marks
