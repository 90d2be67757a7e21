"""What rules do to what comes and goes, case by case: treatments, moments, assurance, words, parts taken out."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.claims import Published
from policies.decision import EXPLANATIONS, Obligation, Reason, Verdict
from policies.document import PeerRule, PolicyDocument
from policies.facts import ActivityFacts, GroupFacts, PeerFacts, PostFacts
from policies.inbound import may_receive
from policies.leaving import Outgoing, Part, Reach, Requirement
from policies.outbound import may_deliver, may_read
from policies.peers import Stance
from policies.phrases import FEW, Phrases
from policies.purposes import Assurance
from policies.redaction import redact
from policies.sections import Incoming, Promises, Retention, TreatRule, WordRule
from policies.treating import TAKES_AWAY
from policies.treatments import Treatment

NOW = 1_790_000_000_000
DAY = 86_400_000


PEER = PeerFacts("peer.example", signed=True, at=NOW)
PLAIN = ActivityFacts(
    "Create",
    "Note",
    "peer.example",
    actor="https://peer.example/u/1",
    visibility="public",
    age=1,
    account_age=1000,
    bot=False,
    mentions=1,
    mentioned=frozenset({"https://here.example/u/2"}),
    mentions_strangers=False,
    answers_here=False,
    links=False,
    empty=False,
    text="Good morning",
)
HELD = frozenset({Treatment.HOLD})


def rules(**more: Any) -> PolicyDocument:
    return PolicyDocument("test", Stance.ALLOWED, incoming=Incoming(**more))


def came(**more: Any) -> ActivityFacts:
    return dataclasses.replace(PLAIN, **more)


OBLIGATION = Obligation
CASES: list[tuple[PolicyDocument, ActivityFacts, Any]] = [
    (rules(), PLAIN, Verdict.ALLOW),
    (rules(treat=frozenset({Treatment.REFUSE})), PLAIN, Reason.GENERAL_RULE),
    (rules(treat=frozenset({Treatment.REFUSE})), came(kind="Delete"), Verdict.ALLOW),
    (rules(treat=frozenset({Treatment.NO_DELETES})), came(kind="Delete"), Reason.GENERAL_RULE),
    (rules(treat=frozenset({Treatment.NO_REPORTS})), came(kind="Flag"), Reason.GENERAL_RULE),
    (rules(treat=frozenset({Treatment.NO_FOLLOWS})), came(kind="Follow"), Verdict.HOLD),
    (rules(treat=frozenset({Treatment.NO_REPLIES})), came(answers_here=True), Reason.GENERAL_RULE),
    (rules(treat=frozenset({Treatment.NO_REPLIES})), PLAIN, Verdict.ALLOW),
    (rules(treat=frozenset({Treatment.PUBLIC_ONLY})), came(visibility="followers"), Reason.GENERAL_RULE),
    (rules(treat=frozenset({Treatment.PUBLIC_ONLY})), came(visibility=""), Reason.GENERAL_RULE),
    (rules(treat=frozenset({Treatment.PUBLIC_ONLY})), came(kind="Like", visibility="direct"), Verdict.ALLOW),
    (rules(treat=frozenset({Treatment.SENSITIVE})), PLAIN, {OBLIGATION.MARK_SENSITIVE}),
    (rules(treat=frozenset({Treatment.NO_MEDIA})), PLAIN, {OBLIGATION.REMOVE_MEDIA, OBLIGATION.DO_NOT_FETCH_MEDIA}),
    (rules(treat=frozenset({Treatment.FOLLOWERS_ONLY})), PLAIN, {OBLIGATION.SHOW_TO_FOLLOWERS_ONLY}),
    (rules(treat=frozenset({Treatment.NO_AVATARS, Treatment.NO_BANNERS})), PLAIN, {OBLIGATION.REMOVE_AVATAR, OBLIGATION.REMOVE_BANNER}),
    (rules(accepted_kinds=frozenset({"Note"})), PLAIN, Verdict.ALLOW),
    (rules(accepted_kinds=frozenset({"Note"})), came(object_kind="Question"), Reason.KIND_REFUSED),
    (rules(accepted_kinds=frozenset({"Note"})), came(kind="Follow", object_kind=""), Verdict.ALLOW),
    (rules(refused_kinds=frozenset({"Question"})), came(object_kind="Question"), Reason.KIND_REFUSED),
    (rules(refused_kinds=frozenset({"Question"})), came(object_kind=""), Reason.KIND_REFUSED),
    (rules(refused_kinds=frozenset({"Announce"})), came(kind="Announce"), Reason.KIND_REFUSED),
    (rules(oldest=24, old=HELD), came(age=25), Reason.TOO_OLD),
    (rules(oldest=24, old=HELD), came(age=None), Reason.TOO_OLD),
    (rules(oldest=24, old=HELD), came(age=24), Verdict.ALLOW),
    (rules(mentions_held_above=3), came(mentions=4), Verdict.HOLD),
    (rules(mentions_held_above=3, mentions_refused_above=9), came(mentions=10), Reason.TOO_MANY_MENTIONS),
    (rules(mentions_refused_above=9), came(mentions=None), Reason.TOO_MANY_MENTIONS),
    (rules(unmentionable=frozenset({"https://here.example/u/2"})), PLAIN, Reason.MENTIONS_PROTECTED),
    (rules(strange_mentions=True), came(mentions_strangers=None), Reason.MENTIONS_STRANGERS),
    (rules(words=(WordRule("miracle cure", HELD),)), came(text="A MIRACLE\u00a0\u200bcure!"), Reason.WORDS),
    (rules(words=(WordRule("miracle cure", HELD),)), came(text="miracle cures"), Verdict.ALLOW),
    (rules(words=(WordRule("cure", HELD),)), came(text=None), Reason.WORDS),
    (rules(words=(WordRule("cure", HELD),)), came(kind="Announce", text=None), Verdict.ALLOW),
    (rules(hashtags={"cure": TreatRule(HELD)}), came(hashtags=frozenset({"cure"})), Reason.HASHTAG),
    (rules(new_account=24, new_mentions=True), came(account_age=3, mentions_strangers=True), Reason.NEW_ACCOUNT),
    (rules(new_account=24, new_links=True), came(account_age=None, links=True), Reason.NEW_ACCOUNT),
    (rules(new_account=24, new_links=True), came(account_age=3, links=True, followed_here=True), Verdict.ALLOW),
    (rules(new_account=24, new_links=True), came(account_age=24, links=True), Verdict.ALLOW),
    (rules(bot_follows=True), came(kind="Follow", bot=True), Reason.BOT),
    (rules(bots_unlisted=True), came(bot=None), {OBLIGATION.KEEP_OUT_OF_PUBLIC_TIMELINES}),
    (rules(empty_posts=True), came(empty=True), Reason.EMPTY),
    (rules(bare_reports=True), came(kind="Flag", report_says=None), Reason.BARE_REPORT),
    (rules(bare_reports=True), came(kind="Flag", report_says=True), Verdict.ALLOW),
    (rules(accounts={PLAIN.actor: TreatRule(HELD)}), PLAIN, Reason.ACCOUNT_RULE),
    (PolicyDocument("t", Stance.ALLOWED, {"peer.example": PeerRule(Stance.ALLOWED, accounts=frozenset({"x"}))}), PLAIN, Reason.ACCOUNT_NOT_LISTED),
    (PolicyDocument("t", Stance.ALLOWED, {"example": PeerRule(Stance.ALLOWED, treat=HELD)}), PLAIN, Reason.SERVER_RULE),
    (PolicyDocument("t", Stance.BLOCKED, {"peer.example": PeerRule(Stance.ALLOWED, until=NOW + 1)}), PLAIN, Verdict.ALLOW),
    (PolicyDocument("t", Stance.BLOCKED, {"peer.example": PeerRule(Stance.ALLOWED, until=NOW)}), PLAIN, Reason.PEER_BLOCKED),
    (PolicyDocument("t", Stance.ALLOWED, {"peer.example": PeerRule(Stance.BLOCKED, until=NOW)}), PLAIN, Verdict.ALLOW),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "activity", "expected"), CASES)
def test_what_comes_in(policy: PolicyDocument, activity: ActivityFacts, expected: Any) -> None:
    decision = may_receive(policy, PEER, activity)
    if isinstance(expected, Verdict):
        assert decision.verdict is expected
    elif isinstance(expected, Reason):
        assert not decision.allowed
        assert expected in decision.reasons
    else:
        assert decision.allowed
        assert decision.obligations == expected


def test_where_the_moment_is_not_known_the_stricter_counts() -> None:
    unknown = PeerFacts("peer.example", signed=True)
    for stance, default in ((Stance.ALLOWED, Stance.BLOCKED), (Stance.BLOCKED, Stance.ALLOWED)):
        policy = PolicyDocument("t", default, {"peer.example": PeerRule(stance, until=NOW)})
        assert may_receive(policy, unknown, PLAIN).denied


def test_copies_are_kept_for_a_time() -> None:
    policy = PolicyDocument("t", Stance.ALLOWED, retention=Retention(remote_posts=48))
    assert may_receive(policy, PEER, PLAIN).keep_for == 48
    assert may_receive(policy, PEER, came(kind="Follow")).keep_for is None


GOOD = Published(
    valid_from=NOW - DAY,
    valid_until=NOW + DAY,
    promises=Promises(authorized_fetch=True, erasure_within=24),
    proven=True,
)
ASKS = Requirement(assurance=Assurance.CLAIMED, authorized_fetch=True, erasure_within=72)


def test_words_that_are_not_public_go_only_where_enough_is_promised() -> None:
    policy = PolicyDocument("t", Stance.ALLOWED, requirement=ASKS)
    known = PeerFacts("b.example", signed=True, at=NOW, policy=GOOD, assurance=Assurance.CLAIMED)
    stranger = PeerFacts("c.example", signed=True, at=NOW)
    words = PostFacts("followers", reader_there=True)
    assert may_deliver(policy, known, None, words).allowed
    assert Reason.REQUIREMENT_NOT_MET in may_deliver(policy, stranger, None, words).reasons
    assert may_read(policy, stranger, words).denied
    assert may_deliver(policy, stranger, None, PostFacts("public")).allowed
    assert may_deliver(policy, stranger, None, PostFacts("direct", relation=True)).allowed
    assert may_deliver(policy, dataclasses.replace(known, at=NOW + DAY), None, words).denied
    assert may_deliver(policy, dataclasses.replace(known, assurance=Assurance.NONE), None, words).denied
    assert may_deliver(PolicyDocument("t", Stance.ALLOWED), stranger, GroupFacts("open", policy), words).denied


def test_who_promises_enough_may_stand_better() -> None:
    policy = PolicyDocument(
        "t", Stance.BLOCKED, {"bad.example": PeerRule(Stance.BLOCKED)}, Stance.ALLOWED, requirement=ASKS
    )
    known = PeerFacts("b.example", signed=True, at=NOW, policy=GOOD, assurance=Assurance.CLAIMED)
    assert may_deliver(policy, known, None, PostFacts("public")).allowed
    for peer in (
        PeerFacts("b.example", at=NOW),
        dataclasses.replace(known, host="bad.example"),
        dataclasses.replace(known, host="x.bad.example"),
    ):
        assert may_deliver(policy, peer, None, PostFacts("public")).denied


def test_what_limited_servers_get() -> None:
    for reach, public, private in (
        (Reach.EVERYTHING, True, True),
        (Reach.PUBLIC, True, False),
        (Reach.NOTHING, False, False),
    ):
        policy = PolicyDocument("t", Stance.LIMITED, outgoing=Outgoing(reach))
        answers = [
            may_deliver(policy, PEER, None, PostFacts(visibility)).allowed for visibility in ("public", "direct")
        ]
        assert answers == [public, private]
        assert may_deliver(policy, PEER, None, PostFacts("direct", relation=True)).allowed


def test_an_author_may_keep_a_server_from_her_posts() -> None:
    decision = may_deliver(rules(), PEER, None, PostFacts("public", kept_from_peer=True))
    assert decision.reasons == (Reason.AUTHOR_KEEPS_FROM_PEER,)


def test_parts_are_taken_out_before_a_post_leaves() -> None:
    taken = Outgoing(taken_out=frozenset({Part.LOCATION}), taken_out_for_limited=frozenset({Part.MEDIA}))
    post = PostFacts("public")
    assert redact(PolicyDocument("t", Stance.ALLOWED, outgoing=taken), PEER, post).obligations == {
        Obligation.REMOVE_LOCATION
    }
    limited = redact(PolicyDocument("t", Stance.LIMITED, outgoing=taken), PEER, post).obligations
    assert limited == {Obligation.REMOVE_LOCATION, Obligation.REMOVE_MEDIA}
    assert redact(PolicyDocument("t", Stance.BLOCKED, outgoing=taken), PEER, post).denied
    assert redact(rules(), PEER, post).verdict is Verdict.ALLOW


@given(
    st.lists(
        st.sampled_from(["cure", "*cure", "cur*", "miracle cure", "#x", "c++", "Größe", "a_b"]), min_size=1, unique=True
    ),
    st.text("cureamil g#x+_ßb*", max_size=40),
)
def test_the_index_of_phrases_finds_what_each_phrase_finds(phrases: list[str], text: str) -> None:
    found = [number for number, one in enumerate(phrases) if Phrases([one]).found(text)]
    many = [f"none{number}" for number in range(FEW)]
    assert Phrases(phrases).found(text) == Phrases([*phrases, *many]).found(text) == found


@pytest.mark.parametrize(
    ("phrase", "text", "there"),
    [
        ("cure", "a CURE.", True),
        ("cure", "secure", False),
        ("*cure", "secure", True),
        ("cur*", "curious", True),
        ("cur*", "scurry", False),
        ("*ur*", "scurry", True),
        ("Größe", "die GRÖSSE", True),
        ("free pills", "FREE\n  pi\u00adlls", True),
        ("c++", "c++ now", True),
        ("ﬁne", "fine", True),
    ],
)
def test_phrases(phrase: str, text: str, there: bool) -> None:
    assert bool(Phrases([phrase]).found(text)) is there


def test_all_is_said_in_words() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert frozenset({"Delete", "Undo", "Block", "Reject"}) == TAKES_AWAY
