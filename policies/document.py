"""PolicyDocument: one instance's whole policy. Parsed strictly, written in one canonical form, named by its digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import rfc8785

from policies.fields import (
    Line,
    PolicyError,
    WrongError,
    build,
    lines_of,
    missing,
    read_lines,
    section,
    setting,
    write_lines,
)
from policies.kinds import Choice, Text
from policies.leaving import MEETING, Outgoing, Outside, Requirement
from policies.peers import Stance, clean_host
from policies.phrases import Phrases
from policies.records import ByName
from policies.sections import FREE, Incoming, PeerRule, Promises, Retention
from policies.words import joined, say

__all__ = ["FIELDS", "FORMAT", "PeerRule", "PolicyDocument", "PolicyError", "Refused", "parse"]
FORMAT = 1


class Refused(PolicyError):  # noqa: N818 - it is what happened to the document
    """A document with all that is wrong in it."""

    def __init__(self, wrong: list[WrongError]) -> None:
        super().__init__(joined("; ", [one.whole for one in wrong]))
        self.wrong = wrong


@dataclass(frozen=True)
class PolicyDocument:
    """A policy: rules for peers, promises, what may come in and go out. Each attribute is a line of the table of fields."""

    name: str = setting("", Text(strict=FREE), "This policy is called {value}.", always=True, term="name")
    default: Stance = setting(
        Stance.BLOCKED,
        Choice(Stance),
        "Servers that no rule names: {value}.",
        always=True,
        path=("peers", "default"),
        term="skerry:strangers",
    )
    peers: dict[str, PeerRule] = setting(
        dict,
        ByName(PeerRule, clean_host, "peer.example"),
        "Rules for servers: {value}.",
        always=True,
        path=("peers", "rules"),
    )
    meeting: Stance = setting(
        Stance.BLOCKED,
        Choice(Stance, said=MEETING),
        "Servers that no rule names, but that promise what is asked: {value}.",
        path=("peers", "meeting"),
        term="skerry:strangersWhoSatisfy",
    )
    promises: Promises = section(Promises)
    retention: Retention = section(Retention)
    requirement: Requirement = section(Requirement)
    incoming: Incoming = section(Incoming)
    outgoing: Outgoing = section(Outgoing)
    outside: Outside = section(Outside)

    @cached_property
    def stances(self) -> dict[str, Stance]:
        """host -> stance, for `policies.peers`."""
        return {host: rule.stance for host, rule in self.peers.items()}

    @cached_property
    def watched(self) -> Phrases:
        """The words that incoming posts are looked through for; numbered as `incoming.words`."""
        return Phrases(rule.phrase for rule in self.incoming.words)

    @cached_property
    def looks_inside(self) -> bool:
        """Whether any rule asks for more than who sends what kind of thing."""
        return self.incoming != Incoming() or any(rule.treat for rule in self.peers.values())

    @cached_property
    def canonical(self) -> bytes:
        """The document's one form (RFC 8785), which the digest is made of."""
        return rfc8785.dumps(self.as_dict())

    @cached_property
    def digest(self) -> str:
        """The document's name: `sha256:` and 64 hexadecimal digits."""
        return "sha256:" + hashlib.sha256(self.canonical).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as it is stored and shown."""
        return {"format": FORMAT, **write_lines(FIELDS, self)}

    def with_stance(self, host: str, stance: Stance, reason: str = "", *, until: int | None = None) -> "PolicyDocument":
        """This policy with another stance towards one host, for a time or for good. Raises PolicyError for what is no host.

        What else the rule said (treatments, accounts) stays, but for a server that is blocked: nothing comes from there.
        """
        name = _host(host)
        said = Text().read(reason, ("peers", "rules", name, "reason"))
        rule = replace(self.peers.get(name, PeerRule()), stance=stance, reason=said, until=until)
        if stance is Stance.BLOCKED:
            rule = replace(rule, treat=frozenset(), accounts=frozenset())
        return replace(self, peers={**self.peers, name: rule})

    def without_rule(self, host: str) -> "PolicyDocument":
        """This policy without its rule for one host: the default holds for it again."""
        name = _host(host)
        return replace(self, peers={key: rule for key, rule in self.peers.items() if key != name})

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """The moments (milliseconds) at which rules end, in order."""
        return tuple(sorted(rule.until for rule in self.peers.values() if rule.until is not None))

    def at(self, now: int) -> "PolicyDocument":
        """This policy as it holds at `now` (milliseconds): rules that are over are gone, the others have no end.

        For judgements only: it has another digest than the policy.
        """
        if not self.ends:
            return self
        kept = self.without_expired(now).peers
        return replace(self, peers={host: replace(rule, until=None) for host, rule in kept.items()})

    def without_expired(self, now: int) -> "PolicyDocument":
        """This policy without the rules whose time is over at `now` (milliseconds)."""
        kept = {host: rule for host, rule in self.peers.items() if rule.until is None or rule.until > now}
        return self if len(kept) == len(self.peers) else replace(self, peers=kept)


FIELDS: list[Line] = lines_of(PolicyDocument)
"""The table of fields, flat."""


def from_data(data: Any) -> PolicyDocument:
    """A policy from plain data. Raises Refused with all that is wrong: a rule we don't understand is not ignored."""
    rest = {key: value for key, value in data.items() if key != "format"} if isinstance(data, Mapping) else data
    values, wrong = read_lines(FIELDS, rest)
    if isinstance(data, Mapping):
        found = data.get("format")
        if isinstance(found, bool) or found != FORMAT:
            sentence, remedy = say("this release reads format {n}.", n=FORMAT), say("Say format = {n}.", n=FORMAT)
            wrong.insert(0, WrongError(("format",), sentence, remedy))
        for name in ("name", "default"):
            if name not in values and not wrong:
                wrong.append(missing(("peers", "default") if name == "default" else (name,)))
    if wrong:
        raise Refused(wrong)
    made: PolicyDocument = build(PolicyDocument, values)
    return made


def parse(data: bytes | str | dict[str, Any]) -> PolicyDocument:
    """Read a policy from JSON or plain data. Raises PolicyError."""
    if not isinstance(data, dict):
        try:
            data = json.loads(data, object_pairs_hook=_without_repeats)
        except PolicyError:
            raise
        except (ValueError, RecursionError) as error:
            raise PolicyError(say("this is no JSON.")) from error
    return from_data(data)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise PolicyError(say("a name stands there twice."))
    return table


def _host(value: str) -> str:
    host = clean_host(value)
    if host is None:
        raise PolicyError(say("{name} is no host; give host or host:port.", name=repr(value)))
    return host
