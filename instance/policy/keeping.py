"""What a member does: keep a server from her own posts, and lift that again (`instance.policy.kept` says what it means)."""

from sqlalchemy import Connection, delete, select

from instance.clock import Millis
from instance.db.people import kept_from
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.i18n import N_
from instance.policy.adopt import judge_again
from policies.peers import typed_host

MOST = 200


def keep(u: Unit, account_id: int, host: str) -> str:
    """From now on none of her posts goes to this server, nor what waits for it; returns its name. Raises RefusalError."""
    name = typed_host(host)
    if name is None or ("." not in name and ":" not in name):
        raise RefusalError("domain-invalid", N_("Name a server by its domain, as in circle.example."))
    if name == u.site.domain:
        raise RefusalError("domain-ours", N_("This is the server that you are on."))
    if len(listed(u.connection, account_id)) >= MOST:
        raise RefusalError("kept-too-many", N_("You keep {most} servers already. Lift one first."), most=MOST)
    if insert_new(u.connection, kept_from, account_id=account_id, host=name, since=u.now):
        judge_again(u)
    return name


def lift(u: Unit, account_id: int, host: str) -> bool:
    """Her posts go there again, from now on; False where she did not keep it."""
    which = (kept_from.c.account_id == account_id, kept_from.c.host == host)
    return bool(u.connection.execute(delete(kept_from).where(*which)).rowcount)


def listed(connection: Connection, account_id: int) -> list[tuple[str, Millis]]:
    """The servers that she keeps, and since when."""
    asked = select(kept_from.c.host, kept_from.c.since).where(kept_from.c.account_id == account_id)
    return [(row.host, row.since) for row in connection.execute(asked.order_by(kept_from.c.host))]
