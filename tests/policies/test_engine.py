"""The engine: total, fails closed, deny beats allow, never widens an audience; a stricter group never delivers more."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.policy_decision import BUDGET, judgements, seconds_each
from policies.audience import Visibility
from policies.claims import Published
from policies.decision import Decision, Obligation
from policies.document import PeerRule, PolicyDocument
from policies.facts import ActivityFacts, GroupFacts, PeerFacts, PostFacts
from policies.inbound import may_arrive, may_receive, of_account
from policies.leaving import Outgoing, Part, Reach
from policies.modes import Mode, in_mode, mode_of
from policies.outbound import may_deliver, may_read
from policies.peers import Stance
from policies.purposes import Assurance
from policies.redaction import ADDRESSES, PUBLIC, redact, take_out
from policies.sections import TreatRule
from policies.stricter import loosened
from policies.treatments import Treatment
from tests.policies.making import DOCUMENTS, FEW, HOSTS, IRIS

NOW = 1_790_000_000_000
DAY = 86_400_000
MAYBE = st.sampled_from([None, True, False])
NUMBERS = st.none() | st.integers(0, 40_000)
PEERS = st.builds(
    PeerFacts,
    HOSTS | st.text(max_size=20),
    st.booleans(),
    st.sampled_from([0, 1, NOW, NOW * 2]),
    st.sampled_from([None, Published(), Published(valid_from=NOW - 1, valid_until=NOW + DAY, proven=True)]),
    st.sampled_from(list(Assurance)),
)
POSTS = st.builds(
    PostFacts,
    st.sampled_from([*Visibility, "", "circle"]),
    st.booleans(),
    st.sampled_from([None, None, "open", "closed", ""]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
ACTIVITIES = st.builds(
    ActivityFacts,
    kind=st.sampled_from(["Create", "Update", "Announce", "Delete", "Undo", "Follow", "Flag", "Block", "", "Odd"]),
    object_kind=st.sampled_from(["Note", "Question", "Person", ""]),
    actor_host=HOSTS,
    actor=IRIS,
    visibility=st.sampled_from(["public", "unlisted", "followers", "direct", ""]),
    age=NUMBERS,
    account_age=NUMBERS,
    followed_here=st.booleans(),
    bot=MAYBE,
    mentions=NUMBERS,
    mentioned=st.frozensets(IRIS, max_size=2),
    mentions_strangers=MAYBE,
    answers_here=MAYBE,
    links=MAYBE,
    empty=MAYBE,
    text=st.none() | st.text(max_size=30),
    hashtags=st.frozensets(st.sampled_from(["cure", "krebs"])),
    report_says=MAYBE,
)


@FEW
@given(DOCUMENTS, PEERS, ACTIVITIES, POSTS)
def test_every_question_has_an_answer_in_words(
    policy: PolicyDocument, peer: PeerFacts, came: ActivityFacts, post: PostFacts
) -> None:
    for decision in (
        may_receive(policy, peer, came),
        may_deliver(policy, peer, None, post),
        may_read(policy, peer, post),
        redact(policy, peer, post),
    ):
        assert isinstance(decision, Decision)
        assert decision.explain() or decision.allowed
        assert decision.allowed + decision.held + decision.denied == 1
    if not peer.signed:
        assert may_receive(policy, peer, came).denied
        assert may_read(policy, peer, post).denied


@FEW
@given(
    DOCUMENTS, HOSTS, ACTIVITIES, st.sampled_from(list(Treatment)), st.sampled_from(["incoming", "account", "server"])
)
def test_a_further_treatment_only_makes_stricter(
    policy: PolicyDocument, host: str, came: ActivityFacts, one: Treatment, where: str
) -> None:
    came = dataclasses.replace(came, actor_host=host)
    peer = PeerFacts(host, signed=True, at=NOW)
    policy = policy.with_stance(host, Stance.ALLOWED)
    rules = policy.incoming
    if where == "incoming":
        more = dataclasses.replace(policy, incoming=dataclasses.replace(rules, treat=rules.treat | {one}))
    elif where == "account":
        rule = TreatRule(rules.accounts.get(came.actor, TreatRule()).treat | {one})
        more = dataclasses.replace(
            policy, incoming=dataclasses.replace(rules, accounts={**rules.accounts, came.actor: rule})
        )
    else:
        rule_ = dataclasses.replace(policy.peers[host], treat=policy.peers[host].treat | {one})
        more = dataclasses.replace(policy, peers={**policy.peers, host: rule_})
    before, after = may_receive(policy, peer, came), may_receive(more, peer, came)
    assert after.verdict >= before.verdict
    assert after.obligations >= before.obligations


@FEW
@given(DOCUMENTS, DOCUMENTS, PEERS, POSTS)
def test_a_group_never_delivers_more_than_its_server(
    policy: PolicyDocument, group: PolicyDocument, peer: PeerFacts, post: PostFacts
) -> None:
    plain = may_deliver(policy, peer, GroupFacts("open"), post)
    assert may_deliver(policy, peer, GroupFacts("open", group), post).verdict >= plain.verdict
    if not loosened(policy, group):
        assert may_deliver(group, peer, GroupFacts("open"), post).verdict >= plain.verdict
        assert may_read(group, peer, post).verdict >= may_read(policy, peer, post).verdict


@FEW
@given(DOCUMENTS, PEERS, POSTS)
def test_what_is_stricter_in_every_line_delivers_less(policy: PolicyDocument, peer: PeerFacts, post: PostFacts) -> None:
    strict = dataclasses.replace(
        policy,
        default=Stance.BLOCKED,
        meeting=Stance.BLOCKED,
        peers={host: PeerRule(Stance.BLOCKED) for host in policy.peers},
        outgoing=Outgoing(Reach.NOTHING, frozenset(Part), frozenset(Part)),
    )
    assert loosened(policy, strict) == []
    assert may_deliver(strict, peer, None, post).denied


DOCS = st.recursive(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["Note", "Person", ["Note", "x"], "Create"])},
        optional={
            **dict.fromkeys(
                ADDRESSES,
                st.sampled_from([*sorted(PUBLIC), "https://a.example/u/1", None])
                | st.lists(st.sampled_from([*sorted(PUBLIC), "https://b.example/f"]), max_size=3),
            ),
            "content": st.text(max_size=3),
            "attachment": st.just([{"type": "Image"}]),
            "tag": st.sampled_from([[{"type": "Emoji"}, {"type": "Mention"}], {"type": "Emoji"}, "x", ["y"]]),
            "location": st.just({"type": "Place"}),
            "generator": st.just("app"),
            "icon": st.just({"type": "Image"}),
            "image": st.just({"type": "Image"}),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("Announce"), "object": inner | st.lists(inner, max_size=2) | st.just("https://x")}
    ),
    max_leaves=3,
)


def addressed(document: Any, names: tuple[str, ...] = ADDRESSES) -> set[str]:
    found: set[str] = set()
    for name in names:
        value = document.get(name)
        found |= {
            "PUBLIC" if one in PUBLIC else str(one) for one in (value if isinstance(value, list) else [value]) if one
        }
    return found


def inner(document: Any) -> list[Any]:
    value = document.get("object")
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def check_narrower(before: Any, after: Any, obligations: frozenset[Obligation]) -> None:
    assert addressed(after) <= addressed(before)
    if "PUBLIC" in addressed(after, ("to",)):
        assert "PUBLIC" in addressed(before, ("to",))
    assert set(after) - {"cc", "sensitive", "to"} <= set(before)
    if Obligation.SHOW_TO_FOLLOWERS_ONLY in obligations:
        assert "PUBLIC" not in addressed(after)
    if Obligation.REMOVE_LOCATION in obligations:
        assert "location" not in after
    if Obligation.REMOVE_MEDIA in obligations and after["type"] != "Person":
        assert not {"attachment", "icon", "image"} & set(after)
    if Obligation.REMOVE_EMOJI in obligations:
        assert "Emoji" not in str(after.get("tag"))
    for one, other in zip(inner(before), inner(after), strict=True):
        check_narrower(one, other, obligations)


@given(DOCS, st.frozensets(st.sampled_from(list(Obligation))))
def test_taking_out_never_widens_an_audience(document: dict[str, Any], obligations: frozenset[Obligation]) -> None:
    before = repr(document)
    after = take_out(document, obligations)
    assert repr(document) == before
    check_narrower(document, after, obligations)
    assert take_out(after, obligations) == after
    assert take_out(document, frozenset()) == document


def test_too_deep_a_document_is_refused() -> None:
    document: dict[str, Any] = {"type": "Note"}
    for _ in range(10):
        document = {"type": "Announce", "object": document}
    with pytest.raises(ValueError, match="too many"):
        take_out(document, frozenset())


def test_a_judgement_is_quick() -> None:
    """Ten times the budget that benchmarks/policy_decision.py holds: this machine has other work to do."""
    for name, judgement in judgements().items():
        assert seconds_each(judgement, rounds=50) < BUDGET * 10, name


@given(DOCUMENTS, st.sampled_from(["peer.example", "a.example:8443"]), st.data())
@FEW
def test_what_is_turned_away_early_is_turned_away_late(
    document: PolicyDocument, host: str, data: st.DataObject
) -> None:
    """By its head nothing is refused that would be let in, whatever else is found out about it."""
    kind = data.draw(st.sampled_from(["Create", "Announce", "Follow", "Flag", "Delete", "Undo", "Like"]))
    head = ActivityFacts(kind, "Note", host, f"https://{host}/u/anna")
    known = dataclasses.replace(
        head,
        visibility=data.draw(st.sampled_from(["public", "unlisted", "followers", "direct"])),
        age=0,
        account_age=100_000,
        followed_here=True,
        bot=False,
        mentions=0,
        mentions_strangers=False,
        answers_here=False,
        links=False,
        empty=False,
        text="",
        report_says=True,
    )
    peer = PeerFacts(host, signed=True)
    early, late = may_arrive(document, peer, head), may_receive(document, peer, known)
    assert early.verdict <= late.verdict
    assert may_receive(document, peer, head).verdict >= late.verdict  # what is not known counts as the strict answer


@given(DOCUMENTS, st.text(max_size=30), st.text(max_size=30))
@FEW
def test_what_is_said_of_an_account_is_total(document: PolicyDocument, host: str, actor: str) -> None:
    said = of_account(document, PeerFacts(host), actor)
    assert said.obligations <= set(Obligation)


@given(DOCUMENTS, st.sampled_from(list(Mode)))
@FEW
def test_modes_change_nothing_but_strangers(document: PolicyDocument, mode: Mode) -> None:
    made = in_mode(document, mode)
    assert mode_of(made) is mode
    assert (made.peers, made.promises, made.incoming) == (document.peers, document.promises, document.incoming)
