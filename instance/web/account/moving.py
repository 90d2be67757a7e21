"""Settings of moving: other accounts that are hers, and the move to one of them."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from instance.errors import RefusalError
from instance.i18n import _
from instance.people import accounts, moves
from instance.site import Site
from instance.web.account.safety import proves
from instance.web.account.settings import show
from instance.web.frame.visitor import Visitor, go, member_page
from instance.web.pieces.people import Person, person_of


@dataclass(frozen=True, slots=True)
class Alias:
    """Another account that is hers; `person` is None where it is not known here."""

    iri: str
    person: Person | None


async def page(visitor: Visitor) -> Response:
    """Her other accounts, and how to move."""
    me = visitor.member.account_id
    aliases, moved_to = await visitor.house.store.read(_aliases, visitor.house.site, me)
    handle = f"{visitor.me.name if visitor.me else ''}@{visitor.house.site.domain}"
    return show(visitor, "move", aliases=aliases, moved_to=moved_to, handle=handle)


def _aliases(connection: Connection, site: Site, account_id: int) -> tuple[list[Alias], str]:
    row = accounts.by_id(connection, account_id)
    named = list(row.also_known_as or []) if row is not None else []
    found = accounts.by_iris(connection, named)
    shown = [Alias(iri, person_of(found[iri], site) if iri in found else None) for iri in named]
    return shown, row.moved_to or "" if row is not None else ""


async def add(visitor: Visitor) -> Response:
    """Name another account."""
    found = await _found(visitor, "alias")
    if found is None:
        return await page(visitor)
    row = await visitor.house.store.read(accounts.by_id, found)
    try:
        await visitor.house.store.unit(moves.add_alias, visitor.member.account_id, row.iri if row is not None else "")
    except RefusalError as refusal:
        visitor.form.refuse(refusal, {"alias-self": "alias", "alias-many": "alias"})
        return await page(visitor)
    return go("/settings/move?done=saved")


async def remove(visitor: Visitor) -> Response:
    """Name it no more."""
    await visitor.house.store.unit(moves.remove_alias, visitor.member.account_id, visitor.form["iri"])
    return go("/settings/move?done=saved")


async def leave(visitor: Visitor) -> Response:
    """Move."""
    if not visitor.form.ticked("sure"):
        visitor.form.errors["sure"] = _("Tick this box if you mean it.")
    if not await proves(visitor) or visitor.form.errors:
        return await page(visitor)
    found = await _found(visitor, "target")
    if found is None:
        return await page(visitor)
    try:
        await visitor.house.store.unit(moves.move, visitor.member.account_id, found)
    except RefusalError as refusal:
        visitor.form.refuse(refusal, dict.fromkeys(("move-self", "move-on", "move-unknown"), "target"))
        return await page(visitor)
    return go("/settings/move?done=moved")


async def back(visitor: Visitor) -> Response:
    """Take the sign down."""
    await visitor.house.store.unit(moves.come_back, visitor.member.account_id)
    return go("/settings/move?done=saved")


async def _found(visitor: Visitor, field: str) -> int | None:
    """The account that was typed, as it is at its own server now."""
    found = await visitor.house.resolver.afresh(visitor.form[field]) if visitor.form[field] else None
    if found is None:
        visitor.form.errors[field] = _("No such account was found. Write it like name@server.example.")
    return found


ROUTES = [
    Route("/settings/move", member_page(page), methods=["GET"]),
    Route("/settings/move", member_page(leave), methods=["POST"]),
    Route("/settings/move/alias", member_page(add), methods=["POST"]),
    Route("/settings/move/unalias", member_page(remove), methods=["POST"]),
    Route("/settings/move/back", member_page(back), methods=["POST"]),
]
