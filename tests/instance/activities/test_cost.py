"""How many statements a post of another server costs, alone and in a batch. Each is a tenth of a millisecond of CPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from federation.inbound.process import Inbox
from instance.people import follows, remote
from instance.people.remote import RemoteProfile
from tests.support.make import Member, member
from tests.support.peer import Peer
from tests.support.world import Running, World

KEEPING = 8
"""Whose it is, the post, its tag, its picture, answers that wait for it, the author's count, homes, whom to tell."""
A_BATCH = 7
"""Whose turn it is, claiming it, marking it, looking for more, who its actors are, which of them are followed, what was taken back."""


@contextmanager
def statements(a: Running) -> Iterator[list[str]]:
    """All that is asked of the database meanwhile."""
    found: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append(statement)

    for engine in a.house.store.engines:
        event.listen(engine, "before_cursor_execute", count)
    try:
        yield found
    finally:
        for engine in a.house.store.engines:
            event.remove(engine, "before_cursor_execute", count)


async def follow(a: Running, reader: Member, iri: str) -> None:
    """The reader follows a remote actor, who has accepted."""

    def go(u: Any) -> None:
        followers = f"{iri}/followers"
        author = remote.learn(u, RemoteProfile(iri=iri, name="bob", domain="peer.example", followers_iri=followers))
        follows.request(u, reader.account_id, author)
        follows.accept(u, reader.account_id, author)

    await a.house.store.unit(go)


def create(peer: Peer, author: str, number: int) -> dict[str, Any]:
    picture = {"type": "Document", "mediaType": "image/png", "url": f"{peer.base}/{number}.png", "name": "A lake"}
    tag = {"type": "Hashtag", "href": f"{peer.base}/tags/walk", "name": "#walk"}
    note = peer.note(author, number, attachment=[picture], tag=[tag])
    return peer.activity("Create", author, note, number, to=note["to"], cc=note["cc"])


async def test_posts_of_one_batch_share_what_can_be_shared(world: World) -> None:
    a, peer = await world.instance(), Peer(world)
    author = peer.actor("bob")
    reader = await member(a, "ana")
    await follow(a, reader, author)
    await world.settle()
    await peer.post(a, create(peer, author, 1))
    await world.settle()
    for size, first in ((1, 10), (6, 20)):
        for number in range(first, first + size):
            await peer.post(a, create(peer, author, number))
        await a.house.federation.ledger.flush()  # what is written by the clock is no cost of these
        inbox = Inbox(a.house.federation)
        with statements(a) as found:
            while await inbox.work():
                pass
        assert len(found) <= A_BATCH + KEEPING * size, found
    shown = (await reader.get("/api/v1/timelines/home")).json()
    assert len(shown) == 8
    assert [tag["name"] for tag in shown[0]["tags"]] == ["walk"]


async def test_one_that_names_a_member_is_told_to_her(world: World) -> None:
    a, peer = await world.instance(), Peer(world)
    author, reader = peer.actor("bob"), await member(a, "ana")
    iri = f"https://a.example/u/{reader.account_id}"
    note = peer.note(author, 1, tag=[{"type": "Mention", "href": iri, "name": "@ana"}], cc=[iri])
    await peer.post(a, peer.activity("Create", author, note, to=note["to"], cc=note["cc"]))
    await world.settle()
    told = (await reader.get("/api/v1/notifications")).json()
    assert [(one["type"], one["status"]["uri"]) for one in told] == [("mention", note["id"])]
