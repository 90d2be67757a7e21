"""Servers and actors that were met once: what is kept of them, to know their signatures, is forgotten after a while.

Who owns a domain owns all names under it, and can sign with each once; each name leaves an actor, a key and a server behind.
Those that somebody here has to do with (an account, an agreement, a delivery, a rule, something that waits) stay.
"""

from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select

from federation.schema import delivery, inbox_activity, peer, remote_actor, remote_key
from instance.clock import DAY, Millis
from instance.db.agreements import peer_trust
from instance.db.people import account
from instance.db.unit import Unit
from instance.policy.inforce import in_force_here

KEPT: Millis = 30 * DAY
MOST = 50_000
"""Of strangers, the newest are kept."""
BATCH = 500
WAITS = ("received", "held", "dead")
"""States of what came from a server and is not done with: a steward finds it by its server."""


def sweep(u: Unit) -> int:
    """Forget a batch of strangers: the oldest beyond `MOST`, and those of long ago. Returns how many rows went."""
    return _actors(u) or _servers(u)


def _actors(u: Unit) -> int:
    known = exists().where(account.c.iri == remote_actor.c.iri) | exists().where(
        peer_trust.c.actor == remote_actor.c.iri
    )
    oldest = _oldest(u, remote_actor.c.iri, remote_actor.c.fetched_at, ~known)
    if oldest:
        u.connection.execute(delete(remote_key).where(remote_key.c.owner.in_(oldest)))
        u.connection.execute(delete(remote_actor).where(remote_actor.c.iri.in_(oldest)))
    return len(oldest)


def _servers(u: Unit) -> int:
    host = peer.c.host
    known = or_(
        exists().where(account.c.domain == host),
        exists().where(remote_actor.c.host == host),
        exists().where(delivery.c.host == host),
        exists().where(inbox_activity.c.host == host, inbox_activity.c.state.in_(WAITS)),
        exists().where(peer_trust.c.host == host),
        host.in_(sorted(in_force_here(u.connection).peers)[:1000]),
    )
    met = func.coalesce(peer.c.last_seen_at, peer.c.first_seen_at)
    oldest = _oldest(u, host, met, ~known)
    if oldest:
        u.connection.execute(delete(peer).where(host.in_(oldest)))
    return len(oldest)


def _oldest(u: Unit, name: Any, met: Any, strange: ColumnElement[bool]) -> list[str]:
    number = u.connection.execute(select(func.count(name)).where(strange)).scalar_one()
    asked = select(name).where(strange).order_by(met).limit(min(BATCH, max(number - MOST, 0)) or BATCH)
    if number <= MOST:
        asked = asked.where(met < u.now - KEPT)
    return list(u.connection.execute(asked).scalars())
