"""The policy as a form: which input each field of the table takes, what stands in it, and what was typed read back.

Made from the table of fields alone: a new field there is a new input. Inputs are named as their lines; each word that can be
ticked as `line:word`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.checks import contradictions, expired
from policies.document import FIELDS, FORMAT, PolicyDocument, Refused, from_data
from policies.fields import Line, WrongError, value_of
from policies.kinds import Choice, Count, Flag, Moment, Span, Text, Words, no_span, said_as, written_like
from policies.records import ByName, Listed
from policies.times import hours
from policies.toml import read_toml
from policies.words import say
from policies.written import located, records_to_toml

COMMON = (
    "default",
    "meeting",
    "requirement.assurance",
    "promises.erasure_within",
    "promises.authorized_fetch",
    "retention.remote_posts",
    "outgoing.limited_gets",
    "outside.indexable",
    "outside.searchable_by",
)
"""What stewards look for first; all else is folded away."""
LONGEST_TABLE = 20_000
"""A table whose text is longer (an imported list, say) is no matter for a form; it stays as it is."""
EXAMPLES: dict[type, str] = {Span: Span().words(30 * 24), Count: "20", Moment: "2030-01-31T00:00:00Z"}


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `kind`: tick, choose, ticks, lines, line or table; `says` is the field's sentence with `{value}`."""

    name: str
    kind: str
    says: str
    section: str
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""
    common: bool = False


def inputs() -> list[Input]:
    """All inputs, in the order of the table."""
    return [_input(line) for line in FIELDS]


def _input(line: Line) -> Input:
    kind = line.spec.kind
    section = line.path[0] if len(line.path) > 1 else ""
    made: dict[str, Any] = {
        "name": line.name,
        "says": line.spec.says,
        "section": section,
        "common": line.name in COMMON,
    }
    match kind:
        case Flag():
            return Input(kind="tick", **made)
        case Choice(words_known=known):
            return Input(kind="choose", choices=tuple((str(one), kind.words(one)) for one in known), **made)
        case Words(words_known=known) if known is not None:
            return Input(kind="ticks", choices=tuple((str(one), said_as(one)) for one in known), **made)
        case Words(example=example):
            return Input(kind="lines", example=example, **made)
        case ByName() | Listed():
            return Input(kind="table", example=_header(line), **made)
        case Text(example=example):
            return Input(kind="line", example=example, **made)
    return Input(kind="line", example=EXAMPLES.get(type(kind), ""), **made)


def _header(line: Line) -> str:
    kind, path = line.spec.kind, ".".join(line.path)
    return f'[{path}."{kind.example}"]' if isinstance(kind, ByName) else f"[[{path}]]"


def typed(document: PolicyDocument) -> dict[str, str]:
    """What stands in each input for a policy; a table that is too long has none."""
    found: dict[str, str] = {}
    for line in FIELDS:
        value, kind = value_of(document, line.name), line.spec.kind
        plain = kind.plain(value)
        match kind:
            case Flag():
                found[line.name] = "1" if value else ""
            case Words(words_known=known) if known is not None:
                found |= {f"{line.name}:{one}": "1" for one in plain}
            case Words():
                found[line.name] = "\n".join(plain)
            case ByName() | Listed():
                text = records_to_toml(line, value)
                if len(text) <= LONGEST_TABLE:
                    found[line.name] = text
            case Span():
                found[line.name] = "" if value is None else kind.words(value)
            case _:
                found[line.name] = "" if plain is None else str(plain)
    return found


def from_typed(values: Mapping[str, str], base: PolicyDocument, now: int) -> PolicyDocument:
    """The policy that was typed over `base`; `now` in milliseconds. Raises Refused with every mistake found."""
    data: dict[str, Any] = {"format": FORMAT}
    wrong: list[WrongError] = []
    for line in FIELDS:
        try:
            found = _read(line, values, base)
        except WrongError as error:
            wrong.append(error)
            continue
        if found is not None:
            inner = data
            for step in line.path[:-1]:
                inner = inner.setdefault(step, {})
            inner[line.path[-1]] = found
    try:
        document = from_data(data)
    except Refused as error:
        raise Refused(wrong + error.wrong) from error
    wrong += contradictions(document) + expired(document, now)
    if wrong:
        raise Refused(wrong)
    return document


def _read(line: Line, values: Mapping[str, str], base: PolicyDocument) -> Any:
    """Plain data of one input; None where it says nothing."""
    kind, text = line.spec.kind, values.get(line.name, "").strip()
    match kind:
        case Flag():
            return text == "1"
        case Words(words_known=known) if known is not None:
            return [str(one) for one in known if values.get(f"{line.name}:{one}") == "1"]
        case Words():
            return list(dict.fromkeys(one.strip() for one in text.splitlines() if one.strip()))
        case ByName() | Listed():
            if line.name not in values:
                return kind.plain(value_of(base, line.name))
            return _table(line, text)
        case Choice():
            return text or kind.plain(value_of(base, line.name))
        case Text():
            return values.get(line.name, "")
        case Span() if text and hours(text) is None:
            raise no_span(line.path, kind.words(5), kind.words(30 * 24))
        case Count():
            return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text or None
    return text or None


def _table(line: Line, text: str) -> Any:
    try:
        found: Any = read_toml(text)
    except Refused as error:
        [wrong] = error.wrong
        wrong.path = line.path
        raise wrong from error
    for step in line.path:
        if not isinstance(found, dict) or set(found) - {step}:
            raise WrongError(line.path, say("only these rules stand here."), written_like(_header(line)))
        found = found.get(step)
        if found is None:
            return {} if isinstance(line.spec.kind, ByName) else []
    try:
        line.spec.kind.read(found, line.path)
    except WrongError as error:
        raise located([error], text)[0] from error
    return found


def beside(wrong: list[WrongError]) -> dict[str, list[WrongError]]:
    """The mistakes by the name of the input that they belong to; "" for what belongs to none."""
    found: dict[str, list[WrongError]] = {}
    for one in wrong:
        name = next((line.name for line in FIELDS if tuple(one.path[: len(line.path)]) == line.path), "")
        found.setdefault(name, []).append(one)
    return found
