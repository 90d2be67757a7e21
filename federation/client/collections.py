"""Collections of other servers, page by page, within bounds: loops end, and no page speaks for another origin."""

from collections.abc import AsyncIterator
from typing import Any

from federation.client.fetch import fetch_document
from federation.context import Federation
from federation.errors import UnbelievableError
from federation.vocab.iris import bare, same_origin
from federation.vocab.reading import iri, listed

KINDS = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})
MOST_PAGES, MOST_ITEMS = 10, 200


async def items(federation: Federation, start: Any, owner: str, *, most: int = MOST_ITEMS) -> AsyncIterator[Any]:
    """The items of a collection, at most `most`, as they stand there: IRIs or documents, none of them believed yet.

    `start`: its IRI, or the collection as embedded in a document of `owner`'s origin; all its pages must lie there too.
    Ends quietly at a page seen before, after `MOST_PAGES` pages, and where a page is none. Raises what `fetch` raises.
    """
    seen: set[str] = set()
    given = 0
    page: Any = start
    for _ in range(MOST_PAGES):
        page = await _page(federation, page, owner, seen)
        if page is None:
            return
        found = [*listed(page.get("orderedItems")), *listed(page.get("items"))]
        for item in found[: most - given]:
            yield item
        given += len(found)
        page = after(page)
        if given >= most or not page:
            return


def after(page: dict[str, Any]) -> Any:
    """What follows in a collection: its first page, or the next one. WordPress names the first one in every page."""
    is_page = any(str(kind).endswith("Page") for kind in listed(page.get("type")))
    return page.get("next") if is_page else page.get("first") or page.get("next")


async def _page(federation: Federation, page: Any, owner: str, seen: set[str]) -> dict[str, Any] | None:
    """A page: as embedded where it carries something, else fetched; None for one that was seen, or is none."""
    embedded = page if isinstance(page, dict) and KINDS & set(listed(page.get("type"))) else None
    address = bare(iri(page))
    if address and (address in seen or not same_origin(address, owner)):
        return None
    seen |= {address} - {""}
    if embedded is not None and any(name in embedded for name in ("items", "orderedItems", "first")):
        return embedded
    if not address or federation.is_ours(address):
        return None
    document = await fetch_document(federation, address)
    if not same_origin(str(document.get("id")), owner):
        raise UnbelievableError("a page of another origin")
    return document if KINDS & set(listed(document.get("type"))) else None
