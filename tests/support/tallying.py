"""`skerry` with one more kind of job and one more route, for killing: POST /tally/N answers once job N is on disk.

`python -m tests.support.tallying serve|worker ...`. The effect of job N adds 1 to the fact `n{N}`: more than 1 means that
an effect happened twice, none that it was lost. Between claim and effect the job waits a moment, so that kills hit it.
"""

import asyncio
import random

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from instance import health, wiring
from instance.cli import main
from instance.clock import SECOND
from instance.db.unit import Unit
from instance.house import House, house_of
from instance.jobs import local, table
from instance.jobs.local import Effect, JobHandler
from instance.jobs.table import Job

KIND = "tally"
ADD = text(
    "INSERT INTO fact (name, value) VALUES (:name, '1')"
    " ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(fact.value AS integer) + 1 AS text)"
)


def add(u: Unit, name: str) -> None:
    """The effect."""
    u.connection.execute(ADD, {"name": name})


async def tally(item: Job) -> Effect | None:
    """The job."""
    await asyncio.sleep(random.uniform(0, 0.02))
    return lambda u: add(u, f"n{item.payload['n']}")


async def accept(request: Request) -> Response:
    """202 once the job is stored, 503 never: what is answered is kept."""
    number = int(request.path_params["n"])
    await house_of(request).store.unit(_store, number)
    return JSONResponse({}, 202)


def _store(u: Unit, number: int) -> None:
    add(u, f"a{number}")
    table.enqueue(u, KIND, {"n": number})


_jobs = wiring.jobs


def jobs(house: House) -> dict[str, JobHandler]:
    """The instance's own jobs and ours."""
    return {**_jobs(house), KIND: tally}


if __name__ == "__main__":
    wiring.jobs = jobs
    table.LEASE, local.RENEW_SECONDS = 3 * SECOND, 0.5  # tests don't wait half a minute for a dead runner's lease
    health.ROUTES.append(Route("/tally/{n:int}", accept, methods=["POST"]))
    main()
