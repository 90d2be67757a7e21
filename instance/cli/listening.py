"""How `serve` listens: uvicorn's HTTP with bounds on what comes before anybody knows what is asked, its size and its time.

uvicorn keeps a header that never ends until memory is full, and waits for ever for who says nothing: a proxy in front bounds
both, but nobody has to have one.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 65_536  # bytes; the largest that anybody sends are long lists of cookies and signatures, some 10,000
HEAD_SECONDS = 30.0  # from the connection, or from a request's first byte, to the end of its headers
REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Listener(HttpToolsProtocol):
    """One connection."""

    _patience: asyncio.TimerHandle | None = None
    _begun = 0
    """How many requests have begun."""
    _reading = True
    _length = 0
    """Of the head that is being read, without what came together with its first byte."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun += 1
        self._reading, self._length = True, 0
        self._wait()

    def on_headers_complete(self) -> None:
        self._reading = False
        self._wait_no_more()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MOST_HEAD:
            raise ValueError("too long a head")  # the parser makes it a 400
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        begun, reading = self._begun, self._reading
        super().data_received(data)
        if begun == self._begun and reading and self._reading and begun:
            self._length += len(data)
            if self._length > MOST_HEAD and not self.transport.is_closing():
                self.transport.write(REFUSAL)
                self.transport.close()

    def _wait(self) -> None:
        self._wait_no_more()
        self._patience = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
