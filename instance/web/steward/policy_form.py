"""The policy as a form: what stands in its inputs, in the reader's language, and what was typed, read back."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from instance.i18n import _, said
from instance.web.frame.visitor import Visitor
from instance.web.steward.policy_desk import SECTIONS
from policies.document import FIELDS, PolicyDocument
from policies.fields import WrongError
from policies.filling import Input, inputs, typed
from policies.kinds import Span, spellings

SPANS = frozenset(line.name for line in FIELDS if isinstance(line.spec.kind, Span))
_NUMBER = re.compile(r"[0-9]{1,6}(?![0-9])")
_VALUE_AT_END = re.compile(r": \{value\}\.?$")


def typed_of(policy: PolicyDocument) -> dict[str, str]:
    """What stands in the inputs, in the reader's language."""
    return {name: said(text) for name, text in typed(policy).items()}


def read_back(values: Mapping[str, str]) -> dict[str, str]:
    """What was typed, spans of time as texts have them: `30 Tage` is `30 days`."""
    return {name: _span(text) if name in SPANS else text for name, text in values.items()}


def _span(text: str) -> str:
    found = _NUMBER.match(text.strip())
    spelled = spellings(int(found[0])) if found else []
    return next((str(one) for one in spelled if said(one).casefold() == text.strip().casefold()), text)


def show_form(visitor: Visitor) -> Response:
    """The page with the form; 422 where something in it could not be read."""
    failed = bool(visitor.form.problem or visitor.form.errors)
    all_of_them = [_shown(one) for one in inputs() if one.kind != "table" or one.name in visitor.form.values]
    sections = {name: _(words) for name, words in SECTIONS.items()}
    folded = [
        (words, [one for one in all_of_them if one["section"] == name and not one["common"]])
        for name, words in sections.items()
    ]
    common = [one for one in all_of_them if one["common"]]
    return visitor.page(
        "steward/policy_form.html",
        422 if failed else 200,
        here="steward",
        common=common,
        folded=folded,
        too_long=len(all_of_them) < len(inputs()),
    )


def _shown(one: Input) -> Mapping[str, Any]:
    """An input with its sentence in the reader's language."""
    return {
        "name": one.name,
        "kind": one.kind,
        "label": _label(_(one.says)),
        "choices": [(value, said(words)) for value, words in one.choices],
        "example": said(one.example),
        "section": one.section,
        "common": one.common,
    }


def _label(sentence: str) -> str:
    """A field's sentence as the label of its input: without the value at its end, with dots where it stands within."""
    ends = _VALUE_AT_END.sub("", sentence)
    return ends if ends != sentence else sentence.replace("{value}", "…").rstrip(".")


def mistake(one: WrongError) -> str:
    """A mistake with its line, if it has one, and the remedy."""
    words = said(one.words)
    words = words[:1].upper() + words[1:]
    return _("Line {line}: {words}", line=one.line, words=words) if one.line else words
