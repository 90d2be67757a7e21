"""The dry run: all traffic of 30 days and all contacts, in a bounded number of statements; nobody's contacts are named."""

from typing import Any

import pytest
from sqlalchemy import insert

from federation.schema import delivery, inbox_activity, outbox_item, refusal
from instance.clock import DAY
from instance.peering.dryrun import DryRun, Server, dry_run
from instance.people import follows, remote
from instance.people.remote import RemoteProfile
from policies.document import PolicyDocument
from policies.leaving import Requirement
from policies.peers import Stance
from policies.presets import preset
from policies.purposes import Assurance
from policies.sections import Incoming, PeerRule
from policies.treatments import Treatment
from tests.instance.activities.test_cost import statements
from tests.support.make import member
from tests.support.world import Running, World

OPEN = preset("open")
HOSTS = 40
MOST = 8
"""What came, what was turned away, what left, who is met, peers' promises, whose contacts; one or two for the transaction."""


@pytest.fixture
async def home(world: World) -> Running:
    """Traffic with many servers in the last days and long ago; ann and ben follow somebody on each of the first."""
    made = await world.instance("a.example")
    ann, ben = await member(made, "ann"), await member(made, "ben")

    def fill(u: Any) -> None:
        long_ago = u.now - 31 * DAY
        for number in range(HOSTS):
            host = f"p{number}.example"
            for key, at in (("a", u.now), ("b", u.now - 29 * DAY), ("c", long_ago)):
                came = {"activity_key": key, "actor": f"https://{host}/u/1", "kind": "Create", "object_kind": "Note"}
                values = {"host": host, "state": "done", "received_at": at, "next_try_at": at, **came}
                u.connection.execute(insert(inbox_activity).values(**values))
            turned = {"host": host, "kind": "Follow", "reason": "peer-blocked", "activity_key": "x"}
            u.connection.execute(insert(refusal).values(**turned, refused_at=u.now))
        for visibility in ("public", "followers"):
            item = {"activity": "x", "actor": "y", "kind": "Create", "facts": {"visibility": visibility, "tier": None}}
            made = insert(outbox_item).values(**item, created_at=u.now).returning(outbox_item.c.id)
            item_id = u.connection.execute(made).scalar_one()
            rows = [
                {"item_id": item_id, "host": f"p{n}.example", "inbox": f"https://p{n}.example/i"} for n in range(HOSTS)
            ]
            u.connection.execute(insert(delivery), [row | {"state": "sent", "created_at": u.now} for row in rows])
        for who, hosts in ((ann, 3), (ben, 1)):
            for number in range(hosts):
                domain = f"p{number}.example"
                other = remote.learn(u, RemoteProfile(iri=f"https://{domain}/u/1", name="bob", domain=domain))
                follows.request(u, who.account_id, other)
                follows.accept(u, who.account_id, other)

    await made.house.store.unit(fill)
    return made


async def play(home: Running, old: PolicyDocument, new: PolicyDocument, host: str | None = None) -> DryRun:
    with statements(home) as found:
        run: DryRun = await home.house.store.read(dry_run, old, new, home.house.site.clock.now(), host)
    assert len(found) <= MOST, found
    return run


async def test_a_block_of_everything(home: Running) -> None:
    run = await play(home, OPEN, preset("closed"))
    assert len(run.servers) == HOSTS
    assert run.servers[0] == Server("p0.example", refused=3, not_sent=2, reasons=("peer-blocked",))
    assert [(one.name, one.lost, one.quieter) for one in run.touched] == [("ann", 3, 0), ("ben", 1, 0)]
    assert (run.unchanged, run.cut) == (0, False)
    assert "bob" not in repr(run.touched)


async def test_opening_counts_what_was_turned_away(home: Running) -> None:
    closed = preset("closed")
    run = await play(home, closed, closed.with_stance("p1.example", Stance.ALLOWED), "p1.example")
    assert run.servers == (Server("p1.example", let_in=3, sent=2, reasons=("peer-allowed",)),)
    assert run.touched == ()


async def test_a_requirement_makes_it_quieter(home: Running) -> None:
    asking = PolicyDocument("asking", Stance.ALLOWED, requirement=Requirement(assurance=Assurance.CLAIMED))
    run = await play(home, OPEN, asking)
    assert {server.not_sent for server in run.servers} == {1}
    assert [(one.name, one.lost, one.quieter) for one in run.touched] == [("ann", 0, 3), ("ben", 0, 1)]


async def test_rules_for_accounts_and_what_can_t_be_played(home: Running) -> None:
    here = PeerRule(Stance.ALLOWED, accounts=frozenset({"https://p0.example/u/2"}))
    treated = Incoming(refused_kinds=frozenset({"Note"}), mentions_held_above=3)
    rules = PolicyDocument("rules", Stance.ALLOWED, peers={"p0.example": here}, incoming=treated)
    run = await play(home, OPEN, rules)
    counts = {server.host: server.refused for server in run.servers}
    assert (counts["p0.example"], counts["p1.example"]) == (3, 2)
    assert list(run.unplayed) == ["Posts that mention more than 3 accounts are held."]
    limited = PolicyDocument("soft", Stance.ALLOWED, incoming=Incoming(treat=frozenset({Treatment.SENSITIVE})))
    assert {server.limited for server in (await play(home, OPEN, limited)).servers} == {3}
    assert (await play(home, OPEN, OPEN)).nothing
