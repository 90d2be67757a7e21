"""A peer that was away for more than 30 days is told, once it is back, that it missed something.

There is no activity for that. So each actor of ours that somebody there follows sends an Update of its profile: the server
looks at the actor anew, and at its outbox where it does so at all. One delivery an actor, to one inbox.
"""

from sqlalchemy import Connection, func, select

from federation.outbound import gaps
from federation.vocab import build
from federation.vocab.iris import PUBLIC
from instance.activities.documents import actors
from instance.activities.outgoing.sending import send
from instance.db.people import account, follow
from instance.db.unit import Unit
from instance.observe import log
from instance.people import accounts
from instance.policy.judge import facts_of

AT_ONCE = 5


def tell(u: Unit) -> int:
    """Tell the peers whose gaps have ended; how many those were. A timed job, some gaps a batch."""
    ended = gaps.to_be_told(u.connection, AT_ONCE)
    for gap in ended:
        followed = _followed_from(u.connection, gap.host)
        for account_id, follower in followed:
            _update(u, account_id, follower)
        gaps.told(u, gap.id)
        log.info("gap_told", peer=gap.host, lost=gap.lost, since=gap.since, until=gap.until, actors=len(followed))
    return len(ended)


def _followed_from(connection: Connection, host: str) -> list[tuple[int, str]]:
    """(account of ours, one follower of it on that server) for each that is followed there."""
    there = select(follow.c.target_id, func.min(account.c.iri)).join(account, account.c.id == follow.c.follower_id)
    there = there.where(account.c.domain == host, account.c.deleted_at.is_(None), follow.c.state == "accepted")
    rows = connection.execute(there.group_by(follow.c.target_id).order_by(follow.c.target_id))
    return [(target, iri) for target, iri in rows]


def _update(u: Unit, account_id: int, follower: str) -> None:
    row = accounts.by_id(u.connection, account_id)
    if row is None or row.domain or not accounts.is_shown(row):
        return
    document = actors.document(u.connection, u.site, row)
    if "publicKey" not in document:
        return
    terms = {"to": [PUBLIC], "cc": [f"{row.iri}/followers"], "published": u.now}
    made = build.activity("Update", f"{row.iri}#updates/{u.now}", row.iri, build.inner(document), **terms)
    send(u, made, actor=row.iri, recipients=[follower], facts=facts_of("public"))
