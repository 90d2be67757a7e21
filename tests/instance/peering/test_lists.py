"""Lists of others: each line is read or named; advice never applies itself; what is ticked becomes one new version."""

import csv
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.peering import advice, lists
from instance.policy.adopt import adopt, set_stance
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
    assert again.count("The policy says so already, or is stricter.") == 2
    own = await home.client.get("/steward/advice/export", headers=cookie(steward))
    assert own.text.splitlines()[1:] == [
        'bad.example,suspend,False,False,"Friends: spam, and worse",False',
        "loud.example,silence,True,True,Friends,False",
    ]
    assert (await press(steward, "/steward/advice", source="Friends", form="mastodon", text="?"))[0] == 422
    assert "odd.example" in (await home.client.get("/steward/advice", headers=cookie(steward))).text
    assert (await press(steward, "/steward/advice/forget", source="Friends"))[0] == 303
    assert "odd.example" not in (await home.client.get("/steward/advice", headers=cookie(steward))).text


SERVED = """{
 "@context": ["https://www.w3.org/ns/activitystreams", "https://fires.fedimod.org/context/fires.jsonld"],
 "id": "https://fires.example/datasets/0197/changes?since=00000000-0000-7000-A000-000000000000",
 "partOf": "https://fires.example/datasets/0197/changes",
 "type": "OrderedCollectionPage",
 "dataset": "https://fires.example/datasets/0197",
 "totalItems": 9,
 "orderedItems": [
  {"id": "https://fires.example/c/1", "type": "Advisory", "published": "2025-12-01T00:00:00Z", "entityKind": "domain",
   "entityKey": "early.example", "labels": ["https://fires.example/labels/1"]},
  {"id": "https://fires.example/c/2", "type": "Recommendation", "published": "2025-12-01T00:00:00Z", "entityKind": "domain",
   "entityKey": "bad.example", "labels": [], "recommendedPolicy": "drop", "recommendedFilters": []},
  {"id": "https://fires.example/c/3", "type": "Recommendation", "published": "2025-12-01T00:00:00Z", "entityKind": "domain",
   "entityKey": "faces.example", "labels": [], "recommendedPolicy": "filter",
   "recommendedFilters": ["reject-profile-media", "https://fires.fedimod.org/filters#reject-reports", "prevent-trending"]},
  {"id": "https://fires.example/c/4", "type": "Retraction", "published": "2025-12-02T00:00:00Z", "entityKind": "domain",
   "entityKey": "bad.example", "comment": "It was a mistake"},
  {"id": "https://fires.example/c/5", "type": "Tombstone", "published": "2025-12-02T00:00:00Z"},
  {"id": "https://fires.example/c/6", "type": "Recommendation", "published": "2025-12-02T00:00:00Z", "entityKind": "actor",
   "entityKey": "https://x.example/u/1", "labels": [], "recommendedPolicy": "drop", "recommendedFilters": []},
  {"id": "https://fires.example/c/7", "type": "Recommendation", "published": "2025-12-03T00:00:00Z", "entityKind": "domain",
   "entityKey": "early.example", "labels": [{"type": "Label", "id": "https://fires.example/labels/1", "name": "Spam"}],
   "recommendedPolicy": "reject", "recommendedFilters": []},
  {"id": "https://fires.example/c/8", "type": "Recommendation", "published": "2025-12-03T00:00:00Z", "entityKind": "domain",
   "entityKey": "b\\u00e4r.example", "labels": [], "recommendedPolicy": "accept", "recommendedFilters": []}
 ]
}"""


def test_fires_as_its_server_serves_it() -> None:
    """Changes are told the oldest first; the newest on a server counts, and what is taken back is no advice to keep out."""
    taken = lists.read("fires", SERVED)
    assert said(taken) == [
        ("faces.example", "limited", 14),
        ("bad.example", "retracted", 17),
        ("early.example", "blocked", 22),
        ("xn--br-via.example", "allowed", 22),
    ]
    faces, bad, early, _ = taken.advice
    assert faces.treat == {Treatment.NO_AVATARS, Treatment.NO_BANNERS, Treatment.NO_REPORTS}
    assert faces.details["filters"] == ["reject-profile-media", "reject-reports", "prevent-trending"]
    assert (bad.reason, early.reason) == ("It was a mistake", "Spam")
    assert [one.template for one in taken.bad] == [lists.WITHDRAWN, lists.NO_SERVER]
    one = lists.read("fires", '{"type": "Advisory", "entityKind": "Domain", "entityKey": "odd.example"}')
    assert said(one) == [("odd.example", "noted", 1)]


@pytest.mark.parametrize(
    "document",
    [
        {"type": "Dataset", "name": "x", "endpoints": {"changes": "https://f.example/c", "snapshot": "https://f.example/s"}},
        {"type": "OrderedCollection", "totalItems": 3, "first": "https://f.example/s"},
    ],
)  # fmt: skip
def test_what_only_says_where_a_list_is(document: dict[str, object]) -> None:
    taken = lists.read("fires", json.dumps(document))
    assert taken.advice == []
    assert [(one.template, one.value) for one in taken.bad] == [(lists.ONLY_NAMES_IT, "https://f.example/s")]


DETAILS = {"id": 7, "software": "lemmy", "claimed": 1, "endorsements": 4, "guarantor": "g.example", "state": "UP"}


def test_fediseer_as_its_api_answers() -> None:
    """A server that is only listed is no bad one; what answers a censure is kept beside it."""
    answer = {
        "instances": [
            {"domain": "plain.example", **DETAILS, "censure_reasons": [], "censure_evidence": [], "censure_count": 1},
            {"domain": "odd.example", **DETAILS, "hesitation_reasons": [], "hesitation_count": 2},
            {"domain": "said.example", **DETAILS, "censure_reasons": ["spam"], "rebuttal": ["Nuh uh!"], "censure_count": 1},
            {"domain": "known.example", **DETAILS, "tags": ["art"]},
        ],
        "total": 4,
    }  # fmt: skip
    found = lists.read("fediseer", json.dumps(answer), "endorsement")
    assert [(one.host, one.opinion) for one in found.advice] == [
        ("plain.example", "blocked"),
        ("odd.example", "limited"),
        ("said.example", "blocked"),
        ("known.example", "noted"),
    ]
    assert found.advice[2].details["rebuttal"] == "Nuh uh!"
    assert "g.example" in found.advice[3].reason
    bare = lists.read("fediseer", '{"csv": "a.example,b.example", "total": 2}', "hesitation")
    assert [one.opinion for one in bare.advice] == ["limited", "limited"]


async def test_a_block_of_a_list_is_taken_over_with_its_flags(world: World) -> None:
    """Most lists say `suspend,True,True`: of a server that is kept out nothing is left to be treated."""
    home = await world.instance("a.example")
    text = (
        '"domain","severity","reject_media","reject_reports","public_comment"\n"bad.example","suspend",True,True,spam\n'
    )
    await home.house.store.unit(advice.take, "Friends", "mastodon", text)
    rows = await home.house.store.read(advice.listed)
    await home.house.store.unit(advice.take_over, [row.id for row in rows], "stella")
    rule = (await home.house.store.read(in_force_here)).peers["bad.example"]
    assert (rule.stance, rule.treat, rule.reason) == (Stance.BLOCKED, frozenset(), "Friends: spam")


async def test_a_remark_changes_neither_stance_nor_end(world: World) -> None:
    home = await world.instance("a.example")
    until = (home.house.site.clock.now() // 1000 + 60 * 86_400) * 1000
    await home.house.store.unit(lambda u: set_stance(u, "odd.example", Stance.HELD, "a trial", until=until) and None)
    text = "#domain,#severity,#reject_media,#reject_reports\nodd.example,noop,True,False\n"
    await home.house.store.unit(advice.take, "Friends", "mastodon", text)
    [row] = await home.house.store.read(advice.listed)
    await home.house.store.unit(advice.take_over, [row.id], "stella")
    rule = (await home.house.store.read(in_force_here)).peers["odd.example"]
    assert (rule.stance, rule.until, rule.reason) == (Stance.HELD, until, "a trial")
    assert rule.treat == {Treatment.NO_MEDIA}


def test_a_hostile_list_takes_no_time_and_writes_no_formula() -> None:
    escaped = json.dumps({"instances": [{"domain": f"\u00e9{number}.example"} for number in range(40_000)]})
    began = time.process_time()
    taken = lists.read("fediseer", escaped)
    rubbish = lists.read("mastodon", "x y\n" * 400_000)
    assert time.process_time() - began < 5
    assert (len(taken.advice), len(rubbish.advice)) == (lists.MOST_ROWS, 0)
    assert len(rubbish.bad) <= lists.MOST_ROWS + 1
    said = '=HYPERLINK("https://evil.example","x")'
    text = lists.written({"bad.example": (Stance.BLOCKED, said, frozenset())})
    [cell] = [row[4] for row in csv.reader(text.splitlines()[1:])]
    assert cell == f"'{said}"


async def test_a_warning_lets_nobody_in(world: World) -> None:
    """Where strangers are kept out or wait, `silence` is no reason to hear them; a block is kept as a rule of its own."""
    home = await world.instance("a.example")
    await home.house.store.unit(adopt, preset("closed"), "test")
    text = "#domain,#severity\nloud.example,silence\nbad.example,suspend\n"
    await home.house.store.unit(advice.take, "Friends", "mastodon", text)
    policy = await home.house.store.read(in_force_here)
    loud, bad = await home.house.store.read(advice.listed)
    assert advice.changes(policy, loud) == []
    assert advice.changes(policy, bad) == ["bad.example stays blocked, now by a rule of its own."]
    await home.house.store.unit(advice.take_over, [loud.id, bad.id], "stella")
    assert set((await home.house.store.read(in_force_here)).peers) == {"bad.example"}
