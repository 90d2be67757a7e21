"""Sends what is due: leases peers in turn, each peer's deliveries in order, all leased peers side by side.

What is finished is written together, in the transaction that takes the next peers; who is slow holds up nobody else.
"""

import asyncio
from dataclasses import dataclass, field

from federation.context import Federation
from federation.outbound import deliveries
from federation.outbound.deliver import Digests, deliver
from federation.outbound.deliveries import Delivery, Outcome, Turn
from federation.ports import Unit

HEALTHY, FAILING = 64, 16  # peers at once
EACH = 10  # deliveries of one peer before it is another's turn
PEER_SECONDS = 60.0  # well under the lease
LINGER_SECONDS = 0.003
LOOK_AGAIN_SECONDS = 0.25

Result = tuple[Turn, list[Outcome]]


@dataclass(slots=True)
class _Round:
    """What one call of `work` has in hand."""

    digests: Digests = field(default_factory=dict)
    flying: dict[asyncio.Task[Result], Turn] = field(default_factory=dict)
    landed: list[Result] = field(default_factory=list)

    def free(self) -> dict[bool, int]:
        failing = sum(turn.failures > 0 for turn in self.flying.values())
        return {False: HEALTHY - (len(self.flying) - failing), True: FAILING - failing}

    def collect(self) -> None:
        for task in [task for task in self.flying if task.done()]:
            del self.flying[task]
            if not task.cancelled() and task.exception() is None:
                self.landed.append(task.result())


class Deliveries:
    """The work of one runner on what goes out."""

    def __init__(self, federation: Federation) -> None:
        self._federation = federation

    async def work(self) -> bool:
        """Send until nothing is due and nothing is under way; True when anything was sent or tried."""
        current = _Round()
        worked = False
        try:
            while True:
                await self._take(current)
                if not current.flying:
                    return worked
                worked = True
                await asyncio.wait(current.flying, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.sleep(LINGER_SECONDS)
                current.collect()
        finally:
            await asyncio.shield(self._stop(current))

    async def _take(self, current: _Round) -> None:
        """Write what has landed and start the next peers, in one transaction."""
        lanes = {False: 0, True: 0} if self._federation.stopping.is_set() else current.free()
        landed, current.landed = current.landed, []
        if landed or any(lanes.values()):
            turns, due = await self._federation.store.unit(_next, landed, lanes)
            for turn in turns:
                current.flying[asyncio.create_task(self._one_peer(current, turn, due[turn.host]))] = turn
        if len(current.digests) > 1000:
            current.digests.clear()

    async def _stop(self, current: _Round) -> None:
        """Cut short: what is under way ends now, what has landed is written."""
        for task in current.flying:
            task.cancel()
        await asyncio.gather(*current.flying, return_exceptions=True)
        current.collect()
        if current.landed:
            await self._federation.store.unit(deliveries.record, current.landed)

    async def _one_peer(self, current: _Round, turn: Turn, due: list[Delivery]) -> Result:
        """A peer's deliveries one after the other; the first that must wait makes the others wait too."""
        outcomes: list[Outcome] = []
        loop = asyncio.get_running_loop()
        stop_at = loop.time() + PEER_SECONDS
        for item in due:
            outcome = await self._attempt(current, item)
            outcomes.append(outcome)
            if outcome.state == "ready" or loop.time() > stop_at:
                break
        return turn, outcomes

    async def _attempt(self, current: _Round, item: Delivery) -> Outcome:
        try:
            return await deliver(self._federation, item, current.digests)
        except Exception as error:  # noqa: BLE001 - the peer waits like after any failure, nothing is lost
            return Outcome(item.id, "ready", None, type(error).__name__)


def _next(u: Unit, landed: list[Result], lanes: dict[bool, int]) -> tuple[list[Turn], dict[str, list[Delivery]]]:
    if landed:
        deliveries.record(u, landed)
    turns = deliveries.claim(u, lanes) if any(lanes.values()) else []
    due = deliveries.due_for(u.connection, {turn.host: 1 if turn.probing else EACH for turn in turns}) if turns else {}
    return turns, due
