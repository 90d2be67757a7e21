"""Does what a server promises satisfy what is asked? A closed, total table (CLOSED-GROUPS §7), which names what fails."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from policies.claims import Published
from policies.leaving import Requirement
from policies.published import LONGEST_VALIDITY
from policies.purposes import Assurance, StaffAccess

ASSURANCES = {level: rank for rank, level in enumerate(Assurance)}
ACCESS = {level: rank for rank, level in enumerate(StaffAccess)}
Rule = Callable[[Published, Any], bool]


@dataclass(frozen=True, slots=True)
class Satisfied:
    """The answer: whether all that is asked is promised, and the terms that are not."""

    ok: bool
    failed: tuple[str, ...] = ()


def _promised(name: str) -> Rule:
    """Asked for: promised."""
    return lambda policy, asked: not asked or getattr(policy.promises, name) is True


def _within(given: int | None, asked: int | None) -> bool:
    """Not said is endless."""
    return asked is None or (given is not None and given <= asked)


RULES: dict[str, tuple[str, Rule]] = {
    "authorized_fetch": ("authorizedFetch", _promised("authorized_fetch")),
    "member_scoped_reads": ("memberScopedReads", _promised("member_scoped_reads")),
    "protected_media": ("protectedMedia", _promised("protected_media")),
    "erasure_receipts": ("erasureReceipts", _promised("erasure_receipts")),
    "staff_access": ("staffAccess", lambda policy, asked: ACCESS[policy.promises.staff_access] >= ACCESS[asked]),
    "max_retention": ("maxRetention", lambda policy, asked: _within(policy.retention.remote_posts, asked)),
    "max_lease": ("maxLease", lambda policy, asked: _within(policy.promises.max_lease, asked)),
    "erasure_within": ("erasureWithin", lambda policy, asked: _within(policy.promises.erasure_within, asked)),
    "breach_notice_within": (
        "breachNoticeWithin",
        lambda policy, asked: _within(policy.promises.breach_notice_within, asked),
    ),
    "measures": ("measures", lambda policy, asked: asked <= policy.promises.measures),
    "never": ("prohibition", lambda policy, asked: asked <= policy.promises.never),
    "jurisdiction": (
        "jurisdiction",
        lambda policy, asked: (
            not asked or (bool(policy.promises.jurisdiction) and policy.promises.jurisdiction <= asked)
        ),
    ),
    "purposes": ("purposes", lambda policy, asked: policy.promises.purposes <= asked),
}
"""Field of the requirement -> its published term, and the rule. `assurance` is judged beside it: no policy says it of itself."""


def satisfies(
    policy: Published | None,
    requirement: Requirement,
    *,
    now: int,
    assurance: Assurance = Assurance.NONE,
) -> Satisfied:
    """Whether a server's published policy promises what is asked, at `now` (milliseconds).

    `assurance`: how well its promises are known. Absent, expired, not proven, or not understood in any point: it fails,
    whatever is asked.
    """
    if policy is None:
        return Satisfied(ok=False, failed=("privacyPolicy",))
    failed = sorted(policy.faults)
    lasts = policy.valid_until - policy.valid_from
    if not (0 < policy.valid_from <= now < policy.valid_until and 0 < lasts <= LONGEST_VALIDITY):
        failed.append("validUntil")
    if not policy.proven:
        failed.append("proof")
    if ASSURANCES[assurance] < ASSURANCES[requirement.assurance]:
        failed.append("assurance")
    failed += [term for name, (term, rule) in RULES.items() if not rule(policy, getattr(requirement, name))]
    return Satisfied(ok=not failed, failed=tuple(dict.fromkeys(failed)))
