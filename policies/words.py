"""Sentences that keep their template: doors put the template into the reader's language and fill it again."""

from typing import Any


class Sentence(str):
    """A plain English sentence; `template` and `params` are what it was made of."""

    template: str
    params: dict[str, Any]

    __slots__ = ("params", "template")


def say(template: str, **params: Any) -> Sentence:
    """A sentence from a template and its parameters. Templates are written where they are said, for the translators."""
    sentence = Sentence(template.format(**params) if params else template)
    sentence.template, sentence.params = template, params
    return sentence
