"""GET of a picture of another server, through the same guard as all else; what it holds is for the caller to doubt."""

from federation.client.fetch import check_status
from federation.client.gate import speaks_to
from federation.client.http import Headers
from federation.context import Federation
from federation.vocab.iris import host_of

TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"})
MOST_BYTES = 10_000_000


async def picture(federation: Federation, url: str) -> bytes:
    """The bytes at an address. Unsigned: pictures are open to all, and nobody learns for whom it is.

    Raises a FederationError, as `fetch` does.
    """

    async def headers(_address: str) -> Headers:
        return {"Accept": ", ".join(sorted(TYPES))}

    answer = await federation.client.get(url, TYPES, headers, speaks_to(federation), MOST_BYTES)
    check_status(answer.status, host_of(answer.url))
    return answer.body
