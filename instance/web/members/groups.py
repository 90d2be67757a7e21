"""Groups: which there are, and starting one."""

from typing import Any

from sqlalchemy import Connection, update
from starlette.responses import Response
from starlette.routing import Route

from governance.offices.positions import Power, may
from instance.agreements import requirements
from instance.db.groups import group as group_table
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.groups import acting, groups
from instance.i18n import _
from instance.site import Site
from instance.web.frame.visitor import Visitor, go, member_page, page
from instance.web.pieces import people
from instance.web.pieces.people import Person, person_of

FIELDS = {"name-invalid": "name", "name-taken": "name"}


async def listing(visitor: Visitor) -> Response:
    """`/groups`: the open groups, and those she takes part in."""
    house = visitor.house
    shown = await house.store.read(people.open_groups, house.site)
    yours = await house.store.read(_joined, house.site, visitor.account_id) if visitor.account_id is not None else []
    mine = {one.id for one in yours}
    others = [one for one in shown if one.id not in mine]
    return visitor.page(
        "members/groups.html", here="groups", groups=others, yours=yours, may_create=_may(visitor), done=""
    )


def _joined(connection: Connection, site: Site, account_id: int) -> list[Person]:
    return [person_of(row, site) for row in groups.joined(connection, account_id)]


def _may(visitor: Visitor) -> bool:
    return visitor.session is not None and may(visitor.session.role, Power.CREATE_GROUP)


async def new(visitor: Visitor) -> Response:
    """The form that starts a group."""
    if not _may(visitor):
        raise NotFoundError
    return visitor.page("members/group_new.html", here="groups")


async def start(visitor: Visitor) -> Response:
    """Start a group."""
    if not _may(visitor):
        raise NotFoundError
    form = visitor.form
    try:
        await visitor.house.store.unit(_start, visitor.member.account_id, dict(form.values))
    except RefusalError as refusal:
        form.refuse(refusal, FIELDS)
        return visitor.refused("members/group_new.html", here="groups")
    return go(f"/@{form['name'].lower()}?done=started")


def _start(u: Unit, created_by: int, values: dict[str, Any]) -> int:
    shown, bio = str(values.get("display_name", "")).strip(), str(values.get("bio", "")).strip()
    group_id = groups.create(u, str(values.get("name", "")), shown, created_by=created_by, bio=bio)
    rules = str(values.get("rules", "")).strip()[:5000]
    u.connection.execute(update(group_table).where(group_table.c.id == group_id).values(rules=rules))
    return group_id


async def asks(visitor: Visitor) -> Response:
    """What a group asks of servers, for its moderators and stewards."""
    row = await _asking(visitor)
    if not visitor.form.values["text"]:
        visitor.form.values["text"] = await visitor.house.store.read(requirements.text_of, row.id)
    done = _("Kept. Other servers read it at the group's address.") if visitor.query("done") else ""
    status = 422 if visitor.form.problem else 200
    return visitor.page("members/group_asks.html", status, here="groups", name=row.name, done=done)


async def ask(visitor: Visitor) -> Response:
    """Have the group ask something else."""
    row = await _asking(visitor)
    text, by = visitor.form["text"], visitor.me.name if visitor.me is not None else ""
    try:
        await visitor.house.store.unit(lambda u: requirements.set_for(u, row.id, text, by=by))
    except RefusalError as refusal:
        visitor.form.refuse(refusal)
        return await asks(visitor)
    return go(f"/groups/{row.name}/asks?done=1")


async def _asking(visitor: Visitor) -> Any:
    name, member = visitor.param("name"), visitor.member
    row = await visitor.house.store.read(groups.by_name, name)
    moderates = await visitor.house.store.read(acting.is_moderator, row.id, member.account_id)
    if not moderates and not may(member.role, Power.SET_POLICY):
        raise NotFoundError
    return row


ROUTES = [
    Route("/groups/{name}/asks", member_page(asks), methods=["GET"]),
    Route("/groups/{name}/asks", member_page(ask), methods=["POST"]),
    Route("/groups", page(listing)),
    Route("/groups/new", member_page(new), methods=["GET"]),
    Route("/groups/new", member_page(start), methods=["POST"]),
]
