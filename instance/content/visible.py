"""The SQL twin of `policies.audience.may_read`: who sees that a post exists. Asked wherever posts are read.

The condition is text with one parameter, `:reader`, so that hot queries and SQLAlchemy share it. A reader is an account,
ours or one of another server that likes, answers or asks; servers are judged by `policies` besides.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select, text, true

from instance.db.content import post
from instance.errors import NotFoundError
from policies.audience import PostAudience, ReaderFacts, Visibility, may_read

_ACTIVE = """EXISTS (SELECT 1 FROM account va WHERE va.id = {p}.account_id
  AND va.suspended_at IS NULL AND va.deleted_at IS NULL)"""

_STRANGER = """({p}.deleted_at IS NULL AND {p}.consent IS NULL AND {p}.visibility IN ('public', 'unlisted')
  AND NOT {p}.local_only AND {active})"""

_READER = """({p}.deleted_at IS NULL AND {active} AND ({p}.account_id = :reader OR (
  NOT EXISTS (SELECT 1 FROM restriction vr
    WHERE vr.account_id = {p}.account_id AND vr.target_id = :reader AND vr.kind = 'block')
  AND (NOT {p}.local_only OR EXISTS (SELECT 1 FROM account vo WHERE vo.id = :reader AND vo.domain = ''))
  AND ({p}.consent IS NULL OR ({p}.consent = 'pending' AND {p}.reply_to_account_id = :reader))
  AND ({p}.visibility IN ('public', 'unlisted')
    OR ({p}.visibility IN ('followers', 'direct') AND EXISTS (SELECT 1 FROM mention vm
      WHERE vm.post_id = {p}.id AND vm.account_id = :reader))
    OR ({p}.visibility = 'followers' AND EXISTS (SELECT 1 FROM follow vf
      WHERE vf.follower_id = :reader AND vf.target_id = {p}.account_id AND vf.state = 'accepted'))
    OR ({p}.visibility = 'group' AND EXISTS (SELECT 1 FROM follow vg
      WHERE vg.follower_id = :reader AND vg.target_id = {p}.group_id AND vg.state = 'accepted'))))))"""


_BOOSTED = """(post.boost_of_id IS NULL OR EXISTS (SELECT 1 FROM post vb
  WHERE vb.id = post.boost_of_id AND {inner}))"""


def visible_sql(alias: str = "post", author: str | None = None, *, stranger: bool = False) -> str:
    """The condition on the table (or alias) `alias` of posts, for `:reader` or for a stranger.

    `author`: the alias of the author's `account` row where the query has it joined already.
    """
    active = _ACTIVE.format(p=alias)
    if author is not None:
        active = f"{author}.suspended_at IS NULL AND {author}.deleted_at IS NULL"
    return (_STRANGER if stranger else _READER).format(p=alias, active=active)


def visible_to(reader_id: int | None) -> ColumnElement[bool]:
    """The condition on `post` for one reader; None is a stranger without sign-in."""
    there = text("post.deleted_at IS NULL")  # two parts make it a column expression, not bare text
    if reader_id is None:
        return and_(there, text(visible_sql(stranger=True)))
    return and_(there, text(visible_sql()).bindparams(reader=reader_id))


def boosted_visible_to(reader_id: int | None) -> ColumnElement[bool]:
    """The condition on `post` that what it boosts, if it is a boost, is there for this reader."""
    inner = visible_sql("vb", stranger=reader_id is None)
    seen = text(_BOOSTED.format(inner=inner))
    return and_(true(), seen if reader_id is None else seen.bindparams(reader=reader_id))


def audience_of(row: Row[Any]) -> PostAudience:
    """A row of `post` as `policies.audience` sees it."""
    return PostAudience(Visibility(row.visibility), row.local_only, row.consent or "")


def is_for_anyone(row: Row[Any]) -> bool:
    """Whether a stranger may read a post at hand, as far as its row tells: whether its author is still here is another row."""
    return row.deleted_at is None and may_read(audience_of(row), ReaderFacts())


def readable_or_none(connection: Connection, reader_id: int | None, post_id: int) -> Row[Any] | None:
    """The same as `readable`, with None for what is not there for this reader."""
    try:
        return readable(connection, reader_id, post_id)
    except NotFoundError:
        return None


def known_at(host: str) -> ColumnElement[bool]:
    """The condition on `post` that a server elsewhere can have it: it is for anyone, or somebody there is among its readers.

    Asked of what that server tells about posts; what it is given when it asks is judged by `policies`.
    """
    there = text(
        """(NOT post.local_only AND (post.visibility IN ('public', 'unlisted')
    OR EXISTS (SELECT 1 FROM account ka WHERE ka.id = post.account_id AND ka.domain = :host)
    OR EXISTS (SELECT 1 FROM mention km JOIN account kb ON kb.id = km.account_id
      WHERE km.post_id = post.id AND kb.domain = :host)
    OR (post.visibility = 'followers' AND EXISTS (SELECT 1 FROM follow kf JOIN account kc ON kc.id = kf.follower_id
      WHERE kf.target_id = post.account_id AND kf.state = 'accepted' AND kc.domain = :host))))"""
    )
    return and_(text("post.deleted_at IS NULL"), there.bindparams(host=host))


def readable(connection: Connection, reader_id: int | None, post_id: int) -> Row[Any]:
    """One post, if this reader may see it; of a boost, the boosted post must be readable too. Raises NotFoundError."""
    row = connection.execute(select(post).where(post.c.id == post_id, visible_to(reader_id))).first()
    if row is None:
        raise NotFoundError
    if row.boost_of_id is not None:
        readable(connection, reader_id, row.boost_of_id)
    return row


def shown(connection: Connection, reader_id: int | None, post_id: int) -> Row[Any]:
    """The post that an id shows: itself, or the boosted one. Raises NotFoundError."""
    row = readable(connection, reader_id, post_id)
    return row if row.boost_of_id is None else readable(connection, reader_id, row.boost_of_id)
