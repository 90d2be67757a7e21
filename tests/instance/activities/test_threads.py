"""The rest of a thread: fetched in a job, within bounds, each post from its own origin; and what we offer of ours."""

from typing import Any

import pytest

from tests.journeys.walk import follow, plain, write
from tests.support.make import Member, member
from tests.support.peer import AS, PUBLIC, Peer
from tests.support.world import Running, World


class Scene:
    """Anna here; root.example, where threads begin; far.example, where somebody answers."""

    def __init__(self, world: World, here: Running, anna: Member) -> None:
        self.world, self.here, self.anna = world, here, anna
        self.root, self.far = Peer(world, "root.example"), Peer(world, "far.example")
        self.rob = self.root.actor("rob")
        self.fay = self.far.actor("fay", number=1)

    async def found(self, iri: str) -> dict[str, Any]:
        """Anna looks a post up."""
        answer = await self.anna.get("/api/v2/search", params={"q": iri, "resolve": "true", "type": "statuses"})
        [status] = answer.json()["statuses"]
        return dict(status)

    async def opened(self, status_id: str) -> list[str]:
        """She opens its thread, and again once work is done; what is around it."""
        await self.anna.get(f"/api/v1/statuses/{status_id}/context")
        await self.world.settle()
        around = (await self.anna.get(f"/api/v1/statuses/{status_id}/context")).json()
        return [plain(status["content"]) for status in (*around["ancestors"], *around["descendants"])]

    def replies(self, note: dict[str, Any], *items: Any, peer: Peer | None = None, **terms: Any) -> None:
        """Give a served note a collection of replies."""
        path = note["id"].partition(".example")[2]
        collection = {"@context": AS, "id": f"{note['id']}/replies", "type": "Collection"}
        served = (peer or self.root).documents
        served[f"{path}/replies"] = collection | {"items": list(items)} | terms
        served[path] = served[path] | {"replies": f"{note['id']}/replies"}

    def note(self, author: str, number: int, text: str, **terms: Any) -> dict[str, Any]:
        peer = self.root if author == self.rob else self.far
        return peer.note(author, number, f"<p>{text}</p>", **terms)

    def asked(self, *hosts: str) -> int:
        return sum(len(self.world.wires.requests_to(host, "GET")) for host in hosts or ("root.example", "far.example"))


@pytest.fixture
async def scene(world: World) -> Scene:
    here = await world.instance("a.example")
    anna = await member(here, "anna", public=True)
    await world.settle()
    return Scene(world, here, anna)


async def test_replies_come_when_a_thread_is_opened_never_in_the_request(scene: Scene) -> None:
    first = scene.note(scene.rob, 1, "First")
    second = scene.note(scene.fay, 2, "Second", inReplyTo=first["id"])
    third = scene.note(scene.rob, 3, "Third", inReplyTo=second["id"])
    scene.replies(first, second["id"])
    scene.replies(second, third["id"], peer=scene.far)
    status = await scene.found(first["id"])
    before = scene.asked()
    await scene.anna.get(f"/api/v1/statuses/{status['id']}/context")
    assert scene.asked() == before
    assert await scene.opened(status["id"]) == ["Second", "Third"]


async def test_what_is_above_comes_too(scene: Scene) -> None:
    notes = [scene.note(scene.rob, 1, "0")]
    for number in range(2, 9):
        notes.append(scene.note(scene.rob, number, str(number - 1), inReplyTo=notes[-1]["id"]))
    status = await scene.found(notes[-1]["id"])
    assert await scene.opened(status["id"]) == [str(number) for number in range(7)]


async def test_an_arriving_answer_brings_its_thread(scene: Scene) -> None:
    await _fay_is_followed(scene)
    first = scene.note(scene.rob, 1, "First")
    second = scene.note(scene.rob, 2, "Second", inReplyTo=first["id"])
    third = scene.note(scene.rob, 3, "Third", inReplyTo=second["id"])
    answer = scene.note(scene.fay, 4, "Mine", inReplyTo=third["id"])
    await scene.far.post(scene.here, scene.far.activity("Create", scene.fay, answer))
    await scene.world.settle()
    status = await scene.found(answer["id"])
    around = (await scene.anna.get(f"/api/v1/statuses/{status['id']}/context")).json()
    assert [plain(one["content"]) for one in around["ancestors"]] == ["First", "Second", "Third"]


@pytest.mark.parametrize("name", ["context", "contextHistory"])
async def test_the_threads_own_collection_is_asked(scene: Scene, name: str) -> None:
    first = scene.note(scene.rob, 1, "First")
    second = scene.note(scene.fay, 2, "Second", inReplyTo=first["id"])
    third = scene.note(scene.fay, 3, "Third", inReplyTo=second["id"])
    created = {"id": f"{scene.fay}/c/3", "type": "Create", "actor": scene.fay, "object": third["id"]}
    items: list[Any] = [third["id"], second["id"], first["id"]] if name == "context" else [created, second["id"]]
    pages = {"id": f"{scene.rob}/thread", "type": "OrderedCollection", "first": f"{scene.rob}/thread/1"}
    page = {"id": f"{scene.rob}/thread/1", "type": "OrderedCollectionPage", "orderedItems": items}
    scene.root.documents["/users/rob/thread"] = {"@context": AS} | pages
    scene.root.documents["/users/rob/thread/1"] = {"@context": AS} | page
    scene.root.documents["/users/rob/statuses/1"] |= {name: f"{scene.rob}/thread"}
    status = await scene.found(first["id"])
    assert await scene.opened(status["id"]) == ["Second", "Third"]


async def test_pages_that_all_name_the_first_one(scene: Scene) -> None:
    """WordPress: each page has `first`, `last` and `next`."""
    first = scene.note(scene.rob, 1, "First")
    second = scene.note(scene.fay, 2, "Second", inReplyTo=first["id"])
    third = scene.note(scene.fay, 3, "Third", inReplyTo=first["id"], published="2026-11-21T10:05:00Z")
    whole = f"{first['id']}/replies"
    ends = {"first": f"{whole}/1", "last": f"{whole}/2", "partOf": whole}
    scene.replies(first, **ends)
    del scene.root.documents["/users/rob/statuses/1/replies"]["items"]
    for number, note in ((1, second), (2, third)):
        page = {"@context": AS, "id": f"{whole}/{number}", "type": "CollectionPage", "items": [note["id"]]} | ends
        more = {"next": f"{whole}/2"} if number == 1 else {}
        scene.root.documents[f"/users/rob/statuses/1/replies/{number}"] = page | more
    status = await scene.found(first["id"])
    assert await scene.opened(status["id"]) == ["Second", "Third"]


async def test_a_thread_is_left_alone_for_a_while(scene: Scene) -> None:
    first = scene.note(scene.rob, 1, "First")
    scene.replies(first)
    status = await scene.found(first["id"])
    await scene.opened(status["id"])
    second = scene.note(scene.fay, 2, "Second", inReplyTo=first["id"])
    scene.replies(first, second["id"])
    before = scene.asked()
    assert await scene.opened(status["id"]) == []
    assert scene.asked() == before
    scene.world.clock.turn(16 * 60_000)
    assert await scene.opened(status["id"]) == ["Second"]


async def test_nothing_is_asked_of_a_closed_thread_nor_for_strangers(scene: Scene) -> None:
    await follow(scene.world, scene.anna, "@rob@root.example")
    [asked] = [one.body for one in scene.root.received if one.body["type"] == "Follow"]
    await scene.root.post(scene.here, scene.root.activity("Accept", scene.rob, asked))
    await scene.world.settle()
    closed = scene.note(scene.rob, 1, "For followers", to=[f"{scene.rob}/followers"], cc=[])
    second = scene.note(scene.fay, 2, "Second", inReplyTo=closed["id"])
    scene.replies(closed, second["id"])
    await scene.root.post(scene.here, scene.root.activity("Create", scene.rob, closed))
    await scene.world.settle()
    [status] = (await scene.anna.get("/api/v1/timelines/home")).json()
    before = scene.asked()
    assert await scene.opened(status["id"]) == []
    public = await scene.found(scene.note(scene.rob, 3, "Open")["id"])
    after = scene.asked()
    await scene.here.client.get(f"/api/v1/statuses/{public['id']}/context")
    await scene.world.settle()
    assert (scene.asked("far.example"), scene.asked()) == (0, after)
    assert after <= before + 2  # the post that she looked up, and no more


async def test_what_does_not_belong_is_not_kept(scene: Scene) -> None:
    first = scene.note(scene.rob, 1, "First")
    other = scene.note(scene.fay, 2, "About something else", inReplyTo="https://far.example/users/fay/statuses/99")
    alone = scene.note(scene.fay, 3, "No answer at all")
    closed = scene.note(scene.fay, 4, "For few", inReplyTo=first["id"], to=[f"{scene.fay}/followers"], cc=[])
    forged = {"id": f"{scene.fay}/statuses/5", "type": "Note", "attributedTo": scene.fay, "content": "Never said"}
    forged |= {"inReplyTo": first["id"], "to": [PUBLIC]}
    foreign = scene.root.documents["/users/rob/statuses/6"] = {
        "@context": AS,
        "id": f"{scene.rob}/statuses/6",
        "type": "Note",
        "attributedTo": scene.fay,
        "content": "Put into her mouth",
        "inReplyTo": first["id"],
        "to": [PUBLIC],
    }
    scene.replies(first, other["id"], alone["id"], closed["id"], forged, foreign["id"], 7, None, {"type": "Note"})
    status = await scene.found(first["id"])
    assert await scene.opened(status["id"]) == []


async def test_hostile_collections_end(scene: Scene) -> None:
    first = scene.note(scene.rob, 1, "First")
    base = f"{scene.rob}/loop"
    loop = {"@context": AS, "type": "CollectionPage", "items": []}
    scene.root.documents["/users/rob/loop"] = loop | {"id": base, "next": f"{base}2"}
    scene.root.documents["/users/rob/loop2"] = loop | {"id": f"{base}2", "next": base}
    scene.root.documents["/users/rob/statuses/1"] |= {"replies": base}
    # a chain of answers that never ends, all elsewhere
    for number in range(2, 90):
        answered = first["id"] if number == 2 else f"{scene.fay}/statuses/{number - 1}"
        note = scene.note(scene.fay, number, str(number), inReplyTo=answered)
        following = f"{scene.fay}/statuses/{number + 1}"
        scene.replies(note, following, first["id"], note["id"], peer=scene.far)
    scene.root.documents["/users/rob/loop2"] |= {"items": [f"{scene.fay}/statuses/2"]}
    status = await scene.found(first["id"])
    before = scene.asked()
    await scene.opened(status["id"])
    assert scene.asked("far.example") <= 10
    assert scene.asked() - before <= 50


async def test_a_long_list_costs_no_more_than_fifty_requests(scene: Scene) -> None:
    first = scene.note(scene.rob, 1, "First")
    many = [scene.note(scene.rob, number, str(number), inReplyTo=first["id"])["id"] for number in range(2, 200)]
    hosts = [f"https://h{number}.example/notes/1" for number in range(200)]
    scene.replies(first, *many[:30], *hosts, *many[30:])
    status = await scene.found(first["id"])
    before = len([one for one in scene.world.wires.log if one[1] == "GET"])
    assert len(await scene.opened(status["id"])) >= 20
    assert len([one for one in scene.world.wires.log if one[1] == "GET"]) - before <= 50


async def test_an_endless_chain_above_ends(scene: Scene) -> None:
    for number in range(1, 120):
        scene.note(scene.rob, number, str(number), inReplyTo=f"{scene.rob}/statuses/{number + 1}")
    status = await scene.found(f"{scene.rob}/statuses/1")
    before = scene.asked()
    around = await scene.opened(status["id"])
    assert 10 <= len(around) <= 40
    assert scene.asked() - before <= 50


async def _fay_is_followed(scene: Scene) -> None:
    await follow(scene.world, scene.anna, "@fay@far.example")
    [asked] = [one.body for one in scene.far.received if one.body["type"] == "Follow"]
    await scene.far.post(scene.here, scene.far.activity("Accept", scene.fay, asked))
    await scene.world.settle()


async def test_an_answer_sends_us_no_more_than_ten_times_to_a_server_that_did_not_send_it(scene: Scene) -> None:
    await _fay_is_followed(scene)
    first = scene.note(scene.rob, 1, "1")
    for number in range(2, 60):
        scene.note(scene.rob, number, str(number), inReplyTo=f"{scene.rob}/statuses/{number - 1}")
    scene.replies(first, *(f"{scene.rob}/statuses/{number}" for number in range(100, 200)))
    answer = scene.note(scene.fay, 4, "Mine", inReplyTo=f"{scene.rob}/statuses/59")
    await scene.far.post(scene.here, scene.far.activity("Create", scene.fay, answer))
    await scene.world.settle()
    assert 5 <= scene.asked("root.example") <= 10
    status = await scene.found(answer["id"])
    scene.world.clock.turn(2 * 60_000)
    assert len(await scene.opened(status["id"])) > 15  # who opens it gets more


async def test_an_answer_for_fewer_has_nothing_fetched(scene: Scene) -> None:
    await _fay_is_followed(scene)
    first = scene.note(scene.rob, 1, "First")
    answer = scene.note(scene.fay, 4, "Mine", inReplyTo=first["id"], to=[f"{scene.fay}/followers"], cc=[])
    await scene.far.post(scene.here, scene.far.activity("Create", scene.fay, answer))
    await scene.world.settle()
    assert scene.asked("root.example") == 0


# --- what we offer


async def test_ours_offers_replies_and_its_thread_to_each_reader(scene: Scene) -> None:
    anna = scene.anna
    first = await write(scene.world, anna, "First", visibility="public")
    second = await write(scene.world, anna, "Second", visibility="public", in_reply_to_id=first["id"])
    narrow = await write(scene.world, anna, "For followers", visibility="private", in_reply_to_id=first["id"])
    served = (await scene.far.get(scene.here, first["uri"], scene.fay)).json()
    assert (served["replies"], served["context"]) == (f"{first['uri']}/replies", f"{first['uri']}/context")
    answer = (await scene.far.get(scene.here, second["uri"], scene.fay)).json()
    assert answer["context"] == served["context"]
    stranger = (await scene.far.get(scene.here, served["replies"], scene.fay)).json()
    assert stranger["orderedItems"] == [second["uri"]]
    thread = (await scene.far.get(scene.here, served["context"], scene.fay)).json()
    assert thread["orderedItems"] == [first["uri"], second["uri"]]
    assert thread["attributedTo"] == f"https://a.example/u/{anna.account_id}"
    ask = scene.far.activity("Follow", scene.fay, f"https://a.example/u/{anna.account_id}")
    await scene.far.post(scene.here, ask)
    await scene.world.settle()
    follower = (await scene.far.get(scene.here, served["replies"], scene.fay)).json()
    assert follower["orderedItems"] == [second["uri"], narrow["uri"]]
    hidden = await scene.root.get(scene.here, f"{narrow['uri']}/replies", scene.rob)
    assert hidden.status_code == 404
    assert (await scene.root.get(scene.here, f"{second['uri']}/context", scene.rob)).status_code == 404
    assert (
        await scene.here.client.get(served["context"], headers={"Accept": "application/activity+json"})
    ).status_code == 401
