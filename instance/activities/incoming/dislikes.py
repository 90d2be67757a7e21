"""Dislikes from elsewhere, and their undoing."""

from sqlalchemy import select

from instance.activities.incoming.marking import Marked, Unmarked
from instance.content import dislikes
from instance.db.content import dislike
from instance.db.unit import Unit
from instance.people.accounts import AccountRow


class Disliked(Marked):
    """Dislike of a post that is here."""

    def mark(self, u: Unit, by: AccountRow, post_id: int, iri: str) -> None:
        dislikes.dislike(u, by.id, post_id, iri=iri or None)


class Undisliked(Unmarked):
    """Undo of a Dislike."""

    def marked(self, u: Unit, by: AccountRow, iri: str) -> int | None:
        mine = select(dislike.c.post_id).where(dislike.c.account_id == by.id, dislike.c.iri == iri)
        return u.connection.execute(mine).scalar()

    def unmark(self, u: Unit, by: AccountRow, post_id: int) -> None:
        dislikes.undislike(u, by.id, post_id)
