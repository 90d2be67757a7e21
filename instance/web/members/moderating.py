"""Moderators' tools on our pages: one page for a post of a group, one for the group. For remote groups as well as ours."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select
from starlette.responses import Response
from starlette.routing import Route

from instance.clock import DAY
from instance.content import moderation, reports, submissions
from instance.content.words import words_of
from instance.db.content import post
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.groups import acting, bans, groups, moderators
from instance.groups.acting import By
from instance.i18n import N_, _
from instance.people import accounts
from instance.sanitise import plain
from instance.web.frame import forms
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, member_page
from instance.web.pieces import cards
from instance.web.pieces.people import person_of, persons

EXCERPT = 300
ENDS = {"1": N_("A day"), "7": N_("A week"), "30": N_("A month"), "365": N_("A year"), "": N_("No end")}
DONE = {
    "remove": N_("It is taken out of the group. Its author reads your reason."),
    "restore": N_("It is back in the group."),
    "lock": N_("Nobody can answer it now."),
    "unlock": N_("People can answer it again."),
    "pin": N_("It stands before all other posts of the group."),
    "unpin": N_("It stands among the other posts again."),
    "ban": N_("They can't write to the group now."),
    "unban": N_("They can write to the group again."),
    "change": N_("Saved. Members on other servers see it soon."),
    "appoint": N_("They moderate the group now."),
    "dismiss": N_("They don't moderate the group any more."),
    "close": N_("The report is closed."),
}
ON_POSTS: dict[str, Callable[..., Any]] = {
    "remove": moderation.remove,
    "restore": moderation.restore,
    "lock": moderation.lock,
    "unlock": moderation.unlock,
    "pin": moderation.pin,
    "unpin": moderation.unpin,
}


async def one_post(visitor: Visitor, status: int = 200) -> Response:
    """`/posts/{id}/moderate`: what can be done with a post, and with its author in the group."""
    post_id = number(visitor.param("post_id"))
    me = visitor.member.account_id
    found = await cards.by_ids(visitor.house, me, [post_id]) if post_id is not None else []
    if not found or not found[0].moderate:
        raise NotFoundError
    card = found[0]
    facts = await visitor.house.store.read(_post_facts, card.id, visitor.house.site.clock.now())
    group = person_of(facts.pop("group"), visitor.house.site)
    ends = [(days, _(words)) for days, words in ENDS.items()]
    return visitor.page(
        "members/moderate.html", status, here="groups", post=card, group=group, ends=ends, **facts, done=_done(visitor)
    )


def _post_facts(connection: Connection, post_id: int, now: int) -> dict[str, Any]:
    row = connection.execute(select(post).where(post.c.id == post_id)).one()
    ban = bans.one(connection, row.group_id, row.account_id, now)
    return {
        "group": accounts.by_ids(connection, [row.group_id])[row.group_id],
        "pinned": row.id in moderation.pinned(connection, row.group_id),
        "opens": row.reply_to_iri is None,
        "banned": ban is not None,
        "moderates_too": acting.is_moderator(connection, row.group_id, row.account_id),
    }


async def do_post(visitor: Visitor) -> Response:
    """Do it."""
    post_id, deed = number(visitor.param("post_id")), visitor.form["deed"]
    if post_id is None or (deed not in ON_POSTS and deed not in {"ban", "unban"}):
        raise NotFoundError
    try:
        await visitor.house.store.unit(_do, visitor.member.account_id, post_id, dict(visitor.form.values))
    except RefusalError as refusal:
        if refusal.status in {403, 404}:
            raise
        visitor.form.refuse(refusal)
        return await one_post(visitor, 422)
    return go(f"/posts/{post_id}/moderate?done={deed}")


def _do(u: Unit, me: int, post_id: int, values: dict[str, str]) -> None:
    row = u.connection.execute(select(post).where(post.c.id == post_id)).first()
    if row is None or row.group_id is None:
        raise NotFoundError
    by, deed = By(me, values.get("reason", "")), values.get("deed", "")
    if deed == "ban":
        until = u.now + int(values["ends"]) * DAY if values.get("ends") in {"1", "7", "30", "365"} else None
        moderation.ban(u, row.group_id, row.account_id, by, until=until, removes=values.get("removes") == "1")
    elif deed == "unban":
        bans.unban(u, row.group_id, row.account_id, by)
    else:
        ON_POSTS[deed](u, row.group_id, post_id, by)


async def manage(visitor: Visitor, status: int = 200) -> Response:
    """`/@name/manage`: a group's name and rules, its moderators, bans, what was taken out, reports."""
    row = await _group(visitor)
    house = visitor.house
    found = await house.store.read(_group_facts, house.site, row, visitor.member.account_id)
    form = visitor.form
    if not form.values["display_name"] and not row.domain:
        form.values |= {"display_name": row.display_name, "bio": row.bio_source, "rules": found["rules"]}
    group = person_of(row, house.site)
    return visitor.page("members/manage.html", status, here="groups", group=group, **found, done=_done(visitor))


def _group_facts(connection: Connection, site: Any, row: Any, me: int) -> dict[str, Any]:
    out = [item.post_id for item in submissions.removed(connection, row.id)] if not row.domain else []
    told = reports.in_group(connection, row.id) if not row.domain else []
    theirs = reports.shown_in(connection, row.id, told)
    shown = {post_id for posts in theirs.values() for post_id in posts} | set(out)
    rows = {one.id: one for one in connection.execute(select(post).where(post.c.id.in_(shown)))} if shown else {}
    texts = {one.id: plain(words_of(site.vault, one).content)[:EXCERPT] for one in rows.values()}
    barred = bans.all_of(connection, row.id, site.clock.now())
    who = {one.account_id for one in (*barred, *rows.values())} | {one.target_id for one in told}
    people = persons(connection, who, site)
    return {
        "rules": groups.rules_of(connection, row.id),
        "moderators": [(person_of(one, site), one.id == me) for one in moderators.known(connection, row.id)],
        "bans": [(people[one.account_id], one) for one in barred if one.account_id in people],
        "removed": [
            (one, texts[one], people[rows[one].account_id], rows[one].removed_reason) for one in out if one in rows
        ],
        "reports": [
            (
                one.id,
                people.get(one.target_id),
                reports.words_of(site.vault, one),
                [(p, texts[p]) for p in theirs[one.id] if p in texts],
            )
            for one in told
        ],
    }


async def change(visitor: Visitor) -> Response:
    """Do what a form of the page says."""
    row = await _group(visitor)
    deed = visitor.form["deed"]
    whom = number(visitor.form["account"])
    if deed == "appoint":
        whom = await visitor.house.resolver.account(visitor.form["handle"])
    try:
        await visitor.house.store.unit(_change, row, visitor.member.account_id, visitor.form, whom)
    except RefusalError as refusal:
        if refusal.status == 403:
            raise
        visitor.form.refuse(refusal)
        return await manage(visitor, 422)
    return go(f"{person_of(row, visitor.house.site).page}/manage?done={deed if deed in DONE else 'change'}")


def _change(u: Unit, row: Any, me: int, form: forms.Form, whom: int | None) -> None:
    by, deed = By(me), form["deed"]
    if deed == "change":
        groups.change(u, row.id, by, name=form["display_name"], bio=form["bio"], rules=form["rules"])
        return
    if deed == "close":
        reports.close_in_group(u, number(form["report"]) or 0, row.id, me)
        return
    if whom is None:
        raise RefusalError(
            "account-unknown", N_("There is no account '{name}' here."), status=404, name=form["handle"][:60]
        )
    if deed == "appoint":
        moderators.add(u, row.id, whom, by)
    elif deed == "dismiss":
        moderators.remove(u, row.id, whom, by)
    elif deed == "unban":
        bans.unban(u, row.id, whom, by)


async def _group(visitor: Visitor) -> Any:
    """The group that the address names, if the visitor moderates it; to others the page does not exist."""
    name, _at, domain = visitor.param("name").partition("@")
    row = await visitor.house.store.read(accounts.by_name, name, domain)
    if row is None or row.kind != "group" or not accounts.is_shown(row):
        raise NotFoundError
    if not await visitor.house.store.read(acting.is_moderator, row.id, visitor.member.account_id):
        raise NotFoundError
    return row


def _done(visitor: Visitor) -> str:
    return _(DONE[visitor.query("done")]) if visitor.query("done") in DONE else ""


ROUTES = [
    Route("/posts/{post_id:int}/moderate", member_page(one_post), methods=["GET"]),
    Route("/posts/{post_id:int}/moderate", member_page(do_post), methods=["POST"]),
    Route("/@{name}/manage", member_page(manage), methods=["GET"]),
    Route("/@{name}/manage", member_page(change), methods=["POST"]),
]
