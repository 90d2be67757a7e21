"""A policy's text: each mistake is named with its line and the remedy; a group's may be stricter, never looser."""

import pytest
from hypothesis import given

from policies.document import PolicyDocument, PolicyError, Refused, from_data
from policies.presets import NAMES, preset
from policies.stricter import loosened
from policies.times import hours, millis, moment
from policies.written import from_toml, key_lines, to_toml
from tests.policies.making import DOCUMENTS, FEW

NOW = 1_790_000_000_000
DAY = 86_400_000


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
