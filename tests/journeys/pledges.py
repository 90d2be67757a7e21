"""What journeys about promises share: policies that promise and ask, and how far servers have come with each other."""

import dataclasses
from typing import Any

from instance.agreements import agreements, rows
from instance.db.unit import Unit
from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_here
from policies.leaving import Requirement
from policies.purposes import Assurance, Measure, Use
from policies.sections import Promises
from tests.support.world import Running, World

KEPT = Promises(
    authorized_fetch=True,
    erasure_receipts=True,
    max_lease=48,
    erasure_within=24,
    never=frozenset({Use.INDEX, Use.MODEL_TRAINING}),
    measures=frozenset({Measure.ENCRYPTION_IN_TRANSFER}),
)
ASKED = Requirement(authorized_fetch=True, erasure_receipts=True, erasure_within=72, never=frozenset({Use.INDEX}))


async def promise(running: Running, promises: Promises) -> None:
    """Adopt a policy with these promises."""

    def change(u: Unit) -> None:
        adopt(u, dataclasses.replace(in_force_here(u.connection), promises=promises), "test")

    await running.house.store.unit(change)


async def ask(running: Running, assurance: Assurance, asked: Requirement = ASKED) -> None:
    """Adopt a policy that asks for promises before words that are not public leave."""

    def change(u: Unit) -> None:
        requirement = dataclasses.replace(asked, assurance=assurance)
        adopt(u, dataclasses.replace(in_force_here(u.connection), requirement=requirement), "test")

    await running.house.store.unit(change)


async def agree(world: World, one: Running, other: Running, *, probing: bool = True) -> None:
    """`one` offers, a steward of `other` accepts."""
    await one.house.store.unit(lambda u: agreements.draft(u, other.domain, by="ada", probing=probing))
    await world.settle()
    [waiting] = [row for row in await with_peer(other, one.domain) if row.state == rows.RECEIVED]
    await other.house.store.unit(lambda u: agreements.accept(u, waiting.id, by="ben"))
    await world.settle()


async def with_peer(running: Running, host: str) -> list[Any]:
    return await running.house.store.read(rows.agreements_with, host)


async def state(running: Running, host: str) -> str:
    """The state of the newest agreement."""
    found = await with_peer(running, host)
    return str(found[0].state) + (f" ({found[0].reason})" if found[0].reason else "") if found else "none"


async def level(running: Running, host: str) -> str:
    known = await running.house.store.read(rows.trust_of, host)
    return str(known.level) if known is not None else "none"
