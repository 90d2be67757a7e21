"""What was taken back before it came: an Undo or Delete that arrives first keeps what it names from having an effect.

Scoped to the actor: nobody can take back what another actor of the same server is about to say.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.ports import Unit
from federation.schema import withdrawn
from federation.vocab.iris import same_origin
from federation.vocab.times import DAY
from federation.vocab.types import Activity

KEPT = 30 * DAY  # as long as anybody tries to deliver
BATCH = 500
REASON = "taken back before it came"
TAKES_BACK = frozenset({"Undo", "Delete"})
CARRIES_AN_OBJECT = frozenset({"Create", "Update"})

Pair = tuple[str, str]
"""(address, actor)."""


def takes_back(activity: Activity) -> Pair | None:
    """What an Undo or Delete takes back for good; an actor that deletes itself is kept elsewhere."""
    about = activity.object_id
    if activity.type not in TAKES_BACK or about == activity.actor or "\0" in about:
        return None
    if not same_origin(about, activity.actor):
        return None
    return about, activity.actor


def needs(activity: Activity) -> list[Pair]:
    """What must not have been taken back for an activity to have its effect."""
    if activity.type in TAKES_BACK:
        return []
    named = [activity.id, activity.object_id if activity.type in CARRIES_AN_OBJECT else ""]
    return [(iri, activity.actor) for iri in named if iri]


def among(connection: Connection, activities: Iterable[Activity]) -> set[Pair]:
    """Which of what these activities need was taken back; one statement for all of them."""
    wanted = {pair for activity in activities for pair in needs(activity) if "\0" not in pair[0]}
    if not wanted:
        return set()
    asked = select(withdrawn.c.iri, withdrawn.c.actor).where(withdrawn.c.iri.in_({iri for iri, _ in wanted}))
    return {(row.iri, row.actor) for row in connection.execute(asked)} & wanted


def note(u: Unit, activity: Activity, gone: set[Pair]) -> None:
    """Keep what an activity that was just applied takes back, and forget what it gives back (Undo of a Delete).

    `gone` is what `among` found; it is kept up to date for what comes after in the same transaction.
    """
    inner = activity.object
    if activity.type == "Undo" and isinstance(inner, Activity) and inner.type == "Delete":
        pair = (inner.object_id, activity.actor)
        given_back = (withdrawn.c.iri == pair[0]) & (withdrawn.c.actor == pair[1])
        u.connection.execute(delete(withdrawn).where(given_back))
        gone.discard(pair)
    taken = takes_back(activity)
    if taken is not None:
        insert: Any = postgres_insert if u.connection.dialect.name == "postgresql" else sqlite_insert
        row = insert(withdrawn).values(iri=taken[0], actor=taken[1], at=u.now)
        u.connection.execute(row.on_conflict_do_nothing())
        gone.add(taken)


def sweep(u: Unit) -> int:
    """Forget what nobody will deliver any more; returns how many rows went."""
    old = select(withdrawn.c.iri).where(withdrawn.c.at < u.now - KEPT).limit(BATCH)
    return u.connection.execute(delete(withdrawn).where(withdrawn.c.iri.in_(old))).rowcount
