"""How open a server is to those whom no rule names: open, allowlist, match (who promises enough), closed."""

from dataclasses import replace
from enum import StrEnum

from policies.document import PolicyDocument
from policies.peers import Stance
from policies.purposes import Assurance


class Mode(StrEnum):
    """From open to closed."""

    OPEN = "open"
    MATCH = "match"
    ALLOWLIST = "allowlist"
    CLOSED = "closed"


SPEAKS = frozenset({Stance.ALLOWED, Stance.LIMITED})
DEFAULTS = {
    Mode.OPEN: (Stance.ALLOWED, Stance.BLOCKED),
    Mode.MATCH: (Stance.HELD, Stance.ALLOWED),
    Mode.ALLOWLIST: (Stance.HELD, Stance.BLOCKED),
    Mode.CLOSED: (Stance.BLOCKED, Stance.BLOCKED),
}
"""Mode -> the stance towards strangers, and towards strangers who promise what is asked."""


def mode_of(policy: PolicyDocument) -> Mode:
    """The mode that a policy comes to."""
    if policy.default in SPEAKS:
        return Mode.OPEN
    if policy.meeting in SPEAKS and policy.requirement.asks:
        return Mode.MATCH
    return Mode.ALLOWLIST if policy.default is Stance.HELD else Mode.CLOSED


def in_mode(policy: PolicyDocument, mode: Mode) -> PolicyDocument:
    """The policy in another mode; rules and promises stay. To match, something must be asked: a policy at the least."""
    default, meeting = DEFAULTS[mode]
    requirement = policy.requirement
    if mode is Mode.MATCH and not requirement.asks:
        requirement = replace(requirement, assurance=Assurance.CLAIMED)
    return replace(policy, default=default, meeting=meeting, requirement=requirement)
