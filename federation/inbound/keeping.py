"""How long what came in is kept: no longer than somebody may need it, and no more of one server than somebody can look at.

What is done has no body and is kept to know it again. What was put aside or is held has its body, and waits for a person: not for ever.
"""

from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update

from federation.ages import older
from federation.ports import Unit
from federation.schema import inbox_activity
from federation.vocab.times import DAY, HOUR

KEPT_DONE = 30 * DAY  # far longer than any signature is accepted; without bodies, for the dry run of policies
KEPT_DEAD, KEPT_HELD = 30 * DAY, 90 * DAY
MOST_DEAD = 1000  # of one family
KNOWN_AGAIN = 13 * HOUR  # a signature is accepted for an hour, on either side
MOST_DONE = 2_000_000
BATCH = 500
REASON = "waited too long"
NOT_DONE = ("received", "held", "dead")
"""Asked for as "not one of these", what is done is looked for by age: by its state it is nearly the whole table."""


def erase_old(u: Unit) -> int:
    """Erase a batch of what was dealt with long ago; its body went when it was done. A timed job."""
    table, before = inbox_activity.c, u.now - KEPT_DONE
    done = and_(older(inbox_activity, table.received_at, before), table.done_at < before, table.state.not_in(NOT_DONE))
    batch = select(table.id).where(done).order_by(table.id).limit(BATCH)
    return u.connection.execute(delete(inbox_activity).where(table.id.in_(batch))).rowcount


def give_up(u: Unit) -> int:
    """Forget what has waited too long for a person, and what was put aside of one server beyond the newest. A timed job, one batch."""
    table = inbox_activity.c
    late = or_(
        and_(table.state == "dead", table.received_at < u.now - KEPT_DEAD),
        and_(table.state == "held", table.received_at < u.now - KEPT_HELD),
    )
    old = older(inbox_activity, table.received_at, u.now - min(KEPT_DEAD, KEPT_HELD))
    numbers = list(u.connection.execute(select(table.id).where(old, late).order_by(table.id).limit(BATCH)).scalars())
    numbers = numbers or _too_many(u)
    gone = {"state": "ignored", "reason": REASON, "body": None, "done_at": u.now}
    u.connection.execute(update(inbox_activity).where(table.id.in_(numbers)).values(**gone))
    return len(numbers)


def _too_many(u: Unit) -> list[int]:
    """Those put aside of one family that has too many, but for the newest."""
    table = inbox_activity.c
    counted = select(table.family).where(table.state == "dead").group_by(table.family)
    family = u.connection.execute(counted.having(func.count() > MOST_DEAD).limit(1)).scalar()
    if family is None:
        return []
    mine: Any = select(table.id).where(table.state == "dead", table.family == family).order_by(table.id.desc())
    return list(u.connection.execute(mine.offset(MOST_DEAD).limit(BATCH)).scalars())


def thin(u: Unit) -> int:
    """Forget the oldest of what is done where there is very much of it, once no signature could bring it back. As above."""
    table = inbox_activity.c
    newest = u.connection.execute(select(func.max(table.id))).scalar() or 0
    done = table.state.not_in(NOT_DONE) & (table.done_at < u.now - KNOWN_AGAIN)
    oldest = select(table.id).where(table.id <= newest - MOST_DONE, done).order_by(table.id).limit(BATCH)
    return u.connection.execute(delete(inbox_activity).where(table.id.in_(oldest))).rowcount
