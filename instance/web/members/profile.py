"""Profiles of persons and groups, local and remote: who this is, what was written, join and leave."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from federation.endpoints.wanted import wants_object
from instance.content import moderation, submissions
from instance.db.groups import group as group_table
from instance.errors import NotFoundError
from instance.groups import acting, groups
from instance.i18n import N_, _
from instance.media import store as files
from instance.peering import admission
from instance.people import accounts, follows
from instance.people.bio import render_bio
from instance.site import Site
from instance.web.frame.forms import number
from instance.web.frame.outside import listed as may_be_found
from instance.web.frame.outside import may_be_listed
from instance.web.frame.visitor import Visitor, go, member_page, page
from instance.web.pieces import cards, drawing, writing
from instance.web.pieces.cards import Card
from instance.web.pieces.people import person_of, persons

DONE = {
    "sent": N_("It is sent to the group."),
    "waits": N_("It is sent, and waits for a moderator of the group."),
    "joined": N_("Done. You read here and on Home what is written."),
    "asked": N_("You have asked. The answer comes from the other side."),
    "left": N_("Done."),
    "through": N_("It is let through."),
    "refused": N_("It is refused. Nobody but moderators saw it in the group."),
    "started": N_("The group is there. Tell people its name."),
}


@dataclass(frozen=True, slots=True)
class Held:
    """A post that waits for a moderator; `id` is its row among the group's posts."""

    id: int
    card: Card


async def show(visitor: Visitor, status: int = 200) -> Response:
    """`/@name`: a person or a group."""
    row = await _account(visitor)
    if wants_object(visitor.request.headers):
        return RedirectResponse(row.iri, 302)
    house, reader = visitor.house, visitor.account_id
    is_group = row.kind == "group"
    below = number(visitor.query("below"))
    source, params = _source(row)
    listed, following = await cards.stream(house, reader, source, below, **params)
    more = await house.store.read(_around, house.site, row, reader)
    waiting = await _held(visitor, row.id) if is_group and more["moderates"] and below is None else []
    pinned = await _pinned(visitor, row) if is_group and below is None else []
    listed = [card for card in listed if card.id not in {one.id for one in pinned}]
    person = person_of(row, house.site)
    indexable = row.indexable and not row.domain
    shown = visitor.page(
        "members/profile.html",
        status,
        here="me" if row.id == reader else "groups" if is_group else "",
        person=person,
        mine=row.id == reader,
        full_handle=accounts.handle_of(row) if row.domain else f"{row.name}@{house.site.domain}",
        bio=drawing.words(house.site, row.bio, row.emoji),
        facts=[_fact(house.site, fact, row.emoji) for fact in row.fields or []],
        header=_header(house.site, row),
        belongs=await house.store.read(admission.belongs, row.domain) if row.domain else "",
        locked=row.locked,
        moved_to=row.moved_to,
        posts_count=row.posts_count,
        indexable=indexable,
        alternate="" if row.domain else row.iri,
        cards=listed,
        pinned=pinned,
        next=f"{person.page}?below={following}" if following else "",
        older=below is not None,
        held=waiting,
        done=_(DONE[visitor.query("done")]) if visitor.query("done") in DONE else "",
        **more,
    )
    return may_be_found(shown) if indexable and await may_be_listed(house) else shown


async def _pinned(visitor: Visitor, row: Any) -> list[Card]:
    """What stands first in a group."""
    ids = await visitor.house.store.read(moderation.pinned, row.id)
    found: list[Card] = await cards.by_ids(visitor.house, visitor.account_id, ids)
    return found


def _source(row: Any) -> tuple[str, dict[str, Any]]:
    if row.kind == "group" and not row.domain:
        return "group", {"group": row.id}
    return "account", {"account": row.id, "exclude_replies": True, "exclude_boosts": False, "only_media": False}


def _fact(site: Site, field: dict[str, str], emoji: dict[str, str] | None) -> dict[str, Markup]:
    return {"name": drawing.text(site, field["name"], emoji), "value": drawing.words(site, field["value"], emoji)}


def _header(site: Site, row: Any) -> str:
    return files.header_url(site, row.header, row.header_remote) if row.header or row.header_remote else ""


def _around(connection: Connection, site: Site, row: Any, reader_id: int | None) -> dict[str, Any]:
    """What a profile shows besides the row: the reader's relation; a group's rules and moderators."""
    follow = follows.one(connection, reader_id, row.id) if reader_id is not None else None
    found: dict[str, Any] = {
        "relation": follow.state if follow else "",
        "rules": "",
        "moderators": [],
        "moderates": False,
    }
    if row.kind == "group":
        found["moderates"] = acting.is_moderator(connection, row.id, reader_id)
    if row.kind == "group" and not row.domain:
        own = connection.execute(group_table.select().where(group_table.c.id == row.id)).first()
        ids = groups.moderators(connection, row.id)
        people = persons(connection, ids, site)
        found["rules"] = Markup(render_bio(own.rules)) if own and own.rules else ""  # noqa: S704 - escaped there
        found["moderators"] = [people[one] for one in ids if one in people]
    return found


async def _held(visitor: Visitor, group_id: int) -> list[Held]:
    rows = await visitor.house.store.read(submissions.held, group_id)
    listed = [cards.Listed(row.post_id, 0, row.post_id) for row in rows]
    made = await visitor.house.store.read(cards.cards, visitor.house.site, visitor.account_id, listed)
    by_post = {card.id: card for card in made}
    return [Held(row.id, by_post[row.post_id]) for row in rows if row.post_id in by_post]


async def write(visitor: Visitor) -> Response:
    """Write to the group whose page this is."""
    row = await _account(visitor)
    if row.kind != "group":
        raise NotFoundError
    post_id = await writing.send(visitor, visibility="public", start=f"@{accounts.handle_of(row)} ")
    if post_id is None:
        return await show(visitor, 422)
    return go(f"{visitor.request.url.path}?done=sent")


async def join(visitor: Visitor) -> Response:
    """Follow a person, take part in a group."""
    row = await _account(visitor)
    state = await visitor.house.store.unit(follows.request, visitor.member.account_id, row.id)
    return _back(row, "joined" if state == follows.ACCEPTED else "asked")


async def leave(visitor: Visitor) -> Response:
    """The other way."""
    row = await _account(visitor)
    await visitor.house.store.unit(follows.end, visitor.member.account_id, row.id)
    return _back(row, "left")


async def let_through(visitor: Visitor) -> Response:
    """A moderator lets a waiting post through."""
    row = await _account(visitor)
    await visitor.house.store.unit(submissions.approve, _item(visitor), visitor.member.account_id)
    return _back(row, "through")


async def refuse(visitor: Visitor) -> Response:
    """A moderator refuses a waiting post."""
    row = await _account(visitor)
    await visitor.house.store.unit(submissions.refuse, _item(visitor), visitor.member.account_id)
    return _back(row, "refused")


def _item(visitor: Visitor) -> int:
    found = number(visitor.form["item"])
    if found is None:
        raise NotFoundError
    return found


def _back(row: Any, done: str) -> Response:
    return go(f"/@{accounts.handle_of(row)}?done={done}")


async def _account(visitor: Visitor) -> Any:
    """The account that the address names. Raises NotFoundError."""
    name, _at, domain = visitor.param("name").partition("@")
    if domain.lower() == visitor.house.site.domain:
        domain = ""
    row = await visitor.house.store.read(accounts.by_name, name, domain)
    if row is None or not accounts.is_shown(row):
        raise NotFoundError
    return row


ROUTES = [
    Route("/@{name}", page(show), methods=["GET"]),
    Route("/@{name}", member_page(write), methods=["POST"]),
    Route("/@{name}/join", member_page(join), methods=["POST"]),
    Route("/@{name}/leave", member_page(leave), methods=["POST"]),
    Route("/@{name}/let-through", member_page(let_through), methods=["POST"]),
    Route("/@{name}/refuse", member_page(refuse), methods=["POST"]),
]
