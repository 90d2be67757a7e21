"""GET of a picture of another server, through the same guard as all else; what it holds is for the caller to doubt."""

from federation.client.fetch import SPOKEN_TO, check_status
from federation.client.http import Headers
from federation.context import Federation
from policies.peers import stance

TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"})
MOST_BYTES = 10_000_000


async def picture(federation: Federation, url: str) -> bytes:
    """The bytes at an address. Unsigned: pictures are open to all, and nobody learns for whom it is.

    Raises a FederationError, as `fetch` does.
    """
    policy = await federation.ports.policy.document()

    async def headers(_address: str) -> Headers:
        return {"Accept": ", ".join(sorted(TYPES))}

    def allow(host: str) -> bool:
        return host != federation.domain and stance(policy, host) in SPOKEN_TO

    answer = await federation.client.get(url, TYPES, headers, allow, MOST_BYTES)
    check_status(answer.status, answer.url)
    return answer.body
