"""Reports to the moderators, and subscriptions to pushes."""

from starlette.requests import Request
from starlette.responses import Response

from instance.auth.bearer import Caller
from instance.content import reports
from instance.content.reports import Complaint
from instance.house import House
from instance.mastodon.asking import delete, entities_of, get, member, post, put
from instance.mastodon.errors import answer
from instance.mastodon.params import Params, params, wrong
from instance.mastodon.telling import report_entity
from instance.notices import push, vapid
from instance.notices.push import Subscription
from instance.notices.telling import KINDS


async def report(request: Request) -> Response:
    """POST /api/v1/reports"""
    house, caller = await member(request, "write:reports")
    asked = await params(request)
    target_id = asked.id("account_id")
    if target_id is None:
        raise wrong("account_id")
    complaint = Complaint(
        target_id,
        asked.ids("status_ids"),
        asked.texts("rule_ids"),
        asked.text("category"),
        asked.text("comment"),
        asked.flag("forward"),
    )
    row = await house.store.unit(reports.file, caller.me, complaint)
    shown = await entities_of(house, [target_id])
    return answer(report_entity(row, complaint.comment, shown[0]))


async def _subscription(house: House, caller: Caller) -> Response:
    row = await house.store.read(push.of, caller.token_id)
    key = await house.store.read(vapid.known_key) or await house.store.unit(vapid.public_key)
    return answer(
        {
            "id": str(row.id),
            "endpoint": row.endpoint,
            "standard": row.standard,
            "alerts": row.alerts,
            "policy": row.policy,
            "server_key": key,
        }
    )


def _alerts(asked: Params) -> tuple[dict[str, bool], str]:
    data = asked.child("data") or Params({})
    alerts = data.child("alerts") or Params({})
    return {kind: alerts.flag(kind) for kind in KINDS if kind in alerts}, data.text("policy") or asked.text("policy")


async def show_push(request: Request) -> Response:
    """GET /api/v1/push/subscription; 404 where there is none"""
    house, caller = await member(request, "push")
    return await _subscription(house, caller)


async def subscribe(request: Request) -> Response:
    """POST /api/v1/push/subscription"""
    house, caller = await member(request, "push")
    asked = await params(request)
    wanted = asked.child("subscription") or Params({})
    keys = wanted.child("keys") or Params({})
    alerts, policy = _alerts(asked)
    kept: dict[str, bool] = {kind: alerts.get(kind, False) for kind in KINDS}
    made = Subscription(
        wanted.text("endpoint"), keys.text("p256dh"), keys.text("auth"), wanted.flag("standard"), kept, policy or "all"
    )
    await house.store.unit(push.subscribe, caller.token_id, caller.me, made)
    return await _subscription(house, caller)


async def change_push(request: Request) -> Response:
    """PUT /api/v1/push/subscription"""
    house, caller = await member(request, "push")
    alerts, policy = _alerts(await params(request))
    await house.store.unit(push.change, caller.token_id, alerts, policy)
    return await _subscription(house, caller)


async def unsubscribe(request: Request) -> Response:
    """DELETE /api/v1/push/subscription"""
    house, caller = await member(request, "push")
    await house.store.unit(push.unsubscribe, caller.token_id)
    return answer({})


ROUTES = [
    post("/api/v1/reports", report),
    get("/api/v1/push/subscription", show_push),
    post("/api/v1/push/subscription", subscribe),
    put("/api/v1/push/subscription", change_push),
    delete("/api/v1/push/subscription", unsubscribe),
]
