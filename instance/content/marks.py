"""What members do with posts: favourite, bookmark, pin, mute a thread. Doing it twice changes nothing."""

from sqlalchemy import ColumnElement, Table, and_, delete, func, select

from instance.content import parts
from instance.content.visible import shown
from instance.db.content import bookmark as bookmarks
from instance.db.content import favourite as favourites
from instance.db.content import pin as pins
from instance.db.content import post, thread_mute
from instance.db.people import account
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.events import FavouriteUndone, PostFavourited
from instance.i18n import N_
from instance.ids import sortable_id

MOST_PINS = 5


def favourite(u: Unit, account_id: int, post_id: int, *, iri: str | None = None) -> int:
    """Favourite a post (or what a boost shows); returns the favourite's id. `iri`: a remote Like's. Raises NotFoundError."""
    row = shown(u.connection, account_id, post_id)
    new_id = sortable_id(u.now, u.now)
    if iri is None:
        actor = u.connection.execute(select(account.c.iri).where(account.c.id == account_id)).scalar_one()
        iri = f"{actor}/likes/{new_id}"
    if not _mark(u, favourites, account_id, row.id, new_id, iri=iri):
        mine = _of(favourites, account_id, row.id)
        return int(u.connection.execute(select(favourites.c.id).where(mine)).scalar_one())
    parts.count_on_post(u, row.id, "favourites_count", 1)
    u.record(PostFavourited(new_id, row.id, account_id))
    return new_id


def unfavourite(u: Unit, account_id: int, post_id: int) -> bool:
    """Take a favourite back, also where the post can't be read any more; False if there is none."""
    post_id = _target(u, post_id)
    gone = delete(favourites).where(_of(favourites, account_id, post_id)).returning(favourites.c.iri)
    row = u.connection.execute(gone).first()
    if row is None:
        return False
    parts.count_on_post(u, post_id, "favourites_count", -1)
    u.record(FavouriteUndone(row.iri or "", post_id, account_id))
    return True


def bookmark(u: Unit, account_id: int, post_id: int) -> None:
    """Bookmark a post; nobody else is told. Raises NotFoundError."""
    row = shown(u.connection, account_id, post_id)
    _mark(u, bookmarks, account_id, row.id, sortable_id(u.now, u.now))


def unbookmark(u: Unit, account_id: int, post_id: int) -> None:
    """Take a bookmark away."""
    u.connection.execute(delete(bookmarks).where(_of(bookmarks, account_id, _target(u, post_id))))


def pin(u: Unit, account_id: int, post_id: int) -> None:
    """Pin one's own post to one's profile. Raises NotFoundError, RefusalError."""
    row = shown(u.connection, account_id, post_id)
    if row.account_id != account_id:
        raise RefusalError("pin-not-own", N_("Validation failed: Someone else's post cannot be pinned"))
    if row.visibility == "direct":
        raise RefusalError(
            "pin-direct", N_("Validation failed: Posts that are only visible to mentioned users cannot be pinned")
        )
    there = select(func.count()).select_from(pins).where(pins.c.account_id == account_id, pins.c.post_id != row.id)
    if u.connection.execute(there).scalar_one() >= MOST_PINS:
        raise RefusalError("pins-full", N_("You have pinned the most posts that fit; take one down first."))
    _mark(u, pins, account_id, row.id, sortable_id(u.now, u.now))


def unpin(u: Unit, account_id: int, post_id: int) -> None:
    """Take a pin away."""
    u.connection.execute(delete(pins).where(_of(pins, account_id, _target(u, post_id))))


def mute_thread(u: Unit, account_id: int, post_id: int) -> None:
    """Hear no more of the thread that a post is in. Raises NotFoundError."""
    row = shown(u.connection, account_id, post_id)
    values = {"account_id": account_id, "thread_id": row.thread_id, "created_at": u.now}
    insert_new(u.connection, thread_mute, **values)


def unmute_thread(u: Unit, account_id: int, post_id: int) -> None:
    """Hear of the thread again. Raises NotFoundError."""
    row = shown(u.connection, account_id, post_id)
    mine = and_(thread_mute.c.account_id == account_id, thread_mute.c.thread_id == row.thread_id)
    u.connection.execute(delete(thread_mute).where(mine))


def _of(table: Table, account_id: int, post_id: int) -> ColumnElement[bool]:
    return and_(table.c.account_id == account_id, table.c.post_id == post_id)


def _mark(u: Unit, table: Table, account_id: int, post_id: int, new_id: int, **more: str) -> bool:
    values = {"id": new_id, "account_id": account_id, "post_id": post_id, "created_at": u.now, **more}
    return insert_new(u.connection, table, **values)


def _target(u: Unit, post_id: int) -> int:
    """The post that an id shows, readable or not."""
    boosted = u.connection.execute(select(post.c.boost_of_id).where(post.c.id == post_id)).scalar_one_or_none()
    return boosted or post_id
