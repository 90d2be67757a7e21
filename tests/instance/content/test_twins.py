"""Who may read a post is said twice, as a function and in SQL: both say the same of every post and every reader."""

from itertools import product
from typing import Any

from sqlalchemy import insert, select

from instance.content.visible import audience_of, visible_to
from instance.db.content import mention, post
from instance.db.unit import Unit
from instance.people import accounts, follows, restrictions
from instance.people.remote import RemoteProfile, learn
from policies.audience import ReaderFacts, Visibility, may_read
from tests.journeys.walk import open_group
from tests.support.make import member
from tests.support.world import World

CONSENT = (None, "pending", "refused")


async def test_the_function_and_its_twin_agree(world: World) -> None:
    a = await world.instance()
    store = a.house.store
    ana, eve, fay, zed = [(await member(a, name)).account_id for name in ("ana", "eve", "fay", "zed")]
    group = await open_group(a, "lake", await member(a, "mod"))

    def people(u: Unit) -> list[int]:
        profiles = [RemoteProfile(f"https://b.example/u/{name}", name, "b.example") for name in ("rex", "sue")]
        return [learn(u, profile) for profile in profiles]

    rex, sue = await store.unit(people)
    readers = [ana, eve, fay, zed, rex, sue]

    def make(u: Unit) -> None:
        for who in (fay, rex):
            follows.request(u, who, ana)
        for who in (eve, sue):
            follows.request(u, who, group)
        accounts.update_profile(u, ana, accounts.ProfileChanges(locked=True))
        for who in (eve, sue):
            follows.request(u, who, ana)  # asked only
        restrictions.block(u, ana, zed)
        kinds = product(Visibility, (False, True), CONSENT, (None, *readers), (False, True))
        for number, (visibility, here, consent, decides, named) in enumerate(kinds, 1):
            values = {"iri": f"https://a.example/p/{number}", "account_id": ana, "thread_id": str(number)}
            values |= {"visibility": str(visibility), "local_only": here, "consent": consent}
            values |= {"reply_to_account_id": decides, "group_id": group, "created_at": u.now, "received_at": u.now}
            u.connection.execute(insert(post).values(id=number, **values))
            if named:
                u.connection.execute(insert(mention), [{"post_id": number, "account_id": who} for who in readers[1:]])

    await store.unit(make)

    def facts(reader: int | None, row: Any, named: bool) -> ReaderFacts:
        return ReaderFacts(
            is_author=reader == ana,
            is_mentioned=named and reader in readers[1:],
            follows_author=reader in {fay, rex},
            in_group=reader in {eve, sue},
            is_local=reader in {ana, eve, fay, zed},
            decides=reader is not None and row.reply_to_account_id == reader,
            is_blocked=reader == zed,
        )

    rows = await store.read(lambda c: c.execute(select(post).where(post.c.account_id == ana)).all())
    named = await store.read(lambda c: set(c.execute(select(mention.c.post_id)).scalars()))
    assert len(rows) == 5 * 2 * 3 * 7 * 2
    for reader in (None, *readers):
        asked = select(post.c.id).where(post.c.account_id == ana, visible_to(reader))
        seen = await store.read(lambda c, asked=asked: set(c.execute(asked).scalars()))
        expected = {row.id for row in rows if may_read(audience_of(row), facts(reader, row, row.id in named))}
        assert seen == expected, reader
        assert bool(seen) == (reader != zed)
