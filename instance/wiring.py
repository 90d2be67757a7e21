"""Who hears what: one table of events, one of jobs, one of pumps. Reads like a table of contents."""

from functools import partial

from federation.ports import HandlerTable
from instance.activities import keys
from instance.db.unit import Handlers
from instance.events import AccountCreated
from instance.house import House
from instance.jobs.local import JobHandler, Works
from instance.jobs.runner import Pump
from instance.jobs.table import RUNNER
from instance.people import accounts, erasure

# event -> handlers, run in the same transaction
EVENTS: Handlers = {
    AccountCreated: [keys.on_account_created],
}

# (activity type, object type or "*") -> what it does here
ACTIVITIES: HandlerTable = {}


def jobs(house: House) -> dict[str, JobHandler]:
    """kind of job -> its handler"""
    return {
        accounts.ERASURE: erasure.run,
        keys.KIND: partial(keys.mint, house),
    }


def pumps(house: House) -> list[Pump]:
    """All loops of work that a runner runs."""
    return [Pump(RUNNER, Works(house.store, jobs(house)).work)]
