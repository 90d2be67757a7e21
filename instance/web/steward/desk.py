"""The desk of moderators and stewards: who asks to join, invitations, a link for somebody who can't get in."""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from governance.offices.positions import Power, may
from instance.auth import invitations, logins, registration, reset
from instance.content import reports
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.i18n import N_, _
from instance.peering import admission
from instance.web.frame.forms import number
from instance.web.frame.visitor import Visitor, go, power_page

MOST_USES = 1000
DONE = {
    "in": N_("She is in, and was told so if she gave an address."),
    "refused": N_("It is refused. Nothing of the request is kept."),
    "ended": N_("Ended."),
}


async def desk(visitor: Visitor, **link: str) -> Response:
    """All of it on one page; `link` is one that was just made, shown this once."""
    house, member = visitor.house, visitor.member
    waiting = await house.store.read(registration.waiting, house.site.vault)
    mine = await house.store.read(invitations.list_of, member.account_id, house.site.clock.now())
    if not visitor.form.values["uses"]:
        visitor.form.values["uses"] = "1"
    failed = bool(visitor.form.problem or visitor.form.errors)
    return visitor.page(
        "steward/steward.html",
        422 if failed else 200,
        here="steward",
        waiting=waiting,
        trials=[one for one in await house.store.read(admission.trials, house.site.clock.now()) if one.soon],
        reports=len(await house.store.read(reports.waiting)),
        invitations=mine,
        sees_operation=may(member.role, Power.SEE_OPERATION),
        sets_policy=may(member.role, Power.SET_POLICY),
        may_reset=may(member.role, Power.RESET_PASSWORDS),
        done=_(DONE[visitor.query("done")]) if visitor.query("done") in DONE else "",
        **({"link": "", "link_title": "", "link_help": ""} | link),
    )


async def answer(visitor: Visitor) -> Response:
    """Let somebody in, or not."""
    login_id = number(visitor.form["login"])
    if login_id is None:
        raise NotFoundError
    yes = visitor.form["answer"] == "yes"
    await visitor.house.store.unit(registration.approve if yes else registration.refuse, login_id)
    return go(f"/steward?done={'in' if yes else 'refused'}")


async def invite(visitor: Visitor) -> Response:
    """A link for new people; shown now, kept nowhere."""
    uses = number(visitor.form["uses"])
    if uses is None or not 1 <= uses <= MOST_USES:
        visitor.form.errors["uses"] = _("Write a number from 1 to {most}.", most=MOST_USES)
        return await desk(visitor)
    made = await visitor.house.store.unit(_invite, visitor.member.account_id, uses)
    return await desk(
        visitor,
        link=made.url,
        link_title=_("Your link"),
        link_help=_("It is shown only now. It is good for seven days."),
    )


def _invite(u: Unit, account_id: int, uses: int) -> invitations.Invitation:
    return invitations.create(u, created_by=account_id, max_uses=uses)


async def end_invitation(visitor: Visitor) -> Response:
    """Withdraw a link."""
    await visitor.house.store.unit(invitations.revoke, visitor.form["invitation"], visitor.member.account_id)
    return go("/steward?done=ended")


async def help_in(visitor: Visitor) -> Response:
    """A link with which a member chooses a new password."""
    try:
        link = await visitor.house.store.unit(_reset, visitor.form["name"])
    except RefusalError as refusal:
        visitor.form.refuse(refusal, {"member-unknown": "name"})
        return await desk(visitor)
    return await desk(
        visitor,
        link=link,
        link_title=_("A link for {name}", name=visitor.form["name"]),
        link_help=_(
            "It is shown only now, works once, and is good for one day. Hand it over in a way that you both trust."
        ),
    )


def _reset(u: Unit, name: str) -> Any:
    return reset.link_for(u, logins.named(u.connection, name).id)


ROUTES = [
    Route("/steward", power_page(Power.DECIDE_SIGN_UPS)(desk), methods=["GET"]),
    Route("/steward/answer", power_page(Power.DECIDE_SIGN_UPS)(answer), methods=["POST"]),
    Route("/steward/invite", power_page(Power.INVITE)(invite), methods=["POST"]),
    Route("/steward/invite/end", power_page(Power.INVITE)(end_invitation), methods=["POST"]),
    Route("/steward/reset", power_page(Power.RESET_PASSWORDS)(help_in), methods=["POST"]),
]
