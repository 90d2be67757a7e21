"""Following, blocking, muting, notes; who asks to follow (https://docs.joinmastodon.org/methods/accounts/#follow and below)."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response

from instance.clock import SECOND, iso
from instance.db.people import account, domain_restriction, restriction
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.house import House
from instance.i18n import N_
from instance.mastodon import serialise
from instance.mastodon.asking import (
    account_page,
    account_row,
    delete,
    follow_page,
    get,
    member,
    path_id,
    post,
)
from instance.mastodon.errors import answer, listed
from instance.mastodon.paging import link_header, page_of
from instance.mastodon.params import params
from instance.mastodon.rendered import encode
from instance.people import follows, restrictions
from instance.people.relations import Relation, relations

Change = Callable[[Unit, int, int], Any]
MOST_AT_ONCE = 200


def relationship_entity(relation: Relation) -> dict[str, Any]:
    """A Relationship (https://docs.joinmastodon.org/entities/Relationship/)."""
    return {
        "id": str(relation.account_id),
        "following": relation.following,
        "showing_reblogs": relation.showing_boosts,
        "notifying": relation.notifying,
        "languages": relation.languages,
        "followed_by": relation.followed_by,
        "blocking": relation.blocking,
        "blocked_by": relation.blocked_by,
        "muting": relation.muting,
        "muting_notifications": relation.muting_notifications,
        "muting_expires_at": iso(relation.muting_until) if relation.muting_until else None,
        "requested": relation.requested,
        "requested_by": relation.requested_by,
        "domain_blocking": relation.domain_blocking,
        "endorsed": False,
        "note": relation.note,
    }


async def _relationships(house: House, viewer_id: int, ids: list[int]) -> list[dict[str, Any]]:
    now = house.site.clock.now()
    found = await house.store.read(lambda c: relations(c, viewer_id, ids, now=now))
    return [relationship_entity(found[account_id]) for account_id in dict.fromkeys(ids)]


async def index(request: Request) -> Response:
    """GET /api/v1/accounts/relationships: `id` repeated, or `id[]`"""
    house, caller = await member(request, "read:follows")
    ids = (await params(request)).ids("id")[:MOST_AT_ONCE]
    known = await house.store.read(_known, ids)
    return answer(await _relationships(house, caller.me, [account_id for account_id in ids if account_id in known]))


def _known(connection: Connection, ids: list[int]) -> set[int]:
    return set(connection.execute(select(account.c.id).where(account.c.id.in_(ids))).scalars())


async def _changed(request: Request, scope: str, change: Change) -> Response:
    house, caller = await member(request, scope)
    target = await account_row(house, path_id(request))
    await house.store.unit(change, caller.me, target.id)
    return answer((await _relationships(house, caller.me, [target.id]))[0])


async def follow(request: Request) -> Response:
    """POST /api/v1/accounts/:id/follow (`reblogs`, `notify`, `languages`)"""
    asked = await params(request)
    wishes: dict[str, Any] = {"boosts": asked.flag("reblogs", True), "notify": asked.flag("notify")}
    wishes["languages"] = asked.texts("languages") or None
    return await _changed(request, "write:follows", lambda u, me, other: follows.request(u, me, other, **wishes))


async def unfollow(request: Request) -> Response:
    """POST /api/v1/accounts/:id/unfollow"""
    return await _changed(request, "write:follows", follows.end)


async def remove_from_followers(request: Request) -> Response:
    """POST /api/v1/accounts/:id/remove_from_followers"""
    return await _changed(request, "write:follows", lambda u, me, other: follows.reject(u, other, me))


async def block(request: Request) -> Response:
    """POST /api/v1/accounts/:id/block"""
    return await _changed(request, "write:blocks", restrictions.block)


async def unblock(request: Request) -> Response:
    """POST /api/v1/accounts/:id/unblock"""
    return await _changed(request, "write:blocks", restrictions.unblock)


async def mute(request: Request) -> Response:
    """POST /api/v1/accounts/:id/mute (`notifications`, `duration` in seconds)"""
    asked = await params(request)
    duration = asked.number("duration", 0, 0, 10 * 365 * 24 * 3600) * SECOND
    wishes: dict[str, Any] = {"notifications": asked.flag("notifications", True), "duration": duration or None}
    return await _changed(request, "write:mutes", lambda u, me, other: restrictions.mute(u, me, other, **wishes))


async def unmute(request: Request) -> Response:
    """POST /api/v1/accounts/:id/unmute"""
    return await _changed(request, "write:mutes", restrictions.unmute)


async def note(request: Request) -> Response:
    """POST /api/v1/accounts/:id/note (`comment`)"""
    text = (await params(request)).text("comment")
    return await _changed(request, "write:accounts", lambda u, me, other: restrictions.set_note(u, me, other, text))


def _nothing(_u: Unit, _me: int, _other: int) -> None:
    """Nothing to do."""


async def endorse(request: Request) -> Response:
    """POST /api/v1/accounts/:id/pin and …/endorse: accounts are not featured here"""
    house, _ = await member(request, "write:accounts")
    await account_row(house, path_id(request))
    raise RefusalError("no-endorsements", N_("Profiles here do not feature other people."))


async def unendorse(request: Request) -> Response:
    """POST /api/v1/accounts/:id/unpin and …/unendorse: none is featured"""
    return await _changed(request, "write:accounts", _nothing)


async def familiar_followers(request: Request) -> Response:
    """GET /api/v1/accounts/familiar_followers: who follows whom is not told"""
    await member(request, "read:follows")
    ids = (await params(request)).ids("id")[:MOST_AT_ONCE]
    return answer([{"id": str(account_id), "accounts": []} for account_id in ids])


async def follow_requests(request: Request) -> Response:
    """GET /api/v1/follow_requests"""
    house, caller = await member(request, "read:follows")
    page = page_of(await params(request), 40, 80)
    rows = await house.store.read(lambda c: follows.requests(c, caller.me, **follow_page(page)))
    return await account_page(request, rows, page.limit)


async def authorize(request: Request) -> Response:
    """POST /api/v1/follow_requests/:account_id/authorize"""
    return await _changed(request, "write:follows", lambda u, me, other: follows.accept(u, other, me))


async def reject(request: Request) -> Response:
    """POST /api/v1/follow_requests/:account_id/reject"""
    return await _changed(request, "write:follows", lambda u, me, other: follows.reject(u, other, me))


async def blocks(request: Request) -> Response:
    """GET /api/v1/blocks"""
    return await _restricted(request, "read:blocks", "block")


async def mutes(request: Request) -> Response:
    """GET /api/v1/mutes"""
    return await _restricted(request, "read:mutes", "mute")


async def _restricted(request: Request, scope: str, kind: str) -> Response:
    house, caller = await member(request, scope)
    page = page_of(await params(request), 40, 80)
    c = restriction.c

    def rows_of(connection: Connection) -> list[Any]:
        asked = select(c.id, c.target_id, c.expires_at).where(c.account_id == caller.me, c.kind == kind)
        asked = asked.where(c.id < page.below, c.id > page.above).order_by(c.id.desc()).limit(page.limit)
        return list(connection.execute(asked).all())

    rows = await house.store.read(rows_of)
    if kind == "block":
        return await account_page(request, rows, page.limit)
    found = await serialise.accounts(house, [row.target_id for row in rows])
    ends = {row.target_id: encode(iso(row.expires_at) if row.expires_at else None) for row in rows}
    shown = [
        msgspec.Raw(bytes(found[key])[:-1] + b',"mute_expires_at":' + ends[key] + b"}") for key in ends if key in found
    ]
    return listed(shown, link_header(request, [row.id for row in rows], page.limit))


async def domain_blocks(request: Request) -> Response:
    """GET /api/v1/domain_blocks"""
    house, caller = await member(request, "read:blocks")
    page = page_of(await params(request), 100, 200)
    c = domain_restriction.c

    def rows_of(connection: Connection) -> list[Any]:
        asked = select(c.id, c.domain).where(c.account_id == caller.me, c.id < page.below, c.id > page.above)
        return list(connection.execute(asked.order_by(c.id.desc()).limit(page.limit)).all())

    rows = await house.store.read(rows_of)
    links = link_header(request, [row.id for row in rows], page.limit)
    return answer([row.domain for row in rows], headers=links)


async def block_domain(request: Request) -> Response:
    """POST, DELETE /api/v1/domain_blocks (`domain`)"""
    house, caller = await member(request, "write:blocks")
    domain = (await params(request)).text("domain")
    change = restrictions.block_domain if request.method == "POST" else restrictions.unblock_domain
    await house.store.unit(change, caller.me, domain)
    return answer({})


ROUTES = [
    get("/api/v1/accounts/relationships", index),
    get("/api/v1/accounts/familiar_followers", familiar_followers),
    post("/api/v1/accounts/{id}/follow", follow),
    post("/api/v1/accounts/{id}/unfollow", unfollow),
    post("/api/v1/accounts/{id}/remove_from_followers", remove_from_followers),
    post("/api/v1/accounts/{id}/block", block),
    post("/api/v1/accounts/{id}/unblock", unblock),
    post("/api/v1/accounts/{id}/mute", mute),
    post("/api/v1/accounts/{id}/unmute", unmute),
    post("/api/v1/accounts/{id}/note", note),
    post("/api/v1/accounts/{id}/pin", endorse),
    post("/api/v1/accounts/{id}/endorse", endorse),
    post("/api/v1/accounts/{id}/unpin", unendorse),
    post("/api/v1/accounts/{id}/unendorse", unendorse),
    get("/api/v1/follow_requests", follow_requests),
    post("/api/v1/follow_requests/{id}/authorize", authorize),
    post("/api/v1/follow_requests/{id}/reject", reject),
    get("/api/v1/blocks", blocks),
    get("/api/v1/mutes", mutes),
    get("/api/v1/domain_blocks", domain_blocks),
    post("/api/v1/domain_blocks", block_domain),
    delete("/api/v1/domain_blocks", block_domain),
]
