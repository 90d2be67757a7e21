"""Who may reply and quote, what waits for a member's yes, and who quotes a post.

https://docs.joinmastodon.org/methods/statuses/ (quotes, interaction_policy); GoToSocial's /api/v1/interaction_policies and
/api/v1/interaction_requests.
"""

from typing import Any

from sqlalchemy import Connection, Row
from starlette.requests import Request
from starlette.responses import Response

from instance.clock import iso
from instance.content import choices, consent, interactions, quotes
from instance.content.visible import shown
from instance.errors import NotFoundError
from instance.house import House
from instance.mastodon import serialise
from instance.mastodon.asking import get, member, patch, path_id, post, put, reader
from instance.mastodon.errors import answer, listed
from instance.mastodon.interaction import VISIBILITIES, policy_entity, quote_rule, rules_of
from instance.mastodon.paging import link_header, page_of
from instance.mastodon.params import params, wrong
from instance.mastodon.statuses import one
from instance.people import accounts

TYPES = {"like": "favourite", "reply": "reply", "boost": "reblog", "quote": "quote"}
SWITCHES = {"like": "favourites", "reply": "replies", "boost": "reblogs", "quote": "quotes"}


async def set_policy(request: Request) -> Response:
    """PUT /api/v1/statuses/:id/interaction_policy: Mastodon's `quote_approval_policy`, or GoToSocial's `interaction_policy`"""
    house, caller = await member(request, "write:statuses")
    asked = await params(request)
    chosen = rules_of(asked.child("interaction_policy")) | quote_rule(asked)
    if not chosen:
        raise wrong("quote_approval_policy")
    await house.store.unit(choices.set_rules, caller.me, path_id(request), chosen)
    return one(await serialise.status(house, path_id(request), caller.me))


async def quoted_by(request: Request) -> Response:
    """GET /api/v1/statuses/:id/quotes: the posts that quote it with its author's yes, as far as the reader may see them"""
    house, reader_id = await reader(request, "read:statuses")
    page = page_of(await params(request))

    def load(connection: Connection) -> list[int]:
        target = shown(connection, reader_id, path_id(request))
        return quotes.quoted_by(connection, reader_id, target.id, (page.below, page.above), page.limit)

    ids = await house.store.read(load)
    statuses = await serialise.statuses(house, ids, reader_id, context="thread")
    return listed(statuses, link_header(request, ids, page.limit))


async def revoke(request: Request) -> Response:
    """POST /api/v1/statuses/:id/quotes/:quoting_id/revoke: the quoting status shows it no more; it is answered"""
    house, caller = await member(request, "write:statuses")
    quoting = path_id(request, "quoting")

    def work(u: Any) -> None:
        row = quotes.accepted_of(u.connection, caller.me, path_id(request), quoting)
        consent.revoke(u, caller.me, row.id)

    await house.store.unit(work)
    return one(await serialise.status(house, quoting, caller.me))


async def defaults(request: Request) -> Response:
    """GET, PATCH /api/v1/interaction_policies/defaults: by visibility; null is as usual"""
    house, caller = await member(request, "read:accounts" if request.method == "GET" else "write:accounts")
    if request.method == "PATCH":
        asked = await params(request)
        chosen = {stored: rules_of(asked.child(name)) for name, stored in VISIBILITIES.items() if name in asked}
        whole = {name: dict(choices.USUAL) | rules for name, rules in chosen.items()}
        for rules in whole.values():
            rules.pop("quote", None)
        await house.store.unit(choices.set_defaults, caller.me, whole)
    row = await house.store.read(accounts.by_id, caller.me)
    kept = (row.default_policies or {}) if row is not None else {}
    return answer({name: policy_entity(kept.get(stored)) for name, stored in VISIBILITIES.items()})


async def requests(request: Request) -> Response:
    """GET /api/v1/interaction_requests: what waits for the caller, newest first"""
    house, caller = await member(request, "read:notifications")
    asked = await params(request)
    kinds = tuple(kind for kind, name in SWITCHES.items() if asked.flag(name, True))
    page = page_of(asked)
    rows = await house.store.read(
        lambda c: interactions.waiting(c, caller.me, kinds=kinds, post_id=asked.id("status_id"))
    )
    rows = [row for row in rows if page.above < row.id < page.below][: page.limit]
    links = link_header(request, [row.id for row in rows], page.limit)
    return answer([await _entity(house, row, caller.me) for row in rows], headers=links)


async def one_request(request: Request) -> Response:
    """GET /api/v1/interaction_requests/:id"""
    house, caller = await member(request, "read:notifications")
    return await _answered(house, path_id(request), caller.me)


async def decide(request: Request) -> Response:
    """POST /api/v1/interaction_requests/:id/authorize and …/reject"""
    house, caller = await member(request, "write:notifications")
    yes = request.url.path.endswith("/authorize")
    await house.store.unit(consent.authorize if yes else consent.reject, caller.me, path_id(request))
    return await _answered(house, path_id(request), caller.me)


async def _answered(house: House, interaction_id: int, caller_id: int) -> Response:
    row = await house.store.read(interactions.by_id, interaction_id)
    if row is None or row.target_id != caller_id:
        raise NotFoundError
    return answer(await _entity(house, row, caller_id))


async def _entity(house: House, row: Row[Any], reader_id: int) -> dict[str, Any]:
    """GoToSocial's InteractionRequest; `reply` is the reply or the quoting status."""
    by = row.by_post_id if row.kind in {"reply", "quote"} else None
    statuses = {name: await _status(house, found, reader_id) for name, found in (("on", row.post_id), ("by", by))}
    faces = await serialise.accounts(house, [row.account_id])
    decided = iso(row.decided_at) if row.decided_at else None
    return {
        "id": str(row.id),
        "type": TYPES[row.kind],
        "created_at": iso(row.created_at),
        "account": faces.get(row.account_id),
        "status": statuses["on"],
        "reply": statuses["by"],
        "accepted_at": decided if row.state == interactions.ACCEPTED else None,
        "rejected_at": decided if row.state == interactions.REJECTED else None,
        "uri": row.approval_iri or "",
    }


async def _status(house: House, post_id: int | None, reader_id: int) -> Any:
    found = await serialise.statuses(house, [post_id], reader_id) if post_id is not None else []
    return found[0] if found else None


ROUTES = [
    put("/api/v1/statuses/{id}/interaction_policy", set_policy),
    get("/api/v1/statuses/{id}/quotes", quoted_by),
    post("/api/v1/statuses/{id}/quotes/{quoting}/revoke", revoke),
    get("/api/v1/interaction_policies/defaults", defaults),
    patch("/api/v1/interaction_policies/defaults", defaults),
    get("/api/v1/interaction_requests", requests),
    get("/api/v1/interaction_requests/{id}", one_request),
    post("/api/v1/interaction_requests/{id}/authorize", decide),
    post("/api/v1/interaction_requests/{id}/reject", decide),
]
