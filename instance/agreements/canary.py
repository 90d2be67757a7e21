"""The synthetic account by which peers are probed: it writes one random word, and follows the synthetic accounts of peers."""

from sqlalchemy import Connection, select

from instance.agreements import rows
from instance.db.system import fact
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.events import FollowRequested
from instance.ids import slug
from instance.jobs.table import enqueue
from instance.people import accounts, follows

BEFRIEND = "befriend-canary"
FACT = "canary"
NAME = "canary"
BIO = "A synthetic account of this server. It checks, from time to time, whether servers keep what was agreed. Nobody is behind it."


def account_id(connection: Connection) -> int | None:
    """Our synthetic account; None before there was an agreement that asks for it."""
    value = connection.execute(select(fact.c.value).where(fact.c.name == FACT)).scalar()
    return int(value) if value else None


def account_iri(u: Unit) -> str:
    """The IRI of our synthetic account; it is made where there is none."""
    found = account_id(u.connection)
    if found is None:
        found = _make(u)
        insert_new(u.connection, fact, name=FACT, value=str(found))
    row = accounts.by_id(u.connection, found)
    return str(row.iri) if row is not None else ""


def _make(u: Unit) -> int:
    try:
        made = accounts.create(u, NAME, display_name="Canary", public_posting=False)
    except RefusalError:  # a member has that name
        made = accounts.create(u, f"{NAME}_{slug()[:8].lower().replace('-', '0')}", public_posting=False)
    changes = accounts.ProfileChanges(bio_source=BIO, bot=True, discoverable=False, indexable=False, locked=True)
    accounts.update_profile(u, made, changes)
    return made


def befriend(u: Unit, host: str) -> None:
    """Have our synthetic account follow that of a peer, so that what it writes for followers comes here; let that one in."""
    account_iri(u)
    enqueue(u, BEFRIEND, {"host": host}, unique=f"{BEFRIEND}:{host}")
    held, ours = rows.in_force(u.connection, host), account_id(u.connection)
    theirs = accounts.by_iri(u.connection, held.canary) if held is not None and held.canary else None
    if ours is not None:
        accounts.update_profile(u, ours, accounts.ProfileChanges(locked=True))  # those of earlier times were open
        if theirs is not None:
            follows.accept(u, theirs.id, ours)


def on_follow_requested(u: Unit, event: FollowRequested) -> None:
    """The synthetic accounts of peers follow ours, and nobody else: who reads a canary could have a peer found guilty."""
    if event.target_id != account_id(u.connection):
        return
    follower = accounts.by_id(u.connection, event.follower_id)
    if follower is not None and follower.domain and of_peer(u.connection, follower.iri, follower.domain):
        follows.accept(u, follower.id, event.target_id)


def is_ours(connection: Connection, an_account_id: int) -> bool:
    """Whether this is our synthetic account."""
    return account_id(connection) == an_account_id


def of_peer(connection: Connection, iri: str, host: str) -> bool:
    """Whether this is the synthetic account of a peer, as an agreement that holds names it."""
    held = rows.in_force(connection, host)
    return held is not None and bool(held.probing) and bool(held.canary) and held.canary == iri
