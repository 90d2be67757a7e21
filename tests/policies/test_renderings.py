"""Four renderings of one policy: TOML, canonical JSON, JSON-LD, sentences. Each reads back; each feels every field."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.checks import contradictions
from policies.claims import read
from policies.difference import sentences
from policies.document import FIELDS, PolicyDocument, Refused, parse
from policies.fields import Line, value_of
from policies.leaving import Requirement
from policies.peers import Stance
from policies.presets import preset
from policies.published import CONTEXT, Envelope, as_requirement, publish, terms_digest
from policies.sections import Promises, Retention
from policies.sentences import sentences_of
from policies.words import Sentence, say
from policies.written import from_toml, to_toml
from tests.policies.making import DOCUMENTS, FEW, values

NOW = 1_790_000_000_000
DAY = 86_400_000
ENVELOPE = Envelope(
    "https://a.example/policy/1",
    "https://a.example/actor",
    "https://a.example/privacy",
    1,
    NOW,
    NOW + 92 * DAY,
    b"seal",
)


def with_value(document: PolicyDocument, name: str, value: Any) -> PolicyDocument:
    section, _, inner = name.rpartition(".")
    if not section:
        return dataclasses.replace(document, **{name: value})
    return dataclasses.replace(document, **{section: dataclasses.replace(getattr(document, section), **{inner: value})})


def without_digests(document: PolicyDocument) -> dict[str, Any]:
    return {key: value for key, value in publish(document, ENVELOPE).items() if key != "skerry:sealedDigest"}


@FEW
@given(DOCUMENTS)
def test_json_reads_back(policy: PolicyDocument) -> None:
    again = parse(policy.canonical)
    assert (again, again.digest) == (policy, policy.digest)
    assert parse(policy.as_dict()) == policy


@FEW
@given(DOCUMENTS)
def test_toml_reads_back(policy: PolicyDocument) -> None:
    text = to_toml(policy)
    wrong = contradictions(policy)
    if not wrong:
        assert from_toml(text, now=1) == policy
        return
    with pytest.raises(Refused) as refused:  # what contradicts itself is refused, but was read
        from_toml(text, now=1)
    assert sorted(map(str, wrong)) == sorted(str(one).partition(": ")[2] for one in refused.value.wrong)


@FEW
@given(DOCUMENTS)
def test_json_ld_reads_back_what_is_promised(policy: PolicyDocument) -> None:
    published = publish(policy, ENVELOPE)
    assert json.loads(json.dumps(published)) == published
    understood = read(published)
    assert understood.faults == frozenset()
    assert understood.promises == policy.promises
    assert understood.retention == policy.retention
    assert (understood.iri, understood.actor) == (ENVELOPE.iri, ENVELOPE.actor)
    assert (understood.valid_from, understood.valid_until) == (NOW, ENVELOPE.valid_until)
    assert understood.digest == terms_digest(published)


@pytest.mark.parametrize("line", FIELDS, ids=lambda line: line.name)
@settings(FEW, max_examples=20)
@given(st.data())
def test_each_field_is_felt_in_every_rendering(line: Line, data: st.DataObject) -> None:
    one = with_value(preset("open"), line.name, data.draw(values(line)))
    changed = with_value(one, line.name, data.draw(values(line)))
    if changed == one:
        return
    assert changed.digest != one.digest
    assert to_toml(changed) != to_toml(one)
    assert publish(changed, ENVELOPE) != publish(one, ENVELOPE)
    assert sentences_of(changed) != sentences_of(one)
    assert sentences(one, changed)
    if line.spec.term:
        assert without_digests(changed) != without_digests(one)
        assert terms_digest(publish(changed, ENVELOPE)) != terms_digest(publish(one, ENVELOPE))
        assert sentences_of(changed, public=True) != sentences_of(one, public=True)


@FEW
@given(DOCUMENTS, DOCUMENTS)
def test_what_is_not_published_stays_here(one: PolicyDocument, other: PolicyDocument) -> None:
    for line in FIELDS:
        if line.spec.term:
            other = with_value(other, line.name, value_of(one, line.name))
    assert without_digests(one) == without_digests(other)
    public = " ".join(sentences_of(one, public=True))
    assert not any(host in public for host in one.peers if len(host) > 12)


@FEW
@given(DOCUMENTS, st.integers(2, 90))
def test_renewal_and_blocking_change_no_agreement(policy: PolicyDocument, days: int) -> None:
    later = dataclasses.replace(ENVELOPE, iri="https://a.example/policy/2", version=2, valid_until=NOW + days * DAY)
    blocked = policy.with_stance("new.example", Stance.BLOCKED)
    assert terms_digest(publish(policy, ENVELOPE)) == terms_digest(publish(blocked, later))


def test_a_publication_lasts_at_most_92_days() -> None:
    for until in (NOW, NOW + 92 * DAY + 1000):
        with pytest.raises(ValueError, match="92 days"):
            publish(preset("open"), dataclasses.replace(ENVELOPE, valid_until=until))


def test_the_published_form() -> None:
    policy = PolicyDocument(
        "Cove",
        promises=Promises(authorized_fetch=True, erasure_within=24, jurisdiction=frozenset({"DE", "EU"})),
        retention=Retention(remote_posts=365 * 24),
    )
    found = publish(policy, ENVELOPE)
    assert found["@context"] == CONTEXT
    assert found["type"] == ["PrivacyPolicy", "odrl:Offer"]
    assert (found["authorizedFetch"], found["memberScopedReads"], found["staffAccess"]) == (True, False, "unlogged")
    assert (found["maxRetention"], found["erasureWithin"], found["jurisdiction"]) == ("P365D", "P1D", ["DE", "EU"])
    constraint = {"leftOperand": "odrl:elapsedTime", "operator": "odrl:lteq", "rightLiteral": "P365D"}
    assert found["permission"] == [{"action": "dpv:Store", "constraint": [constraint]}]
    assert "maxLease" not in found
    assert (
        as_requirement(Requirement(), "https://a.example/g/1/requires/1", "https://a.example/g/1")["assurance"]
        == "none"
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5), lambda s: st.lists(s) | st.dictionaries(st.text(max_size=8), s)
    )
)
def test_a_strange_publication_is_understood_as_faulty(data: object) -> None:
    assert read(data).faults


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"type": "Note"}, "type"),
        ({"profile": "https://elsewhere.example/"}, "profile"),
        ({"conflict": "odrl:perm"}, "conflict"),
        ({"odrl:target": "https://a.example/one-post"}, "odrl:target"),
        ({"assigner": "https://b.example/actor"}, "assigner"),
        ({"skerry:critical": ["skerry:telepathy"]}, "critical"),
        ({"authorizedFetch": "yes"}, "authorizedFetch"),
        ({"maxRetention": "P1Y"}, "maxRetention"),
        ({"maxRetention": "P9D"}, "permission"),
        ({"purposes": ["dpv:Anything"]}, "purposes"),
        ({"staffAccess": "sometimes"}, "staffAccess"),
        ({"permission": [{"action": "odrl:sell"}]}, "permission"),
        ({"permission": [{"action": "dpv:Store", "assignee": "x"}]}, "permission"),
        ({"permission": "all"}, "permission"),
        ({"prohibition": ["none"]}, "prohibition"),
        ({"name": 2**80}, "document"),
    ],
)
def test_what_is_beyond_the_closed_list_is_a_fault(change: dict[str, Any], fault: str) -> None:
    assert fault in read(publish(preset("closed"), ENVELOPE) | change).faults


def test_a_prohibition_with_a_condition_is_none() -> None:
    data = publish(preset("closed"), ENVELOPE)
    data["prohibition"] = [
        {"action": "odrl:index", "constraint": [{"leftOperand": "odrl:purpose"}]},
        {"action": "dpv:Disclose"},
    ]
    assert read(data).promises.never == frozenset()


def test_a_sentence_keeps_its_template() -> None:
    sentence = say("Kept for {value}.", value="9 days")
    assert (sentence, sentence.template, sentence.params) == (
        "Kept for 9 days.",
        "Kept for {value}.",
        {"value": "9 days"},
    )
    assert all(isinstance(one, Sentence) for one in sentences_of(preset("open")))
