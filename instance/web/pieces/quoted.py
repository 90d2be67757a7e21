"""Quotes on a page: what a post shows of another one, as far as its author has said yes and the reader may read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from instance.content.visible import visible_to
from instance.db.content import interaction, post
from instance.i18n import N_, _

SAYS = {
    "pending": N_("It quotes another post; the author of that one has not said yes yet."),
    "rejected": N_("It quotes another post; the author of that one has said no."),
    "revoked": N_("It quoted another post; the author of that one does not want it any more."),
    "deleted": N_("It quoted another post, which is deleted."),
    "hidden": N_("It quotes a post that you can't read."),
}


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a post quotes: a row of `post`, or only a state."""

    state: str
    row: Row[Any] | None = None

    @property
    def says(self) -> str:
        """Why nothing is shown."""
        return _(SAYS.get(self.state, SAYS["hidden"]))


def of_posts(connection: Connection, reader_id: int | None, ids: Iterable[int]) -> dict[int, Quoted]:
    """The quotes of some posts, in at most two statements."""
    asked = select(interaction.c.by_post_id, interaction.c.state, interaction.c.post_id)
    asked = asked.where(interaction.c.by_post_id.in_(set(ids)), interaction.c.kind == "quote")
    rows = connection.execute(asked).all()
    wanted = {row.post_id for row in rows if row.state == "accepted" and row.post_id is not None}
    found: dict[int, Row[Any]] = {}
    if wanted:
        seen = select(post).where(post.c.id.in_(wanted), visible_to(reader_id))
        found = {row.id: row for row in connection.execute(seen)}
    made = {}
    for row in rows:
        shown = found.get(row.post_id) if row.state == "accepted" else None
        made[row.by_post_id] = Quoted("hidden" if row.state == "accepted" and shown is None else row.state, shown)
    return made
