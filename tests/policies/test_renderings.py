"""Four renderings of one policy: TOML, canonical JSON, JSON-LD, sentences. Each reads back; each feels every field."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.checks import contradictions
from policies.difference import sentences
from policies.document import FIELDS, PolicyDocument, PolicyError, Refused, from_data, parse
from policies.fields import Line, value_of
from policies.kinds import hours, millis, moment
from policies.leaving import Requirement
from policies.peers import Stance
from policies.presets import NAMES, preset
from policies.published import CONTEXT, Envelope, as_requirement, publish, read, terms_digest
from policies.sections import Promises, Retention
from policies.sentences import sentences_of
from policies.stricter import loosened
from policies.words import Sentence, say
from policies.written import from_toml, key_lines, to_toml
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


WRITTEN = """format = 1
name = "Cove"

[peers]
default = "tolerated"   # no such word

[peers.rules."bad.example"]
stance = "blocked"
reason = \"\"\"spam
[peers.rules."no.example"]
\"\"\"
until = 2020-01-01T00:00:00Z

[promises]
measures = [
  "encryption_at_rest",  # yes ]
  "magic",
]
telepathy = true
max_lease = "soon"

[[incoming.words]]
phrase = "miracle"
treat = ["hold"]
[[incoming.words]]
phrase = " "
"""


def test_each_mistake_is_named_with_its_line_and_the_remedy() -> None:
    with pytest.raises(Refused) as refused:
        from_toml(WRITTEN, now=NOW)
    found = [(wrong.line, wrong.path) for wrong in refused.value.wrong]
    assert found == [
        (5, ("peers", "default")),
        (15, ("promises", "measures", 1)),
        (19, ("promises", "telepathy")),
        (20, ("promises", "max_lease")),
        (26, ("incoming", "words", 1, "phrase")),
    ]
    assert all(wrong.remedy for wrong in refused.value.wrong)
    assert str(refused.value.wrong[2]).startswith(
        "line 19: promises.telepathy: no setting has this name. Take it out, or say:"
    )


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("format = 1\nname = 'x'\n", None, "peers.default: it is missing."),
        ("format = 2\nname = 'x'\npeers.default = 'held'", 1, "this release reads format 1"),
        ("format = 1\nname = \n", 2, "this is not TOML"),
        ("name = 'x'\n" * 2, 2, "this is not TOML"),
        ("format = 1\nname = 'x'\npeers = 3", 3, "a table of settings is wanted"),
        ("format = 1\nname = 'x'\npeers.default = 'held'\n'a b'.c = 1", 4, '["a b"]: no setting'),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[peers.rules.'a.example']\nstance = 'held'\nuntil = 2020-01-01",
            7,
            "is past",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[peers.rules.'a.example']\nuntil = 2050-01-01T00:00:00",
            6,
            "with its zone",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\nrules.'A.example' = {}\nrules.'a.example' = {}",
            6,
            "has two rules",
        ),
        ("format = 1\nname = 'x'\n[peers]\ndefault = 'held'\nrules.'a b' = {}", 5, "'a b' is no name"),
        ("format = 1\nname = 'x'\n[peers]\ndefault = 'held'\nmeeting = 'allowed'", 5, "nothing is asked of servers"),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[promises]\nprotected_media = true",
            6,
            "it needs signed reads",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[promises]\nerasure_receipts = true",
            6,
            "no time for erasure",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[promises]\nmeasures = ['end_to_end_encryption']",
            6,
            "can read",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[promises]\nnever = ['index']\n[outside]\nindexable = true",
            8,
            "never to let",
        ),
        ("format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[promises]\npurposes = ['sale']", 6, "not for sale"),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[promises]\nnever_disclosed_for = ['service']",
            6,
            "service: used for it",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[retention]\nremote_posts = '1 day'\nremote_media = '2 days'",
            7,
            "outlive",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\nrules.'a.example' = {stance = 'blocked', treat = ['hold']}",
            5,
            "nothing comes",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\nrules.'a.example' = {stance = 'held', treat = ['no_deletes']}\n"
            "[promises]\nerasure_within = '1 day'",
            5,
            "promise to erase",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[incoming]\ntreat = ['no_deletes']\n[promises]\ndeleted_after=['deletion']",
            6,
            "promise",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[incoming]\nrefused_kinds = ['A']\naccepted_kinds = ['A']",
            6,
            "A: taken",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[incoming]\nmentions_held_above=9\nmentions_refused_above=9",
            6,
            "nothing would",
        ),
        ("format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[incoming]\noldest = '9 days'", 6, "both are needed"),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[incoming]\nnew_links = true",
            6,
            "which accounts are new",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[incoming]\nmentions_held_above = -1",
            6,
            "another number",
        ),
        (
            "format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[incoming]\ntreat = ['hold', 'hold']",
            6,
            "stands there twice",
        ),
        ("format = 1\nname = 'x'\n[peers]\ndefault = 'held'\n[outside]\nindexable = 1", 6, "yes or no"),
    ],
)
def test_a_wrong_text_is_refused_with_its_line(text: str, line: int | None, says: str) -> None:
    with pytest.raises(Refused) as refused:
        from_toml(text, now=NOW)
    wrong = refused.value.wrong[0]
    assert (wrong.line, says in str(wrong)) == (line, True), str(wrong)


def test_too_much_text_is_refused() -> None:
    with pytest.raises(Refused, match="too long"):
        from_toml("#" * 1_000_001, now=NOW)
    with pytest.raises(PolicyError):
        from_toml("a = " + "[" * 5000, now=NOW)


def test_all_that_is_wrong_in_plain_data_is_told() -> None:
    with pytest.raises(Refused) as refused:
        from_data({"format": 1, "name": 3, "peers": {"default": "held"}, "x": 1})
    assert len(refused.value.wrong) == 2
    with pytest.raises(Refused, match="settings is wanted"):
        from_data([])


def test_keys_know_their_lines() -> None:
    text = 'a.b = \'\'\'\nx = 1\n\'\'\' # ]\n["q.r" . s]\nk = [ """]""",\n  { y = 1 } ]\n[[l]]\n[l.m]\nn = 2\n[[l]]\nn = 3\n'
    assert key_lines(text) == {
        ("a",): 1,
        ("a", "b"): 1,
        ("q.r",): 4,
        ("q.r", "s"): 4,
        ("q.r", "s", "k"): 5,
        ("l",): 7,
        ("l", 0): 7,
        ("l", 0, "m"): 8,
        ("l", 0, "m", "n"): 9,
        ("l", 1): 10,
        ("l", 1, "n"): 11,
    }


def test_presets_can_be_edited() -> None:
    for name in NAMES:
        assert from_toml(to_toml(preset(name)), now=NOW) == preset(name)


@FEW
@given(DOCUMENTS)
def test_a_policy_is_not_looser_than_itself(policy: PolicyDocument) -> None:
    assert loosened(policy, policy) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", None),
        ("[peers]\ndefault = 'blocked'", None),
        ("[peers]\ndefault = 'allowed'", 2),
        ("[promises]\nauthorized_fetch = false", 2),
        ("[promises]\nnever = ['index', 'profiling']", None),
        ("[promises]\nnever = ['profiling']", 2),
        ("[retention]\nremote_posts = '9 days'", None),
        ("[retention]\nremote_posts = '90 days'", 2),
        ("[outside]\nindexable = true", 2),
        ("[peers.rules.'bad.example']\nstance = 'limited'", 1),
        ("[peers.rules.'sub.bad.example']\nstance = 'held'", 1),
        ("[peers.rules.'sub.bad.example']\nstance = 'blocked'\nuntil = 2030-01-01T00:00:00Z", None),
        ("[peers.rules.'soft.example']\ntreat = ['no_media', 'sensitive']", None),
        ("[peers.rules.'soft.example']\ntreat = ['sensitive']", 1),
        ("[peers.rules.'sub.soft.example']\nstance = 'limited'", 1),
        ("[peers.rules.'few.example']\naccounts = ['https://few.example/u/1', 'https://few.example/u/2']", 1),
        (
            "[[incoming.words]]\nphrase = 'cure'\ntreat = ['hold']\n[[incoming.words]]\nphrase = 'x'\ntreat = ['refuse']",
            None,
        ),
        ("[[incoming.words]]\nphrase = 'x'\ntreat = ['refuse']", 1),
        ("[incoming.hashtags.cure]\ntreat = ['sensitive']", 1),
        ("[incoming]\nmentions_held_above = 5", None),
        ("[incoming]\nmentions_held_above = 50", 2),
        ("[incoming]\nnew_account = '12 hours'", 2),
        ("[incoming]\nnew_account = '72 hours'", None),
        ("[incoming]\naccepted_kinds = ['Note']", None),
        ("[incoming]\naccepted_kinds = ['Note', 'Event']", 2),
        ("[incoming]\naccepted_kinds = []", 2),
    ],
)
def test_a_group_may_be_stricter_never_looser(text: str, line: int | None) -> None:
    instance = from_toml(
        """format = 1
name = "Cove"
[peers]
default = "limited"
[peers.rules."bad.example"]
stance = "blocked"
[peers.rules."soft.example"]
stance = "limited"
treat = ["no_media"]
[peers.rules."few.example"]
stance = "limited"
accounts = ["https://few.example/u/1"]
[promises]
authorized_fetch = true
never = ["index"]
[retention]
remote_posts = "30 days"
[incoming]
mentions_held_above = 10
new_account = "24 hours"
accepted_kinds = ["Note", "Question"]
[[incoming.words]]
phrase = "cure"
treat = ["hold"]
[incoming.hashtags.cure]
treat = ["hold"]
""",
        now=NOW,
    )
    if line is None:
        assert loosened(instance, from_toml(text, now=NOW, instance=instance)) == []
        return
    with pytest.raises(Refused) as refused:
        from_toml(text, now=NOW, instance=instance)
    looser = [wrong.line for wrong in refused.value.wrong if "The server says" in wrong.remedy]
    assert looser == [line]


def test_spans_and_moments() -> None:
    assert [hours(text) for text in ("72 hours", "1 day", "2 weeks", "P1D", "PT5H", "P1DT1H", "P2W")] == [
        72,
        24,
        336,
        24,
        5,
        25,
        336,
    ]
    assert [hours(text) for text in ("", "P", "PT", "P1DT", "P1Y", "soon", "-1 day", 5, None)] == [None] * 9
    assert millis("2030-01-31T00:00:00Z") == 1_896_048_000_000
    assert moment(1_896_048_000_000) == "2030-01-31T00:00:00Z"
    assert [
        millis(text) for text in ("2030-01-31T00:00:00", "2030", "9999-01-01T00:00:00Z", 7, "1960-01-01T00:00:00Z")
    ] == [None] * 5


def test_a_sentence_keeps_its_template() -> None:
    sentence = say("Kept for {value}.", value="9 days")
    assert (sentence, sentence.template, sentence.params) == (
        "Kept for 9 days.",
        "Kept for {value}.",
        {"value": "9 days"},
    )
    assert all(isinstance(one, Sentence) for one in sentences_of(preset("open")))
