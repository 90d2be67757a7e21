"""Follower synchronisation (FEP-8fcf): two servers compare by a digest who of one follows an actor of the other.

It is never an authority: a header that we get makes us look, what we then find must have the digest that the actor signed,
and all that follows from it concerns that actor's followers here alone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from federation.client import collections
from federation.client.budget import MOST, budget
from federation.client.fetch import get_json
from federation.context import Federation
from federation.errors import FederationError, MalformedError, UnbelievableError
from federation.ports import Reader
from federation.vocab.iris import host_of, is_iri, same_origin
from federation.vocab.reading import listed

HEADER = "collection-synchronization"
NAME = "followers_synchronization"
"""The last part of the address of an actor's followers on the server that asks."""
LONGEST = 2000
MOST_PAGES, MOST_ITEMS = 20, 20_000
MOST_REQUESTS = 20
"""Of those that one activity may cause."""
PART = re.compile(r'\s*([A-Za-z]+)="([^"]*)"\s*(?:,|$)')
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Offered:
    """What a peer says of its actor's followers here: `url` names them, `digest` is over them."""

    collection: str
    url: str
    digest: str


def digest(iris: Iterable[str]) -> str:
    """The digest over some actors: the SHA-256 of each, put together by XOR (so their order does not matter)."""
    found = 0
    for iri in set(iris):
        found ^= int.from_bytes(sha256(iri.encode()).digest(), "big")
    return f"{found:064x}"


def read_header(text: str) -> Offered | None:
    """A header as it came; None for what is none."""
    if len(text) > LONGEST:
        return None
    given: dict[str, str] = {}
    at = 0
    while at < len(text):
        part = PART.match(text, at)
        if part is None or part[1] in given:
            return None
        given[part[1]] = part[2]
        at = part.end()
    found = Offered(given.get("collectionId", ""), given.get("url", ""), given.get("digest", "").lower())
    well = is_iri(found.collection) and is_iri(found.url) and DIGEST.fullmatch(found.digest)
    return found if well else None


async def header_for(federation: Federation, actor: str, inbox: str) -> dict[str, str]:
    """The header of a post of our actor to its followers that goes to this inbox."""
    there = Reader(inbox, host_of(inbox))
    found = await federation.ports.objects.collection(actor, NAME, there)
    if found is None or found.items is None:
        return {}
    parts = f'collectionId="{actor}/followers", url="{actor}/{NAME}", digest="{digest(found.items)}"'
    return {HEADER: parts}


async def compare(federation: Federation, actor: str, text: str, signed: bytes) -> None:
    """A header that came with an activity of a peer's actor: where its digest is not ours, have a job look into it.

    `signed` is what the signature covers; a header that it leaves out says nothing.
    """
    offered = read_header(text) if text.encode() in signed else None
    if offered is None or not same_origin(offered.url, actor):
        return
    await federation.ports.followers.compare(actor, offered.collection, offered.url, offered.digest)


async def followers_here(federation: Federation, url: str, wanted: str) -> list[str]:
    """Who of ours follows an actor, as its server says now: all of them, with the digest that the actor signed.

    At most `MOST_REQUESTS`, for which the activity with the header answers; a page that a redirect led elsewhere for is none.
    Raises a FederationError: what can't be had whole is worth nothing, for whoever is left out would lose the follow.
    """
    found: set[str] = set()
    page, asked = url, 0
    host = host_of(url)
    with budget(host, federation.domain, before={host: MOST - MOST_REQUESTS}):
        while page:
            asked += 1
            document, came_from = await get_json(federation, page)
            if asked > MOST_PAGES or len(found) > MOST_ITEMS:
                raise MalformedError("that collection is too long")
            found |= {one for one in _items(document) if isinstance(one, str) and federation.is_ours(one)}
            page = _next(document)
            if not same_origin(came_from, url) or (page and not same_origin(page, url)):
                raise UnbelievableError("that collection goes on elsewhere")
    if digest(found) != wanted:
        raise FederationError("the followers have changed since")
    return sorted(found)


def _items(document: dict[str, Any]) -> list[Any]:
    """All of them, however many: a part of a list is worth nothing."""
    given = [document.get(name) for name in ("orderedItems", "items")]
    return [one for items in given for one in (items if isinstance(items, list) else listed(items))] + _first(document)


def _first(document: dict[str, Any]) -> list[Any]:
    first = document.get("first")
    return _items(first) if isinstance(first, dict) and "first" not in first else []


def _next(document: dict[str, Any]) -> str:
    following = collections.after(document)
    if isinstance(following, dict):  # the first page, embedded: `_items` has read it
        following = collections.after(following)
    return following if isinstance(following, str) else ""
