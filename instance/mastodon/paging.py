"""Pages by id: `max_id`, `since_id`, `min_id`, `limit`, and the Link header with absolute addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request

from instance.house import house_of
from instance.mastodon.params import GREATEST_ID, Params


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is asked for: ids strictly between `below` and `above`; `ascending` takes those nearest to `above`."""

    limit: int
    below: int = GREATEST_ID
    above: int = 0
    ascending: bool = False


def page_of(params: Params, default: int = 20, most: int = 40) -> Page:
    """Read the paging parameters. `min_id` asks for the page right above it, `since_id` for the newest.

    Raises RefusalError (422) for what is no id and for limits below 1; more than `most` counts as `most`.
    """
    max_id, min_id, since_id = params.id("max_id"), params.id("min_id"), params.id("since_id")
    return Page(
        limit=params.number("limit", default, 1, most),
        below=GREATEST_ID if max_id is None else max_id,
        above=max(min_id or 0, since_id or 0),
        ascending=min_id is not None,
    )


def link_header(request: Request, ids: Sequence[int], limit: int) -> dict[str, str]:
    """The Link header of a page whose ids, newest first, are given; no header for an empty page.

    `next` is left out where the page is not full: there is nothing older.
    """
    if not ids:
        return {}
    query = request.scope["query_string"].decode("latin-1")
    asked = parse_qsl(query, keep_blank_values=True) if query else []
    kept = urlencode([(key, value) for key, value in asked if key not in {"max_id", "min_id", "since_id"}])
    base = house_of(request).site.url(quote(request.scope["path"])) + "?" + (f"{kept}&" if kept else "")
    links = f'<{base}min_id={ids[0]}>; rel="prev"'
    if len(ids) >= limit:
        links = f'<{base}max_id={ids[-1]}>; rel="next", {links}'
    return {"Link": links}
