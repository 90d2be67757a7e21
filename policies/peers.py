"""The stance towards a peer: by exact host, by the domains above it, by default.

The exact name decides. For a host that is not named, the strictest of the default and of the rules for the domains above
it (and for the host without its port): a block spreads to subdomains and ports, an allowance does not. A rule may end.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

import idna

_HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*|\[[0-9a-f:.]{2,45}\])"
    r"(?::[0-9]{1,5})?"
)
LONGEST = 260


class Stance(StrEnum):
    """What we do with a peer, from mild to strict."""

    ALLOWED = "allowed"
    LIMITED = "limited"
    HELD = "held"
    BLOCKED = "blocked"


STRICTNESS = {stance: rank for rank, stance in enumerate(Stance)}


class Rule(Protocol):
    """What this module reads of a rule."""

    @property
    def stance(self) -> Stance: ...

    @property
    def until(self) -> int | None: ...


R = TypeVar("R", bound=Rule)


class Stances(Protocol[R]):
    """The part of a policy document that this module reads."""

    @property
    def default(self) -> Stance: ...

    @property
    def peers(self) -> dict[str, R]: ...


@dataclass(frozen=True, slots=True)
class Standing(Generic[R]):
    """A host's stance, and the rules that it comes from (none: the default)."""

    stance: Stance
    rules: tuple[R, ...] = ()
    named: bool = False
    """Whether a rule names just this host."""


@lru_cache(maxsize=16_384)
def clean_host(host: str) -> str | None:
    """A host as rules name it: lower case, ASCII (punycode), without the dot at the end. None where it is no host."""
    name = host.strip().lower()
    bare, _, port = name.rpartition(":") if re.search(r":[0-9]+$", name) and not name.endswith("]") else (name, "", "")
    found = bare if bare.isascii() else _punycode(bare)
    if found is None:
        return None
    name = found.removesuffix(".") + (f":{port}" if port else "")
    return name if len(name) <= LONGEST and _HOST.fullmatch(name) else None


def typed_host(text: str) -> str | None:
    """A host as people type or paste it: an address there, or a handle, will do. None where it is none."""
    bare = re.sub(r"^(?:https?://|@)", "", text.strip().lower()).partition("/")[0]
    return clean_host(bare.rpartition("@")[2])


def _punycode(name: str) -> str | None:
    """As browsers write it (UTS 46, IDNA 2008: `straße` is not `strasse`); signs that only IDNA 2003 knows, by that."""
    with suppress(UnicodeError):
        return idna.encode(name, uts46=True).decode("ascii")
    with suppress(UnicodeError):
        return name.encode("idna").decode("ascii")
    return None


def strictest_stance(*stances: Stance) -> Stance:
    """The strictest of some stances."""
    return max(stances, key=STRICTNESS.__getitem__)


def stance(policy: Stances[R], host: str, at: int = 0) -> Stance:
    """What the policy says of `host[:port]` at a moment (milliseconds); what is no host is blocked."""
    return standing(policy, host, at).stance


def standing(policy: Stances[R], host: str, at: int = 0) -> Standing[R]:
    """The stance and its rules. Where the moment is not known (0), a rule with an end counts only where it is stricter."""
    name = clean_host(host)
    if name is None:
        return Standing(Stance.BLOCKED)
    named = policy.peers.get(name)
    if named is not None and (named.until is None or 0 < at < named.until):
        return Standing(named.stance, (named,), named=True)
    found = [policy.peers[domain] for domain in domains_above(name) if domain in policy.peers]
    if named is not None and at == 0:
        found.append(named)
    rules = tuple(rule for rule in found if rule.until is None or at < rule.until)
    return Standing(strictest_stance(policy.default, *(rule.stance for rule in rules)), rules)


@lru_cache(maxsize=16_384)
def domains_above(name: str) -> tuple[str, ...]:
    """The names that stand above a host. For `b.a.example:8443`: `b.a.example`, `a.example`, `example`."""
    bare = name if name.endswith("]") else re.sub(r":[0-9]+$", "", name)
    if bare.startswith("["):
        return (bare,)
    labels = bare.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels))]
    return tuple(domain for domain in above if domain != name)
