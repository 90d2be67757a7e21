"""A proposed policy over past traffic: only what changes is told, all of it is counted, and contacts that end are named."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from policies.decision import Verdict
from policies.document import PolicyDocument
from policies.facts import ActivityFacts, PeerFacts, PostFacts
from policies.leaving import Requirement
from policies.peers import Stance
from policies.presets import preset
from policies.purposes import Assurance
from policies.replay import Contact, Passage, Way, replay, sentences
from policies.sections import Incoming
from policies.treatments import Treatment
from tests.policies.making import DOCUMENTS, FEW
from tests.policies.test_engine import ACTIVITIES, PEERS, POSTS

OPEN = preset("open")
B, C = PeerFacts("b.example", signed=True), PeerFacts("c.example", signed=True)
TRAFFIC = [
    Passage(B, ActivityFacts("Create", "Note", "b.example", visibility="public"), 7),
    Passage(C, ActivityFacts("Create", "Note", "c.example", visibility="public"), 3),
    Passage(B, PostFacts("public")),
    Passage(C, PostFacts("followers"), 2),
]
CONTACTS = [
    Contact("anna", "https://b.example/u/1", B),
    Contact("anna", "https://c.example/u/1", C),
    Contact("ben", "https://c.example/u/1", C),
]
PASSAGES = st.lists(st.builds(Passage, PEERS, ACTIVITIES | POSTS, st.integers(1, 9)), max_size=5)


@FEW
@given(DOCUMENTS, DOCUMENTS, PASSAGES)
def test_everything_is_counted_once(old: PolicyDocument, new: PolicyDocument, traffic: list[Passage]) -> None:
    outcome = replay(old, new, traffic)
    assert outcome.unchanged + sum(change.times for change in outcome.changes) == sum(one.times for one in traffic)
    assert sentences(outcome)
    assert replay(old, old, traffic).changes == ()


def test_a_block_is_shown_before_it_is_made() -> None:
    outcome = replay(OPEN, OPEN.with_stance("c.example", Stance.BLOCKED), TRAFFIC, CONTACTS)
    assert [(change.host, change.way, change.after, change.times, change.reasons) for change in outcome.changes] == [
        ("c.example", Way.IN, Verdict.DENY, 3, ("peer-blocked",)),
        ("c.example", Way.OUT, Verdict.DENY, 2, ("peer-blocked",)),
    ]
    assert (outcome.unchanged, outcome.lost, outcome.quieter) == (8, tuple(CONTACTS[1:]), ())
    assert outcome.members() == {"anna": 1, "ben": 1}
    assert sentences(outcome) == [
        "c.example: 3 that came would have been refused.",
        "c.example: 2 that left would not have been sent.",
        "Contacts that would end: 2.",
        "Members whom this concerns: 2.",
    ]


def test_a_requirement_makes_contacts_quieter() -> None:
    asking = dataclasses.replace(OPEN, requirement=Requirement(assurance=Assurance.CLAIMED))
    outcome = replay(OPEN, asking, TRAFFIC, CONTACTS)
    assert [(change.host, change.way) for change in outcome.changes] == [("c.example", Way.OUT)]
    assert (outcome.lost, outcome.quieter) == ((), tuple(CONTACTS))


def test_limits_count_as_a_change() -> None:
    soft = dataclasses.replace(OPEN, incoming=Incoming(treat=frozenset({Treatment.SENSITIVE})))
    outcome = replay(OPEN, soft, TRAFFIC)
    assert {change.after for change in outcome.changes} == {Verdict.LIMIT}
    assert sentences(outcome)[0] == "b.example: 7 that came would have been let in with limits."
    back = sentences(replay(soft, OPEN, TRAFFIC))
    assert back[0] == "b.example: 7 that came would have been let in freely."


def test_other_ways_are_said() -> None:
    held = dataclasses.replace(OPEN, default=Stance.HELD)
    assert sentences(replay(OPEN, held, TRAFFIC)) == [
        "b.example: 7 that came would have been held.",
        "c.example: 3 that came would have been held.",
        "c.example: 2 that left would have waited.",
        "b.example: 1 that left would have waited.",
    ]
    assert "c.example: 2 that left would have been sent otherwise, or sent at all." in sentences(
        replay(held, OPEN, TRAFFIC)
    )
    assert sentences(replay(OPEN, OPEN, TRAFFIC)) == ["Nothing would have gone otherwise."]


def test_rules_that_end_are_judged_at_one_moment() -> None:
    trial = OPEN.with_stance("c.example", Stance.BLOCKED, until=1000)
    assert replay(OPEN, trial, TRAFFIC, at=999).changes
    assert not replay(OPEN, trial, TRAFFIC, at=1000).changes
