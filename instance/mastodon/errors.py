"""How this door answers: JSON without detours. Refusals are raised; the entrance gives them Mastodon's shape."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

_encoder = msgspec.json.Encoder()


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer of plain data, `msgspec.Raw` parts included."""
    return Response(_encoder.encode(value), status, headers, "application/json; charset=utf-8")


def listed(parts: Sequence[msgspec.Raw], headers: Mapping[str, str] | None = None) -> Response:
    """A JSON array of parts that are JSON already."""
    return Response(b"[" + b",".join(map(bytes, parts)) + b"]", 200, headers, "application/json; charset=utf-8")
