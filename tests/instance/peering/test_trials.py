"""A decision for a time: stewards are told two weeks before, and at its end; then what was promised happens."""

from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from sqlalchemy import update

from instance.clock import DAY
from instance.db.people import login
from instance.db.unit import Unit
from instance.peering import admission, trials
from instance.policy.adopt import adopt, set_stance
from instance.policy.inforce import in_force_here
from policies.peers import Stance
from policies.presets import preset
from policies.sections import RunBy
from tests.support.make import Member, member
from tests.support.peer import Peer
from tests.support.world import Running, World

HOST = "peer.example"


async def steward(home: Running, name: str, *, locale: str, mail: str = "") -> Member:
    made = await member(home, name, role="steward")

    def address(u: Unit) -> None:
        sealed = u.site.vault.seal(mail.encode(), "login", "email", made.login_id) if mail else None
        values = {"locale": locale, "email": sealed, "email_confirmed_at": u.now if mail else None}
        u.connection.execute(update(login).where(login.c.id == made.login_id).values(**values))

    await home.house.store.unit(address)
    return made


async def told(who: Member) -> list[str]:
    """What the noticeboard told her, the newest first."""
    found = (await who.get("/api/v1/notifications", params={"types[]": "mention"})).json()
    assert {one["account"]["acct"] for one in found} <= {"noticeboard"}
    assert {one["status"]["visibility"] for one in found} <= {"direct"}
    return [one["status"]["content"] for one in found]


def mails(home: Running) -> list[Any]:
    folder = Path(home.house.site.settings.data) / "mail"
    return [message_from_bytes(one.read_bytes(), policy=policy.default) for one in sorted(folder.glob("*.eml"))]


async def let_in(home: Running) -> None:
    await home.house.store.unit(
        lambda u: admission.admit(u, HOST, Stance.ALLOWED, days=60, kind=RunBy.HOSPITAL, reason="", by="stella")
    )


async def test_stewards_are_told_before_it_ends_and_when_it_ends(world: World) -> None:
    home = await world.instance("a.example", SKERRY_NAME="Circle of the Ill")
    await home.house.store.unit(adopt, preset("closed"), "test")
    stella = await steward(home, "stella", locale="de", mail="stella@mail.example")
    sonja, ann = await steward(home, "sonja", locale="en"), await member(home, "ann")
    await let_in(home)
    peer = Peer(world)
    bob = peer.actor("bob")
    await world.settle()
    await peer.post(home, peer.activity("Follow", bob, f"https://a.example/u/{ann.account_id}"))
    await world.settle()
    shown = f"/api/v1/accounts/{ann.account_id}/followers"
    assert len((await ann.get(shown)).json()) == 1

    world.clock.turn(45 * DAY)
    assert await home.house.store.unit(trials.watch) == 0
    world.clock.turn(2 * DAY)
    assert await home.house.store.unit(trials.watch) == 1
    assert await home.house.store.unit(trials.watch) == 0
    await world.settle()
    [english], [german] = await told(sonja), await told(stella)
    assert "peer.example ends on" in english
    assert "nothing is exchanged, and contacts end" in english
    assert "https://a.example/steward/federation" in english
    assert "peer.example" in german
    assert "ends on" not in german
    assert await told(ann) == []
    [letter] = mails(home)
    assert letter["To"] == "stella@mail.example"
    assert "https://a.example/steward/federation" in letter.get_content()
    assert "peer.example" not in str(letter)
    assert "Circle" not in str(letter)

    await let_in(home)  # for another sixty days: she is told again before these end
    world.clock.turn(13 * DAY + DAY // 2)
    assert await home.house.store.unit(trials.watch) == 0
    world.clock.turn(33 * DAY)
    assert await home.house.store.unit(trials.watch) == 1
    world.clock.turn(14 * DAY)
    assert await home.house.store.read(admission.trials, world.clock.now()) == []  # over, though no job has run yet
    assert await home.house.store.unit(trials.watch) == 1
    assert await home.house.store.unit(trials.watch) == 0
    await world.settle()
    assert "for a time has ended" in (await told(sonja))[0]
    assert [len(await told(who)) for who in (sonja, stella, ann)] == [3, 3, 0]
    assert len(mails(home)) == 3
    assert HOST not in (await home.house.store.read(in_force_here)).peers
    assert (await ann.get(shown)).json() == []
    kinds = [one["type"] for one in (await ann.get("/api/v1/notifications")).json()]
    assert "severed_relationships" in kinds


async def test_many_at_once_are_one_message_which_says_what_comes_then(world: World) -> None:
    home = await world.instance("a.example")
    sonja = await steward(home, "sonja", locale="en")
    until = home.house.site.clock.now() + 10 * DAY
    for number in range(trials.MOST + 2):
        await home.house.store.unit(
            lambda u, n=number: set_stance(u, f"h{n}.example", Stance.BLOCKED, until=until) and None
        )
    assert await home.house.store.unit(trials.watch) == trials.MOST + 2
    await world.settle()
    [text] = await told(sonja)
    assert "let in, as servers are that no rule names" in text
    assert "And 2 servers more." in text
    assert text.count(".example ends on") == trials.MOST
