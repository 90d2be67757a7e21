"""Settings: servers that a member's posts don't go to."""

from starlette.responses import Response
from starlette.routing import Route

from instance.errors import RefusalError
from instance.i18n import _
from instance.peering import admission
from instance.policy import keeping
from instance.web.account.settings import show
from instance.web.frame.visitor import Visitor, go, member_page


async def page(visitor: Visitor) -> Response:
    """Those that she keeps from her posts, and a form for one more."""
    kept = await visitor.house.store.read(keeping.listed, visitor.member.account_id)
    owners = await visitor.house.store.read(admission.owners, [host for host, _since in kept])
    belongs = {host: _(admission.BELONGS[kind]) for host, kind in owners.items()}
    return show(visitor, "servers", kept=kept, belongs=belongs)


async def keep(visitor: Visitor) -> Response:
    """One more."""
    try:
        await visitor.house.store.unit(keeping.keep, visitor.member.account_id, visitor.form["host"])
    except RefusalError as refusal:
        visitor.form.refuse(refusal, {"domain-invalid": "host", "domain-ours": "host"})
        return await page(visitor)
    return go("/settings/servers?done=kept")


async def lift(visitor: Visitor) -> Response:
    """Her posts go there again."""
    await visitor.house.store.unit(keeping.lift, visitor.member.account_id, visitor.form["host"])
    return go("/settings/servers?done=lifted")


ROUTES = [
    Route("/settings/servers", member_page(page), methods=["GET"]),
    Route("/settings/servers", member_page(keep), methods=["POST"]),
    Route("/settings/servers/lift", member_page(lift), methods=["POST"]),
]
