"""Sentences that keep their template: doors put the template into the reader's language and fill it again."""

from collections.abc import Iterable
from typing import Any


class Sentence(str):
    """A plain English sentence; `template` and `params` are what it was made of. Parameters may be sentences too."""

    template: str
    params: dict[str, Any]
    many: str
    """The template for any number but one, where `n` of the parameters is counted; else empty."""

    __slots__ = ("many", "params", "template")


def say(template: str, **params: Any) -> Sentence:
    """A sentence from a template and its parameters. Templates are written where they are said, for the translators."""
    sentence = Sentence(template.format(**params) if params else template)
    sentence.template, sentence.params, sentence.many = template, params, ""
    return sentence


def say_many(one: str, many: str, n: int) -> Sentence:
    """What is said of one thing, or of any other number `{n}` of them."""
    sentence = say(one if n == 1 else many, n=n)
    sentence.template, sentence.many = one, many
    return sentence


def joined(mark: str, parts: Iterable[str]) -> Sentence:
    """Several texts or sentences as one, with a mark between them (no words: it is not translated, the parts are)."""
    named = {f"part{number}": part for number, part in enumerate(parts)}
    return say(mark.join(f"{{{name}}}" for name in named), **named)
