"""Posts of other servers: taken in once, made safe, put in their place, changed, voted on, erased."""

from typing import Any

from sqlalchemy import Connection, select

from instance.content import boosts, consent, marks, moderation, posts, receive, submissions, threads
from instance.content.remote import RemoteAttachment, RemotePoll, RemotePost
from instance.db.content import attachment, poll, post
from instance.db.people import account
from instance.db.reading import timeline_entry
from instance.db.unit import Unit
from instance.groups import groups
from instance.groups.acting import By
from instance.people import follows
from instance.people.remote import RemoteProfile, learn
from tests.journeys.walk import open_group
from tests.support.make import member
from tests.support.world import Running, World

AT = 1_750_000_000_000


def someone(u: Unit, name: str = "zoe", kind: str = "person") -> int:
    iri = f"https://b.example/u/{name}"
    return learn(u, RemoteProfile(iri=iri, name=name, domain="b.example", kind=kind))


def note(author: int, name: str = "1", **more: Any) -> RemotePost:
    values: dict[str, Any] = {"content": "<p>hi</p>", "visibility": "public", "created_at": AT}
    return RemotePost(iri=f"https://b.example/p/{name}", account_id=author, **(values | more))


async def row_of(a: Running, post_id: int | None) -> Any:
    return await a.house.store.read(lambda c: c.execute(select(post).where(post.c.id == post_id)).one())


async def test_taken_in_once_and_made_safe(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    zoe = await store.unit(someone)
    remote = note(
        zoe,
        content='<p onclick="x">hi<img src="http://b.example/t.png"><script>1</script></p>',
        summary="<b>cw</b>",
        title="T & t",
        tags=["#Lung", "x" * 101],
        attachments=[RemoteAttachment("image", "https://b.example/i.png", "image/png", "a cat", None, 2, 3)],
        created_at=world.clock.now() + 9_000_000,
    )
    one = await store.unit(receive.receive, remote)
    assert await store.unit(receive.receive, remote) == one
    row = await row_of(a, one)
    assert (row.content, row.summary, row.title, row.sensitive) == ("<p>hi</p>", "cw", "T & t", True)
    assert row.created_at <= world.clock.now()
    shown = (await a.client.get(f"/api/v1/statuses/{one}")).json()
    assert shown["content"] == "<p><strong>T &amp; t</strong></p><p>hi</p>"
    assert shown["account"]["acct"] == "zoe@b.example"
    assert shown["media_attachments"][0]["description"] == "a cat"
    assert shown["media_attachments"][0]["url"].startswith("https://a.example/media/")
    assert [tag["name"] for tag in shown["tags"]] == ["Lung"]


async def test_followers_find_it_at_home(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    zoe = await store.unit(someone)
    ana = await member(a, "ana")
    await store.unit(follows.request, ana.account_id, zoe)
    await store.unit(follows.accept, ana.account_id, zoe)
    one = await store.unit(receive.receive, note(zoe, visibility="followers"))
    assert [s["id"] for s in (await ana.get("/api/v1/timelines/home")).json()] == [str(one)]
    assert (await a.client.get(f"/api/v1/statuses/{one}")).status_code == 404


async def test_an_answer_that_came_first_finds_its_place(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    zoe = await store.unit(someone)
    third = await store.unit(receive.receive, note(zoe, "3", reply_to_iri="https://b.example/p/2"))
    second = await store.unit(receive.receive, note(zoe, "2", reply_to_iri="https://b.example/p/1"))
    first = await store.unit(receive.receive, note(zoe, "1"))
    assert first is not None
    assert second is not None
    context = await store.read(threads.context, None, second, 0)
    assert (context.ancestors, context.descendants) == ([first], [third])
    assert (await store.read(threads.context, None, first, 0)).descendants == [second, third]
    assert (await row_of(a, first)).replies_count == 1


async def test_what_a_group_does_not_show_counts_nowhere_whatever_comes_first(world: World) -> None:
    """Counts of answers that wait, were taken out, came before what they answer, were deleted and restored, or hidden."""
    a = await world.instance("a.example")
    anna = await member(a, "anna", public=True)
    group_id = await open_group(a, "lake", anna)
    await world.settle()
    store = a.house.store
    zoe, top_iri = await store.unit(someone), "https://b.example/p/top"
    place = {"group_id": group_id, "silent_mentions": [group_id]}

    async def count() -> int:
        return int((await row_of(a, top)).replies_count)

    early = await store.unit(receive.receive, note(zoe, "early", reply_to_iri=top_iri, **place))
    top = await store.unit(receive.receive, note(zoe, "top", **place))
    assert early is not None
    assert top is not None
    assert await count() == 0  # it waits for the group's moderators
    waiting = {row.post_id: row.id for row in await store.read(submissions.held, group_id)}
    await store.unit(submissions.approve, waiting[early], None)
    assert await count() == 1
    await store.unit(moderation.remove, group_id, early, By())
    await store.unit(posts.delete_post, early)
    await store.unit(receive.revive, note(zoe, "early", reply_to_iri=top_iri, **place))
    assert await count() == 0  # taken out before it was deleted
    await store.unit(consent.hide, early, "refused")
    await store.unit(consent.release, early, None)
    assert await count() == 0
    await store.unit(moderation.restore, group_id, early, By())
    assert await count() == 1


async def test_edits_keep_what_was_before(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    zoe = await store.unit(someone)
    one = await store.unit(receive.receive, note(zoe))
    assert await store.unit(receive.receive_edit, note(zoe, "unknown")) is None
    await store.unit(receive.receive_edit, note(zoe, content="<p>new</p>", edited_at=AT + 5, visibility="direct"))
    await store.unit(receive.receive_edit, note(zoe, content="<p>old news</p>", edited_at=AT + 1))
    row = await row_of(a, one)
    assert (row.content, row.visibility) == ("<p>new</p>", "public")
    history = (await a.client.get(f"/api/v1/statuses/{one}/history")).json()
    assert [state["content"] for state in history] == ["<p>hi</p>", "<p>new</p>"]
    eve = await store.unit(someone, "eve")
    assert await store.unit(receive.receive_edit, note(eve, content="x", edited_at=AT + 9)) is None


async def test_polls_of_others(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    zoe, ana = await store.unit(someone), await member(a, "ana")
    end = world.clock.now() + 60_000
    asked = RemotePoll([("yes", 1), ("no", 2)], expires_at=end, voters=3)
    one = await store.unit(receive.receive, note(zoe, poll=asked))
    shown = (await ana.get(f"/api/v1/statuses/{one}")).json()["poll"]
    assert [option["votes_count"] for option in shown["options"]] == [1, 2]
    voted = await ana.post(f"/api/v1/polls/{shown['id']}/votes", json={"choices": [0]})
    assert voted.json()["votes_count"] == 4
    news = note(zoe, poll=RemotePoll([("yes", 5), ("no", 2)], expires_at=end, voters=7))
    await store.unit(receive.receive_edit, news)
    again = (await ana.get(f"/api/v1/statuses/{one}")).json()["poll"]
    assert (again["votes_count"], again["voters_count"], again["own_votes"]) == (7, 7, [0])
    assert len((await ana.get(f"/api/v1/statuses/{one}/history")).json()) == 1
    world.clock.turn(61_000)
    await world.settle()
    assert (await ana.get(f"/api/v1/statuses/{one}")).json()["poll"]["expired"] is True


async def test_votes_from_elsewhere_count_once(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    zoe, ana = await store.unit(someone), await member(a, "ana", public=True)
    body = {"status": "?", "poll": {"options": ["a", "b"], "expires_in": 600}}
    made = int((await ana.post("/api/v1/statuses", json=body)).json()["id"])
    for title, counts in (("c", False), ("a", True), ("a", False), ("b", False)):
        done = await store.unit(
            lambda u, t=title: receive.receive_votes(u, zoe, made, t, iri=f"https://b.example/v/{t}")
        )
        assert done is counts
    assert await store.read(lambda c: c.execute(select(poll.c.votes_count)).scalar_one()) == 1


async def test_a_remote_post_reaches_the_group_that_it_names(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ana = await member(a, "ana")
    lung = await store.unit(lambda u: groups.create(u, "lung", "Lung", created_by=ana.account_id))
    zoe = await store.unit(someone)
    one = await store.unit(receive.receive, note(zoe, mentions=[lung]))
    assert (await row_of(a, one)).group_id == lung
    assert (await ana.get("/api/v1/timelines/home")).json() == []  # a stranger's waits
    await store.unit(follows.request, zoe, lung)
    two = await store.unit(receive.receive, note(zoe, "2", mentions=[lung]))
    assert [s["reblog"]["id"] for s in (await ana.get("/api/v1/timelines/home")).json()] == [str(two)]
    answer = await ana.post("/api/v1/statuses", json={"status": "welcome", "in_reply_to_id": str(two)})
    assert answer.json()["visibility"] == "public"


async def test_erased_with_all_that_hangs_on_it(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    zoe, ana = await store.unit(someone), await member(a, "ana", public=True)
    file = RemoteAttachment("image", "https://b.example/i.png")
    one = await store.unit(receive.receive, note(zoe, attachments=[file]))
    assert one is not None
    await store.unit(boosts.boost, ana.account_id, one)
    await store.unit(marks.favourite, ana.account_id, one)
    await store.unit(posts.delete_post, one)
    await store.unit(posts.delete_post, one)

    def left(c: Connection) -> list[int]:
        rows = [len(c.execute(select(table)).all()) for table in (attachment, timeline_entry)]
        return [*rows, c.execute(select(account.c.posts_count).where(account.c.id == zoe)).scalar_one()]

    assert await store.read(left) == [0, 0, 0]
    assert await store.unit(receive.receive, note(zoe)) is None  # what is deleted does not come back
