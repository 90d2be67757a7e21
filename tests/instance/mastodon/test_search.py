"""Search, and looking up people of other servers; their pictures come from us."""

from tests.support.make import Member, member
from tests.support.peer import Peer
from tests.support.world import World


async def test_a_handle_elsewhere_is_asked_of_its_server(world: World) -> None:
    a, b = await world.instance(), await world.instance("b.example")
    ann, bea = await member(a, "ann"), await member(b, "bea")
    await world.settle()  # actors are served once they have their keys
    asked = {"q": "@bea@b.example", "type": "accounts"}
    assert (await ann.get("/api/v2/search", params=asked)).json()["accounts"] == []
    found = (await ann.get("/api/v2/search", params={**asked, "resolve": "true"})).json()["accounts"]
    assert [who["acct"] for who in found] == ["bea@b.example"]
    assert found[0]["avatar"].startswith("https://a.example/media/")
    again = await ann.get(
        "/api/v1/accounts/search", params={"q": f"https://b.example/u/{bea.account_id}", "resolve": "1"}
    )
    assert [who["id"] for who in again.json()] == [found[0]["id"]]
    looked_up = await ann.get("/api/v1/accounts/lookup", params={"acct": "bea@b.example"})
    assert looked_up.json()["id"] == found[0]["id"]
    for nobody in ("nobody@b.example", "x@c.example", "https://b.example/none"):
        answer = await ann.get("/api/v2/search", params={"q": nobody, "resolve": "true"})
        assert answer.json()["accounts"] == []


async def test_a_bot_that_calls_itself_an_application_is_found_by_its_handle_only(world: World) -> None:
    ann = await member(await world.instance(), "ann")
    peer = Peer(world)
    robo = peer.actor("robo", kind="Application")
    await world.settle()
    for exact in (f"@robo@{peer.host}", robo):
        answer = await ann.get("/api/v2/search", params={"q": exact, "resolve": "true", "type": "accounts"})
        assert [who["uri"] for who in answer.json()["accounts"]] == [robo]
    assert (await ann.get("/api/v2/search", params={"q": "rob", "type": "accounts"})).json()["accounts"] == []


async def test_strangers_do_not_search(world: World) -> None:
    a = await world.instance()
    assert (await a.client.get("/api/v2/search", params={"q": "x", "resolve": "true"})).status_code == 401


async def test_members_who_do_not_want_to_be_found_are_found_by_handle_only(world: World) -> None:
    a = await world.instance()
    ann = await member(a, "ann")
    bea = await member(a, "beatrice")

    async def found(text: str) -> list[str]:
        answer = await ann.get("/api/v2/search", params={"q": text, "type": "accounts"})
        return [who["username"] for who in answer.json()["accounts"]]

    assert await found("beat") == []
    assert await found("beatrice") == ["beatrice"]
    await bea.patch("/api/v1/accounts/update_credentials", json={"discoverable": True})
    assert await found("beat") == ["beatrice"]
    assert await found("100%_") == []
    assert (await a.client.get("/api/v1/directory")).json() == []
    assert [who["username"] for who in (await ann.get("/api/v1/directory")).json()] == ["beatrice"]


async def test_posts_are_found_by_those_who_may_read_them(world: World) -> None:
    a = await world.instance()
    ann, bea, cleo = [await member(a, name, public=True) for name in ("ann", "bea", "cleo")]

    async def found(who: Member, text: str) -> list[str]:
        answer = await who.get("/api/v2/search", params={"q": text, "type": "statuses"})
        return [status["id"] for status in answer.json()["statuses"]]

    async def write(who: Member, text: str, visibility: str) -> str:
        answer = await who.post("/api/v1/statuses", json={"status": text, "visibility": visibility})
        return str(answer.json()["id"])

    open_post = await write(bea, "the lighthouse stands", "public")
    kept = await write(bea, "the lighthouse of few", "private")
    sealed = await write(bea, "@ann the lighthouse key", "direct")
    assert await found(bea, "Lighthouse") == [sealed, kept, open_post]
    assert await found(ann, "lighthouse") == [sealed]
    assert await found(cleo, "lighthouse") == []
    await bea.patch("/api/v1/accounts/update_credentials", json={"indexable": True})
    assert await found(cleo, "lighthouse") == [open_post]
    await cleo.post(f"/api/v1/accounts/{bea.account_id}/follow")
    assert await found(cleo, "lighthouse few") == []
    for address in (f"https://a.example/@bea/{kept}", f"https://a.example/@bea/{open_post}"):
        there = await ann.get("/api/v2/search", params={"q": address, "resolve": "true"})
        assert [status["id"] for status in there.json()["statuses"]] == ([open_post] if open_post in address else [])
    await bea.post(f"/api/v1/accounts/{cleo.account_id}/block")
    assert await found(cleo, "lighthouse") == []
