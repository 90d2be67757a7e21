"""What members do with posts: favourite, bookmark, pin, mute a thread. Doing it twice changes nothing."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, delete, func, select

from instance.content import interactions, parts, rules
from instance.content.visible import shown
from instance.db.content import bookmark as bookmarks
from instance.db.content import favourite as favourites
from instance.db.content import interaction, post, thread_mute
from instance.db.content import pin as pins
from instance.db.people import account
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.events import FavouriteUndone, InteractionAccepted, InteractionAsked, PostFavourited
from instance.i18n import N_
from instance.ids import sortable_id
from policies.interaction import Verdict

MOST_PINS = 5


def favourite(u: Unit, account_id: int, post_id: int, *, iri: str | None = None) -> int | None:
    """Favourite a post (or what a boost shows); returns the favourite's id. `iri`: a remote Like's.

    None where the post's author is asked first; a post of another server is liked at once, and its author can refuse.
    Raises NotFoundError, RefusalError.
    """
    row = shown(u.connection, account_id, post_id)
    if row.policy is not None or row.consent is not None:
        return _by_rule(u, account_id, row, iri)
    return add(u, account_id, row.id, iri)


def _by_rule(u: Unit, account_id: int, row: Row[Any], iri: str | None) -> int | None:
    found = rules.verdict(u.connection, "like", row, account_id)
    if found is Verdict.NO:
        raise rules.refusal("like")
    if found is Verdict.YES:
        return add(u, account_id, row.id, iri)
    by = u.connection.execute(select(account.c.iri, account.c.domain).where(account.c.id == account_id)).one()
    ours = rules.is_ours(u.site.base_url, row)
    if not ours and by.domain != "":
        return None  # somebody elsewhere likes something elsewhere: its author's server counts it, or not
    iri = iri or f"{by.iri}/likes/{sortable_id(u.now, u.now)}"
    wish = interactions.Wish("like", iri, account_id)
    if ours and found is Verdict.STAMPED:
        stamp = interactions.mint(u.connection, row.account_id)
        made = interactions.keep(u, wish, row, interactions.ACCEPTED, approval_iri=stamp)
        u.record(InteractionAccepted(made, by_rule=True))
    else:
        made = interactions.keep(u, wish, row)
        if ours:
            u.record(InteractionAsked(made))
            return None
    return add(u, account_id, row.id, iri)


def add(u: Unit, account_id: int, post_id: int, iri: str | None = None) -> int:
    """Favourite a post that is known to be there and to be liked by this account."""
    new_id = sortable_id(u.now, u.now)
    if iri is None:
        actor = u.connection.execute(select(account.c.iri).where(account.c.id == account_id)).scalar_one()
        iri = f"{actor}/likes/{new_id}"
    if not _mark(u, favourites, account_id, post_id, new_id, iri=iri):
        mine = _of(favourites, account_id, post_id)
        return int(u.connection.execute(select(favourites.c.id).where(mine)).scalar_one())
    parts.count_on_post(u, post_id, "favourites_count", 1)
    u.record(PostFavourited(new_id, post_id, account_id))
    return new_id


def unfavourite(u: Unit, account_id: int, post_id: int) -> bool:
    """Take a favourite back, also where the post can't be read any more; False if there is none."""
    post_id = _target(u, post_id)
    asked = and_(interaction.c.kind == "like", _of(interaction, account_id, post_id))
    u.connection.execute(delete(interaction).where(asked, interaction.c.state != interactions.REJECTED))
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
