"""The stance towards a peer: by exact host, by the domains above it, by default.

The exact name decides. For a host that is not named, the strictest of the default and of the rules for the domains above
it (and for the host without its port): a block spreads to subdomains and ports, an allowance does not.
"""

import re
from enum import StrEnum
from typing import Protocol

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


class Stances(Protocol):
    """The part of a policy document that this module reads."""

    @property
    def default(self) -> Stance: ...

    @property
    def stances(self) -> dict[str, Stance]: ...


def clean_host(host: str) -> str | None:
    """A host as rules name it: lower case, ASCII (punycode), without the dot at the end. None where it is no host."""
    name = host.strip().lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    bare, _, port = name.rpartition(":") if re.search(r":[0-9]+$", name) and not name.endswith("]") else (name, "", "")
    name = bare.removesuffix(".") + (f":{port}" if port else "")
    return name if len(name) <= LONGEST and _HOST.fullmatch(name) else None


def strictest_stance(*stances: Stance) -> Stance:
    """The strictest of some stances."""
    return max(stances, key=STRICTNESS.__getitem__)


def stance(policy: Stances, host: str) -> Stance:
    """What the policy says of `host[:port]`; what is no host is blocked."""
    name = clean_host(host)
    if name is None:
        return Stance.BLOCKED
    named = policy.stances.get(name)
    if named is not None:
        return named
    above = (policy.stances.get(domain) for domain in _domains_above(name))
    return strictest_stance(policy.default, *(found for found in above if found is not None))


def _domains_above(name: str) -> list[str]:
    """For `b.a.example:8443`: `b.a.example`, `a.example`, `example`."""
    bare = name if name.endswith("]") else re.sub(r":[0-9]+$", "", name)
    if bare.startswith("["):
        return [bare]
    labels = bare.split(".")
    return [".".join(labels[start:]) for start in range(len(labels)) if ".".join(labels[start:]) != name]
