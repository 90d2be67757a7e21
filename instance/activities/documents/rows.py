"""What our rows say of something that an activity names: whose it is, whom it asks, which groups it is in."""

from typing import Any

from sqlalchemy import Connection, select

from federation.ports import About
from instance.activities.documents import pledged
from instance.db.content import dislike, favourite, interaction, poll_vote, post
from instance.db.groups import group_post, group_role
from instance.db.people import account, follow, restriction

SHELVES = ("/featured", "/moderators", "/outbox", "/followers")
_author = account.alias("author")


class OurRows:
    """Implements `federation.ports.Rows`."""

    def about(self, connection: Connection, iri: str) -> About | None:
        """What is here under this IRI: a post or boost, an account or its collection, or an activity that left a row."""
        if "\0" in iri:
            return None
        for look in (_post, _account, _follow, _mark, pledged.about):
            found = look(connection, iri)
            if found is not None:
                return found
        return None


def _post(connection: Connection, iri: str) -> About | None:
    wanted = select(post, account.c.iri.label("author")).join(account, account.c.id == post.c.account_id)
    row = connection.execute(wanted.where(post.c.iri == iri)).first()
    if row is None:
        return None
    groups = _groups(connection, row)
    asked = [row.reply_to_account_id] if row.reply_to_account_id else []
    asked += [found for found in (_decides(connection, row.iri), _author_of(connection, row.boost_of_id)) if found]
    return About(row.author, _iris(connection, asked), _iris(connection, groups), _moderators(connection, groups))


def _decides(connection: Connection, iri: str) -> int | None:
    """Who decides about a reply, Like, Announce or quoting post."""
    wanted = select(interaction.c.target_id).where(interaction.c.iri == iri, interaction.c.target_id.is_not(None))
    return connection.execute(wanted).scalar()


def _author_of(connection: Connection, post_id: int | None) -> int | None:
    if post_id is None:
        return None
    return connection.execute(select(post.c.account_id).where(post.c.id == post_id)).scalar()


def _groups(connection: Connection, row: Any) -> set[int]:
    """Groups of a post, and of the post that its thread began with."""
    ids = {row.id, int(row.thread_id)} if row.thread_id.isdecimal() else {row.id}
    named = select(post.c.group_id).where(post.c.id.in_(ids), post.c.group_id.is_not(None))
    sent = select(group_post.c.group_id).where(group_post.c.post_id.in_(ids))
    return {*connection.execute(named).scalars(), *connection.execute(sent).scalars()}


def _account(connection: Connection, iri: str) -> About | None:
    owner = next((iri.removesuffix(name) for name in SHELVES if iri.endswith(name)), iri)
    row = connection.execute(select(account).where(account.c.iri.in_({iri, owner}))).first()
    if row is None or (row.iri != iri and row.domain):
        return None  # of others' collections only their own documents tell whose they are
    if row.kind != "group":
        return About(row.iri)
    return About(row.iri, groups=frozenset({row.iri}), moderators=_moderators(connection, {row.id}))


def _follow(connection: Connection, iri: str) -> About | None:
    wanted = select(_author.c.iri, account.c.iri.label("target")).select_from(follow)
    wanted = wanted.join(_author, _author.c.id == follow.c.follower_id)
    row = connection.execute(
        wanted.join(account, account.c.id == follow.c.target_id).where(follow.c.iri == iri)
    ).first()
    return None if row is None else About(row.iri, asked=frozenset({row.target}))


def _mark(connection: Connection, iri: str) -> About | None:
    decides = _decides(connection, iri)
    for table in (favourite, dislike, restriction, poll_vote):
        wanted = select(account.c.iri).join(table, table.c.account_id == account.c.id).where(table.c.iri == iri)
        owner = connection.execute(wanted).scalar()
        if owner is not None:
            return About(owner, asked=_iris(connection, [decides] if decides else []))
    return None


def _moderators(connection: Connection, groups: set[int]) -> frozenset[str]:
    if not groups:
        return frozenset()
    wanted = select(account.c.iri).join(group_role, group_role.c.account_id == account.c.id)
    mine = wanted.where(group_role.c.group_id.in_(groups), account.c.suspended_at.is_(None))
    return frozenset(connection.execute(mine).scalars())


def _iris(connection: Connection, ids: "set[int] | list[int]") -> frozenset[str]:
    if not ids:
        return frozenset()
    return frozenset(connection.execute(select(account.c.iri).where(account.c.id.in_(ids))).scalars())
