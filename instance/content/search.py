"""Search in what the reader may read: people we know, her own posts and those she took part in, hashtags.

Sealed words (direct posts) are opened for a bounded number of the newest posts only; they are in no index.
"""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from instance.content.visible import visible_to
from instance.content.words import words_of
from instance.db.content import bookmark, favourite, mention, post, tag
from instance.db.people import account, follow
from instance.people import accounts as people
from instance.people import restrictions
from instance.people.accounts import MARK
from instance.policy.inforce import in_force_here
from instance.sanitise import plain
from instance.site import Site
from policies.leaving import Searchers

WINDOW = 500
"""How many of the newest posts within her reach a search looks through."""
LONGEST = 200

_HANDLE = re.compile(r"@?(!?)([\w.-]+)(!\w+)?(?:@([\w.:\[\]-]+))?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for."""

    text: str
    limit: int = 20
    offset: int = 0
    following: bool = False
    account_id: int | None = None


def handle_of(text: str, our_domain: str) -> tuple[str, str] | None:
    """(name, domain) of a handle like `@ann`, `ann@b.example`, `!group@b.example`; domain '' is ours. None if it is none."""
    match = _HANDLE.fullmatch(text.strip().removeprefix("acct:"))
    if match is None:
        return None
    domain = (match[4] or "").lower()
    kind = match[3] or (f"{MARK}group" if match[1] else "")
    return (match[2], "") if domain in {"", our_domain} else (match[2] + kind, domain)


def accounts(connection: Connection, reader_id: int, wanted: Wanted, our_domain: str) -> list[int]:
    """Accounts by handle, name or address: exact first, then those she follows."""
    text = wanted.text.strip()[:LONGEST]
    if not text:
        return []
    c = account.c
    exact = or_(c.iri == text, c.url == text)
    handle = handle_of(text, our_domain)
    if handle is not None:
        row = people.by_name(connection, *handle)
        exact = or_(exact, c.id == row.id) if row is not None else exact
    followed = select(follow.c.target_id).where(follow.c.follower_id == reader_id, follow.c.state == "accepted")
    asked = select(c.id).where(c.deleted_at.is_(None), c.suspended_at.is_(None))
    if wanted.following:
        asked = asked.where(c.id.in_(followed))
    offered = and_(~c.limited, or_(c.discoverable, c.domain != "", c.kind == "group"))
    findable = or_(offered, c.id == reader_id, c.id.in_(followed))
    found = and_(findable, c.kind != "application", _like(text, handle))  # mostly servers; some bots, by their handle
    asked = asked.where(or_(exact, found))
    order = case((exact, 0), (c.id.in_(followed), 1), else_=2)
    return list(
        connection.execute(asked.order_by(order, c.name, c.id).limit(wanted.limit).offset(wanted.offset)).scalars()
    )


def _like(text: str, handle: tuple[str, str] | None) -> ColumnElement[bool]:
    words = _escaped((handle[0].partition(MARK)[0] if handle else text.lstrip("@")).lower())
    like = or_(
        func.lower(account.c.name).like(f"{words}%", escape="\\"),
        func.lower(account.c.display_name).like(f"%{words}%", escape="\\"),
    )
    if handle is not None and handle[1]:
        there = f"{_escaped(handle[1])}%"
        hosts = (account.c.domain, account.c.handle_host)
        like = and_(like, or_(*(host.like(there, escape="\\") for host in hosts)))
    return like


def directory(connection: Connection, limit: int, offset: int, newest_first: bool) -> list[int]:
    """Local people and groups who want to be found."""
    c = account.c
    asked = select(c.id).where(c.domain == "", c.discoverable, c.deleted_at.is_(None), c.suspended_at.is_(None))
    order = c.created_at.desc() if newest_first else func.coalesce(c.last_post_at, 0).desc()
    return list(connection.execute(asked.order_by(order, c.id).limit(limit).offset(offset)).scalars())


def _found_by_all(connection: Connection) -> list[ColumnElement[bool]]:
    """Posts that any member finds, as far as the policy says that their words may be searched at all."""
    if in_force_here(connection).outside.searchable_by is Searchers.NOBODY:
        return []
    authors = select(account.c.id).where(account.c.indexable, ~account.c.limited)
    return [and_(post.c.visibility == "public", ~post.c.limited, post.c.account_id.in_(authors))]


def posts(connection: Connection, reader_id: int, wanted: Wanted, site: Site) -> list[int]:
    """Posts that hold all words: her own, those that name her, that she marked, and public ones whose authors allow it."""
    words = [word.lower() for word in wanted.text.split()][:10]
    if not words:
        return []
    c = post.c
    wanted_by_her = or_(c.account_id == reader_id, ~restrictions.hides(reader_id, c.account_id, site.clock.now()))
    hers = or_(
        c.account_id == reader_id,
        *(
            c.id.in_(select(marks.c.post_id).where(marks.c.account_id == reader_id))
            for marks in (mention, favourite, bookmark)
        ),
        *_found_by_all(connection),
    )
    asked = select(post).where(hers, visible_to(reader_id), c.boost_of_id.is_(None), wanted_by_her)
    if wanted.account_id is not None:
        asked = asked.where(c.account_id == wanted.account_id)
    found = []
    for row in connection.execute(asked.order_by(c.id.desc()).limit(WINDOW)):
        said = words_of(site.vault, row)
        text = f"{said.title}\n{said.summary}\n{plain(said.content)}".lower()
        if all(word in text for word in words):
            found.append(row.id)
    return found[wanted.offset : wanted.offset + wanted.limit]


def at_address(connection: Connection, reader_id: int, address: str) -> list[int]:
    """The post at an address (its page or its id), if the reader may see it."""
    asked = select(post.c.id).where(or_(post.c.iri == address, post.c.url == address), visible_to(reader_id))
    return list(connection.execute(asked.where(post.c.boost_of_id.is_(None)).limit(1)).scalars())


def tags(connection: Connection, wanted: Wanted) -> list[str]:
    """Hashtags of public posts that begin so."""
    text = _escaped(wanted.text.strip().lstrip("#").lower()[:LONGEST])
    if not text:
        return []
    asked = select(tag.c.name, func.count().label("uses")).join(post, post.c.id == tag.c.post_id)
    asked = asked.join(account, account.c.id == post.c.account_id)
    asked = asked.where(tag.c.name.like(f"{text}%", escape="\\"), post.c.visibility == "public", visible_to(None))
    asked = asked.where(~post.c.limited, ~account.c.limited).group_by(tag.c.name)
    ordered = asked.order_by(func.count().desc(), tag.c.name).limit(wanted.limit).offset(wanted.offset)
    return [row.name for row in connection.execute(ordered)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
