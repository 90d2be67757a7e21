"""Which of a reader's word filters a status matches: the `filtered` array that apps draw their warnings from."""

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from instance.clock import iso
from instance.db.hot import Query
from instance.house import House
from instance.mastodon.rendered import encode

FILTERS = Query(
    "SELECT f.id, f.title, f.contexts, f.action, f.expires_at, k.keyword, k.whole_word, NULL AS post_id"
    " FROM word_filter f JOIN word_filter_keyword k ON k.filter_id = f.id"
    " WHERE f.account_id = :reader AND (f.expires_at IS NULL OR f.expires_at > :now)"
    " UNION ALL SELECT f.id, f.title, f.contexts, f.action, f.expires_at, NULL, NULL, p.post_id"
    " FROM word_filter f JOIN word_filter_post p ON p.filter_id = f.id"
    " WHERE f.account_id = :reader AND (f.expires_at IS NULL OR f.expires_at > :now)"
)


@dataclass(slots=True)
class _Filter:
    entity: dict[str, Any]
    keywords: list[tuple[str, re.Pattern[str]]]
    posts: set[int]


class Filters:
    """A reader's filters that apply in one context."""

    def __init__(self, filters: list[_Filter]) -> None:
        self._filters = filters

    def matches(self, post_id: int, words: str) -> bytes:
        """The JSON of the FilterResults for a post with these words (lower case)."""
        results = []
        for each in self._filters:
            found = [keyword for keyword, pattern in each.keywords if pattern.search(words)]
            if found or post_id in each.posts:
                by_post = [str(post_id)] if post_id in each.posts else []
                results.append({"filter": each.entity, "keyword_matches": found, "status_matches": by_post})
        return encode(results) if results else b"[]"


def _pattern(keyword: str, whole_word: bool) -> re.Pattern[str]:
    """A keyword as Mastodon understands it: word boundaries only next to word characters."""
    text = keyword.lower()
    start = r"\b" if whole_word and text[:1].isalnum() else ""
    end = r"\b" if whole_word and text[-1:].isalnum() else ""
    return re.compile(start + re.escape(text) + end)


async def filters_of(house: House, reader_id: int, context: str) -> Filters | None:
    """The reader's filters in a context; None where she has none there."""
    filters: dict[int, _Filter] = {}
    for row in await house.store.hot(FILTERS, reader=reader_id, now=house.site.clock.now()):
        contexts = msgspec.json.decode(row[2]) if isinstance(row[2], str) else row[2]
        if context not in contexts:
            continue
        entity = {"id": str(row[0]), "title": row[1], "context": contexts, "filter_action": row[3]}
        entity["expires_at"] = iso(row[4]) if row[4] else None
        each = filters.setdefault(row[0], _Filter(entity, [], set()))
        if row[5]:
            each.keywords.append((row[5], _pattern(row[5], bool(row[6]))))
        if row[7] is not None:
            each.posts.add(row[7])
    return Filters(list(filters.values())) if filters else None
