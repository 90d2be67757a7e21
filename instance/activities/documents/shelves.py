"""What hangs on a post of ours as collections: its replies, and its whole thread (FEP-7888), as one reader may see them.

Strangers find only what everyone may read, and nothing that a group's moderators took out or have not let through. Of other servers' posts only such ones are named, to whoever asks.
"""

from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from federation.ports import Collected
from instance.content.submissions import waits_for_its_group
from instance.content.visible import visible_to
from instance.db.content import post
from instance.people import accounts
from instance.policy.kept import keepers
from instance.site import Site
from policies.audience import OPEN_TO_ALL

MOST = 200


def replies(connection: Connection, site: Site, row: Row[Any], reader_id: int | None, host: str) -> Collected:
    """The answers to a post, oldest first."""
    return Collected(_shown(connection, site, post.c.reply_to_id == row.id, reader_id, host))


def context(
    connection: Connection, site: Site, row: Row[Any], reader_id: int | None, host: str = ""
) -> Collected | None:
    """The thread that a post of ours began, itself included; None where it did not begin one."""
    if row.thread_id != str(row.id) or row.reply_to_iri:
        return None
    author = accounts.by_id(connection, row.account_id)
    owner = {"attributedTo": author.iri} if author is not None else {}
    return Collected(_shown(connection, site, post.c.thread_id == row.thread_id, reader_id, host), terms=owner)


def _shown(connection: Connection, site: Site, which: Any, reader_id: int | None, host: str) -> list[Any]:
    ours = post.c.iri.startswith(site.base_url + "/", autoescape=True)
    told = or_(post.c.visibility.in_(OPEN_TO_ALL), ours)
    there = and_(which, post.c.boost_of_id.is_(None), told, visible_to(reader_id))
    there = and_(there, post.c.removed_at.is_(None), ~waits_for_its_group())
    keeping = keepers(connection, host) if host else []
    if keeping:
        there = and_(there, post.c.account_id.not_in(keeping))
    return list(connection.execute(select(post.c.iri).where(there).order_by(post.c.id).limit(MOST)).scalars())
