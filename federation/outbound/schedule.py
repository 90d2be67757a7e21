"""Sends what is due: leases peers in turn, each peer's deliveries in order, all leased peers side by side.

Two senders share the work: one serves the peers that answer promptly and waits for nothing; the other one serves the rest, in
its own time, for what it writes and signs would hold up the first. What is finished is written together, in the transaction
that takes the next peers; who is slow holds up nobody else: a peer that has not answered within a second no longer counts
in its lane, only against the number of all that are under way.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from federation.context import Federation
from federation.outbound import deliveries, departed, recording
from federation.outbound.deliver import Digests, deliver
from federation.outbound.deliveries import Delivery, Lane, Outcome, Turn
from federation.ports import Unit

PLACES = {Lane.PROMPT: 48, Lane.UNSURE: 32, Lane.FAILING: 16}  # peers at once that are being answered in time
MOST = 300  # peers at once, those that let us wait among them; the prompt ones are let in beyond that
EACH = 10  # deliveries of one peer before it is another's turn
PATIENCE_SECONDS = 1.0
PEER_SECONDS = 60.0  # well under the lease
LINGER_SECONDS = 0.003
FEW = 4  # peers under way that one need not go easy on
GATHER_SECONDS = 0.2  # between two transactions of the second sender while more than FEW are under way
SPREAD_SECONDS = 0.005  # between the starts of peers, beyond FEW, that may well be away
LET_PASS_SECONDS = 0.05  # that the second sender waits, at most, while the first has something under way
LOOK_AGAIN_SECONDS = 1.0
GONE = 410

Result = tuple[Turn, list[Outcome]]
Taken = tuple[list[Turn], dict[str, list[Delivery]]]


@dataclass(slots=True)
class Flight:
    """A peer that is being sent to, and what has become of its deliveries so far."""

    turn: Turn
    moved_at: float
    outcomes: list[Outcome] = field(default_factory=list)


@dataclass(slots=True)
class Round:
    """What one call of `work` has in hand."""

    places: Mapping[Lane, int] = field(default_factory=lambda: PLACES)
    digests: Digests = field(default_factory=dict)
    flying: dict[asyncio.Task[None], Flight] = field(default_factory=dict)
    taking: asyncio.Task[Taken] | None = None
    """The transaction that writes what has landed and takes the next; it ends though its caller is cut short."""

    def free(self, now: float) -> dict[Lane, int]:
        """How many peers of each lane may be taken now (`now`: the loop's time)."""
        counted: Counter[Lane] = Counter()
        for flight in self.flying.values():
            counted[flight.turn.lane] += now - flight.moved_at < PATIENCE_SECONDS
        room = MOST - len(self.flying)
        return {
            lane: places - counted[lane] if lane is Lane.PROMPT else min(places - counted[lane], room)
            for lane, places in self.places.items()
        }

    def landed(self) -> list[Result]:
        """Those that have ended, taken out."""
        done = [task for task in self.flying if task.done()]
        for task in done:
            if not task.cancelled():
                task.exception()  # what went wrong after an answer was had takes nothing from the answer
        return [(flight.turn, flight.outcomes) for flight in map(self.flying.pop, done)]


class Sender:
    """Serves some of the lanes; `ahead` is the sender that goes first when both are woken."""

    def __init__(self, federation: Federation, lanes: Iterable[Lane], ahead: "Sender | None" = None) -> None:
        self._federation = federation
        self._places = {lane: PLACES[lane] for lane in lanes}
        self._ahead = ahead
        self._woken = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def nudge(self) -> None:
        """Something was queued: look at once, though others are under way."""
        self._woken.set()
        self._idle.clear()

    async def work(self) -> bool:
        """Send until nothing is due and nothing is under way; True when anything was sent or tried."""
        await self._let_pass()
        current = Round(self._places)
        bell = asyncio.create_task(self._woken.wait())
        worked = False
        try:
            while True:
                self._woken.clear()
                await self._take(current)
                if not current.flying:
                    return worked
                self._idle.clear()
                worked = True
                if bell.done():
                    bell = asyncio.create_task(self._woken.wait())
                waited = {bell, *current.flying}
                await asyncio.wait(waited, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                await self._linger(bell.done(), len(current.flying))
        finally:
            bell.cancel()
            self._idle.set()
            await asyncio.shield(self._stop(current))

    async def _let_pass(self) -> None:
        """What the first sender has under way goes first, for a moment: signing, dialling and writing would delay it."""
        if self._ahead is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ahead._idle.wait(), LET_PASS_SECONDS)

    async def _linger(self, rung: bool, flying: int) -> None:
        """Wait for what else may land now; but not where somebody is waiting who will be answered at once."""
        if self._ahead is not None and flying > FEW:
            await asyncio.sleep(GATHER_SECONDS)
        elif self._ahead is not None or not rung:
            await asyncio.sleep(LINGER_SECONDS)
        await self._let_pass()

    async def _take(self, current: Round) -> None:
        """Write what has landed and start the next peers, in one transaction."""
        federation = self._federation
        loop = asyncio.get_running_loop()
        landed = current.landed()
        lanes = {} if federation.stopping.is_set() else current.free(loop.time())
        if landed or any(places > 0 for places in lanes.values()):
            current.taking = loop.create_task(federation.store.unit(_next, landed, lanes))
            turns, due = await asyncio.shield(current.taking)
            current.taking = None
            for number, turn in enumerate(turns):
                federation.memory.schemes.setdefault(turn.host, turn.scheme)
                flight = Flight(turn, loop.time())
                after = max(0, number - FEW) * SPREAD_SECONDS if self._ahead is not None else 0.0
                current.flying[loop.create_task(self._one_peer(current, flight, due[turn.host], after))] = flight
        if len(current.digests) > 1000:
            current.digests.clear()

    async def _stop(self, current: Round) -> None:
        """Cut short: what is under way ends now, what was answered is written, all peers are given back."""
        for task in current.flying:
            task.cancel()
        await asyncio.gather(*current.flying, return_exceptions=True)
        landed = current.landed()
        if current.taking is not None:
            turns, _ = await current.taking
            landed += [(turn, []) for turn in turns]
        if landed:
            await self._federation.store.unit(recording.record, landed)

    async def _one_peer(self, current: Round, flight: Flight, due: list[Delivery], after: float) -> None:
        """A peer's deliveries one after the other; the first that must wait makes the others wait too."""
        await asyncio.sleep(after)
        await self._let_pass()
        loop = asyncio.get_running_loop()
        stop_at = loop.time() + PEER_SECONDS
        for item in due:
            began = flight.moved_at = loop.time()
            outcome = await self._attempt(current, item)
            flight.outcomes.append(replace(outcome, took=int(1000 * (loop.time() - began))))
            if outcome.status == GONE and await departed.look(self._federation, item.inbox):
                break  # what else was for them is cancelled
            if (
                (outcome.state == "ready" and not outcome.ours)
                or loop.time() > stop_at
                or self._federation.stopping.is_set()
            ):
                break

    async def _attempt(self, current: Round, item: Delivery) -> Outcome:
        try:
            return await deliver(self._federation, item, current.digests)
        except Exception as error:  # noqa: BLE001 - the peer waits like after any failure, nothing is lost
            return Outcome(item.id, "ready", None, type(error).__name__)


def senders(federation: Federation) -> tuple[Sender, Sender]:
    """The two of one runner: for prompt peers, and for all others."""
    prompt = Sender(federation, [Lane.PROMPT])
    return prompt, Sender(federation, [lane for lane in Lane if lane is not Lane.PROMPT], prompt)


def _next(u: Unit, landed: list[Result], lanes: dict[Lane, int]) -> Taken:
    if landed:
        recording.record(u, landed)
    turns = deliveries.claim(u, lanes) if lanes else []
    due = deliveries.due_for(u.connection, {turn.host: 1 if turn.probing else EACH for turn in turns}) if turns else {}
    return turns, due
