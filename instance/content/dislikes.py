"""Dislikes of posts, told by other servers (Lemmy, PieFed, Mbin): counted, shown nowhere. Members here have none to give."""

from sqlalchemy import ColumnElement, and_, delete, select

from instance.content import marks, parts
from instance.content.visible import shown
from instance.db.content import dislike as dislikes
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.events import PostDisliked, PostFavourited
from instance.ids import sortable_id


def dislike(u: Unit, account_id: int, post_id: int, *, iri: str | None = None) -> None:
    """Count a dislike, once; it takes the place of the account's like. Raises NotFoundError."""
    row = shown(u.connection, account_id, post_id)
    taken = iri is not None and u.connection.execute(select(dislikes.c.id).where(dislikes.c.iri == iri)).first()
    values = {"account_id": account_id, "post_id": row.id, "iri": None if taken else iri, "created_at": u.now}
    known = select(dislikes.c.id).where(_of(account_id, row.id))
    if u.connection.execute(known).first() is not None:
        return
    marks.unfavourite(u, account_id, row.id)
    if insert_new(u.connection, dislikes, id=sortable_id(u.now, u.now), **values):
        parts.count_on_post(u, row.id, "dislikes_count", 1)
        u.record(PostDisliked(row.id, account_id, values["iri"] or ""))


def undislike(u: Unit, account_id: int, post_id: int) -> bool:
    """Take a dislike back; False if there is none."""
    gone = delete(dislikes).where(_of(account_id, post_id)).returning(dislikes.c.iri)
    row = u.connection.execute(gone).first()
    if row is None:
        return False
    parts.count_on_post(u, post_id, "dislikes_count", -1)
    u.record(PostDisliked(post_id, account_id, row.iri or "", undo=True))
    return True


def on_favourite(u: Unit, event: PostFavourited) -> None:
    """Who likes a post does not dislike it any more."""
    undislike(u, event.account_id, event.post_id)


def _of(account_id: int, post_id: int) -> ColumnElement[bool]:
    return and_(dislikes.c.account_id == account_id, dislikes.c.post_id == post_id)
