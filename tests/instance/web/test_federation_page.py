"""The steward's page of other servers: what it shows, to whom, and what its buttons do. No words of anybody."""

import pytest
from sqlalchemy import insert, select, update

from federation.outbound import letters
from federation.schema import delivery, inbox_activity
from federation.schema import peer as peers
from instance.db.unit import Unit
from instance.people import accounts
from instance.policy import held
from instance.policy.adopt import set_stance
from instance.web.steward import federation
from policies.peers import Stance
from tests.support.members import Acting, member
from tests.support.peer import Peer
from tests.support.world import Running, World

PAGE = "/steward/federation"
SECRET = "Words that nobody but their readers may see"


@pytest.fixture
async def home(world: World) -> Running:
    return await world.instance("a.example")


@pytest.fixture
async def peer(world: World, home: Running) -> Peer:
    """A server that refused a post of ours, and of which something is held."""
    made = Peer(world)
    bob = made.actor("bob")
    ann = await member(home, "ann", public_posting=True)
    await world.settle()
    row = await home.house.store.read(accounts.by_id, ann.account_id)
    assert row is not None
    await made.post(home, made.activity("Follow", bob, row.iri))
    await world.settle()
    made.answers = [404]
    await home.client.post("/api/v1/statuses", json={"status": SECRET}, headers=ann.bearer)
    await world.settle()
    await home.house.store.unit(set_stance, made.host, Stance.HELD)
    note = made.note(bob, 1, f"<p>{SECRET}</p>", to=[f"{bob}/followers"], cc=[row.iri])
    await made.post(home, made.activity("Create", bob, note))
    await made.post(home, made.activity("Frobnicate", bob, "https://peer.example/x"))
    return made


@pytest.fixture
async def steward(home: Running) -> Acting:
    return await member(home, "stella", role="steward")


def cookie(who: Acting) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in who.cookies.items())}


async def see(steward: Acting, path: str) -> str:
    answer = await steward.running.client.get(path, headers=cookie(steward))
    assert answer.status_code == 200
    assert SECRET not in answer.text
    return answer.text


async def press(steward: Acting, path: str, **fields: str) -> int:
    data = {"csrf": steward.csrf, **fields}
    return (await steward.running.client.post(path, data=data, headers=cookie(steward))).status_code


async def states(home: Running) -> list[str]:
    asked = select(delivery.c.state).order_by(delivery.c.id)
    return await home.house.store.read(lambda c: list(c.execute(asked).scalars()))


async def test_only_stewards_see_it(world: World, home: Running, peer: Peer) -> None:
    for role in ("member", "moderator"):
        other = await member(home, f"other_{role}", role=role)
        for path in (PAGE, f"{PAGE}/{peer.host}"):
            assert (await home.client.get(path, headers=cookie(other))).status_code == 404
        assert await press(other, f"{PAGE}/replay", host=peer.host) == 404
        assert await press(other, f"{PAGE}/held", host=peer.host, answer="in") == 404
    assert (await home.client.get(PAGE)).status_code == 303


async def test_it_tells_what_went_wrong_and_links_to_it(
    world: World, home: Running, peer: Peer, steward: Acting
) -> None:
    assert PAGE in await see(steward, "/steward")
    page = await see(steward, PAGE)
    assert f'href="{PAGE}/{peer.host}"' in page
    assert "One thing that left here was refused or given up." in page
    assert "One thing that came in waits for you to let it in." in page
    shown = await see(steward, f"{PAGE}/{peer.host}")
    assert "The server answered 404." in shown
    assert "<code>Frobnicate</code> · It is of a kind that this server does nothing with." in shown
    assert (await home.client.get(f"{PAGE}/none.example", headers=cookie(steward))).status_code == 404


async def test_a_dead_letter_is_sent_again_by_a_button(
    world: World, home: Running, peer: Peer, steward: Acting
) -> None:
    await home.house.store.unit(set_stance, peer.host, Stance.ALLOWED)
    assert "dead" in await states(home)
    assert await press(steward, f"{PAGE}/replay", host=peer.host) == 303
    await world.settle()
    assert set(await states(home)) == {"sent"}
    assert "Nothing that was sent there was refused or given up." in await see(
        steward, f"{PAGE}/{peer.host}?done=again"
    )


@pytest.mark.parametrize(("answer", "state"), [("in", "done"), ("forget", "ignored")])
async def test_what_is_held_is_let_in_or_forgotten(
    world: World, home: Running, peer: Peer, steward: Acting, answer: str, state: str
) -> None:
    assert await press(steward, f"{PAGE}/held", host=peer.host, answer=answer) == 303
    await world.settle()
    asked = select(inbox_activity.c.state, inbox_activity.c.body).where(inbox_activity.c.kind == "Create")
    assert await home.house.store.read(lambda c: c.execute(asked).all()) == [(state, None)]


async def test_one_of_what_is_held_is_decided(world: World, home: Running, peer: Peer, steward: Acting) -> None:
    """What everybody was meant to read can be read before; the rest is decided unread."""
    bob, page = "https://peer.example/users/bob", f"{PAGE}/{peer.host}"
    sold = peer.note(bob, 2, "<p>I sell <i>cures</i></p>")
    assert (await peer.post(home, peer.activity("Create", bob, sold, 2))).status_code == 202
    await world.settle()
    newest = (await held_ids(home))[0]
    shown = await see(steward, page)
    assert "I sell cures" in shown
    assert shown.count('name="activity"') == 4
    moderator = await member(home, "mo", role="moderator")
    assert await press(moderator, f"{PAGE}/held", host=peer.host, answer="in", activity=str(newest)) == 404
    assert await press(steward, f"{PAGE}/held", host="other.example", answer="in", activity=str(newest)) == 303
    for field, path, answer in (("activity", "held", "in"), ("letter", "replay", "")):
        for wrong in ("x", "-1", "1" * 30):  # what names none of them is not all of them
            assert await press(steward, f"{PAGE}/{path}", host=peer.host, answer=answer, **{field: wrong}) == 404
    assert await home.house.store.read(lambda c: letters.dead(c, peer.host))
    assert len(await held_ids(home)) == 2
    assert await press(steward, f"{PAGE}/held", host=peer.host, answer="forget", activity=str(newest)) == 303
    assert newest not in await held_ids(home)
    assert len(await held_ids(home)) == 1
    assert "It does not wait any more" in await see(steward, f"{page}?done=over")


async def test_each_that_is_shown_can_be_decided_however_many_there_are(
    home: Running, peer: Peer, steward: Acting
) -> None:
    def fill(u: Unit) -> None:
        same = {"host": peer.host, "actor": "https://peer.example/users/bob", "kind": "Like", "state": "held"}
        times = {"next_try_at": u.now, "received_at": u.now}
        rows = [same | times | {"activity_key": str(number)} for number in range(held.MOST + 1)]
        u.connection.execute(insert(inbox_activity), rows)

    await home.house.store.unit(fill)
    page = await see(steward, f"{PAGE}/{peer.host}")
    assert page.count("<code>Like</code>") == federation.SHOWN
    assert page.count('value="forget"') == federation.SHOWN + 1  # and one for all


async def test_what_waits_for_a_server_that_fails_can_be_tried_now(
    world: World, home: Running, peer: Peer, steward: Acting
) -> None:
    """What waits for a server that did not answer goes before its next try."""
    assert "Try to send it now" not in await see(steward, f"{PAGE}/{peer.host}")

    def fail(u: Unit) -> None:
        u.connection.execute(update(delivery).values(state="ready"))
        later = {"failures": 3, "down_since": u.now, "next_try_at": u.now + 21_600_000, "queued": True}
        u.connection.execute(update(peers).values(**later))

    await home.house.store.unit(set_stance, peer.host, Stance.ALLOWED)
    await world.settle()
    await home.house.store.unit(fail)
    page = await see(steward, f"{PAGE}/{peer.host}")
    assert "Try to send it now" in page
    peer.received.clear()
    await world.settle()
    assert peer.received == []
    assert await press(steward, f"{PAGE}/replay", host=peer.host) == 303
    await world.settle()
    assert peer.received != []


async def test_what_was_put_aside_has_a_button_beside_dead_letters(home: Running, peer: Peer, steward: Acting) -> None:
    aside = update(inbox_activity).where(inbox_activity.c.state == "held").values(state="dead")
    await home.house.store.unit(lambda u: u.connection.execute(aside))
    page = await see(steward, f"{PAGE}/{peer.host}")
    assert "Send all of these again" in page
    assert "Try again what was put aside" in page


async def held_ids(home: Running) -> list[int]:
    asked = select(inbox_activity.c.id).where(inbox_activity.c.state == "held").order_by(inbox_activity.c.id.desc())
    return await home.house.store.read(lambda c: list(c.execute(asked).scalars()))


async def test_it_explains_an_address(world: World, home: Running, peer: Peer, steward: Acting) -> None:
    page = await see(steward, f"{PAGE}?about=https://peer.example/users/bob/statuses/1")
    assert "It came and waits for a steward." in page
    assert "<code>held</code>" in page
    page = await see(steward, f"{PAGE}?about=%3Cscript%3E")
    assert "<script>" not in page


async def test_all_is_well_is_said(world: World, home: Running, steward: Acting) -> None:
    assert "Nothing was exchanged with another server yet." in await see(steward, PAGE)
    other = Peer(world, "well.example")
    await other.post(home, other.activity("Delete", other.actor("x"), "https://well.example/users/x"))
    ann = await member(home, "ann", public_posting=True)
    await world.settle()
    row = await home.house.store.read(accounts.by_id, ann.account_id)
    assert row is not None
    await other.post(home, other.activity("Follow", other.actor("x"), row.iri))
    await world.settle()
    assert "All is well" in await see(steward, PAGE)
    gone = update(delivery).values(error="its actor is gone", state="cancelled")
    await home.house.store.unit(lambda u: u.connection.execute(gone))
    await see(steward, f"{PAGE}/well.example")
