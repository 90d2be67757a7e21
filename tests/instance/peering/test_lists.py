"""Lists of others: each line is read or named; advice never applies itself; what is ticked becomes one new version."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.peering import lists
from instance.policy.adopt import adopt
from instance.policy.inforce import in_force_here
from policies.peers import Stance, clean_host
from policies.presets import preset
from policies.treatments import Treatment
from tests.support.members import Acting, member
from tests.support.world import Running, World

CSV = """#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
bad.example,suspend,False,False,"spam, and worse",False
loud.example,silence,TRUE,true,,True
odd.example,noop,True,False,,False
ba*.example,suspend,False,False,hidden,False
what.example,destroy,False,False,,False
"""
FIRES = {
    "type": "OrderedCollection",
    "orderedItems": [
        {"type": "Recommendation", "entityKind": "domain", "entityKey": "bad.example", "recommendedPolicy": "drop"}
        | {"labels": ["https://labels.example/spam"], "comment": "Nothing but spam"},
        {"type": "Recommendation", "entityKind": "domain", "entityKey": "loud.example", "recommendedPolicy": "filter"}
        | {"recommendedFilters": ["reject-media"]},
        {"type": "Advisory", "entityKind": "domain", "entityKey": "odd.example", "labels": ["https://l.example/x"]},
        {"type": "Recommendation", "entityKind": "actor", "entityKey": "https://x.example/u/1"},
        {"type": "Recommendation", "entityKind": "domain", "entityKey": "x.example", "recommendedPolicy": "explode"},
        7,
    ],
}
FEDISEER = {
    "instances": [
        {"domain": "bad.example", "censure_reasons": ["spam", "bigotry"], "censure_evidence": ["https://e.example"]},
        {"domain": "loud.example", "hesitation_reasons": ["noise"]},
        {"domain": "good.example", "endorsement_reasons": ["kind"]},
        {"domain": ""},
    ]
}


def said(taken: lists.Taken) -> list[tuple[str, str, int]]:
    return [(one.host, one.opinion, one.line) for one in taken.advice]


def test_mastodons_csv() -> None:
    taken = lists.read("mastodon", CSV)
    assert said(taken) == [("bad.example", "blocked", 2), ("loud.example", "limited", 3), ("odd.example", "noted", 4)]
    assert taken.advice[0].reason == "spam, and worse"
    assert taken.advice[1].treat == {Treatment.NO_MEDIA, Treatment.NO_REPORTS}
    assert taken.advice[1].details == {"obfuscate": True}
    assert [(one.line, one.value) for one in taken.bad] == [(5, ""), (6, "destroy")]
    assert said(lists.read("mastodon", "one.example\r\ntwo.example\r\n")) == [
        ("one.example", "blocked", 1),
        ("two.example", "blocked", 2),
    ]


def test_fires() -> None:
    taken = lists.read("fires", json.dumps(FIRES, indent=1))
    assert [(one.host, one.opinion) for one in taken.advice] == [
        ("bad.example", "blocked"),
        ("loud.example", "limited"),
        ("odd.example", "noted"),
    ]
    assert taken.advice[0].reason == "Nothing but spam"
    assert taken.advice[1].treat == {Treatment.NO_MEDIA}
    assert taken.advice[2].reason == "https://l.example/x"
    assert len(taken.bad) == 3
    assert taken.bad[1].value == "explode"
    assert taken.advice[1].line > taken.advice[0].line > 1


def test_fediseer() -> None:
    taken = lists.read("fediseer", json.dumps(FEDISEER, indent=1))
    assert [(one.host, one.opinion, one.reason) for one in taken.advice] == [
        ("bad.example", "blocked", "spam, bigotry"),
        ("loud.example", "limited", "noise"),
        ("good.example", "allowed", "kind"),
    ]
    assert taken.advice[0].details["evidence"] == "https://e.example"
    assert len(taken.bad) == 1
    for bare in ("a.example,b.example", '{"domains": ["a.example", "b.example"]}', '{"csv": "a.example,b.example"}'):
        found = lists.read("fediseer", bare, "hesitation").advice
        assert [(one.host, one.opinion) for one in found] == [("a.example", "limited"), ("b.example", "limited")]


@pytest.mark.parametrize("form", lists.FORMS)
@given(text=st.one_of(st.text(max_size=300), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["orderedItems", "instances", "domain", "entityKey", "labels"]), inner),
    max_leaves=12,
).map(json.dumps)))  # fmt: skip
def test_whatever_comes_is_read_or_named(form: str, text: str) -> None:
    taken = lists.read(form, text)
    for one in taken.advice:
        assert clean_host(one.host) == one.host
        assert one.line >= 1
        assert len(one.reason) <= lists.LONGEST
    assert all(one.line >= 1 for one in taken.bad)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,9}\.example", fullmatch=True),
        st.tuples(
            st.sampled_from([Stance.BLOCKED, Stance.LIMITED]), st.text(st.characters(codec="utf-8"), max_size=60)
        ),
        max_size=8,
    )
)
def test_what_is_written_reads_back(rules: dict[str, tuple[Stance, str]]) -> None:
    clean = {host: (held, " ".join(why.split())) for host, (held, why) in rules.items()}
    clean = {host: (held, why if why.isprintable() else "") for host, (held, why) in clean.items()}
    text = lists.written({host: (held, why, frozenset({Treatment.NO_MEDIA})) for host, (held, why) in clean.items()})
    taken = lists.read("mastodon", text)
    assert taken.bad == []
    assert {one.host: (Stance(one.opinion), one.reason) for one in taken.advice} == clean
    assert all(one.treat == {Treatment.NO_MEDIA} for one in taken.advice)


def cookie(who: Acting) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in who.cookies.items())}


async def press(who: Acting, path: str, **fields: str) -> tuple[int, str]:
    answer = await who.running.client.post(path, data={"csrf": who.csrf, **fields}, headers=cookie(who))
    return answer.status_code, answer.text


async def versions(home: Running) -> str:
    return (await home.house.store.read(in_force_here)).digest


async def test_a_list_is_advice_until_a_line_is_ticked(world: World) -> None:
    home = await world.instance("a.example")
    await home.house.store.unit(adopt, preset("open"), "test")
    steward, other = await member(home, "stella", role="steward"), await member(home, "mia")
    before = await versions(home)
    status, text = await press(steward, "/steward/advice", source="Friends", form="mastodon", text=CSV)
    assert status == 200
    assert "Line 5: there is no name of a server." in text
    assert "destroy" in text
    assert "3 lines were read" in text
    assert text.count("If you take it over:") == 3
    assert "what comes from there is treated so: no media" in text
    assert await versions(home) == before
    for path in ("/steward/advice", "/steward/advice/adopt", "/steward/advice/forget"):
        assert (await press(other, path, source="Friends"))[0] == 404
    shown = (await home.client.get("/steward/federation/bad.example/admit", headers=cookie(steward))).text
    assert "spam, and worse" in shown
    ids = [part.split('"')[0] for part in text.split('name="line-')[1:]]
    assert (await press(steward, "/steward/advice/adopt", **{f"line-{one}": "1" for one in ids[:2]}))[0] == 303
    document = await home.house.store.read(in_force_here)
    assert {host: rule.stance for host, rule in document.peers.items()} == {
        "bad.example": Stance.BLOCKED,
        "loud.example": Stance.LIMITED,
    }
    assert document.peers["bad.example"].reason == "Friends: spam, and worse"
    assert document.peers["loud.example"].treat == {Treatment.NO_MEDIA, Treatment.NO_REPORTS}
    again = (await home.client.get("/steward/advice", headers=cookie(steward))).text
    assert again.count("The policy says so already.") == 2
    own = await home.client.get("/steward/advice/export", headers=cookie(steward))
    assert own.text.splitlines()[1:] == [
        'bad.example,suspend,False,False,"Friends: spam, and worse",False',
        "loud.example,silence,True,True,Friends,False",
    ]
    assert (await press(steward, "/steward/advice", source="Friends", form="mastodon", text="?"))[0] == 422
    assert "odd.example" in (await home.client.get("/steward/advice", headers=cookie(steward))).text
    assert (await press(steward, "/steward/advice/forget", source="Friends"))[0] == 303
    assert "odd.example" not in (await home.client.get("/steward/advice", headers=cookie(steward))).text
