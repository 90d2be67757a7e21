"""Every mistake that a policy can hold is told in the reader's language: on the desk's pages, in the form, on the command line."""

import ast
import inspect
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import update

import policies.toml
from instance.db.people import login
from instance.i18n import current, of_terminal, said
from instance.policy.inforce import in_force_here
from policies import asked, checks, document, fields, filling, kinds, records, stricter, written
from policies.document import Refused, from_data, parse
from policies.fields import PolicyError, WrongError
from policies.filling import from_typed, typed
from policies.peers import Stance
from policies.presets import preset
from policies.words import Sentence
from policies.written import from_toml
from tests.instance.policy.test_translated import untranslated
from tests.support.commands import skerry
from tests.support.guest import Guest
from tests.support.world import Running, World

NOW = 1_790_000_000_000
HEAD = "format = 1\nname = 'x'\n"
HELD = f"{HEAD}[peers]\ndefault = 'held'\n"
RULE = f"{HELD}[peers.rules.'a.example']\n"
TEXTS = [
    "format = 2\nname = 3\npeers = 3\n",
    HEAD,
    f"{HEAD}[peers]\ndefault = 'sometimes'\nmeeting = 'allowed'\n[promises]\ntelepathy = true\nmax_lease = 'soon'\nprotected_media = 1\n"
    "measures = 'all'\njurisdiction = ['Moon']\n[incoming]\ntreat = ['hold', 'hold']\nmentions_held_above = -1\nwords = 3\nhashtags = 3\n",
    f"{RULE}stance = 'held'\nuntil = 2020-01-01\n",
    f"{RULE}until = 2050-01-01T00:00:00\n",
    f"{RULE}reason = '{'x' * 501}'\n",
    f"{HELD}rules.'A.example' = {{}}\nrules.'a.example' = {{}}\n",
    f"{HELD}rules.'a b' = {{}}\n",
    f"{HELD}[[incoming.words]]\nphrase = ' '\n",
    f"{HELD}meeting = 'allowed'\nrules.'a.example' = {{stance = 'blocked', treat = ['no_deletes']}}\n[promises]\nprotected_media = true\n"
    "erasure_receipts = true\nmeasures = ['end_to_end_encryption']\npurposes = ['sale']\nnever = ['index']\n"
    "never_disclosed_for = ['sale']\ndeleted_after = ['deletion']\n[retention]\nremote_posts = '1 day'\nremote_media = '2 days'\n"
    "[outside]\nindexable = true\n[incoming]\nrefused_kinds = ['A']\naccepted_kinds = ['A']\nmentions_held_above = 9\n"
    "mentions_refused_above = 9\noldest = '9 days'\nnew_links = true\ntreat = ['no_deletes']\n",
    "#" * 1_000_001,
    "a = " + "[" * 5000,
    "a = " + "1" * 5000,
]
NO_TOML = [
    "a b = 1", "[a\nb = 1", "[[a\nb = 1", 'a = "b', "a = 'b", "a = '''b", "a = [1", "a = {b = 1", "a = 1\na = 2", "[a]\n[a]", "a = {}\na.b = 1",
    "a.b = 1\n[a]", "[[a]]\n[a]", "a = {b = 1, b = 2}", 'a = "\\q"', 'a = "\\u00"', 'a = "\\ud800"', 'a = "\x01"', "a = '\x01'", "# \x01", "= 1", "?",
    "[]", "a = 1 b = 2", "a = 2020-02-31", "a = maybe",
]  # fmt: skip
LOOSE = """[peers]
default = 'allowed'
[peers.rules.'soft.example']
stance = 'limited'
treat = ['sensitive']
[peers.rules.'few.example']
accounts = ['https://few.example/u/1', 'https://few.example/u/2']
[outside]
indexable = true
"""
STRICT = """[peers.rules."soft.example"]
stance = "limited"
treat = ["no_media"]
[peers.rules."few.example"]
stance = "limited"
accounts = ["https://few.example/u/1"]
"""
TYPED = {
    "incoming.words": "x = [",
    "peers": "peers = 3",
    "retention.remote_posts": "bald",
    "incoming.mentions_held_above": "many",
}
WORDS_OF_VALUES = {
    "yes", "no", "no limit", "none", "anything", "without end", "{n} day", "{n} hour", "{n} week",
    "The term {term} is not understood, so it doesn't count.",
}  # fmt: skip
"""What these modules say that is no mistake."""
OPEN = preset("open")


def _of(attempt: Callable[..., object], *given: Any, **named: Any) -> list[PolicyError]:
    with pytest.raises(PolicyError) as refused:
        attempt(*given, **named)
    found = refused.value
    return list(found.wrong) if isinstance(found, Refused) else [found]


def mistakes() -> Iterator[PolicyError]:
    """All that can be wrong."""
    server = from_toml(HELD + STRICT, now=NOW)
    for text in (*TEXTS, *NO_TOML):
        yield from _of(from_toml, text, now=NOW)
    yield from _of(from_toml, LOOSE, now=NOW, instance=server)
    for text in ("authorized_fetch = true", "= nonsense", "assurance = 'some'"):
        yield from _of(asked.from_toml, text)
    for name, text in TYPED.items():
        yield from _of(from_typed, typed(OPEN) | {name: text}, OPEN, NOW)
    yield from _of(from_data, {"format": 1, "name": "\ud800", "peers": {"default": "held"}})
    yield from _of(parse, "{")
    yield from _of(parse, '{"a": 1, "a": 2}')
    yield from _of(OPEN.with_stance, "a b", Stance.HELD)


def templates(sentence: str) -> Iterator[str]:
    """All that a sentence is made of."""
    if isinstance(sentence, Sentence):
        yield sentence.template
        for value in sentence.params.values():
            yield from templates(value) if isinstance(value, str) else ()


def _said_in(module: ModuleType) -> Iterator[str]:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"say", "say_many"}:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)


def test_every_mistake_is_among_these() -> None:
    modules = (policies.toml, checks, kinds, stricter, filling, records, fields, written, asked, document)
    seen = {template for one in mistakes() for template in templates(one.whole)}
    assert {template for module in modules for template in _said_in(module)} - seen - WORDS_OF_VALUES == set()


def test_every_mistake_has_a_remedy_and_is_translated() -> None:
    kept = current.set("de")
    try:
        for one in mistakes():
            assert not untranslated(one.whole), one
            assert said(one.whole) != str(one)
            assert not isinstance(one, WrongError) or one.remedy
    finally:
        current.reset(kept)


def test_every_message_of_the_reader_of_toml_has_a_sentence() -> None:
    """A later Python may have others: then this fails, and people are told less meanwhile."""
    source = inspect.getsource(tomllib._parser)
    found = {
        "".join(part.value if isinstance(part, ast.Constant) else "'=' " for part in message.values)
        if isinstance(message, ast.JoinedStr)
        else str(message.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "suffixed_err"
        for message in node.args[2:]
        if isinstance(message, ast.Constant | ast.JoinedStr)
    }
    assert len(found) > 15
    assert [one for one in found if not one.startswith(tuple(policies.toml.SAYS))] == []


def test_the_language_of_a_terminal() -> None:
    assert of_terminal({"LANG": "de_DE.UTF-8"}) == "de"
    assert of_terminal({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}) == "en"
    assert of_terminal({"LANG": "de_AT@euro"}) == "de"
    assert of_terminal({}) == of_terminal({"LC_MESSAGES": "xx_YY"}) == "en"


@pytest.fixture
async def home(world: World) -> Running:
    return await world.instance("a.example")


@pytest.fixture
async def stella(home: Running) -> AsyncIterator[Guest]:
    """A steward whose browser speaks German."""
    made = Guest(home, "de")
    await made.join("stella")
    await home.house.store.unit(lambda u: u.connection.execute(update(login).values(role="steward")) and None)
    yield made
    await made.close()


async def test_pages_and_command_line_say_them_in_german(
    home: Running, stella: Guest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await home.house.store.read(in_force_here)
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    for number, text in enumerate([*(text for text in TEXTS if len(text) < 5000), *NO_TOML[:3], NO_TOML[-1]]):
        wrong = [one for one in _of(from_toml, text, now=NOW) if isinstance(one, WrongError)]
        english = {str(part).strip(".") for one in wrong for part in (one.sentence, one.remedy)}
        await stella.get("/steward/policy/text")
        await stella.send("/text", 422, text=text)
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        told = (await skerry(home, "policy", "adopt", str(file))).err
        for shown in (stella.text, told):
            assert not [part for part in english if part in shown], shown
            assert shown.count("Zeile ") >= len({one.line for one in wrong} - {None})
        assert "die alten Regeln bleiben in Kraft" in told
    assert await home.house.store.read(in_force_here) == before


async def test_the_form_speaks_german_too(home: Running, stella: Guest) -> None:
    await stella.get("/steward/policy/form")
    wrong = {"retention.remote_posts": "bald", "incoming.mentions_held_above": "viele", "incoming.words": "x = ["}
    await stella.send("/form", 422, **wrong)
    said_beside = [stella.page.xpath(f"//*[@id='{name}-error']")[0].text_content() for name in wrong]
    assert said_beside[0].endswith("Schreibe 5 Stunden oder 30 Tage, oder lass es weg.")
    assert said_beside[1].endswith("Schreibe eine ganze Zahl von 0 bis 1000000.")
    assert said_beside[2].startswith("Zeile 1: Das ist kein TOML: dieser Wert lässt sich nicht lesen.")
    await stella.get("/steward/policy/form")
    typed_in = {
        "retention.remote_posts": "30 Tage",
        "retention.request_logs": "1 Woche",
        "promises.erasure_within": "5 Stunden",
    }
    await stella.send("/form", **typed_in)
    await stella.send("/again", at="as=form")
    assert stella.page.xpath("//input[@id='retention.remote_posts']/@value") == ["30 Tage"]
    await stella.send("/form")
    await stella.send("/adopt")
    now = await home.house.store.read(in_force_here)
    assert (now.retention.remote_posts, now.retention.request_logs, now.promises.erasure_within) == (720, 168, 5)
    await stella.get("/steward/policy/text")
    text = stella.page.xpath("//textarea[@id='text']")[0].text
    assert 'remote_posts = "30 days"' in text
    assert "# Server, die keine Regel nennt" in text


async def test_a_group_that_asks_wrongly_is_told_in_german(home: Running, stella: Guest) -> None:
    await stella.get("/groups/new")
    await stella.send("/groups/new", name="circle", display_name="Kreis", bio="Tee")
    for text, words in {
        "= nonsense": "Zeile 1: das Dokument: das ist kein TOML",
        "authorized_fetch = true": "ohne eine Stufe der Gewissheit wird nichts verlangt.",
        "a = " + "[" * 5000: "zu viele Klammern stehen ineinander.",
        "assurance = 'sure'\nshouting = 1": "shouting: keine Einstellung heißt so.",
    }.items():
        await stella.get("/groups/circle/asks")
        await stella.send("/asks", 422, text=text)
        assert words in stella.says()
