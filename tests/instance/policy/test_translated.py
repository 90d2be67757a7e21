"""What a policy says is said in the reader's language: every sentence, and every word within it."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from lxml import html

from instance.i18n import _, catalogue, current, said
from instance.policy.adopt import adopt
from instance.policy.label import label
from policies.asked import FAILING, why
from policies.decision import EXPLANATIONS
from policies.difference import sentences
from policies.document import FIELDS, PolicyDocument
from policies.fields import Line
from policies.kinds import Choice, Count, Flag, Moment, Span, Words
from policies.leaving import Outside, Requirement, Searchers
from policies.peers import Stance
from policies.presets import preset
from policies.purposes import Measure, StaffAccess
from policies.sections import PeerRule, Promises, Retention, TreatRule, WordRule
from policies.sentences import sentences_of
from policies.treatments import Treatment
from policies.words import Sentence
from tests.support.world import World

IN_GERMAN = {"Accept": "text/html", "Accept-Language": "de"}
TREAT = frozenset(Treatment)
PROMISES = Promises(
    authorized_fetch=True,
    staff_access=StaffAccess.LOGGED,
    max_lease=7 * 24,
    erasure_within=24,
    breach_notice_within=5,
    measures=frozenset(Measure) - {Measure.END_TO_END_ENCRYPTION},
    jurisdiction=frozenset({"DE", "EU"}),
)
POLICY = replace(
    preset("open"),
    promises=PROMISES,
    retention=Retention(remote_posts=30 * 24, remote_media=24, request_logs=72),
    requirement=Requirement(max_retention=30 * 24, erasure_within=48),
    outside=Outside(searchable_by=Searchers.MEMBERS),
    peers={"bad.example": PeerRule(Stance.BLOCKED, "spam")},
)


@pytest.fixture
def german() -> Iterator[None]:
    kept = current.set("de")
    yield
    current.reset(kept)


def each_value(line: Line) -> list[Any]:
    """Values that say every word that the field knows."""
    match line.spec.kind:
        case Flag():
            return [True, False]
        case Choice(words_known=known):
            return list(known)
        case Span():
            return [1, 2, 24, 48, None]
        case Count():
            return [1, None]
        case Moment():
            return [1000, None]
        case Words(words_known=known) if known is not None:
            return [frozenset(known), frozenset()]
    examples: dict[str, Any] = {
        "peers": {"a.example": PeerRule(Stance.HELD, "spam", 1000, TREAT)},
        "incoming.words": (WordRule("cure", TREAT),),
        "incoming.hashtags": {"cure": TreatRule(TREAT)},
        "incoming.accounts": {"https://a.example/u/1": TreatRule(TREAT, "spam")},
    }
    return [examples[line.name]] if line.name in examples else [line.default]


def untranslated(sentence: str) -> list[str]:
    """Templates within a sentence that hold words and that the catalogue lacks."""
    if not isinstance(sentence, Sentence):
        return []
    lacks = [one for value in sentence.params.values() if isinstance(value, str) for one in untranslated(value)]
    bare = sentence.template.format_map(dict.fromkeys(sentence.params, ""))
    if any(letter.isalpha() for letter in bare):
        known = catalogue("de")
        there = known.ngettext(sentence.template, sentence.many, 2) if sentence.many else None
        if (there or known.gettext(sentence.template)) in {sentence.template, sentence.many} - ALIKE:
            lacks.append(sentence.template)
    return lacks


ALIKE = {"Hashtags: {value}.", "{value}"}
"""What is the same in German."""


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("line", FIELDS, ids=lambda line: line.name)
def test_every_sentence_of_a_field_is_translated_with_its_words(line: Line) -> None:
    for value in each_value(line):
        sentence = line.says(value)
        assert sentence is None or not untranslated(sentence), sentence
        if isinstance(line.spec.kind, Choice | Words | Span) and sentence is not None:
            assert said(sentence) != sentence


@pytest.mark.usefixtures("german")
def test_differences_and_reasons_are_translated() -> None:
    before = PolicyDocument("Cove", Stance.HELD, {"a.example": PeerRule(Stance.LIMITED), "b.example": PeerRule()})
    after = replace(POLICY, peers={"a.example": PeerRule(Stance.HELD), "c.example": PeerRule()})
    found = sentences(before, after)
    assert len(found) > 10
    for one in found:
        assert not untranslated(one), one
    assert "c.example: aus zurückgehalten wird gesperrt, durch eine neue Regel." in map(said, found)
    for term in (*FAILING, "skerry:new"):
        assert not untranslated(why(term)), term
    assert all(_(one) != one for one in EXPLANATIONS.values())


@pytest.mark.usefixtures("german")
def test_numbers_take_their_form() -> None:
    line = next(one for one in FIELDS if one.name == "retention.remote_posts")
    shown = [said(line.says(hours) or "") for hours in (1, 2, 24, 48)]
    assert [one.split("höchstens ")[1].split(" aufgehoben")[0] for one in shown] == [
        "1 Stunde",
        "2 Stunden",
        "1 Tag",
        "2 Tage",
    ]


async def test_german_pages_say_no_english_sentence(world: World) -> None:
    a = await world.instance()
    await a.house.store.unit(adopt, POLICY, "steward")
    page = html.fromstring((await a.client.get("/privacy", headers=IN_GERMAN)).text)
    shown = [one.text_content() for one in page.xpath("//main//li/bdi")]
    english = sentences_of(POLICY, public=True)
    assert len(shown) == len(english) > 15
    assert not set(shown) & set(english) - {"Hashtags: {value}."}
    text = " ".join(shown)
    for word in (" day", " hour", "logged", "access", "erasure", "communication", "security", "members", "blocked"):
        assert word not in text, word
    for path in ("/privacy", "/sign-up"):
        text = html.fromstring((await a.client.get(path, headers=IN_GERMAN)).text).text_content()
        for pair in label(a.house.site.settings, POLICY):
            assert not [one for one in pair if one in text], path


def test_every_section_is_walked() -> None:
    names = {line.name.partition(".")[0] for line in FIELDS}
    assert names >= {one.name for one in fields(PolicyDocument)}
