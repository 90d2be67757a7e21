"""Templates: one Jinja environment, autoescaped, whose sentences speak the reader's language."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from instance import i18n
from instance.i18n import current, direction
from instance.web.frame import times

ROOM = Path(__file__).parents[1]
STATIC = ROOM / "static"


def _(sentence: str, **params: Any) -> Markup:
    """A sentence as safe HTML: the translation and every parameter that is not HTML already are escaped."""
    text = Markup(escape(i18n.catalogue(current.get()).gettext(sentence)))  # noqa: S704 - escaped
    return text.format(**params) if params else text


def ngettext(singular: str, plural: str, n: int, **params: Any) -> Markup:
    """As `_`, in the form that `n` takes."""
    text = i18n.catalogue(current.get()).ngettext(singular, plural, n)
    return Markup(escape(text)).format(n=n, **params)  # noqa: S704 - escaped


def asset(name: str) -> str:
    """The address of a file in `static`, with its digest, so that it may be kept for a year."""
    return f"/static/{name}?v={_digest(name)}"


def _digest(name: str) -> str:
    if name not in _digests:
        _digests[name] = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return _digests[name]


_digests: dict[str, str] = {}


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    made.globals.update(_=_, ngettext=ngettext, asset=asset, when=times.when, day=times.day, tone=tone, a=link, b=bold)
    return made


def link(href: str, words: str) -> Markup:
    """A link, to stand inside a sentence."""
    return Markup('<a href="{}">{}</a>').format(href, words)


def bold(words: str) -> Markup:
    """A strong word inside a sentence, kept in its own direction."""
    return Markup("<strong><bdi>{}</bdi></strong>").format(words)


def tone(number: int) -> int:
    """Which of the six colours stands for somebody without a picture."""
    return number % 6


environment = _environment()


def fill(template: str, context: Mapping[str, Any]) -> str:
    """The text of a page. `current` names the language."""
    locale = current.get()
    return environment.get_template(template).render(locale=locale, dir=direction(locale), **context)
