"""The page of moving: other accounts are named and taken back, the move asks for the password."""

from tests.instance.web.conftest import MakeGuest
from tests.support.members import PASSWORD
from tests.support.members import member as acting
from tests.support.peer import Peer
from tests.support.world import World


async def test_aliases_and_the_move(world: World, guest: MakeGuest) -> None:
    a, peer = await world.instance("a.example"), Peer(world)
    anna = await acting(a, "anna")
    await world.settle()
    bob = peer.actor("bob", alsoKnownAs=[])
    browser = guest(a)
    browser.client.cookies.update(anna.cookies)
    await browser.get("/settings")
    await browser.get("/settings/move")
    await browser.send("/settings/move/alias", 422, alias="nobody@nowhere.example")
    assert "No such account" in browser.text
    await browser.send("/settings/move/alias", alias="@bob@peer.example")
    assert "@bob@peer.example" in browser.text
    await browser.send("/settings/move/unalias")
    assert "@bob@peer.example" not in browser.text
    await browser.send("/settings/move", 422, target="@bob@peer.example", password=PASSWORD)
    assert "Tick this box" in browser.text
    await browser.send("/settings/move", 422, target="@bob@peer.example", password="wrong", sure="1")
    assert "not your password" in browser.text
    await browser.send("/settings/move", 422, target="@bob@peer.example", password=PASSWORD, sure="1")
    assert "does not say that it is yours" in browser.text
    peer.documents["/users/bob"]["alsoKnownAs"] = [f"https://a.example/u/{anna.account_id}"]
    await browser.send("/settings/move", target="@bob@peer.example", password=PASSWORD, sure="1")
    assert "You have moved" in browser.says()
    assert bob in browser.text
    await browser.send("/settings/move/back")
    assert "Move away" in browser.text
