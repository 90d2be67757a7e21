"""`/metrics` for Prometheus: work, queues, peers, this process. Numbers only: no name, no health data, no member.

For whoever holds SKERRY_METRICS_TOKEN, or asks from this very machine without a proxy in between; all others get the 404
of an absent page. The text format (version 0.0.4) is written by hand: the client library would cost 15 MB of memory.
"""

import hmac
import resource
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from federation.allowance import BOUNDS
from federation.schema import delivery, inbox_activity, peer
from instance import __version__
from instance.clock import SECOND, Millis
from instance.db.system import job
from instance.entrance.proxies import address_of
from instance.errors import NotFoundError
from instance.house import House, house_of
from instance.observe import Tally

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded")

Sample = tuple[dict[str, str], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One family of numbers."""

    name: str
    kind: str
    help: str
    samples: list[Sample]

    def lines(self) -> Iterable[str]:
        """Its lines in the text format."""
        yield f"# HELP skerry_{self.name} {self.help}"
        yield f"# TYPE skerry_{self.name} {self.kind}"
        for labels, value in self.samples:
            named = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            yield f"skerry_{self.name}{{{named}}} {value:g}" if named else f"skerry_{self.name} {value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def may_read(request: Request, token: str) -> bool:
    """Whether this caller may see the numbers."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token:
        return hmac.compare_digest(given.encode(), token.encode())
    address = address_of(request.client.host) if request.client else None
    return address is not None and address.is_loopback and not any(name in request.headers for name in FORWARDED)


def routes(tally: Tally) -> list[Route]:
    """The route; `tally` is what the entrance counts in."""

    async def metrics(request: Request) -> Response:
        house = house_of(request)
        if not may_read(request, house.site.settings.metrics_token):
            raise NotFoundError
        queues = await house.store.read(_queues, house.site.clock.now())
        found = [*_process(tally), *queues, _refused(house), _runner(house)]
        text = "\n".join(line for metric in found for line in metric.lines()) + "\n"
        return PlainTextResponse(text, headers={"content-type": CONTENT_TYPE})

    return [Route("/metrics", metrics)]


def _process(tally: Tally) -> list[Metric]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    answered: list[Sample] = [({"status": status}, count) for status, count in sorted(tally.requests.items())]
    return [
        Metric("info", "gauge", "The version that runs.", [({"version": __version__}, 1)]),
        Metric("requests_total", "counter", "Answered requests since the start, by class of status.", answered),
        Metric("request_seconds_total", "counter", "Time spent on them.", [({}, tally.seconds)]),
        Metric("cpu_seconds_total", "counter", "CPU time of this process.", [({}, used.ru_utime + used.ru_stime)]),
        Metric("memory_peak_bytes", "gauge", "Most memory this process has held.", [({}, used.ru_maxrss * 1024)]),
    ]


def _refused(house: House) -> Metric:
    counted = house.federation.allowance.refused
    words = "Requests of other servers that were put off because a server sends, or has us fetch, too much; by bound."
    return Metric("inbox_put_off_total", "counter", words, [({"bound": name}, counted[name]) for name in BOUNDS])


def _runner(house: House) -> Metric:
    return Metric(
        "runner_up", "gauge", "Whether the job runner of this process is alive.", [({}, house.runner_alive())]
    )


def _queues(connection: Connection, now: Millis) -> list[Metric]:
    jobs = _counted(connection, job, job.c.kind, job.c.state)
    due = select(func.min(job.c.run_at)).where(job.c.state == "ready")
    oldest = connection.execute(due).scalar()
    waiting = max(now - oldest, 0) / SECOND if oldest is not None else 0
    down = connection.execute(select(func.count()).where(peer.c.down_since.is_not(None))).scalar_one()
    known = connection.execute(select(func.count()).select_from(peer)).scalar_one()
    return [
        Metric("jobs", "gauge", "Jobs that wait or were put aside, by kind.", jobs),
        Metric("job_wait_seconds", "gauge", "How long the oldest job has been due.", [({}, waiting)]),
        Metric("inbox", "gauge", "Activities that came in, by state.", _counted(connection, inbox_activity)),
        Metric("deliveries", "gauge", "Deliveries to other servers, by state.", _counted(connection, delivery)),
        Metric("peers", "gauge", "Other servers known.", [({}, known)]),
        Metric("peers_down", "gauge", "Other servers that do not answer.", [({}, down)]),
    ]


def _counted(connection: Connection, table: Table, *by: Any) -> list[Sample]:
    columns = by or (table.c.state,)
    rows = connection.execute(select(*columns, func.count()).group_by(*columns).order_by(*columns))
    return [({c.name: value for c, value in zip(columns, row, strict=False)}, row[-1]) for row in rows]
