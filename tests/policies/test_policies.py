"""Policies: tables of cases, and what holds for every document and every fact."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.audience import Visibility
from policies.checks import contradictions
from policies.decision import Decision, Obligation, Reason, Verdict, strictest
from policies.difference import sentences
from policies.document import PeerRule, PolicyDocument, PolicyError, parse
from policies.facts import ActivityFacts, GroupFacts, PeerFacts, PostFacts
from policies.inbound import may_arrive, may_receive
from policies.outbound import may_deliver, may_read
from policies.peers import STRICTNESS, Stance, clean_host, stance, typed_host
from policies.presets import NAMES, preset
from policies.sections import Incoming, TreatRule
from policies.treatments import Treatment

LABELS = st.sampled_from(["a", "b", "x1", "peer", "example", "org"])
HOSTS = st.builds(
    lambda labels, port: ".".join(labels) + port,
    st.lists(LABELS, min_size=1, max_size=4),
    st.sampled_from(["", ":8443", ":80"]),
)
STANCES = st.sampled_from(list(Stance))
DOCUMENTS = st.builds(
    PolicyDocument,
    st.text(max_size=20),
    STANCES,
    st.dictionaries(HOSTS, st.builds(PeerRule, STANCES, st.text(max_size=20)), max_size=6),
)
KINDS = st.sampled_from(["Create", "Delete", "Undo", "Follow", "Block", "Flag", "", "Nonsense"])
POSTS = st.builds(
    PostFacts,
    st.sampled_from([*Visibility, "", "circle"]),
    st.booleans(),
    st.sampled_from([None, "open", "closed", "sealed", "", "new"]),
    st.booleans(),
)


def _peer(host: str) -> PeerFacts:
    return PeerFacts(host, signed=True)


def _policy(default: str = "allowed", **rules: str) -> PolicyDocument:
    named = {host.replace("__", ":").replace("_", "."): PeerRule(Stance(word)) for host, word in rules.items()}
    return PolicyDocument("test", Stance(default), named)


@pytest.mark.parametrize(
    ("policy", "host", "expected"),
    [
        (_policy(), "a.example", "allowed"),
        (_policy(a_example="blocked"), "a.example", "blocked"),
        (_policy(a_example="blocked"), "A.Example.", "blocked"),
        (_policy(a_example="blocked"), "deep.sub.a.example", "blocked"),
        (_policy(a_example="blocked"), "a.example:8443", "blocked"),
        (_policy(a_example="blocked"), "sub.a.example:8443", "blocked"),
        (_policy(a_example="blocked"), "nota.example", "allowed"),
        (_policy(a_example="blocked"), "a.example.org", "allowed"),
        (_policy(a_example="blocked", good_a_example="allowed"), "good.a.example", "allowed"),
        (_policy(a_example="blocked", good_a_example="allowed"), "x.good.a.example", "blocked"),
        (_policy("blocked", a_example="allowed"), "a.example", "allowed"),
        (_policy("blocked", a_example="allowed"), "sub.a.example", "blocked"),
        (_policy("blocked", a_example="allowed"), "a.example:8443", "blocked"),
        (_policy("blocked", a_example="held"), "sub.a.example", "blocked"),
        (_policy(a_example__8443="blocked"), "a.example", "allowed"),
        (_policy(a_example__8443="blocked"), "a.example:8443", "blocked"),
        (_policy(a_example="limited", b_a_example="held"), "c.b.a.example", "held"),
        (_policy(), "", "blocked"),
        (_policy(), "no host", "blocked"),
        (_policy(), "a..example", "blocked"),
        (_policy(), "[::1]:8080", "allowed"),
    ],
)
def test_stance(policy: PolicyDocument, host: str, expected: str) -> None:
    assert stance(policy, host) == expected


def test_hosts_are_named_in_one_way() -> None:
    assert clean_host(" Bücher.Example. ") == "xn--bcher-kva.example"
    assert (
        clean_host("Großstadt.example:8443") == "xn--grostadt-sya.example:8443"
    )  # as browsers write it, not grossstadt
    assert clean_host("\U0001f383.example") == "xn--6j8h.example"
    assert clean_host("a.example.:443") == "a.example:443"
    assert clean_host("[::1]:80") == "[::1]:80"
    for wrong in ("", ".", "a b", "a/b", "a@b", "a.example:", "a.example:123456", "-a.example", "x" * 300, "ü" * 300):
        assert clean_host(wrong) is None


def test_a_host_is_found_in_what_people_paste() -> None:
    for typed in (
        " A.example ",
        "https://a.example/",
        "http://a.example/@bob?x",
        "@bob@a.example",
        "bob@a.example",
        "@a.example",
    ):
        assert typed_host(typed) == "a.example"
    assert typed_host("https://a.example:8443/about") == "a.example:8443"
    for wrong in ("", "@", "https://", "ftp://a.example", "a b.example"):
        assert typed_host(wrong) is None


@given(DOCUMENTS, HOSTS)
def test_a_rule_never_widens_what_it_does_not_name(policy: PolicyDocument, host: str) -> None:
    if host not in policy.peers:
        assert STRICTNESS[stance(policy, host)] >= STRICTNESS[policy.default]


@given(DOCUMENTS, HOSTS, HOSTS)
def test_a_new_block_only_narrows(policy: PolicyDocument, blocked: str, host: str) -> None:
    if blocked not in policy.peers:
        narrower = policy.with_stance(blocked, Stance.BLOCKED)
        assert STRICTNESS[stance(narrower, host)] >= STRICTNESS[stance(policy, host)]
        assert stance(narrower, blocked) is Stance.BLOCKED


@given(DOCUMENTS, st.text(max_size=30), KINDS, st.text(max_size=30), st.booleans())
def test_may_receive_is_total_and_fails_closed(
    policy: PolicyDocument, host: str, kind: str, actor_host: str, signed: bool
) -> None:
    decision = may_receive(policy, PeerFacts(host, signed=signed), ActivityFacts(kind, "Note", actor_host))
    if not signed or clean_host(host) is None or stance(policy, host) is Stance.BLOCKED:
        assert decision.denied
    if decision.allowed:
        assert clean_host(actor_host) == clean_host(host)
    assert decision.explain() or not decision.reasons


@given(DOCUMENTS, HOSTS, KINDS)
def test_what_is_held_waits_unless_it_takes_away(policy: PolicyDocument, host: str, kind: str) -> None:
    decision = may_receive(policy, _peer(host), ActivityFacts(kind, "", host))
    if stance(policy, host) is Stance.HELD:
        assert decision.allowed is (kind in {"Delete", "Undo", "Block", "Reject"})
    if stance(policy, host) is Stance.LIMITED:
        assert Obligation.KEEP_OUT_OF_PUBLIC_TIMELINES in decision.obligations


@given(DOCUMENTS, HOSTS, POSTS)
def test_what_leaves(policy: PolicyDocument, host: str, post: PostFacts) -> None:
    decision = may_deliver(policy, _peer(host), None, post)
    if stance(policy, host) in {Stance.BLOCKED, Stance.HELD} or post.local_only:
        assert not decision.allowed
    if post.visibility not in set(Visibility) or (post.tier is not None and post.tier != "open"):
        assert decision.denied
    assert may_deliver(policy, _peer(host), GroupFacts("closed"), post).denied
    assert may_deliver(policy, _peer(host), GroupFacts(), post).denied


@given(DOCUMENTS, HOSTS, POSTS)
def test_what_may_be_read_may_be_delivered(policy: PolicyDocument, host: str, post: PostFacts) -> None:
    decision = may_read(policy, _peer(host), post)
    if decision.allowed:
        assert may_deliver(policy, _peer(host), None, post).allowed
        assert post.reader_there or post.visibility in {"public", "unlisted"}
    assert may_read(policy, PeerFacts(host), post).denied


@given(st.lists(st.builds(Decision, st.sampled_from(list(Verdict)), st.just((Reason.PEER_HELD,)))))
def test_deny_beats_allow(decisions: list[Decision]) -> None:
    verdict = strictest(decisions).verdict
    assert verdict is (max((d.verdict for d in decisions), default=Verdict.DENY))


@given(DOCUMENTS)
def test_a_document_reads_back_as_it_was(policy: PolicyDocument) -> None:
    again = parse(policy.canonical)
    assert (again, again.digest) == (policy, policy.digest)
    assert parse(policy.as_dict()) == policy
    assert sentences(policy, again) == []


@given(DOCUMENTS, DOCUMENTS)
def test_difference_is_empty_only_for_the_same_words(old: PolicyDocument, new: PolicyDocument) -> None:
    assert bool(sentences(old, new)) is (old != new)


def test_a_rule_for_a_time_is_told_as_it_stands_while_it_holds() -> None:
    trial = PeerRule(Stance.ALLOWED, until=1_800_000_000_000)
    before, after = PolicyDocument("p"), PolicyDocument("p", peers={"a.example": trial})
    said = [
        "a.example: blocked becomes allowed, by a new rule.",
        "The rule for a.example ends at 2027-01-15T08:00:00Z.",
    ]
    assert sentences(before, after) == said
    longer = PolicyDocument("p", peers={"a.example": PeerRule(Stance.ALLOWED, until=1_900_000_000_000)})
    assert sentences(after, longer)[1:] == ["The rule for a.example ends at 2030-03-17T17:46:40Z."]


@given(st.recursive(st.none() | st.booleans() | st.text(max_size=5), lambda s: st.dictionaries(st.text(max_size=8), s)))
def test_nonsense_is_refused_with_a_reason(data: object) -> None:
    with pytest.raises(PolicyError):
        parse(json.dumps(data))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 5000,
        b"\xff",
        '{"format": 2, "name": "x", "peers": {"default": "open", "rules": {}}}',
        '{"format": 1, "name": "x", "peers": {"default": "tolerated", "rules": {}}}',
        '{"format": 1, "name": "x", "peers": {"default": "allowed", "rules": {}}, "media": []}',
        '{"format": 1, "name": "x", "peers": {"default": "allowed", "rules": {"a b": {"stance": "held", "reason": ""}}}}',
        '{"format": 1, "name": "x", "name": "y", "peers": {"default": "allowed", "rules": {}}}',
        '{"format": 1, "name": "x", "peers": {"default": "allowed", "rules": {"A.example": {"stance": "held", "reason": ""},'
        ' "a.example": {"stance": "allowed", "reason": ""}}}}',
        '{"format": 1, "name": "\\ud800", "peers": {"default": "allowed", "rules": {}}}',
    ],
)
def test_a_wrong_document_is_refused(text: str | bytes) -> None:
    with pytest.raises(PolicyError):
        parse(text)


def test_presets_hold() -> None:
    anyone = "stranger.example"
    assert {name: stance(preset(name), anyone) for name in NAMES} == {
        "closed": "blocked",
        "allowlist": "held",
        "open": "allowed",
    }
    assert preset("open").with_stance("Bad.Example", Stance.BLOCKED, "spam").peers["bad.example"].reason == "spam"
    loud = replace(
        preset("open"), peers={"bad.example": PeerRule(Stance.LIMITED, treat=frozenset({Treatment.NO_MEDIA}))}
    )
    assert loud.with_stance("bad.example", Stance.HELD).peers["bad.example"].treat == {Treatment.NO_MEDIA}
    assert contradictions(loud.with_stance("bad.example", Stance.BLOCKED)) == []
    assert preset("open").with_stance("bad.example", Stance.BLOCKED).without_rule("bad.example") == preset("open")
    with pytest.raises(KeyError):
        preset("wide-open")


def test_the_digest_does_not_hang_on_order() -> None:
    one = _policy(a_example="blocked", b_example="held")
    other = _policy(b_example="held", a_example="blocked")
    assert one.digest == other.digest
    assert one.digest != one.with_stance("a.example", Stance.HELD).digest


@given(DOCUMENTS, HOSTS, st.integers(1, 100), st.integers(1, 100), STANCES)
def test_a_policy_at_a_moment_judges_as_the_policy_does_then(
    policy: PolicyDocument, host: str, until: int, now: int, word: Stance
) -> None:
    ending = policy.with_stance(host, word, until=until)
    for other in (host, "sub." + host.partition(":")[0]):
        assert stance(ending.at(now), other) is stance(ending, other, now)
        assert STRICTNESS[stance(ending, other)] >= STRICTNESS[stance(ending, other, now)]


def test_the_reason_names_whose_rule_it_was() -> None:
    """At the door as later: a rule for a server, for an account, for all."""
    refused, actor = frozenset({Treatment.REFUSE}), "https://peer.example/u/anna"
    by_server = replace(preset("open"), peers={"peer.example": PeerRule(Stance.ALLOWED, treat=refused)})
    by_account = replace(preset("open"), incoming=Incoming(accounts={actor: TreatRule(refused)}))
    by_all = replace(preset("open"), incoming=Incoming(treat=refused))
    rules = {Reason.SERVER_RULE: by_server, Reason.ACCOUNT_RULE: by_account, Reason.GENERAL_RULE: by_all}
    peer, activity = PeerFacts("peer.example", signed=True), ActivityFacts("Create", "Note", "peer.example", actor)
    for reason, policy in rules.items():
        assert may_arrive(policy, peer, activity).reasons == (reason,)
        assert reason in may_receive(policy, peer, activity).reasons


def test_what_is_new_and_what_is_no_longer_said() -> None:
    old = preset("open")
    new = replace(old, promises=replace(old.promises, authorized_fetch=True))
    said = "Every read by another server must be signed."
    assert sentences(old, new) == [f"New: {said}"]
    assert sentences(new, old) == [f"No longer: {said}"]
    longer = replace(old, retention=replace(old.retention, remote_posts=48))
    assert sentences(old, longer) == [
        "Before: Copies of posts from other servers are kept until their authors delete them."
        " From now on: Copies of posts from other servers are kept for at most 2 days."
    ]
