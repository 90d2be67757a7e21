"""What waits to be sent is taken back, for what it tells of is gone; and words that nobody waits for any more are erased."""

from sqlalchemy import ColumnElement, and_, exists, or_, select, update

from federation.ports import Unit
from federation.schema import delivery, outbox_item

REASON = "taken back"
WAITS = ("ready", "waits", "dead")
BATCH = 500


def of_post(u: Unit, iri: str) -> None:
    """A post is deleted: who has not got it yet gets it no more. Call it before its Delete is queued."""
    activity = outbox_item.c.activity
    updates = and_(activity > f"{iri}#updates/", activity < f"{iri}#updates0")  # 0 comes after /
    _take_back(u, or_(activity.in_([f"{iri}/activity", f"{iri}#quote"]), updates))


def of_actor(u: Unit, actor: str) -> None:
    """An actor of ours is erased: nothing of hers is on its way any more but that something is gone. Call it before her Delete is queued."""
    _take_back(u, and_(outbox_item.c.actor == actor, outbox_item.c.kind != "Delete"))


def _take_back(u: Unit, which: ColumnElement[bool]) -> None:
    ids = list(u.connection.execute(select(outbox_item.c.id).where(which, outbox_item.c.body.is_not(None))).scalars())
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        values = {"state": "cancelled", "error": REASON, "done_at": u.now}
        waiting = and_(delivery.c.item_id.in_(some), delivery.c.state.in_(WAITS))
        u.connection.execute(update(delivery).where(waiting).values(**values))
        u.connection.execute(update(outbox_item).where(outbox_item.c.id.in_(some)).values(body=None))


def erase_words(u: Unit) -> int:
    """Erase a batch of bodies that arrived everywhere or go nowhere; what became of each stays. A timed job."""
    waits = exists().where(delivery.c.item_id == outbox_item.c.id, delivery.c.state.in_(WAITS))
    over = select(outbox_item.c.id).where(outbox_item.c.body.is_not(None), ~waits).limit(BATCH)
    erased = update(outbox_item).where(outbox_item.c.id.in_(over)).values(body=None)
    return u.connection.execute(erased).rowcount
