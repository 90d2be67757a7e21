"""Documents that rename terms are brought into our own ones apart from the loop, one at a time, and not too many of them."""

import asyncio
from typing import Any

from federation.errors import UnreachableError
from federation.vocab.jsonld import compacted, needs_processing

MOST_WAITING = 50


class Plainly:
    """Takes a document to its plain form; most have it already and cost a glance.

    pyld holds the interpreter for up to 0.2 s with a hostile document: so one at a time, in a thread, and who comes
    when many wait is told to come later.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def __call__(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document in our own terms. Raises MalformedError, or UnreachableError when too many wait."""
        if not needs_processing(document):
            return document
        if self._waiting >= MOST_WAITING:
            raise UnreachableError("too many documents with terms of their own at once")
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(compacted, document)
        finally:
            self._waiting -= 1
