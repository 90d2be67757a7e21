"""Follower synchronisation (FEP-8fcf) both ways, and what followers and following tell: nothing to strangers."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import event, update

from federation.synchronise import HEADER, MOST_ITEMS, MOST_PAGES, NAME, Offered, digest, followers_here, read_header
from instance.activities.fetching.follower_sync import reconcile
from instance.clock import MINUTE
from instance.db.people import follow
from instance.db.unit import Unit
from instance.people import accounts, follows
from tests.support.make import Member, member
from tests.support.peer import AS, Peer
from tests.support.world import Running, World


def test_the_digest_of_the_proposal() -> None:
    people = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"]
    wanted = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"
    assert digest(people) == digest(reversed(people)) == digest(people * 2) == wanted
    assert digest([]) == "0" * 64


def test_the_header_of_the_proposal() -> None:
    text = (
        'collectionId="https://example.org/users/1/followers", url="https://example.org/users/1/followers_synchronization",'
        ' digest="c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"'
    )
    found = read_header(text)
    assert found == Offered(
        "https://example.org/users/1/followers",
        "https://example.org/users/1/followers_synchronization",
        "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f",
    )
    for bad in (
        "",
        "x",
        text[:-1],
        text.replace("digest=", "digest2="),
        text + text,
        text + ' url="https://x.example/"',
    ):
        assert read_header(bad) is None


@given(some.text(max_size=300))
def test_any_header_is_read_or_not(text: str) -> None:
    assert read_header(text) is None


@pytest.fixture
async def home(world: World) -> Running:
    return await world.instance("a.example")


@pytest.fixture
async def ann(world: World, home: Running) -> Member:
    made = await member(home, "ann", public=True)
    await world.settle()
    return made


@pytest.fixture
def peer(world: World) -> Peer:
    return Peer(world)


async def iri_of(home: Running, who: Member) -> str:
    row = await home.house.store.read(accounts.by_id, who.account_id)
    assert row is not None
    return str(row.iri)


async def follows_us(world: World, home: Running, who: str, peer: Peer, ann: Member) -> str:
    iri = peer.actor(who)
    await peer.post(home, peer.activity("Follow", iri, await iri_of(home, ann)))
    await world.settle()
    return iri


async def follow_there(
    world: World, home: Running, ann: Member, peer: Peer, *, answered: bool = True
) -> tuple[str, int]:
    """Ann follows bob; (bob's IRI, the id of his account here)."""
    bob = peer.actor("bob")
    found = await ann.get("/api/v2/search", params={"q": bob, "resolve": "true"})
    bob_id = int(found.json()["accounts"][0]["id"])
    await ann.post(f"/api/v1/accounts/{bob_id}/follow")
    await world.settle()
    if answered:
        asked = peer.received[-1].body
        await peer.post(home, peer.activity("Accept", bob, asked))
        await world.settle()
    return bob, bob_id


async def test_posts_to_followers_carry_the_digest_signed(world: World, home: Running, ann: Member, peer: Peer) -> None:
    other = Peer(world, "other.example")
    here = [await follows_us(world, home, name, peer, ann) for name in ("bob", "eve")]
    await follows_us(world, home, "zoe", other, ann)
    peer.received.clear()
    for visibility in ("public", "private"):
        await ann.post("/api/v1/statuses", json={"status": visibility, "visibility": visibility})
        await world.settle()
    public, private = peer.received
    assert HEADER not in public.headers
    ours = await iri_of(home, ann)
    assert read_header(private.headers[HEADER]) == Offered(f"{ours}/followers", f"{ours}/{NAME}", digest(here))
    assert HEADER in private.headers["signature"].partition('headers="')[2].partition('"')[0].split()


async def test_the_partial_collection_is_for_the_server_that_asks(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    other = Peer(world, "other.example")
    bob = await follows_us(world, home, "bob", peer, ann)
    zoe = await follows_us(world, home, "zoe", other, ann)
    stranger = Peer(world, "stranger.example")
    nobody = stranger.actor("nobody")
    path = f"{(await iri_of(home, ann)).removeprefix('https://a.example')}/{NAME}"
    for asking, signer, items in ((peer, bob, [bob]), (other, zoe, [zoe]), (stranger, nobody, [])):
        answer = await asking.get(home, path, signer)
        assert (answer.json()["orderedItems"], "totalItems" in answer.json()) == (items, False)
    assert (await home.client.get(path, headers={"Accept": "application/activity+json"})).status_code == 401


@pytest.mark.parametrize("name", ["followers", "following"])
async def test_followers_and_following_tell_nothing_in_any_form(
    world: World, home: Running, ann: Member, peer: Peer, name: str
) -> None:
    bob = await follows_us(world, home, "bob", peer, ann)
    await follow_there(world, home, ann, peer)
    stranger = Peer(world, "stranger.example")
    nobody = stranger.actor("nobody")
    path = f"{(await iri_of(home, ann)).removeprefix('https://a.example')}/{name}"
    forms = [
        "",
        "?page=true",
        "?page=1",
        "?page=2&x=y",
        "/",
        "/?page=true",
        "?min_id=0",
        "?limit=80",
        "?is_follower=" + bob,
    ]
    for asking, signer in ((peer, bob), (stranger, nobody)):
        for form in forms:
            answer = await asking.get(home, path + form, signer)
            assert answer.status_code in {200, 404}
            assert bob not in answer.text
            assert not {"totalItems", "items", "orderedItems", "first", "last"} & set(_json(answer))
    for form in forms:
        for accept in ("application/activity+json", "application/json", "*/*"):
            assert (await home.client.get(path + form, headers={"Accept": accept})).status_code in {401, 404}


def _json(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    return found


async def told(peer: Peer, home: Running, bob: str, items: list[str], *, sign: bool = True, **change: Any) -> None:
    """Bob writes to his followers; his server says who of ours those are."""
    peer.documents[f"/users/bob/{NAME}"] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{bob}/{NAME}",
        "type": "OrderedCollection",
        "orderedItems": change.get("served", items),
    } | change.get("more", {})
    url = change.get("url", f"{bob}/{NAME}")
    text = f'collectionId="{change.get("collection", f"{bob}/followers")}", url="{url}", digest="{digest(items)}"'
    note = peer.note(bob, change.get("number", 1), to=[f"{bob}/followers"], cc=[])
    await peer.post(home, peer.activity("Create", bob, note, note["id"]), more={HEADER: text}, sign_more=sign)


async def state(home: Running, ann: Member, bob_id: int) -> str:
    row = await home.house.store.read(follows.one, ann.account_id, bob_id)
    return row.state if row is not None else ""


async def pass_a_minute(world: World) -> None:
    await world.settle()
    world.clock.turn(2 * MINUTE)
    await world.settle()


async def test_a_follow_that_its_server_does_not_know_ends(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    bob, bob_id = await follow_there(world, home, ann, peer)
    await told(peer, home, bob, [await iri_of(home, ann)])
    await pass_a_minute(world)
    assert world.wires.requests_to(peer.host, "GET")[-1] != f"{bob}/{NAME}", "equal digests ask for nothing"
    assert await state(home, ann, bob_id) == "accepted"
    await told(peer, home, bob, [], number=2)
    await pass_a_minute(world)
    assert await state(home, ann, bob_id) == ""


async def test_a_follower_that_we_do_not_know_is_undone(world: World, home: Running, ann: Member, peer: Peer) -> None:
    bob, bob_id = await follow_there(world, home, ann, peer)
    ben = await member(home, "ben")
    await world.settle()
    ours = sorted([await iri_of(home, ann), await iri_of(home, ben)])
    peer.received.clear()
    await told(peer, home, bob, ours)
    await pass_a_minute(world)
    (undo,) = peer.received
    about = undo.body["object"]
    assert (undo.body["type"], undo.body["actor"]) == ("Undo", await iri_of(home, ben))
    assert (about["type"], about["actor"], about["object"]) == ("Follow", await iri_of(home, ben), bob)
    assert await state(home, ann, bob_id) == "accepted"
    assert await home.house.store.read(follows.one, ben.account_id, bob_id) is None, "it gives no follow"


async def test_a_long_list_is_compared_whole_and_in_a_few_statements(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    bob, _ = await follow_there(world, home, ann, peer)
    ours = [await iri_of(home, ann), *(f"https://a.example/u/0{number}" for number in range(1500))]
    peer.received.clear()
    ben = await member(home, "ben")
    await world.settle()
    asked: list[str] = []
    there = await _served(home, peer, bob, [*ours, await iri_of(home, ben)])

    def count(*given: Any) -> None:
        asked.append(given[2])

    def counted(u: Unit) -> None:
        connection: Any = u.connection
        event.listen(connection, "before_cursor_execute", count)
        reconcile(u, bob, there)
        event.remove(connection, "before_cursor_execute", count)

    await home.house.store.unit(counted)
    await world.settle()
    assert [(one.body["type"], one.body["actor"]) for one in peer.received] == [("Undo", await iri_of(home, ben))]
    assert 3 < len(asked) < 30


async def _served(home: Running, peer: Peer, bob: str, items: list[str]) -> list[str]:
    await told(peer, home, bob, items)
    return await followers_here(home.house.federation, f"{bob}/{NAME}", digest(items))


async def test_a_list_in_pages_that_all_name_the_first_one(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    bob, _ = await follow_there(world, home, ann, peer)
    ben = await member(home, "ben")
    await world.settle()
    ours = [await iri_of(home, ann), await iri_of(home, ben)]
    peer.received.clear()
    await told(peer, home, bob, ours)
    whole = f"{bob}/{NAME}"
    ends = {"@context": "https://www.w3.org/ns/activitystreams", "first": f"{whole}/1", "last": f"{whole}/2"}
    peer.documents[f"/users/bob/{NAME}"] = ends | {"id": whole, "type": "OrderedCollection"}
    for number, iri in enumerate(ours, 1):
        page = ends | {"id": f"{whole}/{number}", "type": "OrderedCollectionPage", "orderedItems": [iri]}
        peer.documents[f"/users/bob/{NAME}/{number}"] = page | ({"next": f"{whole}/2"} if number == 1 else {})
    await pass_a_minute(world)
    assert [(one.body["type"], one.body["actor"]) for one in peer.received] == [("Undo", ours[1])]


@pytest.mark.parametrize(
    "change",
    [
        {"sign": False},
        {"served": ["https://a.example/u/1"]},
        {"url": "https://elsewhere.example/f"},
        {"more": {"first": "https://elsewhere.example/1"}},
        {"more": {"next": "https://elsewhere.example/2"}},
        {"collection": "https://peer.example/users/eve/followers"},
    ],
)
async def test_what_is_not_signed_whole_and_its_own_changes_nothing(
    world: World, home: Running, ann: Member, peer: Peer, change: dict[str, Any]
) -> None:
    bob, bob_id = await follow_there(world, home, ann, peer)
    await told(peer, home, bob, [], **change)
    await pass_a_minute(world)
    assert await state(home, ann, bob_id) == "accepted"
    assert world.wires.requests_to("elsewhere.example") == []


async def test_pages_speak_for_their_own_server_and_cost_little(
    world: World, home: Running, ann: Member, peer: Peer
) -> None:
    """A collection without end, its pages at first at home and then elsewhere: 20 requests, and one to who is no party."""
    stranger = Peer(world, "stranger.example")
    bob, bob_id = await follow_there(world, home, ann, peer)
    page = {"@context": AS, "type": "OrderedCollectionPage", "orderedItems": []}
    for number in range(30):
        at, after = f"/pages/{number}", f"{peer.base}/pages/{number + 1}"
        stranger.documents[at] = page | {"id": f"{peer.base}{at}", "next": after}
        peer.documents[at] = (302, {"location": f"{stranger.base}{at}"}, b"")
    await told(peer, home, bob, [], url=f"{peer.base}/pages/0")
    await pass_a_minute(world)
    assert len(world.wires.requests_to(stranger.host)) <= 1, "what another server says is no page of bob's"
    assert await state(home, ann, bob_id) == "accepted"
    for number in range(30):
        at, steps = f"/pages/{number}", [f"/pages/{number}/{step}" for step in range(3)]
        for one, other in pairwise([at, *steps]):
            peer.documents[one] = (302, {"location": peer.base + other}, b"")
        peer.documents[steps[-1]] = page | {"id": f"{peer.base}{at}", "next": f"{peer.base}/pages/{number + 1}"}
    asked = len(world.wires.requests_to(peer.host, "GET"))
    await told(peer, home, bob, [], url=f"{peer.base}/pages/0", number=2)
    await pass_a_minute(world)
    assert 15 < len(world.wires.requests_to(peer.host, "GET")) - asked <= 20
    assert await state(home, ann, bob_id) == "accepted"


async def test_a_list_without_end_is_none(world: World, home: Running, ann: Member, peer: Peer) -> None:
    """Neither in pages nor in items; the follow that it does not name stays."""
    bob, bob_id = await follow_there(world, home, ann, peer)
    real, whole, sizes = peer._answer, f"{bob}/{NAME}", list[int]()

    def endless(scope: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        path: str = scope["path"]
        if NAME not in path:
            return real(scope, body)
        number = int(path.rpartition("/")[2]) + 1 if path[-1].isdigit() else 0
        named = [f"https://a.example/u/{number}-{one}" for one in range(sizes[-1])]
        page = {"@context": "https://www.w3.org/ns/activitystreams", "id": f"{peer.base}{path}", "orderedItems": named}
        served = page | {"type": "OrderedCollectionPage", "next": f"{whole}/{number}"}
        return 200, {"content-type": "application/activity+json"}, json.dumps(served).encode()

    peer._answer = endless  # type: ignore[method-assign]
    for number, (each, most) in enumerate(((1, MOST_PAGES + 1), (MOST_ITEMS // 3, 5)), 1):
        sizes.append(each)
        before = len(world.wires.requests_to(peer.host, "GET"))
        await told(peer, home, bob, [], number=number)
        await pass_a_minute(world)
        assert 0 < len(world.wires.requests_to(peer.host, "GET")) - before <= most
    assert await state(home, ann, bob_id) == "accepted"
    assert read_header(f'collectionId="{bob}/followers", url="{whole}", digest="{digest([])}"') is not None
    assert read_header(f'collectionId="{bob}/{"f" * 2000}", url="{whole}", digest="{digest([])}"') is None


async def test_what_waits_for_an_answer_stays(world: World, home: Running, ann: Member, peer: Peer) -> None:
    bob, bob_id = await follow_there(world, home, ann, peer, answered=False)
    ben = await member(home, "ben")
    await home.house.store.unit(
        lambda u: u.connection.execute(update(follow).where(follow.c.target_id == bob_id).values(state="pending"))
    )
    await told(peer, home, bob, [await iri_of(home, ann)])
    await pass_a_minute(world)
    assert await state(home, ann, bob_id) == "pending"
    assert await home.house.store.read(follows.one, ben.account_id, bob_id) is None
    assert [got.body["type"] for got in peer.received] == ["Follow"]


async def test_two_of_us_find_together(world: World) -> None:
    """Both ends are ours: one forgot a follow, the next post to followers mends it."""
    one, two = await world.instance("one.example"), await world.instance("two.example")
    ann, ben = await member(one, "ann", public=True), await member(two, "ben", public=True)
    await world.settle()
    found = await ben.get("/api/v2/search", params={"q": "@ann@one.example", "resolve": "true"})
    ann_id = int(found.json()["accounts"][0]["id"])
    await ben.post(f"/api/v1/accounts/{ann_id}/follow")
    cat = await member(two, "cat", public=True)
    await cat.post(f"/api/v1/accounts/{ann_id}/follow")
    await world.settle()
    row = await one.house.store.read(accounts.by_iri, await iri_of(two, ben))
    assert row is not None
    gone = follow.delete().where(follow.c.follower_id == row.id)
    await one.house.store.unit(lambda u: u.connection.execute(gone))
    await ann.post("/api/v1/statuses", json={"status": "to those who follow", "visibility": "private"})
    await pass_a_minute(world)
    assert await two.house.store.read(follows.one, ben.account_id, ann_id) is None
    assert await state(two, cat, ann_id) == "accepted"
