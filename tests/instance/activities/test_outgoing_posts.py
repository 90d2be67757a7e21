"""Posts on the wire: addressed by visibility, always dated, never with hidden recipients; sent only where they belong."""

from typing import Any

import pytest

from federation.vocab.iris import PUBLIC
from instance.content import marks, posts
from instance.content.posts import Draft
from instance.db.unit import Unit
from instance.people import accounts, follows
from tests.instance.activities.elsewhere import queued, remote
from tests.support.world import Running, World

BEN, CLEO, STRANGER = "https://b.example/users/ben", "https://c.example/users/cleo", "https://d.example/users/x"


async def _anna(world: World) -> tuple[Running, int]:
    """Anna, whom Ben follows; Cleo and a stranger are known here and don't."""
    running = await world.instance("a.example")

    def make(u: Unit) -> int:
        anna = accounts.create(u, "anna", public_posting=True)
        ben, _, _ = remote(u, BEN), remote(u, CLEO), remote(u, STRANGER)
        follows.request(u, ben, anna, iri=f"{BEN}/follow/1")
        return anna

    return running, await running.house.store.unit(make)


@pytest.mark.parametrize(
    ("visibility", "to", "cc", "hosts"),
    [
        ("public", [PUBLIC], ["{me}/followers", CLEO], {"b.example", "c.example"}),
        ("unlisted", ["{me}/followers"], [PUBLIC, CLEO], {"b.example", "c.example"}),
        ("private", ["{me}/followers"], [CLEO], {"b.example", "c.example"}),
        ("direct", [CLEO], [], {"c.example"}),
    ],
)
async def test_a_post_goes_to_whom_it_is_addressed(
    world: World, visibility: str, to: list[str], cc: list[str], hosts: set[str]
) -> None:
    running, anna = await _anna(world)
    me = f"https://a.example/u/{anna}"
    before = len(await running.house.store.read(queued))
    draft = Draft("Hello @cleo@c.example #Heat", visibility=visibility, summary="weather", language="en")
    post_id = await running.house.store.unit(posts.write, anna, draft)
    [(created, went)] = (await running.house.store.read(queued, running.house.site.vault))[before:]
    await running.house.store.unit(posts.delete_post, post_id)
    [(deleted, gone)] = (await running.house.store.read(queued, running.house.site.vault))[before:]
    note = created["object"]
    assert (note["to"], note["cc"]) == ([one.format(me=me) for one in to], [one.format(me=me) for one in cc])
    assert (created["to"], created["cc"]) == (note["to"], note["cc"])
    assert {inbox.split("/")[2] for inbox in went} == hosts
    assert (note["id"], created["id"]) == (f"{me}/p/{post_id}", f"{me}/p/{post_id}/activity")
    assert (note["summary"], note["sensitive"], list(note["contentMap"])) == ("weather", True, ["en"])
    assert "language" not in note  # Lemmy's form of it goes along in groups; Pleroma takes no map for a language
    assert {(tag["type"], tag["name"]) for tag in note["tag"]} == {("Mention", "@cleo@c.example"), ("Hashtag", "#Heat")}
    assert (deleted["type"], deleted["object"]["type"], deleted["object"]["id"]) == ("Delete", "Tombstone", note["id"])
    assert (deleted["to"], set(gone)) == (note["to"], set(went))
    for document in (created, note, deleted):
        _check(document)


def _check(document: dict[str, Any]) -> None:
    assert document["published"]
    assert not {"bto", "bcc", "signature", "proof", "generator"} & document.keys()


async def test_what_is_for_here_stays_here(world: World) -> None:
    running, anna = await _anna(world)
    before = len(await running.house.store.read(queued))
    draft = Draft("only here, @cleo@c.example", visibility="public", local_only=True)
    post_id = await running.house.store.unit(posts.write, anna, draft)
    await running.house.store.unit(posts.delete_post, post_id)
    assert len(await running.house.store.read(queued)) == before


@pytest.mark.parametrize(("visibility", "told"), [("public", True), ("unlisted", True), ("private", False)])
async def test_who_follows_no_more_gets_no_news_of_what_is_for_followers(
    world: World, visibility: str, told: bool
) -> None:
    """That he liked it once gives nobody the words that are written into it after he was put out."""
    running, anna = await _anna(world)
    unit = running.house.store.unit
    post_id = await unit(posts.write, anna, Draft("Hello", visibility=visibility))

    def like_and_go(u: Unit) -> None:
        ben = accounts.by_iri(u.connection, BEN)
        assert ben is not None
        marks.favourite(u, ben.id, post_id, iri=f"{BEN}/like/1")
        follows.reject(u, ben.id, anna)

    await unit(like_and_go)
    before = len(await running.house.store.read(queued))
    await unit(posts.edit, anna, post_id, Draft("Hello, and more", visibility=visibility))
    went = [inbox for _, inboxes in (await running.house.store.read(queued))[before:] for inbox in inboxes]
    assert ({inbox.split("/")[2] for inbox in went} == {"b.example"}) == told
