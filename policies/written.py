"""A policy as people write it: TOML out with a sentence above each line, TOML in with the line of every mistake."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from policies.checks import contradictions, expired
from policies.document import FIELDS, FORMAT, PolicyDocument, Refused, from_data
from policies.fields import Line, Path, WrongError, value_of
from policies.kinds import Count, Moment, Span
from policies.records import ByName, Listed
from policies.stricter import loosened
from policies.toml import read_toml

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_KEY = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|("(?:[^"\\\n]|\\.)*")|'([^'\n]*)')[ \t]*""")
_STRING = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)


def to_toml(document: PolicyDocument, words: Callable[[str], str] = str) -> str:
    """The whole policy, every field with its sentence; what is not said stands there as a comment.

    `words` puts a sentence into the reader's language.
    """
    out = [f"format = {FORMAT}"]
    sections = list(dict.fromkeys(line.path[:-1] for line in FIELDS))
    for section in sorted(sections, key=len):
        if section:
            out += ["", f"[{_dotted(section)}]"]
        mine = [line for line in FIELDS if line.path[:-1] == section]
        tables = [line for line in mine if isinstance(line.spec.kind, ByName | Listed)]
        for line in mine:
            if line not in tables:
                out += leaf(line, value_of(document, line.name), words)
        for line in tables:
            out += _table(line, value_of(document, line.name))
    return "\n".join(out) + "\n"


def leaf(line: Line, value: Any, words: Callable[[str], str] = str) -> list[str]:
    """A field with its sentence above it."""
    said = f"# {words(line.spec.says).replace('{value}', '…')}"
    key = _dotted(line.path[-1:])
    if value is None:
        return [said, f"# {key} = {_EXAMPLES[type(line.spec.kind)]}"]
    return [said, f"{key} = {_value(line, value)}"]


_EXAMPLES = {Span: '"30 days"', Count: "20", Moment: "2030-01-31T00:00:00Z"}


def _value(line: Line, value: Any) -> str:
    plain = line.spec.kind.words(value) if isinstance(line.spec.kind, Span) else line.spec.kind.plain(value)
    if isinstance(line.spec.kind, Moment):
        return str(plain)
    if isinstance(plain, list):
        return "[" + ", ".join(_quoted(one) for one in plain) + "]"
    return _quoted(plain) if isinstance(plain, str) else json.dumps(plain)


def _table(line: Line, value: Any) -> list[str]:
    kind = line.spec.kind
    assert isinstance(kind, ByName | Listed)
    named = sorted(value.items()) if isinstance(value, dict) else [("", record) for record in value]
    out: list[str] = []
    for name, record in named:
        path = _dotted((*line.path, name)) if isinstance(kind, ByName) else _dotted(line.path)
        out += ["", f"[{path}]" if isinstance(kind, ByName) else f"[[{path}]]"]
        for inner in kind.table:
            found = value_of(record, inner.name)
            if found != inner.default or inner.spec.always:
                out.append(f"{inner.name} = {_value(inner, found)}")
    return out


def records_to_toml(line: Line, value: Any) -> str:
    """One table of records alone, as it stands in the whole text; for a field whose kind is ByName or Listed."""
    return "\n".join(_table(line, value)).strip()


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(step if _BARE.fullmatch(step) else _quoted(step) for step in path)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def from_toml(text: str, *, now: int, instance: PolicyDocument | None = None) -> PolicyDocument:
    """Read what a person wrote; `now` in milliseconds.

    With `instance`, the text is a group's: it says only what it changes, and nothing may be looser than there. Raises Refused
    with every mistake found, each with its line and what to do: unknown words, contradictions, what has expired.
    """
    data = read_toml(text)
    if instance is not None:
        data = _laid_over(instance.as_dict(), data)
    try:
        document = from_data(data)
        wrong = contradictions(document) + expired(document, now)
        if instance is not None:
            wrong += loosened(instance, document)
        if wrong:
            raise Refused(wrong)
    except Refused as error:
        raise Refused(located(error.wrong, text)) from error
    return document


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _laid_over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def located(wrong: list[WrongError], text: str) -> list[WrongError]:
    """The mistakes with their lines, in the order of the text; one without a line of its own gets that of what it is in."""
    lines = key_lines(text)
    for one in wrong:
        path: Path = one.path
        while path and path not in lines:
            path = path[:-1]
        one.line = lines.get(path)
    return sorted(wrong, key=lambda one: one.line or 0)


def key_lines(text: str) -> dict[Path, int]:
    """Path -> line of every key of a TOML text that `tomllib` reads; keys inside of values have none."""
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    prefix: Path = ()
    at = 0
    while at < len(text):
        if text[at] in " \t\r\n\ufeff":
            at += 1
        elif text[at] == "#":
            at = _line_end(text, at)
        elif text[at] == "[":
            many = text.startswith("[[", at)
            path, after = _keys(text, at + 1 + many)
            prefix = _indexed(path, counts)
            if many:
                counts[prefix] = counts.get(prefix, -1) + 1
                prefix = (*prefix, counts[prefix])
            line = text.count("\n", 0, at) + 1
            for size in range(1, len(prefix) + 1):
                found.setdefault(prefix[:size], line)
            at = _line_end(text, after)
        else:
            path, after = _keys(text, at)
            line = text.count("\n", 0, at) + 1
            for size in range(1, len(path) + 1):
                found.setdefault((*prefix, *path[:size]), line)
            at = _value_end(text, after)
    return found


def _keys(text: str, at: int) -> tuple[tuple[str, ...], int]:
    path: list[str] = []
    while match := _KEY.match(text, at):
        bare, basic, literal = match.groups()
        path.append(bare or (tomllib.loads(f"x = {basic}")["x"] if basic else literal or ""))
        at = match.end()
        if not text.startswith(".", at):
            break
        at += 1
    return tuple(path), at


def _indexed(path: tuple[str, ...], counts: Mapping[Path, int]) -> Path:
    """A header's path with the number of each list that it goes through."""
    full: Path = ()
    for number, step in enumerate(path):
        full = (*full, step)
        if full in counts and number < len(path) - 1:
            full = (*full, counts[full])
    return full


def _value_end(text: str, at: int) -> int:
    depth = 0
    while at < len(text):
        letter = text[at]
        if letter in "\"'":
            match = _STRING.match(text, at)
            at = match.end() if match else at + 1
            continue
        if letter == "#":
            at = _line_end(text, at)
            continue
        if letter == "\n" and depth == 0:
            return at + 1
        depth += (letter in "[{") - (letter in "]}")
        at += 1
    return at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
