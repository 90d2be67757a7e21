"""JSON from strangers: bytes, depth and width are checked before anything walks it."""

import re
from typing import Any

import msgspec

from federation.errors import MalformedError, TooLargeError

MOST_BYTES = 1_000_000
DEEPEST = 32
MOST_VALUES = 20_000

# A string that does not end runs to the end of the body: one pass, whatever is in it.
_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
LARGEST_NUMBER = 2**63 - 1
_decoder = msgspec.json.Decoder()


def parse(body: bytes) -> dict[str, Any]:
    """A JSON object within our limits. Raises MalformedError or TooLargeError."""
    if len(body) > MOST_BYTES:
        raise TooLargeError(f"more than {MOST_BYTES} bytes")
    if body.count(b"[") + body.count(b"{") > DEEPEST:
        _check_depth(body)
    try:
        document = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError("that is not JSON") from error
    if not isinstance(document, dict):
        raise MalformedError("that is no JSON object")
    if len(body) > 4096 or _LONG_NUMBER.search(body):
        _check_width(document)
    return _without_nul(document) if b"\\u0000" in body else document


def _check_depth(body: bytes) -> None:
    depth = 0
    for match in _BRACKETS.finditer(body):
        mark = match[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth > DEEPEST:
                raise MalformedError(f"nested deeper than {DEEPEST}")
        elif mark in (b"]", b"}"):
            depth -= 1


def _check_width(document: dict[str, Any]) -> None:
    """Not too many values, and no number that no database and no encoder takes."""
    seen = 0
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        inner = value.values() if isinstance(value, dict) else value
        seen += len(value)
        if seen > MOST_VALUES:
            raise MalformedError(f"more than {MOST_VALUES} values")
        for item in inner:
            if isinstance(item, dict | list):
                waiting.append(item)
            elif type(item) is int and abs(item) > LARGEST_NUMBER:
                raise MalformedError("a number beyond all bounds")


def _without_nul(value: Any) -> Any:
    """The same without NUL characters, which no PostgreSQL keeps and nobody reads."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(item) for name, item in value.items()}
    return value


def encode(document: dict[str, Any]) -> str:
    """A document as text, for our own rows."""
    return msgspec.json.encode(document).decode()
