"""The rules of one post asked for one account, and their form on the wire: nothing widens, nothing is lost."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from federation.vocab import interaction as wire
from federation.vocab.iris import PUBLIC
from policies.interaction import KINDS, USUAL, WORDS, Asker, Rule, Verdict, judge, rule_of, stored

ME, YOU = "https://a.example/u/1", "https://b.example/u/2"
WIRE = {
    "public": (PUBLIC,),
    "followers": (f"{ME}/followers",),
    "following": (f"{ME}/following",),
    "mutuals": (),
    "mentioned": (YOU,),
    "author": (ME,),
}

terms = st.lists(st.sampled_from([*WORDS, YOU, "https://c.example/u/3"]), max_size=4).map(tuple)
rules = st.builds(Rule, terms, terms)
askers = st.builds(Asker, st.sampled_from([YOU, "https://d.example/u/4"]), *[st.booleans()] * 4)
said = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from([PUBLIC, ME, YOU, f"{ME}/followers"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["canReply", "canQuote", "automaticApproval", "always", "id", "x"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(st.sampled_from(KINDS), rules, askers)
def test_an_author_may_always_and_nobody_else_by_an_empty_rule(kind: str, rule: Rule, asker: Asker) -> None:
    assert judge(kind, rule, Asker(asker.iri, is_author=True)) is Verdict.YES
    if not (kind == "reply" and asker.is_named) and not asker.is_author:
        assert judge(kind, Rule(), asker) is Verdict.NO


@given(st.sampled_from(KINDS), rules, askers)
def test_to_be_asked_is_less_than_to_be_let(kind: str, rule: Rule, asker: Asker) -> None:
    """What only the manual list names is never more than a question."""
    asked = judge(kind, Rule((), rule.manual), asker)
    assert asked in {Verdict.ASK, Verdict.NO} or asker.is_author or (kind == "reply" and asker.is_named)


def test_who_is_named_more_closely_counts() -> None:
    follower = Asker(YOU, follows_author=True)
    assert judge("reply", Rule(("public",), (YOU,)), follower) is Verdict.ASK
    assert judge("reply", Rule((YOU,), ("public",)), follower) is Verdict.YES
    assert judge("reply", Rule(("public",), ("followers",)), follower) is Verdict.ASK
    assert judge("reply", Rule(("followers",), ("public",)), follower) is Verdict.STAMPED
    assert judge("reply", Rule((), ("public",)), Asker(YOU, is_named=True)) is Verdict.YES
    assert judge("like", Rule((), ("public",)), Asker(YOU, is_named=True)) is Verdict.ASK
    assert judge("boost", Rule(("mutuals",)), Asker(YOU, follows_author=True)) is Verdict.NO
    assert (
        judge("boost", Rule(("mutuals",)), Asker(YOU, follows_author=True, followed_by_author=True)) is Verdict.STAMPED
    )


@given(st.dictionaries(st.sampled_from(KINDS), rules))
def test_rules_are_kept_as_they_are(given_rules: dict[str, Rule]) -> None:
    kept = stored(given_rules)
    for kind in KINDS:
        assert rule_of(kept, kind) == given_rules.get(kind, USUAL[kind])


@example({"like": Rule(("mentioned",), (YOU,))}, "like", Asker(YOU))
@example({"like": Rule(("public", "followers"), ("followers",))}, "like", Asker(YOU, follows_author=True))
@given(st.dictionaries(st.sampled_from(KINDS), rules), st.sampled_from(KINDS), askers)
def test_nothing_widens_on_the_wire(given_rules: dict[str, Rule], kind: str, asker: Asker) -> None:
    """Whoever reads what we write lets nobody more than we do; only what words can't say (mutuals) is lost."""
    document = {"interactionPolicy": wire.policy(given_rules, WIRE)}
    read = wire.policy_of(document, ME, f"{ME}/followers")
    ours = judge(kind, given_rules.get(kind, USUAL[kind]), _told(asker))
    theirs = judge(kind, rule_of(read, kind), _told(asker))
    order = [Verdict.YES, Verdict.STAMPED, Verdict.ASK, Verdict.NO]
    assert order.index(theirs) >= order.index(ours) or "mutuals" in given_rules.get(kind, USUAL[kind]).manual


def _told(asker: Asker) -> Asker:
    """On the wire the mentioned are named one by one."""
    return Asker(asker.iri, is_named=asker.iri == YOU, follows_author=asker.follows_author)


@given(said)
def test_whatever_is_said_is_read(value: Any) -> None:
    found = wire.policy_of({"interactionPolicy": value}, ME, f"{ME}/followers")
    for kind in KINDS:
        rule_of(found, kind)
    for kind in KINDS:
        wire.claim({"approvedBy": value, "quoteAuthorization": value}, kind)
    assert isinstance(wire.quoted({"quote": value}), str)
    assert isinstance(wire.linked({"quoteUrl": value}), str)


def test_both_forms_are_read() -> None:
    older = {"canReply": {"always": ME, "approvalRequired": [PUBLIC]}}
    newer = {"canReply": {"automaticApproval": [ME], "manualApproval": PUBLIC}}
    for form in (older, newer, older | newer):
        assert rule_of(wire.policy_of({"interactionPolicy": form}, ME), "reply") == Rule(("author",), ("public",))
    for usual in ({}, None, {"canReply": None}, {"canReply": {}}):
        assert wire.policy_of({"interactionPolicy": usual}, ME) is None
    nobody = wire.policy_of({"interactionPolicy": {"canReply": {"always": []}}}, ME)
    assert judge("reply", rule_of(nobody, "reply"), Asker(YOU)) is Verdict.NO


@given(said, said, said)
def test_only_a_whole_stamp_counts(by: Any, what: Any, of: Any) -> None:
    raw = {"type": "ReplyAuthorization", "attributedTo": by, "interactingObject": what, "interactionTarget": of}
    assert not wire.stamped(raw, "reply", "https://z.example/u/9", "https://z.example/1", "https://z.example/2")
    assert not wire.stamped(raw, "quote", ME, YOU, PUBLIC)
