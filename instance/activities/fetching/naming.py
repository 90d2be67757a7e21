"""By which handle an account of another server is shown: asked of its host, and of the host that this one names, in a job."""

from federation.client import webfinger
from federation.client.budget import budget
from federation.context import Federation
from federation.errors import FederationError, UnreachableError
from federation.remote import actors
from federation.vocab.iris import host_of
from instance.jobs.local import Effect
from instance.jobs.table import Job
from instance.people import accounts, handles


async def run(federation: Federation, job: Job) -> Effect | None:
    """Job `handle`. A server that can't be reached is asked again later."""
    account_id = int(job.payload["account_id"])
    row = await federation.store.read(accounts.by_id, account_id)
    if row is None or row.domain == "" or row.deleted_at is not None:
        return None
    with budget(host_of(row.iri), federation.domain):
        try:
            named = await webfinger.canonical(federation, (await actors.actor(federation, row.iri)).actor)
        except UnreachableError:
            raise
        except FederationError:
            return None
    return lambda u: handles.settle(u, account_id, named.host, named.iris)
