"""Every local actor gets its key: in a job, for making one takes time."""

from sqlalchemy import select

from instance.db.people import account
from instance.db.unit import Unit
from instance.events import AccountCreated
from instance.house import House
from instance.jobs.local import Effect
from instance.jobs.table import Job, enqueue

KIND = "mint_key"


def on_account_created(u: Unit, event: AccountCreated) -> None:
    """Ask for the key of a new account."""
    enqueue(u, KIND, {"account_id": event.account_id})


async def mint(house: House, job: Job) -> Effect | None:
    """Make the key; an actor is served once it has one (DECISIONS 25)."""
    account_id = job.payload["account_id"]
    mine = select(account.c.iri).where(account.c.id == account_id, account.c.domain == "")
    iri = await house.store.read(lambda connection: connection.execute(mine).scalar())
    if iri is not None:
        await house.federation.keyring.mint(iri)
    return None
