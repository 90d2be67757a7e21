"""Home: what she follows and takes part in, newest first, and a place to write."""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from instance.content import interactions
from instance.i18n import N_, _
from instance.people import accounts, follows
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, member_page
from instance.web.pieces import cards, rules, writing
from policies.audience import OPEN_TO_ALL
from policies.interaction import KINDS

DONE = {
    "sent": N_("It is sent."),
    "narrowed": N_(
        "It is sent to the people who follow you. It is not public, for you have not allowed public posts in your settings."
    ),
    "deleted": N_("It is deleted here, and other servers are asked to delete their copies."),
    "welcome": N_("Welcome. Your account is ready."),
}


async def home(visitor: Visitor, status: int = 200) -> Response:
    """The page Home, for members."""
    me = await visitor.house.store.read(accounts.by_id, visitor.member.account_id)
    below = number(visitor.query("below"))
    asking = await visitor.house.store.read(follows.requests, visitor.member.account_id) if me and me.locked else []
    shown, following = await cards.stream(visitor.house, visitor.member.account_id, "home", below)
    if not visitor.form.values["visibility"]:
        visitor.form.values["visibility"] = _usual(me)
    waiting = await visitor.house.store.read(lambda c: interactions.waiting(c, visitor.member.account_id, kinds=KINDS))
    rules.fill_usual(visitor.form, me)
    return visitor.page(
        "members/home.html",
        status,
        here="home",
        cards=shown,
        asking=len(asking),
        waiting=len(waiting),
        repliers=rules.repliers(visitor.form),
        quoters=rules.quoters(visitor.form),
        next=f"/?below={following}" if following else "",
        older=below is not None,
        audiences=writing.audiences(bool(me and me.public_posting)),
        done=_(DONE[visitor.query("done")]) if visitor.query("done") in DONE else "",
    )


def _usual(me: Any) -> str:
    """Her own default, where it can be chosen."""
    allowed = [value for value, _words in writing.audiences(bool(me and me.public_posting))]
    return me.default_visibility if me and me.default_visibility in allowed else "followers"


async def send(visitor: Visitor) -> Response:
    """Send what was written on Home."""
    wanted = visitor.form["visibility"]
    allowed = {value for value, _words in writing.audiences(public_posting=True)}
    post_id = await writing.send(visitor, visibility=wanted if wanted in allowed else "followers")
    if post_id is None:
        return await home(visitor, 422)
    written = await cards.by_ids(visitor.house, visitor.member.account_id, [post_id])
    narrowed = bool(written) and wanted in OPEN_TO_ALL and written[0].visibility not in OPEN_TO_ALL
    return go("/?done=narrowed" if narrowed else "/?done=sent")


ROUTES = [Route("/posts", member_page(send), methods=["POST"])]
