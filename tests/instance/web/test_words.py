"""Every sentence can be translated: catalogues fit the code, the made-up language covers all pages and errors."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html

from instance import i18n
from instance.agreements import agreements, trust
from instance.i18n import PSEUDO, catalogue, current, direction, negotiate, ngettext
from instance.people import accounts
from instance.policy.adopt import set_stance
from instance.web.frame import times
from policies.peers import Stance
from policies.purposes import Assurance
from tests.instance.web.conftest import MakeGuest
from tests.journeys.pledges import ask
from tests.support import catalogues
from tests.support.catalogues import CLOSE, OPEN
from tests.support.guest import PASSWORD, Guest
from tests.support.peer import Peer
from tests.support.pretend_skerry import PretendSkerry
from tests.support.world import Running, World

LANGUAGES = catalogues.translated()
MARKED = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
WORD = re.compile(r"[A-Za-z]{2,}")
# What is nobody's sentence: names of things, data of the test.
DATA = re.compile(
    r"Skerry|skerry|Mastodon|mira|Mira|Circle|circle|Seagull|(?:a|liar|plain)\.example|https?://\S+|UTC|AGPL|ActivityPub|Tea and talk|"
    r"The swallows are back|Firefox|Linux|@[\w.@]+|\bON\b"
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up language, in a folder of its own."""
    folder = tmp_path_factory.mktemp("locale")
    catalogues.write_pseudo(folder)
    return folder


@pytest.fixture
def made_up(written: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The catalogues are those of the made-up language alone."""
    monkeypatch.setattr(i18n, "LOCALE_DIR", written)
    i18n.forget()
    yield
    monkeypatch.undo()
    i18n.forget()


def bare(page: Any) -> list[str]:
    """English words of a page that did not pass through the catalogue."""
    found = []
    for element in page.iter():
        if not isinstance(element.tag, str) or element.tag in {"code", "time", "option"}:
            continue
        texts = [element.get(name) or "" for name in ("alt", "aria-label", "placeholder")]
        if element.tag not in {"bdi", "svg", "path", "textarea", "blockquote"}:
            texts.append(element.text or "")
        parent = element.getparent()
        if element.tail and (parent is None or parent.tag not in {"bdi", "blockquote", "code", "time"}):
            texts.append(element.tail)
        found += [_unmarked(text) for text in texts]
    words = (
        _unmarked(page.xpath("//main")[0].text_content())
        if not page.xpath("//main//time|//main//code|//option")
        else ""
    )
    return [text for text in [*found, words] if WORD.search(text)]


def _unmarked(text: str) -> str:
    text = " ".join(text.split())
    for _ in range(4):
        text = MARKED.sub(" ", text)
    return "" if OPEN in text or CLOSE in text else DATA.sub(" ", text)


async def _walk(one: Guest, paths: list[str]) -> None:
    for path in paths:
        page = await one.get(path)
        assert page.get("dir") == "rtl"
        assert not bare(page), (path, bare(page))


@pytest.mark.usefixtures("made_up")
async def test_all_pages_in_the_made_up_language(world: World, guest: MakeGuest) -> None:
    running = await world.instance(SKERRY_DESCRIPTION="", SKERRY_CONTACT="Mira", SKERRY_CONTACT_EMAIL="mira@a.example")
    mira = guest(running, PSEUDO)
    await _walk(
        mira, ["/", "/about", "/privacy", "/groups", "/sign-up", "/auth/sign_in", "/auth/reset", "/sign-up/waiting"]
    )
    await mira.send("/auth/sign_out") if mira.page.xpath("//form[contains(@action, 'sign_out')]") else None
    await mira.get("/sign-up")
    page = await mira.send("/sign-up", status=422, name="!", password=PASSWORD)
    assert not bare(page), bare(page)
    page = await mira.send("/sign-up", name="mira", password=PASSWORD)
    assert not bare(page), bare(page)
    await mira.send("/recovery-card")
    await _office(running)
    await mira.get("/groups/new")
    await mira.send("/groups/new", name="circle", display_name="Circle", bio="Tea and talk")
    await mira.get("/")
    await mira.send("/posts", text="The swallows are back")
    post = mira.page.xpath("//span[@class='when']/a/@href")[0]
    names = ("", "/profile", "/privacy", "/password", "/second-factor", "/sessions", "/apps", "/language", "/delete")
    deed = f"/posts/{post.rpartition('/')[2]}/delete"
    policy = [
        "",
        "/form",
        "/if?host=a.example",
        "/why?about=a.example",
        f"/why?about={post.rpartition('/')[2]}",
    ]
    await _walk(mira, [f"/steward/policy{page}" for page in [*policy, "/versions/1"]])
    paths = [
        "/",
        post,
        deed,
        f"/posts/{post.rpartition('/')[2]}/readers",
        "/requests",
        "/@mira",
        "/@circle",
        "/groups",
        "/groups/new",
        "/steward",
    ]
    await _walk(mira, [*paths, *(f"/settings{name}" for name in names)])
    page = await mira.get("/nothing", 404)
    assert not bare(page), bare(page)


@pytest.mark.usefixtures("made_up")
async def test_pages_about_other_servers_in_the_made_up_language(world: World, guest: MakeGuest) -> None:
    """With all that is told of a server: also what is put into words where the database is read."""
    running = await world.instance()
    mira, there, plain = guest(running, PSEUDO), PretendSkerry(world), Peer(world, "plain.example")
    await mira.join("mira")
    await _office(running)
    await ask(running, Assurance.AGREED)
    row = await running.house.store.read(accounts.by_name, "mira")
    assert row is not None
    for peer in (there.peer, plain):
        bob = peer.actor("bob")
        await peer.post(running, peer.activity("Follow", bob, row.iri))
        await running.house.store.unit(trust.want, peer.host)
    await world.settle()
    await running.house.store.unit(lambda u: agreements.draft(u, there.host, by="mira"))
    await running.house.store.unit(set_stance, plain.host, Stance.HELD)
    await plain.post(running, plain.activity("Create", bob, plain.note(bob, 1)))
    await mira.get("/steward/advice")
    await mira.send("/advice", source="Circle", form="mastodon", text=f"{plain.host}\n?\n")
    assert not bare(mira.page), bare(mira.page)
    names = ("", f"/{there.host}", f"/{plain.host}", f"/{plain.host}/admit", f"/{there.host}/admit")
    await _walk(mira, [f"/steward/federation{name}" for name in names])
    await _walk(mira, [f"/steward/agreements{name}" for name in ("", f"/{there.host}", f"/{plain.host}")])
    await _walk(mira, [f"/steward/policy/{name}?host={plain.host}&about={plain.host}" for name in ("if", "why")])
    await _walk(mira, ["/steward/neighbourhood", "/steward/advice", "/steward/federation?about=x"])


async def _office(running: Running) -> None:
    from sqlalchemy import update

    from instance.db.people import login

    await running.house.store.unit(lambda u: u.connection.execute(update(login).values(role="steward")) and None)


WRONG = [
    ("GET", "/api/v1/timelines/home"),
    ("GET", "/api/v1/statuses/1"),
    ("GET", "/api/v1/accounts/1"),
    ("GET", "/api/v9/nothing"),
    ("DELETE", "/api/v1/statuses"),
    ("POST", "/api/v1/statuses"),
    ("POST", "/api/v1/apps"),
    ("POST", "/oauth/token"),
]


@pytest.mark.usefixtures("made_up")
async def test_errors_of_the_api_in_the_made_up_language(world: World) -> None:
    running = await world.instance()
    for method, path in WRONG:
        response: httpx.Response = await running.client.request(method, path, headers={"Accept-Language": PSEUDO})
        assert response.status_code >= 400, path
        answer = response.json()
        said = answer.get("error_description") or answer["error"]
        assert said.startswith(OPEN), (path, answer)


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.parents[1].name)
def test_compiled_is_what_was_translated(path: Path) -> None:
    assert path.with_suffix(".mo").read_bytes() == catalogues.mo_bytes(catalogues.read(path, path.parents[1].name))


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.parents[1].name)
def test_translations_keep_the_parameters(path: Path) -> None:
    for message in catalogues.read(path, path.parents[1].name):
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        source = message.id if isinstance(message.id, tuple) else (message.id,)
        allowed = {name for text in source for name in _names(text)}
        for form in forms:
            if form:
                assert _names(str(form)) <= allowed, message.id
                if len(source) == 1:
                    assert _names(str(form)) == allowed, message.id


def _names(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def test_the_template_has_all_sentences_of_the_code() -> None:
    kept = {message.id for message in catalogues.read(catalogues.TEMPLATE)}
    missing = {message.id for message in catalogues.extracted()} - kept
    assert not missing, "run scripts/translate"


def test_what_is_marked_is_in_the_template() -> None:
    """Read from the code's tree: the extractor takes some names within a call for calls of its own, and loses a sentence."""
    kept = {message.id for message in catalogues.read(catalogues.TEMPLATE)}
    kept |= {one for message in kept if isinstance(message, tuple) for one in message}
    marked = {
        node.args[0].value
        for path in Path(i18n.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "N_", "ngettext"}
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert len(marked) > 500
    assert marked - kept == set()


def test_german_is_whole() -> None:
    path = next(path for path in LANGUAGES if path.parents[1].name == "de")
    missing = [message.id for message in catalogues.untranslated(catalogues.read(path, "de"))]
    assert not missing, "run scripts/translate, then translate these"


def test_plural_forms() -> None:
    kept = current.set("de")
    try:
        forms = [ngettext("{n} reply", "{n} replies", n) for n in (0, 1, 2)]
        assert len(set(forms)) == 3
        assert forms[0].split()[1] == forms[2].split()[1] != forms[1].split()[1]
    finally:
        current.reset(kept)


@pytest.mark.parametrize(
    ("accept", "locale"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("fr, de;q=0.1", "de"),
        ("en-GB, de", "en"),
        ("xx", "en"),
        ("", "en"),
        ("de;q=0", "en"),
        ("de;q=high, ,;;", "en"),
        ("*" * 10_000, "en"),
    ],
)
def test_negotiation(accept: str, locale: str) -> None:
    assert negotiate(accept, ["en", "de"]) == locale


def test_direction() -> None:
    assert [direction(locale) for locale in ("en", "de_AT", "ar", "he-IL", PSEUDO)] == [
        "ltr",
        "ltr",
        "rtl",
        "rtl",
        "rtl",
    ]


def test_times_name_their_zone() -> None:
    at = 1_784_000_000_000
    assert html.fromstring(str(times.when(at, "Europe/Berlin"))).get("datetime") == "2026-07-14T03:33:20.000Z"
    assert str(times.when(at, "Europe/Berlin")) != str(times.when(at, "Asia/Tokyo"))
    assert "UTC" in times.when(at, "nowhere/at all")


def test_unknown_language_falls_back() -> None:
    assert catalogue("tlh").gettext("Sign in") == "Sign in"
