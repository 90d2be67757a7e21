"""By which handle an account of another server is shown: asked of its host, and of the host that this one names, in a job."""

from federation.client import webfinger
from federation.client.budget import budget_for_handle
from federation.context import Federation
from federation.errors import FederationError, UnreachableError
from federation.remote import actors
from federation.vocab.iris import host_of
from instance.jobs.local import Effect
from instance.jobs.table import Job
from instance.people import handles


async def run(federation: Federation, job: Job) -> Effect | None:
    """Job `handle`, of one server: one account. A server that can't be reached is asked again later."""
    row = await federation.store.read(handles.next_of, str(job.payload["host"]))
    if row is None:
        return None
    names: list[str] = []
    host = row.domain
    with budget_for_handle(host_of(row.iri), federation.domain):
        try:
            named = await webfinger.canonical(federation, (await actors.actor(federation, row.iri)).actor)
            host, names = named.host, named.iris
        except UnreachableError:
            raise
        except FederationError:
            pass
    return lambda u: handles.settle(u, row.id, host, names)
