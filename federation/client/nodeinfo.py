"""What another server runs, as its NodeInfo says: a name and a version, to be shown to stewards and believed by nobody."""

from typing import Any

from federation.client.fetch import check_status
from federation.client.gate import speaks_to
from federation.client.http import Headers
from federation.context import Federation
from federation.errors import MalformedError, RefusedError, UnreachableError
from federation.vocab import limits
from federation.vocab.iris import host_of
from federation.vocab.reading import listed

TYPES = frozenset({"application/json", "application/jrd+json", "application/activity+json"})
MOST_BYTES = 100_000
MOST_LETTERS = 80
VERSIONS = ("/2.1", "/2.0", "/1.1", "/1.0")
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema"


async def software(federation: Federation, host: str) -> tuple[str, str]:
    """(name, version) of a server; two requests at most, unsigned, to that host alone. Raises a FederationError."""
    try:
        return await _ask(federation, "https", host)
    except (UnreachableError, RefusedError):
        if not federation.plain_peers:
            raise
        return await _ask(federation, "http", host)


async def _ask(federation: Federation, scheme: str, host: str) -> tuple[str, str]:
    links = await _get(federation, f"{scheme}://{host}/.well-known/nodeinfo", host)
    address = next(iter(addresses(links, host)), "")
    if not address:
        raise MalformedError(f"{host} names no NodeInfo of its own")
    found = (await _get(federation, address, host)).get("software")
    if not isinstance(found, dict):
        raise MalformedError(f"{host} does not name its software")
    return word(found.get("name")), word(found.get("version"))


def addresses(links: dict[str, Any], host: str) -> list[str]:
    """Addresses on that host, the newest version first."""
    named = [link for link in listed(links.get("links")) if isinstance(link, dict)]
    by_version = {str(link.get("rel")): str(link.get("href")) for link in named}
    wanted = [by_version[SCHEMA + version] for version in VERSIONS if SCHEMA + version in by_version]
    return [address for address in wanted if host_of(address) == host]


async def _get(federation: Federation, url: str, host: str) -> dict[str, Any]:

    async def headers(_address: str) -> Headers:
        return {"accept": "application/json"}

    answer = await federation.client.get(url, TYPES, headers, speaks_to(federation, host), MOST_BYTES)
    check_status(answer.status, host)
    return limits.parse(answer.body)


def word(given: object) -> str:
    """A name or version as a steward may see it."""
    text = given if isinstance(given, str) else ""
    return "".join(letter for letter in text if letter.isprintable())[:MOST_LETTERS].strip()
