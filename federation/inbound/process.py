"""Second half, in a job: read, judge, gather what needs the network, apply in one transaction, mark, erase the body."""

import asyncio
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from federation.allowance import STRANGE
from federation.at_rest import open_in
from federation.client.budget import budget
from federation.context import Federation
from federation.errors import FederationError, JudgedError, MalformedError, UnbelievableError
from federation.inbound import arrivals, authority, turns, withdrawn
from federation.inbound.arrivals import Arrival, LeaseLostError
from federation.inbound.letting import letting_in
from federation.inbound.turns import Claimed
from federation.ports import Handler, Unit
from federation.remote import actors
from federation.vocab import limits
from federation.vocab.normalise import apart, normalise
from federation.vocab.types import Activity, Actor
from policies.decision import Decision

BATCH = 20
SIDE_BY_SIDE = 20
GATHER_SECONDS = 90.0
BATCH_SECONDS = 20.0  # after which no further part is begun: with a gathering, still within the lease
PATIENCE_SECONDS = 0.3  # after which the others of a batch no longer wait for what is slow
MOST_SLOW, MOST_SLOW_STRANGERS, MOST_SLOW_ROWS = 32, 16, 160  # families that something slow is under way of; activities
LOOK_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Ready:
    """An activity with all that its handler asked for."""

    arrival: Arrival
    parts: "list[Part]"
    left: "_Ended | None" = None
    """Of several that came as one: what became of the first that can't be applied."""
    spent: Mapping[str, int] = field(default_factory=dict)
    """Requests that it has caused so far, by host."""


@dataclass(frozen=True, slots=True)
class Part:
    """One activity of those that came as one: nearly always the only one."""

    activity: Activity
    handler: Handler
    gathered: Any


@dataclass(frozen=True, slots=True)
class _Slow:
    """Activities of one family that take their time."""

    task: asyncio.Task[None]
    number: int


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
        self._after = ""  # the family whose turn was last
        self._fruitless = False  # whether nothing was found since the last look from the beginning
        self._slow: dict[str, _Slow] = {}
        self._woken = asyncio.Event()

    async def work(self) -> bool:
        """Process one batch; True when more may be due."""
        self._woken.clear()
        self._reap()
        if self._is_full():
            await self._wait()
            return True
        claimed = await self._claim()
        if not claimed.arrivals:
            if self._slow:
                await self._wait()
                return True
            return bool(self._after) or not self._fruitless
        begun = await self._process(claimed)
        idle = [arrival.id for arrival in claimed.arrivals if arrival.id not in begun]
        if idle:
            await self._federation.store.unit(arrivals.give_back, claimed.lease, idle)
        return True

    def nudge(self) -> None:
        """Something came in."""
        self._woken.set()

    async def stop(self) -> None:
        """End what is slow; what it was about is taken up anew when its lease has run out."""
        tasks = [slow.task for slow in self._slow.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._slow.clear()

    async def _claim(self) -> Claimed:
        if not self._after:
            self._fruitless = True
        strange = sum(family.startswith(STRANGE) for family in self._slow)
        take = partial(turns.claim, strangers=strange < MOST_SLOW_STRANGERS)
        claimed = await self._federation.store.unit(take, BATCH, self._after, frozenset(self._slow))
        self._after = claimed.after
        self._fruitless &= not claimed.arrivals
        return claimed

    async def _process(self, claimed: Claimed) -> set[int]:
        """Wave by wave; returns what was begun. What is slow goes on by itself, with all that its server has in that wave."""
        loop = asyncio.get_running_loop()
        enough = loop.time() + BATCH_SECONDS
        begun: set[int] = set()
        for wave in waves(claimed.arrivals):
            if loop.time() > enough:
                break
            now = [arrival for arrival in wave if arrival.family not in self._slow]
            tasks = {loop.create_task(self._prepare(arrival)): arrival for arrival in now}
            if not tasks:
                continue
            begun |= {arrival.id for arrival in now}
            try:
                await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
            except asyncio.CancelledError:
                for task in tasks:
                    task.cancel()
                raise
            slow = {arrival.family for task, arrival in tasks.items() if not task.done()}
            for family in slow:
                mine = [task for task, arrival in tasks.items() if arrival.family == family]
                self._slow[family] = _Slow(loop.create_task(self._finish(claimed.lease, mine)), len(mine))
            ready = [task.result() for task, arrival in tasks.items() if arrival.family not in slow]
            if ready:
                await self._settle(claimed.lease, ready)
        return begun

    async def _finish(self, lease: str, tasks: "list[asyncio.Task[Ready | _Ended]]") -> None:
        try:
            await self._settle(lease, await asyncio.gather(*tasks))
        finally:
            self._woken.set()

    def _is_full(self) -> bool:
        return len(self._slow) >= MOST_SLOW or sum(slow.number for slow in self._slow.values()) >= MOST_SLOW_ROWS

    async def _wait(self) -> None:
        """Until something comes in or something slow ends."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), LOOK_AGAIN_SECONDS)

    def _reap(self) -> None:
        """Let go of what has ended. Raises what went wrong with it."""
        for family in [family for family, slow in self._slow.items() if slow.task.done()]:
            self._slow.pop(family).task.result()

    async def _prepare(self, arrival: Arrival) -> "Ready | _Ended":
        """Everything before the transaction. What can't be done is told, not raised."""
        try:
            documents = apart(await self._read(arrival))
        except Exception as error:  # noqa: BLE001 - kept with the row, as a code without words
            return _Ended(arrival, describe(error), again=self._again(error))
        parts: list[Part] = []
        left: _Ended | None = None
        # all that came as one is one cause, and so are all tries of it
        with budget(arrival.host, self._federation.domain, before=arrival.spent) as used:
            for start in range(0, len(documents), SIDE_BY_SIDE):
                some = documents[start : start + SIDE_BY_SIDE]
                for done in await asyncio.gather(*(self._part(arrival, document) for document in some)):
                    if isinstance(done, Part):
                        parts.append(done)
                    elif left is None or done.held or (done.again and not left.held):
                        left = done
        if left is not None:
            left = replace(left, spent=used.spent)
        return left if left is not None and (left.held or not parts) else Ready(arrival, parts, left, used.spent)

    async def _part(self, arrival: Arrival, document: dict[str, Any]) -> "Part | _Ended":
        federation = self._federation
        try:
            found = normalise(document)
            if not isinstance(found, Activity):
                raise MalformedError("that is no activity that we know")
            activity = authority.check(federation, arrival.actor, found)
            handler = find(federation, activity)
            if handler is None:
                return _Ended(arrival, "no handler", again=False)
            decision = await federation.ports.judgements.activity(federation, arrival.host, activity)
            if not (decision.allowed or (decision.held and arrival.let_in)):
                return _judged(arrival, decision)
            with letting_in(arrival.let_in, activity):
                async with asyncio.timeout(GATHER_SECONDS):
                    gathered = await handler.gather(federation, activity)
            return Part(activity, handler, gathered)
        except JudgedError as error:
            return _judged(arrival, error.decision)
        except Exception as error:  # noqa: BLE001 - as above
            return _Ended(arrival, describe(error), again=self._again(error))

    async def _read(self, arrival: Arrival) -> dict[str, Any]:
        body = open_in(self._federation.seals, arrival.body, arrival.key)
        return await self._federation.memory.plainly(limits.parse(body))

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
        for part in (part for item in ready for part in item.parts):
            if is_farewell(part.activity):
                self._federation.memory.forget(part.activity.actor)
        if ended:
            await store.unit(_end, lease, ended)

    def _apply(self, u: Unit, lease: str, ready: list[Ready]) -> None:
        """Each in its turn: judged by our rows as those before it left them, then applied; last, all are marked."""
        outcome: dict[int, str] = {}
        gone = withdrawn.among(u.connection, (part.activity for item in ready for part in item.parts))
        for item in ready:
            reasons = [self._apply_one(u, item.arrival, part, gone) for part in item.parts]
            outcome[item.arrival.id] = reasons[0] if all(reasons) else ""
        again = {item.arrival.id for item in ready if item.left is not None and item.left.again}
        if outcome.keys() - again:
            arrivals.done(u, lease, {one: reason for one, reason in outcome.items() if one not in again})
        for item in ready:
            if item.arrival.id in again:  # what was applied is applied once more, to no effect
                arrivals.failed(u, lease, item.arrival, item.left.reason if item.left is not None else "")

    def _apply_one(self, u: Unit, arrival: Arrival, part: Part, gone: withdrawn.Gone) -> str:
        """Apply an activity; why it was not, '' where it was."""
        if withdrawn.came_back(gone, part.activity, arrival.signed_at):
            if part.activity.type in withdrawn.SAID_AGAIN:
                arrivals.free_this(u, arrival.id)
            return withdrawn.REASON
        try:
            activity = authority.stand(u.connection, self._federation.ports.rows, part.activity)
        except UnbelievableError as error:
            return describe(error)
        part.handler.apply(u, activity, part.gathered)
        if is_of_herself(activity) and isinstance(activity.object, Actor):
            actors.changed(u, self._federation.memory, activity.object, self._federation.clock.wire())
        if is_farewell(activity):
            actors.forget(u, activity.actor)
        withdrawn.note(u, activity, gone, arrival)
        return ""

    async def _singly(self, lease: str, ready: list[Ready]) -> "list[_Ended]":
        ended = []
        for item in ready:
            try:
                await self._federation.store.unit(self._apply, lease, [item])
            except LeaseLostError:
                continue
            except Exception as error:  # noqa: BLE001 - as above
                failed = _Ended(item.arrival, describe(error), again=self._again(error), spent=item.spent)
                ended.append(failed if len(item.parts) == 1 else await self._part_by_part(item))
        return ended

    async def _part_by_part(self, item: Ready) -> "_Ended":
        """Of several that came as one: each by itself, so that one that can't be applied takes no other with it."""
        left = item.left
        for part in item.parts:
            try:
                await self._federation.store.unit(self._apply_alone, item.arrival, part)
            except Exception as error:  # noqa: BLE001 - as above
                failed = _Ended(item.arrival, describe(error), again=self._again(error), spent=item.spent)
                left = failed if left is None or failed.again else left
        return left or _Ended(item.arrival, "", again=False)

    def _apply_alone(self, u: Unit, arrival: Arrival, part: Part) -> None:
        self._apply_one(u, arrival, part, withdrawn.among(u.connection, [part.activity]))


@dataclass(frozen=True, slots=True)
class _Ended:
    """An activity that is not applied: to be tried again, or not."""

    arrival: Arrival
    reason: str
    again: bool
    held: bool = False
    spent: Mapping[str, int] | None = None


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
            arrivals.failed(u, lease, item.arrival, item.reason, item.spent)
