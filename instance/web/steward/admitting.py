"""Before a server is let in: one page that says who runs it, who could read what, and what cannot be undone."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from federation.errors import FederationError
from federation.remote.introducing import introduction
from governance.offices.positions import Power
from instance.agreements import sentences, trust
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_, _
from instance.peering import admission
from instance.peering.admission import OWNERS, TRIAL
from instance.policy.inforce import in_force_here
from instance.policy.peers import stances
from instance.web.frame.visitor import Visitor, go, power_page
from instance.web.steward import advising, federation
from policies.peers import Stance
from policies.sections import RunBy

PAGE = "/steward/federation"
FOR = {"trial": N_("For 60 days, as a trial"), "good": N_("For good")}
HOW = {
    "allowed": N_("As a neighbour: its people and ours can follow and read each other"),
    "limited": N_("Quietly: its posts stay out of public timelines here, its pictures are not fetched"),
}
DONE = {
    "asked": N_("It was asked. Below is what it said."),
    "silent": N_("It did not answer."),
    "in": N_("It is let in."),
    "marked": N_("Marked."),
}


async def choose(visitor: Visitor) -> Response:
    """From a name that was typed to the page about that server."""
    try:
        return go(f"{PAGE}/{admission.host_named(visitor.form['host'])}/admit")
    except RefusalError as refusal:
        visitor.form.refuse(refusal, {"no-peer": "host"})
        return await federation.everybody(visitor)


async def page(visitor: Visitor) -> Response:
    """All that is known before."""
    host = admission.host_named(visitor.param("host"))
    more = await visitor.house.store.read(_about, host, visitor.house.site.clock.now())
    visitor.form.values.setdefault("time", "trial")
    visitor.form.values.setdefault("stance", "allowed")
    visitor.form.values.setdefault("run_by", str(more["owner"]))
    return visitor.page(
        "steward/admit.html",
        422 if visitor.form.problem or visitor.form.errors else 200,
        here="steward",
        host=host,
        times=[(name, _(words)) for name, words in FOR.items()],
        ways=[(name, _(words)) for name, words in HOW.items()],
        kinds=[(str(kind), _(words)) for kind, words in OWNERS.items()],
        done=_(DONE[visitor.query("done")]) if visitor.query("done") in DONE else "",
        days=TRIAL,
        **more,
    )


def _about(connection: Connection, host: str, now: int) -> dict[str, Any]:
    row, sight = admission.about(connection, host), sentences.sight(connection, host, now, whole=False)
    promised = [_(said.template, **said.params) for said in admission.promised(connection, host, now)]
    return {
        "says": (row.says or {}) if row is not None else {},
        "asked_at": row.asked_at if row is not None else None,
        "owner": admission.owners(connection, [host]).get(host, RunBy.NOT_SAID),
        "stance": str(stances(connection, in_force_here(connection).at(now), [host], now)[host]),
        "promised": promised,
        "level": sight.sentence,
        "fault": sight.fault,
        "others_say": advising.beside(connection, host),
        "readers": admission.readers(connection, host, now),
    }


async def ask(visitor: Visitor) -> Response:
    """Ask the server who it is: three unsigned requests to it alone; and have its policy looked at where we may."""
    host, house = admission.host_named(visitor.param("host")), visitor.house
    try:
        says = await introduction(house.federation, host)
    except FederationError:
        return go(f"{PAGE}/{host}/admit?done=silent")

    def keep(u: Unit) -> None:
        admission.keep(u, host, says)
        trust.want(u, host)

    await house.store.unit(keep)
    return go(f"{PAGE}/{host}/admit?done=asked")


async def admit(visitor: Visitor) -> Response:
    """Let it in, for a trial or for good."""
    host, form = admission.host_named(visitor.param("host")), visitor.form
    by = visitor.me.name if visitor.me is not None else ""
    try:
        chosen = _chosen(form["stance"], HOW), _chosen(form["time"], FOR), _chosen(form["run_by"], OWNERS)
        days = TRIAL if chosen[1] == "trial" else None
        await visitor.house.store.unit(
            lambda u: admission.admit(
                u, host, Stance(chosen[0]), days=days, kind=RunBy(chosen[2]), reason=form["reason"].strip(), by=by
            )
        )
    except RefusalError as refusal:
        form.refuse(refusal)
        return await page(visitor)
    return go(f"{PAGE}/{host}/admit?done=in")


async def mark(visitor: Visitor) -> Response:
    """Say only whose server it is."""
    host, kind = admission.host_named(visitor.param("host")), visitor.form["run_by"]
    by = visitor.me.name if visitor.me is not None else ""
    await visitor.house.store.unit(lambda u: admission.mark(u, host, RunBy(_chosen(kind, OWNERS)), by))
    return go(f"{PAGE}/{host}/admit?done=marked")


def _chosen(given: str, among: Any) -> str:
    if given not in {str(one) for one in among}:
        raise RefusalError("choose-one", N_("Choose one of what is offered."))
    return given


ROUTES = [
    Route(f"{PAGE}/admit", power_page(Power.SET_POLICY)(choose), methods=["POST"]),
    Route(PAGE + "/{host}/admit", power_page(Power.SET_POLICY)(page), methods=["GET"]),
    Route(PAGE + "/{host}/admit", power_page(Power.SET_POLICY)(admit), methods=["POST"]),
    Route(PAGE + "/{host}/ask", power_page(Power.SET_POLICY)(ask), methods=["POST"]),
    Route(PAGE + "/{host}/mark", power_page(Power.SET_POLICY)(mark), methods=["POST"]),
]
