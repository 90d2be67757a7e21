"""Looks at a peer as a stranger does: unsigned GETs of pages, media and public API. Nothing is kept but what was found."""

from dataclasses import dataclass

from federation.client.http import Headers, Seen
from federation.context import Federation
from federation.vocab.iris import host_of

ACTIVITY = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
JSON = "application/json"
ANYTHING = "*/*"


@dataclass(frozen=True, slots=True)
class Glance:
    """What a stranger gets at an address."""

    url: str
    status: int
    body: bytes

    @property
    def answered(self) -> bool:
        return 200 <= self.status < 300

    def holds(self, word: str) -> bool:
        """Whether the answer holds a word, however it is cased."""
        return self.answered and word.lower().encode() in self.body.lower()


async def glance(federation: Federation, url: str, accept: str = ANYTHING) -> Glance:
    """One unsigned GET, without a cookie or a token, on the host that is named. Raises UnreachableError, RefusedError."""
    host = host_of(url)

    async def headers(_address: str) -> Headers:
        return {"accept": accept}

    async def allow(other: str) -> bool:
        return other == host

    seen: Seen = await federation.client.look(url, headers, allow)
    return Glance(seen.url, seen.status, seen.body)
