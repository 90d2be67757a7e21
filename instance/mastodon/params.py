"""Parameters of a request, read alike from query, JSON, form and multipart: `x[]=`, `x=`, `a[b]=` and JSON arrays."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request

from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_

GREATEST_ID = (1 << 63) - 1
MOST_FIELDS = 1000
DEEPEST = 8
_KEY = re.compile(r"\[([^\[\]]*)\]")
_NEVER = re.compile("[\x00\ud800-\udfff]")
_TRUE = {"1", "t", "true", "on", "yes"}


def malformed(status: int = 400) -> RefusalError:
    """The body or query could not be read at all."""
    return RefusalError("malformed", N_("The request could not be read; check how it is written."), status=status)


def wrong(name: str) -> RefusalError:
    """One parameter has a wrong type or value."""
    return RefusalError("wrong-parameter", N_("Validation failed: {name} is not valid"), name=name)


def id_of(text: str) -> int:
    """An id out of a path. What can't be an id names nothing: raises NotFoundError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or int(text) > GREATEST_ID:
        raise NotFoundError
    return int(text)


class Params:
    """Parameters with typed getters; a wrong type is a RefusalError (422) that names the parameter."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def raw(self, name: str) -> Any:
        """The value as it came, None where absent."""
        return self._data.get(name)

    def maybe(self, name: str) -> str | None:
        """Text, or None where absent or null. NUL and lone surrogates are taken out: no database keeps them."""
        value = self._one(name)
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str | int | float):
            raise wrong(name)
        return _NEVER.sub("", str(value))

    def text(self, name: str, default: str = "") -> str:
        """Text, `default` where absent or null."""
        value = self.maybe(name)
        return default if value is None else value

    def flag(self, name: str, default: bool = False) -> bool:
        """A yes or no, however the app writes it."""
        value = self._one(name)
        if value is None or value == "":
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return value != 0
        if not isinstance(value, str):
            raise wrong(name)
        return value.lower() in _TRUE

    def maybe_flag(self, name: str) -> bool | None:
        """A yes or no, None where absent."""
        return self.flag(name) if self._one(name) is not None else None

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number from `low` up; what is above `high` counts as `high`."""
        value = self._one(name)
        if value is None or value == "":
            return default
        number = _whole(value)
        if number is None or number < low:
            raise wrong(name)
        return min(number, high)

    def id(self, name: str) -> int | None:
        """An id, None where absent or empty."""
        value = self._one(name)
        if value is None or value == "":
            return None
        number = _whole(value)
        if number is None or not 0 <= number <= GREATEST_ID:
            raise wrong(name)
        return number

    def texts(self, name: str) -> list[str]:
        """A list of texts; a single value is a list of one."""
        return [Params({"x": value}).text("x") for value in self._many(name)]

    def ids(self, name: str) -> list[int]:
        """A list of ids. What can't be an id names nothing and is left out."""
        numbers = (_whole(value) for value in self._many(name))
        return [number for number in numbers if number is not None and 0 <= number <= GREATEST_ID]

    def numbers(self, name: str) -> list[int]:
        """A list of whole numbers, given as numbers or as text."""
        numbers = [_whole(value) for value in self._many(name)]
        if any(number is None for number in numbers):
            raise wrong(name)
        return [number for number in numbers if number is not None]

    def child(self, name: str) -> "Params | None":
        """A nested object, None where absent."""
        value = self._data.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise wrong(name)
        return Params(value)

    def children(self, name: str) -> list["Params"]:
        """A list of nested objects; a form's `x[0][a]=` counts as a list too."""
        value = self._data.get(name)
        if isinstance(value, Mapping):
            value = list(value.values()) if all(_whole(key) is not None for key in value) else [value]
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise wrong(name)
        return [Params(item) for item in value]

    def file(self, name: str) -> UploadFile | None:
        """An uploaded file of a multipart form."""
        value = self._one(name)
        return value if isinstance(value, UploadFile) else None

    def _one(self, name: str) -> Any:
        value = self._data.get(name)
        if isinstance(value, list):
            if len(value) > 1:
                raise wrong(name)
            return value[0] if value else None
        return value

    def _many(self, name: str) -> list[Any]:
        value = self._data.get(name)
        if value is None or value == "":
            return []
        if isinstance(value, Mapping) and all(_whole(key) is not None for key in value):
            return list(value.values())
        return value if isinstance(value, list) else [value]


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else None


async def params(request: Request) -> Params:
    """All parameters of a request; the body's win over the query's. Raises RefusalError (400, 422)."""
    data = nested(_pairs(request.scope["query_string"]))
    if request.method in {"GET", "HEAD"}:
        return Params(data)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            form = await request.form(max_files=4, max_fields=MOST_FIELDS)
            return Params(data | nested(form.multi_items()))
        body = await request.body()
    except ClientDisconnect:
        raise malformed() from None
    except (MultiPartException, HTTPException, ValueError, KeyError):
        raise malformed() from None
    if not body.strip():
        return Params(data)
    if kind == "application/x-www-form-urlencoded":
        return Params(data | nested(_pairs(body)))
    return Params(data | _json(body))


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise malformed() from None
    if not isinstance(value, dict):
        raise malformed()
    return value


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            encoded.decode(), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise malformed() from None


def nested(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Form fields as nested data, the way Rack reads them: `a[]`, `a[b]`, `a[][b]`, repeated `a`."""
    data: dict[str, Any] = {}
    for key, value in pairs:
        name, bracket, _ = key.partition("[")
        path = _KEY.findall(key[len(name) :]) if bracket else []
        if len(path) > DEEPEST:
            raise malformed(422)
        _put(data, [name, *path], value)
    return data


def _put(place: dict[str, Any], path: list[str], value: Any) -> None:
    name, rest = path[0], path[1:]
    if not rest:
        if name in place:  # `id=1&id=2`, as Enafore writes lists
            old = place[name]
            place[name] = [*old, value] if isinstance(old, list) else [old, value]
        else:
            place[name] = value
    elif rest[0] == "":
        items = place.setdefault(name, [])
        if not isinstance(items, list):
            raise malformed(422)
        if len(rest) == 1:
            items.append(value)
        else:
            if not items or not isinstance(items[-1], dict) or rest[1] in items[-1]:
                items.append({})
            _put(items[-1], rest[1:], value)
    else:
        child = place.setdefault(name, {})
        if not isinstance(child, dict):
            raise malformed(422)
        _put(child, rest, value)
