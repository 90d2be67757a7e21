"""The steward's page of what others say about servers: lists are taken as advice, and lines of them taken over by ticking."""

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from governance.offices.positions import Power
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.i18n import N_, _, said
from instance.peering import advice
from instance.peering.lists import MOST_LETTERS, SILENT, Taken
from instance.policy.inforce import in_force_here
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, power_page

PAGE = "/steward/advice"
SHOWN = 200
FORMS = (
    ("mastodon", N_("Mastodon: domain blocks as CSV")),
    ("fires", N_("FIRES: recommendations as JSON")),
    ("fediseer", N_("Fediseer: opinions as JSON or bare names")),
)
MEANT = (
    ("censure", N_("Censures: they say, keep out")),
    ("hesitation", N_("Hesitations: they say, be careful")),
    ("endorsement", N_("Endorsements: they say, these are good")),
)
OPINIONS = {
    "blocked": N_("keep out"),
    "limited": N_("be careful"),
    "allowed": N_("let in"),
    "noted": N_("only a remark"),
    "retracted": N_("taken back: they say nothing of it any more"),
}
BESIDES = {
    "evidence": N_("They point to:"),
    "rebuttal": N_("That server answers:"),
    "filters": N_("They would have it treated so:"),
}
DONE = {"adopted": N_("It is in force, as one new version of the policy."), "forgotten": N_("Forgotten.")}


async def page(visitor: Visitor, taken: Taken | None = None) -> Response:
    """Lines of all lists, each with what it would change, and a form for one more list."""
    search, after = visitor.query("search").strip()[:260], number(visitor.query("after")) or 0
    visitor.form.values |= {"search": search}
    visitor.form.values.setdefault("form", "mastodon")
    more = await visitor.house.store.read(_lines, search, after)
    bad = [_(one.template, line=one.line, value=one.value) for one in taken.bad[:SHOWN]] if taken is not None else []
    return visitor.page(
        "steward/advice.html",
        422 if visitor.form.problem or visitor.form.errors else 200,
        here="steward",
        forms=[(name, _(words)) for name, words in FORMS],
        meant=[(name, _(words)) for name, words in MEANT],
        opinions={name: _(words) for name, words in OPINIONS.items()},
        besides={name: _(words) for name, words in BESIDES.items()},
        silent=SILENT,
        bad=bad,
        number=len(taken.advice) if taken is not None else 0,
        done=_(DONE[visitor.query("done")]) if visitor.query("done") in DONE else "",
        search=search,
        **more,
    )


def _lines(connection: Connection, search: str, after: int) -> dict[str, Any]:
    policy, rows = in_force_here(connection), advice.listed(connection, search, after=after)
    lines = [(row, [said(one) for one in advice.changes(policy, row)]) for row in rows]
    following = rows[-1].id if len(rows) == advice.PAGE else 0
    return {"lines": lines, "sources": advice.sources(connection), "next": following}


def beside(connection: Connection, host: str) -> list[tuple[str, str, str]]:
    """(list, what it says, why) of one server, for the pages about it."""
    return [(row.source, _(OPINIONS[row.opinion]), row.reason) for row in advice.listed(connection, host=host)]


async def take(visitor: Visitor) -> Response:
    """Take a list as advice; nothing in the policy changes."""
    form = visitor.form
    sent = form.files.get("file")
    body = await sent.read(MOST_LETTERS * 2 + 1) if sent is not None else b""
    text = body.decode("utf-8", "replace") if body else form.values["text"]
    given = form["source"], form["form"], text, form["opinion"] or "censure"
    try:
        taken = await visitor.house.store.unit(advice.take, *given)
    except RefusalError as refusal:
        form.refuse(refusal, {"source-invalid": "source", "list-empty": "text"})
        return await page(visitor)
    form.values["text"] = ""
    return await page(visitor, taken)


async def adopt(visitor: Visitor) -> Response:
    """Take over the lines that were ticked."""
    ticked = [number(name.removeprefix("line-")) for name in visitor.form.values if name.startswith("line-")]
    ids = [one for one in ticked if one is not None]
    by = visitor.me.name if visitor.me is not None else ""

    def change(u: Unit) -> int:
        return advice.take_over(u, ids, by)

    if not ids:
        visitor.form.problem = _("Tick the lines that you want to take over.")
        return await page(visitor)
    try:
        await visitor.house.store.unit(change)
    except RefusalError as refusal:
        visitor.form.refuse(refusal)
        return await page(visitor)
    return go(f"{PAGE}?done=adopted")


async def forget(visitor: Visitor) -> Response:
    """Forget one list."""
    await visitor.house.store.unit(advice.forget, visitor.form["source"])
    return go(f"{PAGE}?done=forgotten")


async def export(visitor: Visitor) -> Response:
    """Our own stances as a file."""
    text = await visitor.house.store.read(advice.own_list)
    headers = {"Content-Disposition": 'attachment; filename="domain_blocks.csv"'}
    return Response(text, media_type="text/csv", headers=headers)


ROUTES = [
    Route(PAGE, power_page(Power.SET_POLICY)(page), methods=["GET"]),
    Route(PAGE, power_page(Power.SET_POLICY)(take), methods=["POST"]),
    Route(f"{PAGE}/adopt", power_page(Power.SET_POLICY)(adopt), methods=["POST"]),
    Route(f"{PAGE}/forget", power_page(Power.SET_POLICY)(forget), methods=["POST"]),
    Route(f"{PAGE}/export", power_page(Power.SET_POLICY)(export), methods=["GET"]),
]
