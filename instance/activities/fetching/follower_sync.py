"""Follower synchronisation (FEP-8fcf) over our rows: who of ours follows a remote actor, and what to do where it differs.

Follows of ours that their server does not know end; followers that it believes in and we don't are told by Undo. What waits
for an answer stays as it is, and nothing here accepts anything.
"""

from collections.abc import Callable

from sqlalchemy import Connection, select

from federation import synchronise
from federation.context import Federation
from federation.errors import FederationError
from federation.vocab import build
from instance.activities.outgoing.sending import send
from instance.clock import MINUTE
from instance.db.people import account, follow
from instance.db.store import Store
from instance.db.unit import Unit
from instance.ids import slug
from instance.jobs.table import Job, enqueue
from instance.observe import log
from instance.people import accounts, follows
from instance.people.accounts import AccountRow

KIND = "compare_followers"
CHUNK = 500
AFTER = MINUTE  # what is on its way may arrive first


class Followers:
    """Implements `federation.ports.Followers`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def compare(self, actor: str, collection: str, url: str, digest: str) -> None:
        """Queue a job where the digest over our followers of a remote actor is another."""
        if await self._store.read(_differs, actor, collection, digest):
            await self._store.unit(_look_later, actor, url, digest)


def _differs(connection: Connection, actor: str, collection: str, digest: str) -> bool:
    row = accounts.by_iri(connection, actor)
    if row is None or row.domain == "" or collection != (row.followers_iri or f"{row.iri}/followers"):
        return False
    return synchronise.digest(_followers(connection, row.id, follows.ACCEPTED)) != digest


def _look_later(u: Unit, actor: str, url: str, digest: str) -> None:
    payload = {"actor": actor, "url": url, "digest": digest}
    enqueue(u, KIND, payload, run_at=u.now + AFTER, unique=f"{KIND}:{actor}")


def _followers(connection: Connection, account_id: int, *states: str) -> dict[str, int]:
    """Members here who follow an account: IRI -> id."""
    asked = select(account.c.iri, account.c.id).join(follow, follow.c.follower_id == account.c.id)
    ours = (account.c.domain == "", account.c.deleted_at.is_(None))
    asked = asked.where(*ours, follow.c.target_id == account_id, follow.c.state.in_(states))
    return {row.iri: row.id for row in connection.execute(asked)}


async def look(federation: Federation, job: Job) -> Callable[[Unit], None] | None:
    """The job: ask the actor's server who of ours follows it, and bring our side into line."""
    actor, url, digest = (job.payload[name] for name in ("actor", "url", "digest"))
    try:
        there = await synchronise.followers_here(federation, url, digest)
    except FederationError as error:
        log.info("followers_not_compared", error=type(error).__name__)
        return None
    return lambda u: reconcile(u, actor, there)


def reconcile(u: Unit, actor: str, there: list[str]) -> None:
    """`there`: all of ours that follow the actor as its server sees it."""
    target = accounts.by_iri(u.connection, actor)
    if target is None or target.domain == "":
        return
    here = _followers(u.connection, target.id, follows.ACCEPTED)
    waiting = _followers(u.connection, target.id, follows.PENDING)
    for iri in here.keys() - set(there):
        follows.end(u, here[iri], target.id)
    unknown = sorted(set(there) - here.keys() - waiting.keys())
    for start in range(0, len(unknown), CHUNK):
        for follower in accounts.by_iris(u.connection, unknown[start : start + CHUNK]).values():
            if follower.domain == "" and follower.kind == "person":
                _undo(u, follower, target)


def _undo(u: Unit, follower: AccountRow, target: AccountRow) -> None:
    made = {"id": f"{follower.iri}#follows/{slug()}", "type": "Follow", "actor": follower.iri, "object": target.iri}
    undo = build.activity("Undo", f"{made['id']}/undo", follower.iri, made, to=[target.iri], published=u.now)
    send(u, undo, actor=follower.iri, recipients=[target.iri])
