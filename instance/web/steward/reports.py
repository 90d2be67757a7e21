"""Reports, for moderators: what was told about whom, by a member or by another server, and the end of it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from starlette.responses import Response
from starlette.routing import Route

from governance.offices.positions import Power, may
from instance.clock import Millis
from instance.content import reports
from instance.content.words import words_of
from instance.db.content import post
from instance.db.people import login
from instance.errors import NotFoundError
from instance.i18n import N_, _
from instance.people import accounts
from instance.sanitise import plain
from instance.site import Site
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, power_page
from instance.web.pieces.people import Person, persons

EXCERPT = 600
DONE = {
    "closed": N_("The report is closed."),
    "opened": N_("The report is open again."),
    "suspended": N_("The account is suspended. Other servers are told."),
    "back": N_("The account is back. Other servers are told."),
}
CATEGORIES = {
    "spam": N_("Spam"),
    "legal": N_("Against the law"),
    "violation": N_("Against the rules"),
    "other": N_("Something else"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One report as the page shows it."""

    id: int
    by: Person | None
    about: Person | None
    category: str
    words: str
    posts: list[tuple[str, str]]  # (address, what it says)
    created_at: Millis
    suspended: bool
    is_local: bool


async def show(visitor: Visitor) -> Response:
    """Those that wait; `?closed=1` those that are closed."""
    closed = visitor.query("closed") == "1"
    told = await visitor.house.store.read(_told, visitor.house.site, closed)
    done = _(DONE[visitor.query("done")]) if visitor.query("done") in DONE else ""
    return visitor.page("steward/reports.html", here="steward", told=told, closed=closed, done=done)


def _told(connection: Connection, site: Site, closed: bool) -> list[Told]:
    rows = reports.waiting(connection, closed=closed)
    ids = {account_id for row in rows for account_id in (row.account_id, row.target_id)}
    people, states = persons(connection, ids, site), accounts.by_ids(connection, ids)
    wanted = {post_id for row in rows for post_id in row.post_ids or []}
    posts = {row.id: row for row in connection.execute(select(post).where(post.c.id.in_(wanted)))}
    return [_one(site, row, people, states[row.target_id], posts) for row in rows]


def _one(site: Site, row: Any, people: dict[int, Person], target: Any, posts: dict[int, Any]) -> Told:
    there = [posts[post_id] for post_id in row.post_ids or [] if post_id in posts]
    return Told(
        id=row.id,
        by=people.get(row.account_id),
        about=people.get(row.target_id),
        category=_(CATEGORIES.get(row.category, CATEGORIES["other"])),
        words=reports.words_of(site.vault, row),
        posts=[(one.url or one.iri, _excerpt(site, one)) for one in there],
        created_at=row.created_at,
        suspended=target.suspended_at is not None,
        is_local=target.domain == "" and target.deleted_at is None,
    )


def _excerpt(site: Site, row: Any) -> str:
    if row.deleted_at is not None:
        return _("This post is deleted.")
    words = words_of(site.vault, row)
    text = "\n".join(part for part in (words.title, words.summary, plain(words.content)) if part)
    return text if len(text) <= EXCERPT else text[:EXCERPT] + " …"


async def decide(visitor: Visitor) -> Response:
    """Close one, or open it again."""
    report_id = _number(visitor, "report")
    if visitor.form["step"] == "open":
        await visitor.house.store.unit(reports.reopen, report_id)
        return go("/steward/reports?done=opened")
    await visitor.house.store.unit(reports.close, report_id, visitor.member.account_id)
    return go("/steward/reports?done=closed")


async def suspend(visitor: Visitor) -> Response:
    """Suspend a member whom a report is about, or take that back; who has a position herself, only by a steward."""
    row = await visitor.house.store.read(accounts.by_id, _number(visitor, "account"))
    if row is None or row.domain or row.deleted_at is not None or row.id == visitor.member.account_id:
        raise NotFoundError
    gives = may(visitor.member.role, Power.GIVE_POSITIONS)
    if not gives and await visitor.house.store.read(_has_position, row.id):
        raise NotFoundError  # a moderator suspends no moderator and no steward
    back = visitor.form["step"] == "back"
    await visitor.house.store.unit(accounts.unsuspend if back else accounts.suspend, row.id)
    return go(f"/steward/reports?done={'back' if back else 'suspended'}")


def _has_position(connection: Connection, account_id: int) -> bool:
    held = connection.execute(select(login.c.role).where(login.c.account_id == account_id)).scalars()
    return any(may(role, Power.SUSPEND) for role in held)


def _number(visitor: Visitor, name: str) -> int:
    found = number(visitor.form[name])
    if found is None:
        raise NotFoundError
    return found


ROUTES = [
    Route("/steward/reports", power_page(Power.SEE_REPORTS)(show), methods=["GET"]),
    Route("/steward/reports", power_page(Power.DECIDE_REPORTS)(decide), methods=["POST"]),
    Route("/steward/reports/suspend", power_page(Power.SUSPEND)(suspend), methods=["POST"]),
]
