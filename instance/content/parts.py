"""What hangs on a post: mentions, tags, pictures, a poll, kept counts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, or_, select, update

from instance.content.formatting import Known, handles
from instance.content.words import SEALED
from instance.db.content import attachment, dislike, favourite, mention, poll, poll_vote, post, tag
from instance.db.people import account
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_
from instance.media import remote as pictures
from instance.media.attachments import Words as MediaWords
from instance.media.attachments import checked_description, forget_files
from instance.people import accounts
from policies.audience import PostAudience, ReaderFacts, Visibility, may_read

_MENTION, _TAG = insert(mention), insert(tag)


def named_in(connection: Connection, text: str, our_domain: str) -> dict[tuple[str, str], Row[Any]]:
    """The accounts that the handles in a text name, as far as they are known here; unknown ones are left out."""
    asked = handles(text)
    if not asked:
        return {}
    found = accounts.named(connection, {pair for pair in asked if pair[1] not in {"", our_domain}})
    names = {name for name, host in asked if host in {"", our_domain}}
    if names:
        here = select(account).where(account.c.domain == "", account.c.name.in_(names))
        ours = {row.name: row for row in connection.execute(here)}
        found |= {pair: ours[pair[0]] for pair in asked if pair[1] in {"", our_domain} and pair[0] in ours}
    return {pair: row for pair, row in found.items() if accounts.is_shown(row)}


def known(named: Mapping[tuple[str, str], Row[Any]]) -> dict[tuple[str, str], Known]:
    """The same for `formatting.render`."""
    return {pair: Known(row.id, accounts.plain_name(row), row.url or row.iri) for pair, row in named.items()}


def set_mentions(u: Unit, post_id: int, ids: Iterable[int], silent: Iterable[int] = (), *, new: bool = False) -> None:
    """Keep who is mentioned. Who no longer is stays addressed in silence: she has read it already."""
    loud = list(dict.fromkeys(ids))
    quiet = [account_id for account_id in dict.fromkeys(silent) if account_id not in set(loud)]
    before = set() if new else _mentioned(u.connection, post_id)
    if before:
        named = mention.c.account_id.in_(loud)
        u.connection.execute(update(mention).where(mention.c.post_id == post_id).values(silent=~named))
    rows = [{"account_id": account_id, "silent": False} for account_id in loud]
    rows += [{"account_id": account_id, "silent": True} for account_id in quiet]
    fresh = [row | {"post_id": post_id} for row in rows if row["account_id"] not in before]
    if fresh:
        u.connection.execute(_MENTION, fresh)


def _mentioned(connection: Connection, post_id: int) -> set[int]:
    return set(connection.execute(select(mention.c.account_id).where(mention.c.post_id == post_id)).scalars())


def set_tags(u: Unit, post_id: int, tags: Mapping[str, str], *, new: bool = False) -> None:
    """Keep the tags of a post: name in lower case -> as written."""
    if not new:
        u.connection.execute(delete(tag).where(tag.c.post_id == post_id))
    if tags:
        rows = [{"name": name, "post_id": post_id, "shown_as": shown} for name, shown in tags.items()]
        u.connection.execute(_TAG, rows)


def set_media(u: Unit, account_id: int, post_id: int, ids: Sequence[int]) -> None:
    """Put an author's pictures into her post, in this order; those that were in it and are not named go, files too.

    Raises RefusalError for what is not hers, sits in another post or could not be read.
    """
    wanted = list(dict.fromkeys(ids))
    here = attachment.c.post_id == post_id
    mine = and_(
        attachment.c.id.in_(wanted), attachment.c.account_id == account_id, or_(attachment.c.post_id.is_(None), here)
    )
    rows = u.connection.execute(select(attachment.c.id).where(mine, attachment.c.state != "failed")).scalars().all()
    if len(rows) < len(wanted):
        raise RefusalError(
            "media-unknown", N_("A picture of this post is not there, or is in another post. Upload it again.")
        )
    drop_media(u, and_(here, attachment.c.id.not_in(wanted)))
    for position, media_id in enumerate(wanted):
        placed = update(attachment).where(attachment.c.id == media_id)
        u.connection.execute(placed.values(post_id=post_id, position=position))


def describe_media(u: Unit, post_id: int, words: Mapping[int, MediaWords]) -> None:
    """Change the words of pictures in a post. Raises RefusalError for a description that is too long."""
    here = select(attachment.c.id, attachment.c.meta).where(attachment.c.post_id == post_id)
    for row in u.connection.execute(here.where(attachment.c.id.in_(list(words)))).all():
        said = words[row.id]
        values: dict[str, Any] = {}
        if said.description is not None:
            values["description"] = checked_description(said.description)
        if said.focus is not None:
            values["meta"] = {**(row.meta or {}), "focus": {"x": said.focus[0], "y": said.focus[1]}}
        if values:
            u.connection.execute(update(attachment).where(attachment.c.id == row.id).values(**values))


def drop_media(u: Unit, which: Any) -> None:
    """Delete attachments and, after the commit, their files; of remote ones also our copies."""
    columns = (attachment.c.id, attachment.c.file, attachment.c.preview, attachment.c.remote_url)
    rows = u.connection.execute(select(*columns).where(which)).all()
    if rows:
        pictures.forget(u, [row.remote_url for row in rows if row.remote_url])
        u.connection.execute(delete(attachment).where(attachment.c.id.in_([row.id for row in rows])))
        forget_files(u, [key for row in rows for key in (row.file, row.preview) if key])


def drop_emoji(u: Unit, emoji: Mapping[str, str]) -> None:
    """Delete our copies of a post's custom emoji; those that other posts show are fetched anew when somebody looks."""
    if emoji:
        pictures.forget(u, emoji.values(), pictures.EMOJI)


def drop_poll(u: Unit, post_id: int) -> None:
    """Delete a post's poll with all votes."""
    asked = select(poll.c.id).where(poll.c.post_id == post_id)
    u.connection.execute(delete(poll_vote).where(poll_vote.c.poll_id.in_(asked)))
    u.connection.execute(delete(poll).where(poll.c.post_id == post_id))


def count_on_post(u: Unit, post_id: int, column: str, by: int) -> None:
    """Change a kept count of a post (never below 0); strangers see it, so its version goes up."""
    changed = post.c[column] + by
    if by < 0:
        changed = func.max(changed, 0) if u.connection.dialect.name == "sqlite" else func.greatest(changed, 0)
    u.connection.execute(
        update(post).where(post.c.id == post_id).values({column: changed, "version": post.c.version + 1})
    )


def counts_as_answer(visibility: str, local_only: bool) -> bool:
    """Whether an answer shows in its parent's count: only what anyone may read, or the number would tell of the rest."""
    return may_read(PostAudience(Visibility(visibility), local_only), ReaderFacts())


_COUNTED = (
    update(account)
    .where(account.c.id == bindparam("author_id"))
    .values(posts_count=account.c.posts_count + bindparam("by"))
)
_ONE_MORE = _COUNTED.values(last_post_at=bindparam("at"))


def count_posts(u: Unit, account_id: int, visibility: str, by: int) -> None:
    """Change an author's kept count of posts. Direct and closed ones don't count: nobody else is to know of them."""
    if visibility in SEALED:
        return
    counted = {"author_id": account_id, "by": by}
    if by > 0:
        u.connection.execute(_ONE_MORE, counted | {"at": u.now})
    else:
        u.connection.execute(_COUNTED, counted)


def boosts_here(connection: Connection, post_id: int) -> list[tuple[int, str, int]]:
    """(id, IRI, booster) of each boost by a person of ours that has been told."""
    asked = select(post.c.id, post.c.iri, post.c.account_id).join(account, account.c.id == post.c.account_id)
    told = (post.c.boost_of_id == post_id, post.c.consent.is_(None))
    ours = (account.c.domain == "", account.c.kind == "person")
    return [
        (row.id, row.iri, row.account_id) for row in connection.execute(asked.where(*told, *ours).order_by(post.c.id))
    ]


def touched_by(connection: Connection, post_id: int) -> list[int]:
    """Ids of the remote accounts that boosted, favourited, answered or voted on a post: their servers know it."""
    answer = post.alias()
    by = (
        select(post.c.account_id).where(post.c.boost_of_id == post_id),
        select(favourite.c.account_id).where(favourite.c.post_id == post_id),
        select(dislike.c.account_id).where(dislike.c.post_id == post_id),
        select(answer.c.account_id).where(answer.c.reply_to_id == post_id),
        select(poll_vote.c.account_id).join(poll, poll.c.id == poll_vote.c.poll_id).where(poll.c.post_id == post_id),
    )
    asked = select(account.c.id).where(account.c.id.in_(by[0].union(*by[1:])), account.c.domain != "")
    return list(connection.execute(asked).scalars())
