"""Erasure of a local account: what the job does after `accounts.delete` has closed it.

The Delete to peers goes out first, with the followers that are still there; then the relations are forgotten.
"""

from sqlalchemy import delete, or_

from instance.db.people import account_note, domain_restriction, kept_from
from instance.db.reading import (
    conversation,
    followed_tag,
    marker,
    notification,
    reading_list,
    reading_list_account,
    timeline_entry,
    word_filter,
)
from instance.db.unit import Unit
from instance.jobs.local import Effect
from instance.jobs.table import Job
from instance.people.accounts import by_id
from instance.people.remote import forget_relations

OWN = (
    timeline_entry,
    notification,
    marker,
    reading_list,
    word_filter,
    conversation,
    followed_tag,
    domain_restriction,
    kept_from,
)


async def run(job: Job) -> Effect:
    """Job `erase-account`: forget what an erased account had to do with others, and what was put before it."""
    account_id = int(job.payload["account_id"])
    return lambda u: erase(u, account_id)


def erase(u: Unit, account_id: int) -> None:
    """Forget the relations and the reading of an erased account. Does nothing for one that lives."""
    row = by_id(u.connection, account_id)
    if row is None or row.deleted_at is None:
        return
    forget_relations(u, account_id)
    for table in OWN:
        u.connection.execute(delete(table).where(table.c.account_id == account_id))
    u.connection.execute(delete(notification).where(notification.c.from_id == account_id))
    u.connection.execute(delete(reading_list_account).where(reading_list_account.c.account_id == account_id))
    c = account_note.c
    u.connection.execute(delete(account_note).where(or_(c.account_id == account_id, c.target_id == account_id)))
