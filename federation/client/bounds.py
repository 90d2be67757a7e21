"""Bounds on the way in which another server answers: a head ends, and a body comes in pieces that are worth reading.

Time and size are bounded elsewhere. What is left costs us more than who sends it: `100 Continue` without end before the answer,
bodies of a byte at a time.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore

from federation.errors import UnreachableError

MOST_HEAD = 131_072
"""Bytes of an answer's head, what comes before it included; and of all that a delivery is answered."""
FEW_PIECES, SMALLEST_PIECE = 2000, 16

_started, _ended = "receive_response_headers.started", "receive_response_headers.complete"


class Head:
    """Whether the head of an answer is being read; `trace` is told so by httpcore."""

    def __init__(self) -> None:
        self.reading = False

    async def trace(self, name: str, _info: Any) -> None:
        if name.endswith(_started):
            self.reading = True
        elif name.endswith(_ended):
            self.reading = False


_head: ContextVar[Head | None] = ContextVar("head", default=None)


@contextmanager
def reading_a_head() -> Iterator[Head]:
    """While one request is made: streams bound what they read before its answer begins."""
    head = Head()
    token = _head.set(head)
    try:
        yield head
    finally:
        _head.reset(token)


class BoundedStream(httpcore.AsyncNetworkStream):
    """A connection that ends where too much comes: of a head, or, with `all_of_it`, of an answer as a whole."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, *, all_of_it: bool) -> None:
        self._inner = inner
        self._all_of_it = all_of_it
        self._length = 0  # since something was sent

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._inner.read(max_bytes, timeout)
        self._length += len(data)
        if self._length > MOST_HEAD and (self._all_of_it or ((head := _head.get()) is not None and head.reading)):
            raise httpcore.ReadError("an answer that does not begin")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._length = 0
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        return BoundedStream(inner, all_of_it=self._all_of_it)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Pieces:
    """The pieces that a body comes in."""

    def __init__(self) -> None:
        self._number = self._length = 0

    def check(self, piece: bytes) -> None:
        """Count one more. Raises UnreachableError where they are many and hold next to nothing."""
        self._number += 1
        self._length += len(piece)
        if self._number > FEW_PIECES and self._length < self._number * SMALLEST_PIECE:
            raise UnreachableError("a body that comes in crumbs")
