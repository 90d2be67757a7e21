"""Settings: whom a member lost because a server was refused, and how to ask them again."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from instance.clock import Millis
from instance.errors import NotFoundError
from instance.people import severing
from instance.site import Site
from instance.web.account.settings import show
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, member_page
from instance.web.pieces.people import Person, persons


@dataclass(frozen=True, slots=True)
class Lost:
    """What ended at once."""

    id: int
    host: str
    own: bool
    followers_count: int
    following: list[Person]
    created_at: Millis
    lifted: bool


async def page(visitor: Visitor) -> Response:
    """What was lost, the newest first."""
    lost = await visitor.house.store.read(_lost, visitor.house.site, visitor.member.account_id)
    return show(visitor, "severed", lost=lost)


def _lost(connection: Connection, site: Site, account_id: int) -> list[Lost]:
    rows = severing.of_member(connection, account_id)
    pairs = severing.others(connection, [row.id for row in rows])
    people = persons(connection, (pair.other_id for pair in pairs), site)
    following: dict[int, list[Person]] = {row.id: [] for row in rows}
    for pair in pairs:
        if pair.direction == severing.FOLLOWING and pair.other_id in people:
            following[pair.severance_id].append(people[pair.other_id])
    return [
        Lost(
            id=row.id,
            host=row.target_name,
            own=row.kind == severing.BY_MEMBER,
            followers_count=row.followers_count,
            following=following[row.id],
            created_at=row.created_at,
            lifted=row.lifted_at is not None,
        )
        for row in rows
    ]


async def again(visitor: Visitor) -> Response:
    """Ask those whom she followed again."""
    found = number(visitor.form["severance"])
    if found is None:
        raise NotFoundError
    await visitor.house.store.unit(severing.follow_again, visitor.member.account_id, found)
    return go("/settings/severed?done=asked")


ROUTES = [
    Route("/settings/severed", member_page(page), methods=["GET"]),
    Route("/settings/severed", member_page(again), methods=["POST"]),
]
