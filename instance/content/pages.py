"""Pages of posts in one statement each: which posts, in which version, and what the reader did with each (SPEED.md 2, 3).

A row is: `p` the post as listed (a boost, perhaps) with its author `a`, then `s` the post shown with its author `b`,
then the reader's marks. The numbers of each author's row are what a rendered account depends on.
"""

from dataclasses import dataclass
from functools import lru_cache

from instance.content.visible import visible_sql
from instance.db.hot import Query

# Where in a row things are.
LISTED_ID, LISTED_VERSION, LISTED_BY = 0, 1, 2
LISTED_FACE = slice(3, 7)
SHOWN_ID, SHOWN_VERSION, SHOWN_BY = 7, 8, 9
SHOWN_FACE = slice(10, 14)
FAVOURITED, BOOSTED, BOOKMARKED, MUTED, PINNED, VOTES, FILTERS = range(14, 21)

_BASE = """p.id, p.version, p.account_id, a.updated_at, a.followers_count, a.following_count, a.posts_count,
 s.id, s.version, s.account_id, b.updated_at, b.followers_count, b.following_count, b.posts_count"""

_MARKS = """,
 EXISTS (SELECT 1 FROM favourite m1 WHERE m1.account_id = :reader AND m1.post_id = s.id),
 EXISTS (SELECT 1 FROM post m2 WHERE m2.account_id = :reader AND m2.boost_of_id = s.id),
 EXISTS (SELECT 1 FROM bookmark m3 WHERE m3.account_id = :reader AND m3.post_id = s.id),
 EXISTS (SELECT 1 FROM thread_mute m4 WHERE m4.account_id = :reader AND m4.thread_id = s.thread_id),
 CASE WHEN s.account_id = :reader
  THEN EXISTS (SELECT 1 FROM pin m5 WHERE m5.account_id = :reader AND m5.post_id = s.id) END,
 CASE WHEN s.kind = 'question' THEN (SELECT SUM(1 << v.choice) FROM poll q JOIN poll_vote v ON v.poll_id = q.id
  WHERE q.post_id = s.id AND v.account_id = :reader) END,
 (SELECT COUNT(*) FROM word_filter w WHERE w.account_id = :reader)"""

_AUTHORS = "JOIN account a ON a.id = p.account_id JOIN post s ON s.id = {shown} JOIN account b ON b.id = s.account_id"
_SELF_OR_BOOSTED = "COALESCE(p.boost_of_id, p.id)"

_NOT_HIDDEN = """ AND NOT EXISTS (SELECT 1 FROM restriction h WHERE h.account_id = :reader
  AND h.target_id IN (p.account_id, s.account_id) AND (h.expires_at IS NULL OR h.expires_at > :now))
 AND NOT EXISTS (SELECT 1 FROM domain_restriction hd WHERE hd.account_id = :reader AND hd.domain IN (a.domain, b.domain))"""

_SHOWN_ON = """ AND (p.id = s.id OR (p.consent IS NULL AND a.suspended_at IS NULL AND a.deleted_at IS NULL))"""
"""Of a boost that was put before a reader: whoever shows the post on may do so, and is still here."""

_OPENS_A_THREAD = "(p.reply_to_iri IS NULL OR p.reply_to_account_id = p.account_id)"
_IN_SIGHT = " AND NOT p.limited AND NOT a.limited"
_HAS_MEDIA = "EXISTS (SELECT 1 FROM attachment x WHERE x.post_id = s.id)"


def _switch(name: str, condition: str) -> str:
    return f" AND (NOT CAST(:{name} AS boolean) OR {condition})"


@dataclass(frozen=True)
class Source:
    """Where a page's posts come from."""

    tables: str
    where: str
    key: str = "p.id"
    shown: str = _SELF_OR_BOOSTED
    hides: bool = True
    """Whether blocks and mutes of the reader apply."""
    listed_checked: bool = True
    """Whether the listed post (a boost, say) must be visible as well, not only the shown one."""


_PUBLIC = Source(
    "post p",
    f"p.visibility = 'public' AND p.boost_of_id IS NULL AND p.removed_at IS NULL AND {_OPENS_A_THREAD}{_IN_SIGHT}"
    + _switch("local", "a.domain = ''")
    + _switch("remote", "a.domain <> ''")
    + _switch("only_media", _HAS_MEDIA),
    shown="p.id",
)

SOURCES = {
    "home": Source(
        "timeline_entry e JOIN post p ON p.id = e.post_id",
        f"e.account_id = :reader{_SHOWN_ON}",
        "e.post_id",
        "e.shown_id",
        listed_checked=False,
    ),
    "public": _PUBLIC,
    "tag": Source(
        "tag t JOIN post p ON p.id = t.post_id",
        f"t.name = :name AND p.visibility = 'public' AND p.removed_at IS NULL{_IN_SIGHT}"
        + _switch("local", "a.domain = ''")
        + _switch("remote", "a.domain <> ''")
        + _switch("only_media", _HAS_MEDIA),
        "t.post_id",
        "p.id",
    ),
    "list": Source(
        "reading_list_account l JOIN post p ON p.account_id = l.account_id JOIN reading_list r ON r.id = l.list_id",
        "l.list_id = :list AND r.account_id = :reader AND (p.reply_to_iri IS NULL OR p.reply_to_account_id = p.account_id"
        " OR (r.replies_policy <> 'none' AND EXISTS (SELECT 1 FROM reading_list_account l2"
        " WHERE l2.list_id = l.list_id AND l2.account_id = p.reply_to_account_id))"
        " OR (r.replies_policy = 'followed' AND EXISTS (SELECT 1 FROM follow f2 WHERE f2.follower_id = :reader"
        " AND f2.target_id = p.reply_to_account_id AND f2.state = 'accepted')))",
    ),
    "group": Source("post p", f"p.account_id = :group AND p.boost_of_id IS NOT NULL{_SHOWN_ON}", listed_checked=False),
    "account": Source(
        "post p",
        "p.account_id = :account"
        + _switch("exclude_replies", f"(p.boost_of_id IS NOT NULL OR {_OPENS_A_THREAD})")
        + _switch("exclude_boosts", "p.boost_of_id IS NULL")
        + _switch("only_media", _HAS_MEDIA),
        hides=False,
    ),
    "pinned": Source(
        "pin k JOIN post p ON p.id = k.post_id", "k.account_id = :account", "k.id", shown="p.id", hides=False
    ),
    "conversations": Source(
        "post p",
        "p.visibility = 'direct' AND (p.account_id = :reader OR EXISTS (SELECT 1 FROM mention n"
        " WHERE n.post_id = p.id AND n.account_id = :reader))",
        shown="p.id",
    ),
}


@lru_cache(maxsize=64)
def page_query(name: str, *, stranger: bool = False, ascending: bool = False) -> Query:
    """The statement for one page of a source.

    Its parameters: `below`, `above`, `most`; `reader` and `now` unless for a stranger; those of the source.
    """
    source = SOURCES[name]
    seen = visible_sql("s", "b", stranger=stranger)
    if source.listed_checked and source.shown != "p.id":
        seen += f" AND (p.id = s.id OR {visible_sql('p', 'a', stranger=stranger)})"
    hidden = "" if stranger or not source.hides else _NOT_HIDDEN
    return Query(  # only texts of this module go in
        f"SELECT {_BASE}{'' if stranger else _MARKS} FROM {source.tables} {_AUTHORS.format(shown=source.shown)}"
        f" WHERE {source.where} AND {source.key} < :below AND {source.key} > :above AND {seen}{hidden}"
        f" ORDER BY {source.key} {'ASC' if ascending else 'DESC'} LIMIT :most"
    )


@lru_cache(maxsize=2)
def ids_query(*, stranger: bool) -> Query:
    """The statement for posts by id: parameters `ids`, and `reader` unless for a stranger. Order is the caller's."""
    seen = visible_sql("s", "b", stranger=stranger)
    seen += f" AND (p.id = s.id OR {visible_sql('p', 'a', stranger=stranger)})"
    return Query(  # only texts of this module go in
        f"SELECT {_BASE}{'' if stranger else _MARKS} FROM post p {_AUTHORS.format(shown=_SELF_OR_BOOSTED)}"
        f" WHERE p.id IN {{ids}} AND {seen}"
    )
