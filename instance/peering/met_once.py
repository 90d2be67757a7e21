"""Servers and actors that were met once: what is kept of them, to know their signatures, is forgotten after a while.

Who owns a domain owns all names under it, and can sign with each once; each name leaves an actor, a key and a server behind.
Those that somebody here has to do with (an account, an agreement, a delivery, a rule, something that waits) stay.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, func, or_, select

from federation.schema import delivery, inbox_activity, peer, remote_actor, remote_key
from instance.clock import DAY, Millis
from instance.db.agreements import peer_trust
from instance.db.people import account
from instance.db.unit import Unit
from instance.policy.inforce import in_force_here

KEPT: Millis = 30 * DAY
MOST = 50_000
"""Of strangers, the newest are kept."""
AT_ONCE = 5_000
WAITS = ("received", "held", "dead")
"""States of what came from a server and is not done with: a steward finds it by its server."""

_ACTOR, _SERVER = "actor", "server"
Found = tuple[str, str]


def find(connection: Connection, now: Millis) -> list[Found]:
    """(kind, name) of strangers: the oldest beyond `MOST`, and those of long ago; not more than some thousands."""
    actors = _oldest(connection, now, remote_actor.c.iri, remote_actor.c.fetched_at, ~_known_actor())
    if actors:
        return [(_ACTOR, iri) for iri in actors]
    met = func.coalesce(peer.c.last_seen_at, peer.c.first_seen_at)
    return [(_SERVER, host) for host in _oldest(connection, now, peer.c.host, met, ~_known_server(connection))]


def forget(u: Unit, found: Sequence[Found]) -> int:
    """Forget those of them that are strangers still. Returns how many rows went."""
    iris = [name for kind, name in found if kind == _ACTOR]
    hosts = [name for kind, name in found if kind == _SERVER]
    strange = select(remote_actor.c.iri).where(remote_actor.c.iri.in_(iris), ~_known_actor())
    going = list(u.connection.execute(strange).scalars()) if iris else []
    if going:
        u.connection.execute(delete(remote_key).where(remote_key.c.owner.in_(going)))
        u.connection.execute(delete(remote_actor).where(remote_actor.c.iri.in_(going)))
    if not hosts:
        return len(going)
    gone = delete(peer).where(peer.c.host.in_(hosts), ~_known_server(u.connection))
    return len(going) + u.connection.execute(gone).rowcount


def _known_actor() -> ColumnElement[bool]:
    followed = exists().where(account.c.iri == remote_actor.c.iri)
    return followed | exists().where(peer_trust.c.actor == remote_actor.c.iri)


def _known_server(connection: Connection) -> ColumnElement[bool]:
    host = peer.c.host
    return or_(
        exists().where(account.c.domain == host),
        exists().where(remote_actor.c.host == host),
        exists().where(delivery.c.host == host),
        exists().where(inbox_activity.c.host == host, inbox_activity.c.state.in_(WAITS)),
        exists().where(peer_trust.c.host == host),
        host.in_(sorted(in_force_here(connection).peers)[:1000]),
    )


def _oldest(connection: Connection, now: Millis, name: Any, met: Any, strange: ColumnElement[bool]) -> list[str]:
    number = connection.execute(select(func.count(name)).where(strange)).scalar_one()
    asked = select(name).where(strange).order_by(met).limit(min(AT_ONCE, max(number - MOST, 0)) or AT_ONCE)
    if number <= MOST:
        asked = asked.where(met < now - KEPT)
    return list(connection.execute(asked).scalars())
