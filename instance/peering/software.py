"""What peers run: asked when they first follow a group of ours, and once a week, a few at a time, in a job each.

For stewards to read, and to choose the form in which a group tells its posts; believed in nothing else.
"""

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import or_, select, update

from federation.client.nodeinfo import software
from federation.context import Federation
from federation.errors import FederationError
from federation.schema import peer
from instance.clock import DAY, MINUTE, Millis
from instance.db.unit import Unit
from instance.events import FollowAccepted
from instance.jobs.table import Job, enqueue
from instance.people import accounts

KIND = "ask_software"
EVERY: Millis = 7 * DAY
LOOK_EVERY: Millis = 5 * MINUTE
AT_ONCE = 10


def on_follow(u: Unit, event: FollowAccepted) -> None:
    """A group of ours is followed from a server that was never asked: what it runs says in which form it reads posts."""
    found = accounts.by_ids(u.connection, [event.follower_id, event.target_id])
    follower, target = found.get(event.follower_id), found.get(event.target_id)
    if follower is None or target is None or not follower.domain or target.domain or target.kind != "group":
        return
    unasked = update(peer).where(peer.c.host == follower.domain, peer.c.informed_at.is_(None))
    if u.connection.execute(unasked.values(informed_at=u.now)).rowcount:
        enqueue(u, KIND, {"host": follower.domain}, unique=f"{KIND}:{follower.domain}")


def ask_some(u: Unit) -> int:
    """Queue a question for some peers that were not asked for a week; a timed job. Always one batch: others wait a while."""
    columns = peer.c
    due = or_(columns.informed_at.is_(None), columns.informed_at < u.now - EVERY)
    alive = (
        columns.failures == 0,
        or_(columns.last_seen_at > u.now - EVERY, columns.last_delivered_at > u.now - EVERY),
    )
    hosts = list(u.connection.execute(select(columns.host).where(due, *alive).limit(AT_ONCE)).scalars())
    if hosts:
        u.connection.execute(update(peer).where(columns.host.in_(hosts)).values(informed_at=u.now))
    for host in hosts:
        enqueue(u, KIND, {"host": host}, unique=f"{KIND}:{host}")
    return 0


async def ask(federation: Federation, job: Job) -> Callable[[Unit], None]:
    """The job: what it says is kept, bounded; a server that says nothing is asked again in a week."""
    host = job.payload["host"]
    name, version = "", ""
    with suppress(FederationError):
        name, version = await software(federation, host)

    def keep(u: Unit) -> None:
        if name:
            values = {"software": name, "software_version": version or None}
            u.connection.execute(update(peer).where(peer.c.host == host).values(**values))

    return keep
