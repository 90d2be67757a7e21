"""Words in the reader's language: gettext catalogues in `instance/locale`, chosen for each request.

`N_` marks a sentence where it is written, `_` puts it into the current language, with its parameters.
"""

import gettext
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError

from instance.errors import RefusalError
from policies.words import Sentence

LOCALE_DIR = Path(__file__).parent / "locale"
DOMAIN = "skerry"
DEFAULT = "en"
PSEUDO = "qps"
"""The made-up language of the tests: accented, longer, written from right to left."""
RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi", PSEUDO})

current: ContextVar[str] = ContextVar("locale", default=DEFAULT)


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name
    """Mark a sentence for translation; it is put into words later by `_`."""
    return sentence


NOT_FOUND = N_("Record not found")  # said in `errors`, which lies below and can mark nothing
"""What `instance.errors.NotFoundError` says; it lies below this module."""


@lru_cache
def catalogue(locale: str) -> gettext.NullTranslations:
    """The catalogue of a language; English sentences where there is none."""
    return gettext.translation(DOMAIN, LOCALE_DIR, [locale], fallback=True)


@lru_cache
def languages() -> tuple[str, ...]:
    """The languages that there is a catalogue of, English first."""
    found = sorted(path.parents[1].name for path in LOCALE_DIR.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (DEFAULT, *(locale for locale in found if locale != DEFAULT))


def forget() -> None:
    """Read catalogues anew (tests, and while translating)."""
    catalogue.cache_clear()
    languages.cache_clear()


def _(sentence: str, **params: Any) -> str:
    """A sentence in the current language, `{name}` filled from the parameters."""
    text = catalogue(current.get()).gettext(sentence)
    return text.format(**params) if params else text


def ngettext(singular: str, plural: str, n: int, **params: Any) -> str:
    """The form that `n` of something takes in the current language; `{n}` is filled too."""
    return catalogue(current.get()).ngettext(singular, plural, n).format(n=n, **params)


@lru_cache(maxsize=500)
def language_name(tag: str) -> str:
    """The English name of a language (BCP 47); the tag itself where there is none."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(DEFAULT) or tag
    except (ValueError, UnknownLocaleError):
        return tag


def said(sentence: str) -> str:
    """A sentence of `policies` in the reader's language, the sentences within it first; any other text as it is."""
    if not isinstance(sentence, Sentence):
        return sentence
    params = {name: said(value) if isinstance(value, str) else value for name, value in sentence.params.items()}
    if sentence.many:
        return ngettext(sentence.template, sentence.many, sentence.params["n"])
    return _(sentence.template, **params)


def refusal_text(refusal: RefusalError) -> str:
    """What a refusal says to its reader."""
    params = {name: said(value) if isinstance(value, str) else value for name, value in refusal.params.items()}
    return _(refusal.sentence, **params)


def babel_locale() -> Locale:
    """Babel's data for the current language; English where it has none."""
    locale = current.get()
    if locale == PSEUDO:
        return Locale("ar")
    try:
        return Locale.parse(locale, sep="-" if "-" in locale else "_")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def of_terminal(environ: Mapping[str, str]) -> str:
    """The language of a terminal, as POSIX names it (`de_DE.UTF-8` in LC_ALL, LC_MESSAGES, LANG); English for any other.

    LANGUAGE, a list (`de:fr`), goes before, as gettext reads it: but not where the locale is C or none.
    """
    named = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    listed = environ.get("LANGUAGE", "") if named not in {"", "C", "POSIX"} else ""
    wanted = [one.partition(".")[0].partition("@")[0].replace("_", "-") for one in [*listed.split(":"), named]]
    return negotiate(",".join(one for one in wanted if one), languages())


def direction(locale: str) -> str:
    """`rtl` or `ltr`, for HTML's `dir`."""
    return "rtl" if locale.split("-")[0].split("_")[0] in RIGHT_TO_LEFT else "ltr"


def negotiate(accept: str, available: Iterable[str], default: str = DEFAULT) -> str:
    """The language to answer in, from an Accept-Language header (RFC 9110 section 12.5.4).

    The most wanted one that there is, by its first part too (`de-AT` takes `de`); else `default`.
    """
    there = {locale.lower().replace("_", "-"): locale for locale in available}
    for wanted in _by_weight(accept):
        for name in (wanted, wanted.split("-")[0]):
            if name in there:
                return there[name]
    return default


def _by_weight(accept: str) -> list[str]:
    weighted: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept[:500].split(",")):
        name, _sign, weight = part.strip().lower().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if name and quality > 0:
            weighted.append((-quality, position, name.strip()))
    return [name for _quality, _position, name in sorted(weighted)]


class Languages:
    """ASGI: each request is answered in the language that its Accept-Language asks for, errors too."""

    def __init__(self, app: Any, default: str = DEFAULT) -> None:
        self.app = app
        self.default = default

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        accept = headers.get(b"accept-language", b"").decode("latin-1")
        kept = current.set(negotiate(accept, languages(), self.default))
        try:
            await self.app(scope, receive, send)
        finally:
            current.reset(kept)
