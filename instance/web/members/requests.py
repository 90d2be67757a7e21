"""People who ask to follow a member who decides about each one."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from instance.errors import NotFoundError
from instance.i18n import N_, _
from instance.people import follows
from instance.site import Site
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, member_page
from instance.web.pieces.people import Person, persons

DONE = {"yes": N_("Done: she reads from now on what you write for followers."), "no": N_("Refused. Nobody is told.")}


async def waiting(visitor: Visitor) -> Response:
    """Who asks, longest wait last."""
    asking = await visitor.house.store.read(_asking, visitor.house.site, visitor.member.account_id)
    done = _(DONE[visitor.query("done")]) if visitor.query("done") in DONE else ""
    return visitor.page("members/requests.html", here="me", asking=asking, done=done)


def _asking(connection: Connection, site: Site, account_id: int) -> list[Person]:
    rows: list[Any] = follows.requests(connection, account_id)
    people = persons(connection, [row.account_id for row in rows], site)
    return [people[row.account_id] for row in rows if row.account_id in people]


async def answer(visitor: Visitor) -> Response:
    """Yes or no to one of them."""
    asking = number(visitor.form["account"])
    if asking is None:
        raise NotFoundError
    yes = visitor.form["answer"] == "yes"
    await visitor.house.store.unit(follows.accept if yes else follows.reject, asking, visitor.member.account_id)
    return go(f"/requests?done={'yes' if yes else 'no'}")


ROUTES = [
    Route("/requests", member_page(waiting), methods=["GET"]),
    Route("/requests", member_page(answer), methods=["POST"]),
]
