"""The steward's page of other servers: how they fare, what waits or went wrong, why something did or did not arrive."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from federation.inbound import arrivals
from federation.outbound import letters
from governance.offices.positions import Power, may
from instance.errors import NotFoundError
from instance.i18n import N_, _
from instance.peering import admission, explain, overview
from instance.peering.words import sentences
from instance.policy import held as holding
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, power_page
from instance.web.steward import advising

SHOWN = 50
HEALTH = {
    "well": N_("It answers."),
    "new": N_("Nothing was exchanged with it yet."),
    "trouble": N_("It did not answer last time."),
    "away": N_("It has been away for more than a day."),
}
STANCES = {
    "allowed": N_("allowed"),
    "limited": N_("limited"),
    "held": N_("held"),
    "blocked": N_("blocked"),
}
DONE = {
    "again": N_("It is being sent again. What went wrong shows here."),
    "in": N_("What was held is being let in."),
    "forgotten": N_("What was held is forgotten."),
    "over": N_("It does not wait any more: somebody decided, or it was judged anew."),
}


async def everybody(visitor: Visitor) -> Response:
    """All other servers, those in trouble first; with `about`, what is known of one post or activity."""
    store, site = visitor.house.store, visitor.house.site
    await visitor.house.federation.ledger.flush()
    about, search = visitor.query("about").strip()[:2000], visitor.query("search").strip()[:260]
    visitor.form.values |= {"about": about, "search": search}
    return visitor.page(
        "steward/federation.html",
        422 if visitor.form.problem or visitor.form.errors else 200,
        here="steward",
        peers=(listed := await store.read(overview.peers, site.clock.now(), search)),
        owners=await store.read(_owners, [one.host for one in listed]),
        trials=await store.read(admission.trials, site.clock.now()),
        totals=await store.read(overview.totals),
        about=about,
        answers=await store.read(explain.explain, site, about) if about else [],
        **_words(visitor),
    )


async def one(visitor: Visitor) -> Response:
    """One other server: dead letters, what is held or was put aside, what it missed, what was turned away."""
    store, host = visitor.house.store, visitor.param("host")
    await visitor.house.federation.ledger.flush()
    found = await store.read(overview.peers, visitor.house.site.clock.now(), "", host)
    if not found:
        raise NotFoundError
    more = await store.read(_lists, host)
    owner = (await store.read(_owners, [host])).get(host, "")
    said = await store.read(advising.beside, host)
    held_words = {}
    if may(visitor.member.role, Power.SET_POLICY):
        waits = await store.read(holding.waiting, visitor.house.site.vault, host)
        held_words = {one.id: one.said for one in waits}
    more |= {"owner": owner, "others_say": said, "held_words": held_words}
    return visitor.page("steward/federation_peer.html", here="steward", peer=found[0], **more, **_words(visitor))


def _owners(connection: Connection, hosts: list[str]) -> dict[str, str]:
    return {host: _(admission.OWNERS[kind]) for host, kind in admission.owners(connection, hosts).items()}


def _lists(connection: Connection, host: str) -> dict[str, Any]:
    return {
        "dead": letters.dead(connection, host, SHOWN),
        "waiting": letters.waiting(connection, host, SHOWN),
        "came": arrivals.listed(connection, ["held", "dead"], host, SHOWN),
        "turned": overview.turned(connection, host),
    }


def _words(visitor: Visitor) -> dict[str, Any]:
    return {
        "health": {name: _(words) for name, words in HEALTH.items()},
        "stances": {name: _(words) for name, words in STANCES.items()},
        "why": sentences,
        "may_decide": may(visitor.member.role, Power.SET_POLICY),
        "done": _(DONE[visitor.query("done")]) if visitor.query("done") in DONE else "",
    }


async def replay(visitor: Visitor) -> Response:
    """Send dead letters again, and try again what was put aside."""
    host = visitor.form["host"]
    if not host:
        raise NotFoundError
    one_of_them = visitor.form["letter"]
    only = number(one_of_them)
    if one_of_them and only is None:
        raise NotFoundError
    await visitor.house.store.unit(overview.replay, host, only)
    return go(f"/steward/federation/{host}?done=again")


async def held(visitor: Visitor) -> Response:
    """Let in what is held from a server, all or one of it, or forget it."""
    host, let_in, one_of_it = visitor.form["host"], visitor.form["answer"] == "in", visitor.form["activity"]
    only = number(one_of_it)
    if not host or (one_of_it and only is None):
        raise NotFoundError

    def decide(u: Any) -> int:
        return overview.decide_held(u, host, let_in=let_in, only=only)

    decided = await visitor.house.store.unit(decide)
    done = "over" if one_of_it and not decided else "in" if let_in else "forgotten"
    return go(f"/steward/federation/{host}?done={done}")


ROUTES = [
    Route("/steward/federation", power_page(Power.SEE_OPERATION)(everybody), methods=["GET"]),
    Route("/steward/federation/replay", power_page(Power.SEE_OPERATION)(replay), methods=["POST"]),
    Route("/steward/federation/held", power_page(Power.SET_POLICY)(held), methods=["POST"]),
    Route("/steward/federation/{host}", power_page(Power.SEE_OPERATION)(one), methods=["GET"]),
]
