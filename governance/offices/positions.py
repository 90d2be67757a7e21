"""Positions: member, moderator, steward; what each may do, as data. Checks ask `may`, never compare names."""

from enum import StrEnum


class Position(StrEnum):
    """What somebody is in the collective. A steward is a moderator too, a moderator a member."""

    MEMBER = "member"
    MODERATOR = "moderator"
    STEWARD = "steward"


class Power(StrEnum):
    """One thing that a position may do."""

    POST = "post"
    INVITE = "invite"
    CREATE_GROUP = "create-group"
    SEE_REPORTS = "see-reports"
    DECIDE_REPORTS = "decide-reports"
    DECIDE_SIGN_UPS = "decide-sign-ups"
    SUSPEND = "suspend"
    RESET_PASSWORDS = "reset-passwords"
    GIVE_POSITIONS = "give-positions"
    SET_POLICY = "set-policy"
    SEE_OPERATION = "see-operation"


_MEMBER = frozenset({Power.POST})
_MODERATOR = _MEMBER | {
    Power.INVITE, Power.CREATE_GROUP, Power.SEE_REPORTS, Power.DECIDE_REPORTS, Power.DECIDE_SIGN_UPS, Power.SUSPEND,
}  # fmt: skip
POWERS: dict[Position, frozenset[Power]] = {
    Position.MEMBER: _MEMBER,
    Position.MODERATOR: _MODERATOR,
    Position.STEWARD: _MODERATOR | {Power.RESET_PASSWORDS, Power.GIVE_POSITIONS, Power.SET_POLICY, Power.SEE_OPERATION},
}

NEEDS_SECOND_FACTOR = frozenset({Position.MODERATOR, Position.STEWARD})
"""Positions whose powers reach others' words and names: a password alone must not give them away."""


def may(position: str, power: Power) -> bool:
    """Whether a position has a power; a name that is no position has none."""
    return position in POWERS and power in POWERS[Position(position)]
