"""The steward's pages of agreements: who promises what, offers that wait, probes; offer, answer, end, look, probe."""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from governance.offices.positions import Power, may
from instance.agreements import agreements, probes, rows, sentences, trust
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_, _
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, power_page
from policies.peers import clean_host

PAGE = "/steward/agreements"
LEVELS = {
    "none": N_("nothing known"),
    "claimed": N_("claimed"),
    "agreed": N_("agreed"),
    "probed": N_("probed"),
    "audited": N_("audited"),
}
DONE = {
    "offered": N_("The offer is being made: first the other server's policy is looked at."),
    "accept": N_("Accepted. Both servers keep what was signed."),
    "reject": N_("Rejected. The other server is told."),
    "end": N_("Ended. The other server is told."),
    "probe": N_("A round has begun. It takes until what is deleted must be erased there."),
    "look": N_("Its policy is being looked at."),
}


async def everybody(visitor: Visitor) -> Response:
    """All peers of which something is known; offers that wait first."""
    found = await visitor.house.store.read(sentences.sights, visitor.house.site.clock.now())
    if not visitor.form.values["days"]:
        visitor.form.values |= {"days": str(agreements.USUAL_DAYS), "probing": "1"}
    failed = bool(visitor.form.problem or visitor.form.errors)
    return visitor.page(
        "steward/agreements.html", 422 if failed else 200, here="steward", peers=found, **_words(visitor)
    )


async def one(visitor: Visitor) -> Response:
    """One peer: its level and why, agreements, what each asks of the other, rounds, changes."""
    host = visitor.param("host")
    if host not in await visitor.house.store.read(rows.hosts):
        raise NotFoundError
    found = await visitor.house.store.read(sentences.sight, host, visitor.house.site.clock.now())
    failed = bool(visitor.form.problem)
    return visitor.page("steward/agreement.html", 422 if failed else 200, here="steward", peer=found, **_words(visitor))


def _words(visitor: Visitor) -> dict[str, Any]:
    done = _(DONE[visitor.query("done")]) if visitor.query("done") in DONE else ""
    may_decide = may(visitor.member.role, Power.SET_POLICY)
    return {"done": done, "levels": {name: _(words) for name, words in LEVELS.items()}, "may_decide": may_decide}


async def offer(visitor: Visitor) -> Response:
    """Offer an agreement to a server by its name."""
    days = number(visitor.form["days"]) or 0
    probing, host, by = visitor.form.ticked("probing"), visitor.form["host"], await _name(visitor)
    try:
        await visitor.house.store.unit(lambda u: agreements.draft(u, host, by=by, days=days, probing=probing))
    except RefusalError as refusal:
        visitor.form.refuse(refusal, {"days-invalid": "days", "no-peer": "host"})
        return await everybody(visitor)
    return go(f"{PAGE}/{clean_host(host)}?done=offered")


async def answer(visitor: Visitor) -> Response:
    """What the steward decides about one peer."""
    host, what, by = visitor.param("host"), visitor.form["answer"], await _name(visitor)
    offered = number(visitor.form["offer"]) or 0
    probing = visitor.form["probing"] != "no"

    def change(u: Unit) -> None:
        match what:
            case "accept":
                agreements.accept(u, offered, by=by, probing=probing)
            case "reject":
                agreements.reject(u, offered, by=by)
            case "end":
                agreements.end(u, host, by=by)
            case "probe":
                probes.begin(u, host, by=by)
            case "look":
                trust.want(u, host)
            case _:
                raise NotFoundError

    try:
        await visitor.house.store.unit(change)
    except RefusalError as refusal:
        visitor.form.refuse(refusal)
        return await one(visitor)
    return go(f"{PAGE}/{host}?done={what}")


async def _name(visitor: Visitor) -> str:
    return visitor.me.name if visitor.me is not None else ""


ROUTES = [
    Route(PAGE, power_page(Power.SEE_OPERATION)(everybody), methods=["GET"]),
    Route(PAGE, power_page(Power.SET_POLICY)(offer), methods=["POST"]),
    Route(PAGE + "/{host}", power_page(Power.SEE_OPERATION)(one), methods=["GET"]),
    Route(PAGE + "/{host}", power_page(Power.SET_POLICY)(answer), methods=["POST"]),
]
