"""Rows of `interaction`: what waits for a post's author, what she let and refused, and the address of each yes."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from instance.db.content import interaction, post
from instance.db.people import account
from instance.db.unit import Unit
from instance.ids import slug, sortable_id

PENDING, ACCEPTED, REJECTED, REVOKED, DELETED = "pending", "accepted", "rejected", "revoked", "deleted"


@dataclass(frozen=True, slots=True)
class Wish:
    """Who (`account_id`) wants to do what: `iri` is the reply, Like, Announce or quoting post, `by_post_id` its row."""

    kind: str
    iri: str
    account_id: int
    by_post_id: int | None = None
    request_iri: str | None = None


def keep(u: Unit, wish: Wish, target: Row[Any], state: str = PENDING, *, approval_iri: str | None = None) -> int:
    """Keep a wish about a post (a row of `post`); one that is there already is changed. Returns its id."""
    values = {
        "state": state,
        "by_post_id": wish.by_post_id,
        "account_id": wish.account_id,
        "target_iri": target.iri,
        "post_id": target.id,
        "target_id": target.account_id,
        "request_iri": wish.request_iri,
        "approval_iri": approval_iri,
        "decided_at": None if state == PENDING else u.now,
    }
    before = by_iri(u.connection, wish.kind, wish.iri)
    if before is not None:
        u.connection.execute(update(interaction).where(interaction.c.id == before.id).values(**values))
        return int(before.id)
    new_id = sortable_id(u.now, u.now)
    fixed = {"id": new_id, "kind": wish.kind, "iri": wish.iri, "created_at": u.now}
    u.connection.execute(insert(interaction).values(**values, **fixed))
    return new_id


def mint(connection: Connection, account_id: int) -> str:
    """A new address for an author's yes."""
    author = connection.execute(select(account.c.iri).where(account.c.id == account_id)).scalar_one()
    return f"{author}/approvals/{slug()}"


def decided(u: Unit, interaction_id: int, state: str, approval_iri: str | None) -> None:
    """Write a decision down."""
    values = {"state": state, "approval_iri": approval_iri, "decided_at": u.now}
    u.connection.execute(update(interaction).where(interaction.c.id == interaction_id).values(**values))


def forget(u: Unit, interaction_id: int) -> None:
    """A wish that is no more."""
    u.connection.execute(delete(interaction).where(interaction.c.id == interaction_id))


def by_id(connection: Connection, interaction_id: int, *, for_update: bool = False) -> Row[Any] | None:
    """One row."""
    asked = select(interaction).where(interaction.c.id == interaction_id)
    return connection.execute(asked.with_for_update() if for_update else asked).first()


def by_iri(connection: Connection, kind: str, iri: str) -> Row[Any] | None:
    """The wish that this reply, Like, Announce or quoting post is."""
    same = (interaction.c.kind == kind, interaction.c.iri == iri)
    return connection.execute(select(interaction).where(*same)).first()


def by_request(connection: Connection, request_iri: str) -> Row[Any] | None:
    """The wish that was asked with this request."""
    return connection.execute(select(interaction).where(interaction.c.request_iri == request_iri)).first()


def by_approval(connection: Connection, approval_iri: str) -> Row[Any] | None:
    """The wish that this authorization is about."""
    return connection.execute(select(interaction).where(interaction.c.approval_iri == approval_iri)).first()


def of_post(connection: Connection, kind: str, by_post_id: int) -> Row[Any] | None:
    """The wish behind a reply, boost or quoting post."""
    same = (interaction.c.kind == kind, interaction.c.by_post_id == by_post_id)
    return connection.execute(select(interaction).where(*same)).first()


def waiting(
    connection: Connection, account_id: int, *, kinds: tuple[str, ...], post_id: int | None = None
) -> list[Row[Any]]:
    """What waits for a member's decision, the newest first. What is gone meanwhile is left out."""
    mine = (interaction.c.target_id == account_id, interaction.c.state == PENDING, interaction.c.kind.in_(kinds))
    asked = select(interaction).join(post, post.c.id == interaction.c.post_id)
    asked = asked.where(*mine, post.c.deleted_at.is_(None))
    if post_id is not None:
        asked = asked.where(interaction.c.post_id == post_id)
    return list(connection.execute(asked.order_by(interaction.c.id.desc()).limit(200)))
