"""Second half, in a job: read, judge, gather what needs the network, apply in one transaction, mark, erase the body."""

import asyncio
import traceback
from dataclasses import dataclass
from typing import Any

from federation.at_rest import open_in
from federation.client.budget import budget
from federation.context import Federation
from federation.errors import FederationError, JudgedError, MalformedError, UnbelievableError
from federation.inbound import arrivals, authority, withdrawn
from federation.inbound.arrivals import Arrival, LeaseLostError
from federation.inbound.letting import letting_in
from federation.ports import Handler, Unit
from federation.remote import actors
from federation.vocab import limits
from federation.vocab.normalise import normalise
from federation.vocab.types import Activity, Actor
from policies.decision import Decision

BATCH = 20
GATHER_SECONDS = 90.0
BATCH_SECONDS = 20.0  # after which no further part is begun: with a gathering, still within the lease


@dataclass(frozen=True, slots=True)
class Ready:
    """An activity with all that its handler asked for."""

    arrival: Arrival
    activity: Activity
    handler: Handler
    gathered: Any


MARKS = frozenset({"Create", "Like", "EmojiReact", "Dislike", "Announce"})
"""What changes nothing that the next activity of the same actor would ask our rows for."""


def waves(claimed: list[Arrival]) -> list[list[Arrival]]:
    """A batch in parts: what may depend on an earlier activity of its actor is prepared once that one is applied."""
    parts: list[list[Arrival]] = [[]]
    seen: dict[str, bool] = {}  # actor -> whether all of hers in this part are marks
    for arrival in claimed:
        if arrival.actor in seen and not (seen[arrival.actor] and arrival.kind in MARKS):
            parts.append([])
            seen = {}
        parts[-1].append(arrival)
        seen[arrival.actor] = seen.get(arrival.actor, True) and arrival.kind in MARKS
    return parts


class Inbox:
    """The work of one runner on what came in."""

    def __init__(self, federation: Federation) -> None:
        self._federation = federation

    async def work(self) -> bool:
        """Process one batch; True when more may be due."""
        lease, claimed = await self._federation.store.unit(arrivals.claim, BATCH)
        if not claimed:
            return False
        loop = asyncio.get_running_loop()
        enough = loop.time() + BATCH_SECONDS
        for wave in waves(claimed):
            if loop.time() > enough:
                break  # the lease of the others ends, and they are taken up anew
            results = await asyncio.gather(*(self._prepare(arrival) for arrival in wave))
            await self._settle(lease, results)
        return True

    async def _prepare(self, arrival: Arrival) -> "Ready | _Ended":
        """Everything before the transaction. What can't be done is told, not raised."""
        federation = self._federation
        try:
            activity = await self._read(arrival)
            handler = find(federation, activity)
            if handler is None:
                return _Ended(arrival, "no handler", again=False)
            decision = await federation.ports.judgements.activity(federation, arrival.host, activity)
            if not (decision.allowed or (decision.held and arrival.let_in)):
                return _judged(arrival, decision)
            with budget(arrival.host, federation.domain), letting_in(arrival.let_in, activity):
                async with asyncio.timeout(GATHER_SECONDS):
                    gathered = await handler.gather(federation, activity)
            return Ready(arrival, activity, handler, gathered)
        except JudgedError as error:
            return _judged(arrival, error.decision)
        except Exception as error:  # noqa: BLE001 - kept with the row, as a code without words
            return _Ended(arrival, describe(error), again=self._again(error))

    async def _read(self, arrival: Arrival) -> Activity:
        found = normalise(
            await self._federation.memory.plainly(
                limits.parse(open_in(self._federation.seals, arrival.body, arrival.key))
            )
        )
        if not isinstance(found, Activity):
            raise MalformedError("that is no activity that we know")
        return authority.check(self._federation, arrival.actor, found)

    def _again(self, error: Exception) -> bool:
        if isinstance(error, FederationError):
            return error.retry
        return not isinstance(error, self._federation.ports.refusals)

    async def _settle(self, lease: str, results: "list[Ready | _Ended]") -> None:
        """All that is ready in one transaction; if it fails, each alone."""
        store = self._federation.store
        ready = [result for result in results if isinstance(result, Ready)]
        ended = [result for result in results if isinstance(result, _Ended)]
        try:
            await store.unit(self._apply, lease, ready)
        except Exception:  # noqa: BLE001 - found out below which one it is
            ended += await self._singly(lease, ready)
        for item in ready:
            if is_farewell(item.activity):
                self._federation.memory.forget(item.activity.actor)
        if ended:
            await store.unit(_end, lease, ended)

    def _apply(self, u: Unit, lease: str, ready: list[Ready]) -> None:
        """Each in its turn: judged by our rows as those before it left them, then applied; last, all are marked."""
        outcome: dict[int, str] = {}
        gone = withdrawn.among(u.connection, (item.activity for item in ready))
        for item in ready:
            if withdrawn.came_back(gone, item.activity, item.arrival.signed_at):
                outcome[item.arrival.id] = withdrawn.REASON
                if item.activity.type in withdrawn.SAID_AGAIN:
                    arrivals.free_this(u, item.arrival.id)
                continue
            try:
                activity = authority.stand(u.connection, self._federation.ports.rows, item.activity)
            except UnbelievableError as error:
                outcome[item.arrival.id] = describe(error)
                continue
            item.handler.apply(u, activity, item.gathered)
            if is_of_herself(activity) and isinstance(activity.object, Actor):
                actors.changed(u, self._federation.memory, activity.object, self._federation.clock.wire())
            if is_farewell(activity):
                actors.forget(u, activity.actor)
            withdrawn.note(u, activity, gone, item.arrival)
            outcome[item.arrival.id] = ""
        if outcome:
            arrivals.done(u, lease, outcome)

    async def _singly(self, lease: str, ready: list[Ready]) -> "list[_Ended]":
        ended = []
        for item in ready:
            try:
                await self._federation.store.unit(self._apply, lease, [item])
            except LeaseLostError:
                continue
            except Exception as error:  # noqa: BLE001 - as above
                ended.append(_Ended(item.arrival, describe(error), again=self._again(error)))
        return ended


@dataclass(frozen=True, slots=True)
class _Ended:
    """An activity that is not applied: to be tried again, or not."""

    arrival: Arrival
    reason: str
    again: bool
    held: bool = False


def _judged(arrival: Arrival, decision: Decision) -> _Ended:
    return _Ended(arrival, f"policy: {', '.join(decision.reasons)}", again=False, held=decision.held)


def find(federation: Federation, activity: Activity) -> Handler | None:
    """The handler of (activity type, object type), or of any object."""
    table = federation.ports.handlers
    return table.get((activity.type, activity.object_type)) or table.get((activity.type, "*"))


def is_of_herself(activity: Activity) -> bool:
    """Whether an actor tells what it is now: who moderates a group changes its words, and neither its inbox nor its keys."""
    return activity.type == "Update" and activity.object_id == activity.actor


def is_farewell(activity: Activity) -> bool:
    """Whether an actor deletes itself."""
    return activity.type == "Delete" and activity.object_id == activity.actor


def describe(error: Exception) -> str:
    """What is kept of an error: our own sentences, else its type and place; other texts may hold words of members."""
    if isinstance(error, FederationError):
        return f"{type(error).__name__}: {error.text}"
    place = next((frame for frame in reversed(traceback.extract_tb(error.__traceback__))), None)
    return f"{type(error).__name__} at {place.name}:{place.lineno}" if place is not None else type(error).__name__


def _end(u: Unit, lease: str, ended: list[_Ended]) -> None:
    over = {item.arrival.id: item.reason for item in ended if not (item.again or item.held)}
    if over:
        arrivals.done(u, lease, over)
    for item in ended:
        if item.held:
            arrivals.hold(u, lease, item.arrival.id, item.reason)
        elif item.again:
            arrivals.failed(u, lease, item.arrival, item.reason)
