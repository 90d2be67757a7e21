"""The synthetic account by which peers are probed: it writes one random word, and follows the synthetic accounts of peers."""

from sqlalchemy import Connection, select

from instance.agreements import rows
from instance.db.system import fact
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.ids import slug
from instance.jobs.table import enqueue
from instance.people import accounts

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
    changes = accounts.ProfileChanges(bio_source=BIO, bot=True, discoverable=False, indexable=False, locked=False)
    accounts.update_profile(u, made, changes)
    return made


def befriend(u: Unit, host: str) -> None:
    """Have our synthetic account follow that of a peer, so that what it writes for followers comes here."""
    account_iri(u)
    enqueue(u, BEFRIEND, {"host": host}, unique=f"{BEFRIEND}:{host}")


def is_ours(connection: Connection, an_account_id: int) -> bool:
    """Whether this is our synthetic account."""
    return account_id(connection) == an_account_id


def of_peer(connection: Connection, iri: str, host: str) -> bool:
    """Whether this is the synthetic account of a peer, as an agreement that holds names it."""
    held = rows.in_force(connection, host)
    return held is not None and bool(held.probing) and bool(held.canary) and held.canary == iri
