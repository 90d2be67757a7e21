"""Parameters: every way that apps write them, and garbage, which is refused in words."""

import json
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from instance.errors import NotFoundError, RefusalError
from instance.mastodon.paging import Page, page_of
from instance.mastodon.params import Params, id_of, nested, params


def request(body: bytes = b"", kind: str = "application/json", query: bytes = b"", method: str = "POST") -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", kind.encode())]
    scope = {"type": "http", "method": method, "path": "/", "query_string": query, "headers": headers}
    return Request(scope, receive)


async def statused(reading: Awaitable[Params]) -> Params | int:
    """What was read, or the status of the refusal."""
    try:
        return await reading
    except RefusalError as refusal:
        return refusal.status


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="choices[]"\r\n\r\n1\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"choices": [1]}', "application/json"),
        (b'{"choices": ["1"]}', ""),
        (b"choices[]=1", "application/x-www-form-urlencoded"),
        (b"choices=1", "application/x-www-form-urlencoded; charset=utf-8"),
        (b"choices[0]=1", "application/x-www-form-urlencoded"),
        (MULTIPART, "multipart/form-data; boundary=x"),
    ],
)
async def test_a_list_however_it_is_written(body: bytes, kind: str) -> None:
    assert (await params(request(body, kind))).numbers("choices") == [1]


async def test_a_list_in_the_query_and_the_body_wins() -> None:
    read = await params(request(b'{"a": "body"}', query=b"a=query&id=1&id=2"))
    assert (read.text("a"), read.ids("id")) == ("body", [1, 2])


def test_nested_forms() -> None:
    data = nested(
        [("poll[options][]", "x"), ("poll[options][]", "y"), ("m[][id]", "1"), ("m[][d]", "a"), ("m[][id]", "2")]
    )
    assert data == {"poll": {"options": ["x", "y"]}, "m": [{"id": "1", "d": "a"}, {"id": "2"}]}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[1]", "application/json"),
        (b'{"a":', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json"),
        (b'{"a": "\xff"}', "application/json"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"a[]=1&a[b]=2", "application/x-www-form-urlencoded"),
        (b"a" + b"[b]" * 20 + b"=1", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(2000)), "application/x-www-form-urlencoded"),
        (b"--y", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
    ],
)
async def test_what_cannot_be_read_is_refused(body: bytes, kind: str) -> None:
    read = await statused(params(request(body, kind)))
    if isinstance(read, Params):
        assert kind.startswith("multipart")
        assert "a" not in read
    else:
        assert read in {400, 422}


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "1.5", "99999999999999999999", "１", "9223372036854775808", "1" * 5000]
)
def test_ids_that_name_nothing(text: str) -> None:
    with pytest.raises(NotFoundError):
        id_of(text)


def test_pages() -> None:
    assert page_of(Params({})) == Page(20)
    assert page_of(Params({"limit": "99", "max_id": "5"})) == Page(40, below=5)
    assert page_of(Params({"min_id": 7})) == Page(20, above=7, ascending=True)
    assert page_of(Params({"since_id": "7", "limit": 3})) == Page(3, above=7)
    for bad in ({"limit": -1}, {"limit": "x"}, {"max_id": "x"}, {"max_id": [1, 2]}, {"since_id": {"a": 1}}):
        with pytest.raises(RefusalError):
            page_of(Params(bad))


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(JSONS)
def test_any_value_is_read_or_refused(value: Any) -> None:
    read = Params({"x": value})
    for getter in (read.text, read.flag, read.id, read.texts, read.ids, read.numbers, read.child, read.children):
        with suppress(RefusalError):
            getter("x")
    with suppress(RefusalError):
        assert 1 <= read.number("x", 1, 1, 9) <= 9


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=5), max_size=5))
async def test_any_form_is_read_or_refused(data: dict[str, str]) -> None:
    for body, kind in ((urlencode(data), "application/x-www-form-urlencoded"), (json.dumps(data), "application/json")):
        read = await statused(params(request(body.encode(), kind)))
        assert isinstance(read, Params) or read in {400, 422}
