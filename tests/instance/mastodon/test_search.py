"""Search, and looking up people of other servers; their pictures come from us."""

from tests.support.make import member
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
