"""What is asked and what is promised: the table is closed and total, each line of it can fail, nothing unknown passes."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.asked import MOST_UNKNOWN, from_linked
from policies.claims import Published, read
from policies.document import PolicyDocument
from policies.fields import lines_of
from policies.leaving import Requirement
from policies.published import LONGEST_VALIDITY, Envelope, publish
from policies.purposes import Assurance, Measure, Purpose, StaffAccess, Use
from policies.requirement import RULES, satisfies
from policies.sections import Promises, Retention
from tests.policies.making import FEW, built

NOW = 1_790_000_000_000
DAY = 86_400_000
ENVELOPE = Envelope(
    "https://b.example/policy/1",
    "https://b.example/actor",
    "https://b.example/privacy",
    1,
    NOW,
    NOW + 92 * DAY,
    b"seal",
)
COVE = PolicyDocument(
    "Cove",
    promises=Promises(
        authorized_fetch=True,
        member_scoped_reads=True,
        protected_media=True,
        erasure_receipts=True,
        staff_access=StaffAccess.LOGGED_AND_DISCLOSED,
        max_lease=72,
        erasure_within=24,
        breach_notice_within=48,
        measures=frozenset({Measure.ENCRYPTION_AT_REST, Measure.PSEUDONYMS, Measure.ACCESS_CONTROL}),
        purposes=frozenset({Purpose.COMMUNICATION, Purpose.SECURITY}),
        never=frozenset(Use),
        jurisdiction=frozenset({"EU", "DE"}),
    ),
    retention=Retention(remote_posts=365 * 24),
)
HARBOUR = Requirement(
    assurance=Assurance.AGREED,
    authorized_fetch=True,
    member_scoped_reads=True,
    protected_media=True,
    erasure_receipts=True,
    staff_access=StaffAccess.LOGGED,
    max_retention=730 * 24,
    max_lease=72,
    erasure_within=72,
    breach_notice_within=72,
    jurisdiction=frozenset({"EU", "DE", "FR", "GB"}),
    measures=frozenset({Measure.ENCRYPTION_AT_REST, Measure.PSEUDONYMS}),
    never=frozenset(Use),
)


def published(promises: dict[str, Any] | None = None, **more: Any) -> Published:
    document = dataclasses.replace(COVE, promises=dataclasses.replace(COVE.promises, **(promises or {})), **more)
    return read(publish(document, ENVELOPE), proven=True)


def failed(policy: Published | None, *, now: int = NOW, assurance: Assurance = Assurance.AGREED) -> tuple[str, ...]:
    answer = satisfies(policy, HARBOUR, now=now, assurance=assurance)
    assert answer.ok is not bool(answer.failed)
    return answer.failed


def test_cove_satisfies_harbour() -> None:
    assert failed(published()) == ()


def test_the_table_is_total() -> None:
    assert {line.name for line in lines_of(Requirement)} == {*RULES, "assurance"}


@pytest.mark.parametrize(
    ("promises", "term"),
    [
        ({"authorized_fetch": False}, "authorizedFetch"),
        ({"member_scoped_reads": False}, "memberScopedReads"),
        ({"protected_media": False}, "protectedMedia"),
        ({"erasure_receipts": False}, "erasureReceipts"),
        ({"staff_access": StaffAccess.UNLOGGED}, "staffAccess"),
        ({"max_lease": 73}, "maxLease"),
        ({"max_lease": None}, "maxLease"),
        ({"erasure_within": None}, "erasureWithin"),
        ({"breach_notice_within": 96}, "breachNoticeWithin"),
        ({"measures": frozenset({Measure.PSEUDONYMS})}, "measures"),
        ({"purposes": frozenset({Purpose.SECURITY, Purpose.ADVERTISING})}, "purposes"),
        ({"never": frozenset({Use.INDEX})}, "prohibition"),
        ({"jurisdiction": frozenset({"EU", "US"})}, "jurisdiction"),
        ({"jurisdiction": frozenset()}, "jurisdiction"),
    ],
)
def test_each_promise_can_fail(promises: dict[str, Any], term: str) -> None:
    assert failed(published(promises)) == (term,)


def test_retention_can_fail() -> None:
    assert failed(published(retention=Retention())) == ("maxRetention",)
    assert failed(published(retention=Retention(remote_posts=731 * 24))) == ("maxRetention",)


@pytest.mark.parametrize(
    ("change", "term"),
    [
        ({"validUntil": "2020-01-01T00:00:00Z"}, "validUntil"),
        ({"validUntil": "never"}, "validUntil"),
        ({"validFrom": "2020-01-01T00:00:00Z"}, "validUntil"),
        ({"skerry:critical": ["skerry:telepathy"]}, "critical"),
        ({"permission": [{"action": "odrl:sell"}]}, "permission"),
        ({"purposes": ["dpv:Anything"]}, "purposes"),
        ({"maxRetention": "P1Y"}, "maxRetention"),
    ],
)
def test_what_is_not_understood_fails(change: dict[str, Any], term: str) -> None:
    assert term in failed(read(publish(COVE, ENVELOPE) | change, proven=True))


def test_what_is_absent_expired_unproven_or_too_little_known_fails() -> None:
    assert failed(None) == ("privacyPolicy",)
    assert failed(read(publish(COVE, ENVELOPE))) == ("proof",)
    assert failed(published(), now=NOW + 92 * DAY) == ("validUntil",)
    assert failed(published(), now=NOW - 1) == ("validUntil",)
    assert failed(dataclasses.replace(published(), valid_until=NOW + LONGEST_VALIDITY + 1)) == ("validUntil",)
    assert failed(published(), assurance=Assurance.CLAIMED) == ("assurance",)


def test_a_missing_purpose_is_any_purpose() -> None:
    data = publish(COVE, ENVELOPE)
    del data["purposes"]
    assert "purposes" in failed(read(data, proven=True))


@settings(FEW, max_examples=60)
@given(built(Promises), built(Retention), built(Requirement), built(Requirement))
def test_a_stricter_requirement_is_satisfied_by_fewer(
    promises: Promises, retention: Retention, one: Requirement, other: Requirement
) -> None:
    policy = Published(valid_from=NOW, valid_until=NOW + DAY, promises=promises, retention=retention, proven=True)
    looser = satisfies(policy, one, now=NOW, assurance=Assurance.AGREED)
    for line in lines_of(Requirement):
        if line.spec.kind.at_least(getattr(other, line.name), getattr(one, line.name)):
            stricter = dataclasses.replace(one, **{line.name: getattr(other, line.name)})
            answer = satisfies(policy, stricter, now=NOW, assurance=Assurance.AGREED)
            assert looser.ok or not answer.ok
            assert set(looser.failed) <= set(answer.failed)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5), lambda s: st.lists(s) | st.dictionaries(st.text(max_size=8), s)
    )
)
def test_nonsense_satisfies_nothing(data: object) -> None:
    assert not satisfies(read(data, proven=True), Requirement(), now=NOW, assurance=Assurance.AUDITED).ok


def test_of_unknown_terms_few_are_named_and_briefly() -> None:
    """They are shown to stewards: a peer may not fill the page, nor turn its lines round."""
    asked = {f"\u202e{'x' * 100}{number}": True for number in range(500)}
    requirement, unknown = from_linked(asked)
    assert requirement == Requirement()
    assert 0 < len(unknown) <= MOST_UNKNOWN
    assert all(len(name) <= 40 and name.isprintable() for name in unknown)
