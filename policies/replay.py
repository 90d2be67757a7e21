"""A proposed policy played over past traffic: what would have been refused, held, limited, not sent; who loses whom.

Pure: the caller gathers what came and went; nothing is changed. Facts that were not kept are not known, and count as strict
under both policies, so that only what the proposal changes is shown.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from policies.decision import Decision, Verdict
from policies.document import FIELDS, PolicyDocument
from policies.facts import ActivityFacts, PeerFacts, PostFacts
from policies.fields import value_of
from policies.inbound import may_receive
from policies.outbound import may_deliver
from policies.sections import Incoming
from policies.words import Sentence, say

RELATION = PostFacts("direct", relation=True)
FOLLOWERS = PostFacts("followers", reader_there=True)


class Way(StrEnum):
    """Which way it went."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Passage:
    """What went one way or the other, so many times: an activity that came, or a post that left."""

    peer: PeerFacts
    what: ActivityFacts | PostFacts
    times: int = 1


@dataclass(frozen=True, slots=True)
class Contact:
    """A member and somebody elsewhere who follows her or whom she follows. `member` is opaque here."""

    member: str
    other: str
    peer: PeerFacts


@dataclass(frozen=True, slots=True)
class Change:
    """What happens otherwise to the traffic with one server."""

    host: str
    way: Way
    before: Verdict
    after: Verdict
    times: int
    reasons: tuple[str, ...]
    """Of the proposed policy."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The outcome: changes by host, what stays the same, and what each member loses."""

    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    lost: tuple[Contact, ...] = ()
    """Contacts that would end."""
    quieter: tuple[Contact, ...] = ()
    """Contacts that would stay, but would no longer get words that are not public."""

    def members(self) -> dict[str, int]:
        """Member -> how many contacts she loses or gets quieter with."""
        counts: dict[str, int] = defaultdict(int)
        for contact in (*self.lost, *self.quieter):
            counts[contact.member] += 1
        return dict(counts)


def replay(
    old: PolicyDocument,
    new: PolicyDocument,
    traffic: Iterable[Passage],
    contacts: Iterable[Contact] = (),
    *,
    at: int = 0,
) -> Replayed:
    """Play traffic over two policies. `at` (milliseconds): judge all of it as of that moment; 0: as each passage says."""
    counts: dict[tuple[str, Way, Verdict, Verdict, tuple[str, ...]], int] = defaultdict(int)
    same = 0
    for passage in traffic:
        peer = replace(passage.peer, at=at) if at else passage.peer
        judge, way = _judge(peer, passage.what)
        before, after = judge(old), judge(new)
        if _effect(before) == _effect(after):
            same += passage.times
        else:
            counts[peer.host, way, before.verdict, after.verdict, tuple(map(str, after.reasons))] += passage.times
    changes = [Change(*key[:4], times, key[4]) for key, times in counts.items()]
    changes.sort(key=lambda change: (-change.times, change.host, change.way, change.before, change.after))
    lost, quieter = _contacts(old, new, contacts, at)
    return Replayed(tuple(changes), same, lost, quieter)


def _judge(peer: PeerFacts, what: ActivityFacts | PostFacts) -> tuple[Callable[[PolicyDocument], Decision], Way]:
    if isinstance(what, ActivityFacts):
        return (lambda policy: may_receive(policy, peer, what)), Way.IN
    return (lambda policy: may_deliver(policy, peer, None, what)), Way.OUT


def _effect(decision: Decision) -> object:
    return decision.verdict, decision.obligations, decision.keep_for


def _contacts(
    old: PolicyDocument, new: PolicyDocument, contacts: Iterable[Contact], at: int
) -> tuple[tuple[Contact, ...], tuple[Contact, ...]]:
    lost, quieter = [], []
    for contact in contacts:
        peer = replace(contact.peer, at=at) if at else contact.peer
        if _ends(old, new, peer, RELATION):
            lost.append(contact)
        elif _ends(old, new, peer, FOLLOWERS):
            quieter.append(contact)
    return tuple(lost), tuple(quieter)


def _ends(old: PolicyDocument, new: PolicyDocument, peer: PeerFacts, what: PostFacts) -> bool:
    return may_deliver(old, peer, None, what).allowed and not may_deliver(new, peer, None, what).allowed


def playable(policy: PolicyDocument) -> PolicyDocument:
    """The policy without its rules about what a post says and who wrote it: what came is not kept, so nobody can tell."""
    kept = Incoming(
        treat=policy.incoming.treat,
        accepted_kinds=policy.incoming.accepted_kinds,
        refused_kinds=policy.incoming.refused_kinds,
        accounts=policy.incoming.accounts,
    )
    return replace(policy, incoming=kept)


def unplayed(old: PolicyDocument, new: PolicyDocument) -> list[Sentence]:
    """The rules that the proposal changes and that can't be played, each in its sentence."""
    found = []
    for line in FIELDS:
        before, after = value_of(old, line.name), value_of(new, line.name)
        if before != after and value_of(playable(new), line.name) != after:
            found.append(line.says(after) or say(line.spec.says, value=line.spec.kind.words(after)))
    return found


def sentences(outcome: Replayed) -> list[Sentence]:
    """The outcome in plain sentences, the largest change first."""
    found = [_said(change) for change in outcome.changes]
    members = outcome.members()
    if outcome.lost:
        found.append(say("Contacts that would end: {count}.", count=len(outcome.lost)))
    if outcome.quieter:
        found.append(
            say("Contacts that would no longer get words that are not public: {count}.", count=len(outcome.quieter))
        )
    if members:
        found.append(say("Members whom this concerns: {count}.", count=len(members)))
    return found or [say("Nothing would have gone otherwise.")]


def _said(change: Change) -> Sentence:
    words = {"host": change.host, "times": change.times}
    match change.way, change.after:
        case Way.IN, Verdict.ALLOW:
            return say("{host}: {times} that came would have been let in freely.", **words)
        case Way.IN, Verdict.LIMIT:
            return say("{host}: {times} that came would have been let in with limits.", **words)
        case Way.IN, Verdict.HOLD:
            return say("{host}: {times} that came would have been held.", **words)
        case Way.IN, _:
            return say("{host}: {times} that came would have been refused.", **words)
        case _, Verdict.ALLOW | Verdict.LIMIT:
            return say("{host}: {times} that left would have been sent otherwise, or sent at all.", **words)
        case _, Verdict.HOLD:
            return say("{host}: {times} that left would have waited.", **words)
        case _:
            return say("{host}: {times} that left would not have been sent.", **words)
