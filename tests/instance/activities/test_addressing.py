"""Audiences: what we can't place is never shown wider, and what we write is read back as it was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.vocab.iris import PUBLIC
from instance.activities.documents.addressing import addressed, inner_of, visibility_of

FOLLOWERS = "https://a.example/u/1/followers"
ELSEWHERE = [f"https://b.example/u/{n}" for n in range(3)] + [
    "https://b.example/u/0/followers",
    "https://c.example/g/x",
]
LISTS = st.lists(st.sampled_from(ELSEWHERE), max_size=4)


@given(LISTS, LISTS, st.sampled_from([FOLLOWERS, None, ""]))
def test_nobody_whom_we_know_is_direct(to: list[str], cc: list[str], followers: str | None) -> None:
    assert visibility_of(to, cc, followers) == "direct"


@pytest.mark.parametrize(
    ("to", "cc", "expected"),
    [
        ([PUBLIC], [FOLLOWERS], "public"),
        ([FOLLOWERS], [PUBLIC], "unlisted"),
        ([FOLLOWERS], [], "followers"),
        ([ELSEWHERE[0]], [FOLLOWERS], "followers"),
        ([ELSEWHERE[0]], [], "direct"),
        ([], [], "direct"),
    ],
)
def test_visibility(to: list[str], cc: list[str], expected: str) -> None:
    assert visibility_of(to, cc, FOLLOWERS) == expected


@given(st.sampled_from(["public", "unlisted", "followers", "direct"]), LISTS, st.sampled_from(["", ELSEWHERE[4]]))
def test_what_we_address_is_read_back(visibility: str, named: list[str], group: str) -> None:
    made = addressed(visibility, FOLLOWERS, named, group)
    assert visibility_of(made.to, made.cc, FOLLOWERS) == visibility
    everyone = {*made.to, *made.cc}
    assert {*named, *filter(None, [group])} <= everyone
    allowed = {
        "public": {PUBLIC, FOLLOWERS},
        "unlisted": {PUBLIC, FOLLOWERS},
        "followers": {FOLLOWERS},
        "direct": set(),
    }
    assert everyone - {*named, group} == allowed[visibility]
    assert not set(made.to) & set(made.cc)


def test_the_narrower_holds() -> None:
    assert inner_of("public", "followers") == "followers"
    assert inner_of("direct", "public") == "direct"
    assert inner_of("unlisted", "unlisted") == "unlisted"


@pytest.mark.parametrize("visibility", ["group", "", "circle"])
def test_what_has_no_form_on_the_wire_is_refused(visibility: str) -> None:
    with pytest.raises(ValueError):
        addressed(visibility, FOLLOWERS, [])
