"""Words in the reader's language: gettext catalogues in `instance/locale`, chosen for each request.

`N_` marks a sentence where it is written, `_` puts it into the current language, with its parameters.
"""

import gettext
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

from instance.errors import RefusalError

LOCALE_DIR = Path(__file__).parent / "locale"
DEFAULT = "en"

current: ContextVar[str] = ContextVar("locale", default=DEFAULT)


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name
    """Mark a sentence for translation; it is put into words later by `_`."""
    return sentence


@lru_cache
def catalogue(locale: str) -> gettext.NullTranslations:
    """The catalogue of a language; English sentences where there is none."""
    return gettext.translation("skerry", LOCALE_DIR, [locale], fallback=True)


def _(sentence: str, **params: Any) -> str:
    """A sentence in the current language, `{name}` filled from the parameters."""
    text = catalogue(current.get()).gettext(sentence)
    return text.format(**params) if params else text


def refusal_text(refusal: RefusalError) -> str:
    """What a refusal says to its reader."""
    return _(refusal.sentence, **refusal.params)
