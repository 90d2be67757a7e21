"""What was taken back before it came: an Undo or Delete that arrives first keeps what it names from having an effect.

Scoped to the actor: nobody can take back what another actor of the same server is about to say.

Some servers (Misskey) name every Follow of one account by another alike. So a Follow that counted and was undone counts once
more under the same id, if it was signed after its Undo; a replay is older.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from federation.inbound import arrivals
from federation.inbound.arrivals import Arrival
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
SAID_AGAIN = frozenset({"Follow", "Join"})

Pair = tuple[str, str]
"""(address, actor)."""
Gone = dict[Pair, int | None]
"""What was taken back -> when the Undo was signed, for what had counted before."""


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


def among(connection: Connection, activities: Iterable[Activity]) -> Gone:
    """Which of what these activities need was taken back; one statement for all of them."""
    wanted = {pair for activity in activities for pair in needs(activity) if "\0" not in pair[0]}
    if not wanted:
        return {}
    columns = (withdrawn.c.iri, withdrawn.c.actor, withdrawn.c.undone_at)
    asked = select(*columns).where(withdrawn.c.iri.in_({iri for iri, _ in wanted}))
    found = {(row.iri, row.actor): row.undone_at for row in connection.execute(asked)}
    return {pair: found[pair] for pair in wanted & found.keys()}


def came_back(gone: Gone, activity: Activity, signed_at: int | None) -> bool:
    """Whether what an activity needs was taken back, and not said again since."""
    taken = [gone[pair] for pair in needs(activity) if pair in gone]
    if not taken:
        return False
    if activity.type not in SAID_AGAIN or signed_at is None:
        return True
    return any(undone_at is None or signed_at <= undone_at for undone_at in taken)


def note(u: Unit, activity: Activity, gone: Gone, arrival: Arrival) -> None:
    """Keep what an activity that was just applied takes back, and forget what it gives back (Undo of a Delete).

    `gone` is what `among` found; it is kept up to date for what comes after in the same transaction.
    """
    inner = activity.object
    if activity.type == "Undo" and isinstance(inner, Activity) and inner.type == "Delete":
        pair = (inner.object_id, activity.actor)
        given_back = (withdrawn.c.iri == pair[0]) & (withdrawn.c.actor == pair[1])
        u.connection.execute(delete(withdrawn).where(given_back))
        gone.pop(pair, None)
    taken = takes_back(activity)
    if taken is not None:
        counted = activity.type == "Undo" and arrivals.free(u, arrival.host, taken[0])
        values = {"at": u.now, "undone_at": arrival.signed_at if counted else None}
        upsert: Any = postgres_insert if u.connection.dialect.name == "postgresql" else sqlite_insert
        row = upsert(withdrawn).values(iri=taken[0], actor=taken[1], **values)
        keys = [withdrawn.c.iri, withdrawn.c.actor]
        u.connection.execute(row.on_conflict_do_update(index_elements=keys, set_=values))
        gone[taken] = values["undone_at"]


def sweep(u: Unit) -> int:
    """Forget what nobody will deliver any more; returns how many rows went."""
    old = select(withdrawn.c.iri).where(withdrawn.c.at < u.now - KEPT).limit(BATCH)
    return u.connection.execute(delete(withdrawn).where(withdrawn.c.iri.in_(old))).rowcount
