"""The engine: total, fails closed, deny beats allow, never widens an audience; a stricter group never delivers more."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.policy_decision import BUDGET, judgements, seconds_each
from policies.audience import Visibility
from policies.decision import EXPLANATIONS, Decision, Obligation, Reason, Verdict
from policies.document import PeerRule, PolicyDocument
from policies.facts import ActivityFacts, GroupFacts, PeerFacts, PostFacts
from policies.inbound import may_arrive, may_receive, of_account
from policies.leaving import Outgoing, Part, Reach, Requirement
from policies.modes import Mode, in_mode, mode_of
from policies.outbound import may_deliver, may_read
from policies.peers import Stance
from policies.phrases import Phrases
from policies.published import Published
from policies.purposes import Assurance
from policies.redaction import ADDRESSES, PUBLIC, redact, take_out
from policies.sections import Incoming, Promises, Retention, TreatRule, WordRule
from policies.stricter import loosened
from policies.treating import TAKES_AWAY
from policies.treatments import SAID, Treatment
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
    assert Phrases(phrases).found(text) == [number for number, one in enumerate(phrases) if Phrases([one]).found(text)]


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
    assert set(SAID) == set(Treatment)
    assert frozenset({"Delete", "Undo", "Block", "Reject"}) == TAKES_AWAY


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
