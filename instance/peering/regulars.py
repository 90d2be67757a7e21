"""Servers that are more than strangers: somebody here follows somebody there, an agreement is in force, or a rule lets them in."""

from sqlalchemy import Connection, select

from instance.db.agreements import agreement
from instance.db.people import account, follow
from instance.policy.inforce import in_force_here
from policies.peers import Stance, clean_host


def knows(connection: Connection, host: str) -> bool:
    """Whether the server of this name (`host[:port]`) is one. Who follows us is none by that: anybody may."""
    there, here = account.alias("there"), account.alias("here")
    followed = (
        select(follow.c.id)
        .join(there, there.c.id == follow.c.target_id)
        .join(here, here.c.id == follow.c.follower_id)
        .where(there.c.domain == host, here.c.domain == "", follow.c.state == "accepted")
        .limit(1)
    )
    if connection.execute(followed).first() is not None:
        return True
    agreed = select(agreement.c.id).where(agreement.c.host == host, agreement.c.state == "accepted").limit(1)
    if connection.execute(agreed).first() is not None:
        return True
    rule = in_force_here(connection).peers.get(clean_host(host) or "")
    return rule is not None and rule.stance is Stance.ALLOWED
