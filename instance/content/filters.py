"""A member's own filters: words, phrases and posts that she wants hidden or covered; kept here, matched where statuses are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from instance.clock import SECOND, Millis
from instance.db.reading import word_filter, word_filter_keyword, word_filter_post
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_
from instance.ids import random_id

CONTEXTS = ("home", "notifications", "public", "thread", "account")
ACTIONS = ("warn", "hide", "blur")
MOST_FILTERS, MOST_KEYWORDS, MOST_POSTS = 100, 200, 1000
LONGEST_TITLE, LONGEST_KEYWORD = 100, 200


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word or phrase of a filter."""

    id: int
    keyword: str
    whole_word: bool


@dataclass(slots=True)
class Filter:
    """One filter with all that it looks for."""

    id: int
    title: str
    contexts: list[str]
    action: str
    expires_at: Millis | None
    keywords: list[Keyword] = field(default_factory=list)
    posts: dict[int, int] = field(default_factory=dict)
    """post id -> id of the row that names it"""


@dataclass(frozen=True, slots=True)
class KeywordChange:
    """A keyword to be added (no id), changed, or taken away."""

    id: int | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    remove: bool = False


@dataclass(frozen=True, slots=True)
class FilterChange:
    """What a filter is to be; None leaves a value as it is. `expires_in` is in seconds, 0 for never."""

    title: str | None = None
    contexts: Sequence[str] | None = None
    action: str | None = None
    expires_in: int | None = None
    keywords: Sequence[KeywordChange] = ()


def all_of(connection: Connection, account_id: int) -> list[Filter]:
    """A member's filters, in three statements; keywords in the order of the alphabet."""
    return _load(connection, select(word_filter).where(word_filter.c.account_id == account_id))


def one(connection: Connection, account_id: int, filter_id: int) -> Filter:
    """One of her filters. Raises NotFoundError."""
    mine = select(word_filter).where(word_filter.c.account_id == account_id, word_filter.c.id == filter_id)
    found = _load(connection, mine)
    if not found:
        raise NotFoundError
    return found[0]


def of_keyword(connection: Connection, account_id: int, keyword_id: int) -> tuple[Filter, Keyword]:
    """One of her keywords, with its filter. Raises NotFoundError."""
    asked = select(word_filter_keyword.c.filter_id).where(word_filter_keyword.c.id == keyword_id)
    found = one(connection, account_id, connection.execute(asked).scalar() or 0)
    return found, next(keyword for keyword in found.keywords if keyword.id == keyword_id)


def of_post(connection: Connection, account_id: int, row_id: int) -> tuple[Filter, int]:
    """The filter and the post that one of her rows names. Raises NotFoundError."""
    asked = select(word_filter_post.c.filter_id).where(word_filter_post.c.id == row_id)
    found = one(connection, account_id, connection.execute(asked).scalar() or 0)
    return found, next(post_id for post_id, named in found.posts.items() if named == row_id)


def create(u: Unit, account_id: int, change: FilterChange) -> Filter:
    """Make a filter. Raises RefusalError."""
    if len(all_of(u.connection, account_id)) >= MOST_FILTERS:
        raise RefusalError("filters-many", N_("You have {most} filters; delete one first."), most=MOST_FILTERS)
    if not change.title or not change.contexts:
        raise RefusalError("filter-empty", N_("Validation failed: a filter needs a title and at least one context"))
    filter_id = random_id()
    values = {"action": "warn", **_values(u, change)}
    u.connection.execute(insert(word_filter).values(id=filter_id, account_id=account_id, **values))
    _keywords(u, filter_id, change.keywords)
    return one(u.connection, account_id, filter_id)


def change(u: Unit, account_id: int, filter_id: int, wanted: FilterChange) -> Filter:
    """Change a filter. Raises RefusalError, NotFoundError."""
    one(u.connection, account_id, filter_id)
    values = _values(u, wanted)
    if values:
        u.connection.execute(update(word_filter).where(word_filter.c.id == filter_id).values(**values))
    _keywords(u, filter_id, wanted.keywords)
    return one(u.connection, account_id, filter_id)


def remove(u: Unit, account_id: int, filter_id: int) -> None:
    """Delete a filter. Raises NotFoundError."""
    one(u.connection, account_id, filter_id)
    for table in (word_filter_keyword, word_filter_post):
        u.connection.execute(delete(table).where(table.c.filter_id == filter_id))
    u.connection.execute(delete(word_filter).where(word_filter.c.id == filter_id))


def add_post(u: Unit, account_id: int, filter_id: int, post_id: int) -> int:
    """Name a post (that she may read: the caller has asked) in a filter; returns the row's id."""
    found = one(u.connection, account_id, filter_id)
    if post_id in found.posts:
        return found.posts[post_id]
    if len(found.posts) >= MOST_POSTS:
        raise RefusalError("filter-full", N_("This filter is full; make another."))
    row_id = random_id()
    u.connection.execute(insert(word_filter_post).values(id=row_id, filter_id=filter_id, post_id=post_id))
    return row_id


def remove_post(u: Unit, account_id: int, row_id: int) -> None:
    """Take a post out of a filter. Raises NotFoundError."""
    of_post(u.connection, account_id, row_id)
    u.connection.execute(delete(word_filter_post).where(word_filter_post.c.id == row_id))


def _values(u: Unit, change: FilterChange) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if change.title is not None:
        values["title"] = change.title.strip()[:LONGEST_TITLE]
    if change.contexts is not None:
        if not change.contexts or any(context not in CONTEXTS for context in change.contexts):
            raise RefusalError("filter-context", N_("Validation failed: Context is not one of those that there are"))
        values["contexts"] = list(dict.fromkeys(change.contexts))
    if change.action is not None:
        if change.action not in ACTIONS:
            raise RefusalError(
                "filter-action", N_("Validation failed: Filter action is not one of those that there are")
            )
        values["action"] = change.action
    if change.expires_in is not None:
        values["expires_at"] = u.now + change.expires_in * SECOND if change.expires_in > 0 else None
    return values


def _keywords(u: Unit, filter_id: int, changes: Sequence[KeywordChange]) -> None:
    rows = word_filter_keyword
    for each in changes:
        mine = (rows.c.id == each.id, rows.c.filter_id == filter_id)
        if each.id is None:
            _add_keyword(u, filter_id, each)
        elif each.remove:
            u.connection.execute(delete(rows).where(*mine))
        else:
            values = {"keyword": each.keyword, "whole_word": each.whole_word}
            values = {name: value for name, value in values.items() if value is not None}
            if values and not u.connection.execute(update(rows).where(*mine).values(**values)).rowcount:
                raise NotFoundError


def _add_keyword(u: Unit, filter_id: int, wanted: KeywordChange) -> None:
    word = (wanted.keyword or "").strip()
    if not word or len(word) > LONGEST_KEYWORD:
        raise RefusalError(
            "keyword-empty", N_("Validation failed: Keyword can't be blank or longer than 200 characters")
        )
    count = u.connection.execute(select(word_filter_keyword.c.id).where(word_filter_keyword.c.filter_id == filter_id))
    if len(count.all()) >= MOST_KEYWORDS:
        raise RefusalError("filter-full", N_("This filter is full; make another."))
    whole = True if wanted.whole_word is None else wanted.whole_word
    values = {"id": random_id(), "filter_id": filter_id, "keyword": word, "whole_word": whole}
    u.connection.execute(insert(word_filter_keyword).values(**values))


def _load(connection: Connection, asked: Any) -> list[Filter]:
    rows = connection.execute(asked.order_by(word_filter.c.id)).all()
    found = {row.id: Filter(row.id, row.title, list(row.contexts), row.action, row.expires_at) for row in rows}
    if not found:
        return []
    keywords = select(word_filter_keyword).where(word_filter_keyword.c.filter_id.in_(found))
    for row in connection.execute(keywords.order_by(word_filter_keyword.c.keyword, word_filter_keyword.c.id)):
        found[row.filter_id].keywords.append(Keyword(row.id, row.keyword, row.whole_word))
    for row in connection.execute(select(word_filter_post).where(word_filter_post.c.filter_id.in_(found))):
        found[row.filter_id].posts[row.post_id] = row.id
    return list(found.values())
