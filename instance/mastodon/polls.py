"""Polls: look, vote (https://docs.joinmastodon.org/methods/polls/)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from instance.auth.bearer import bearer
from instance.content import polls
from instance.content.visible import readable
from instance.content.words import words_of
from instance.db.content import poll, poll_vote
from instance.errors import NotFoundError
from instance.house import House, house_of
from instance.mastodon.entities import poll_entity
from instance.mastodon.errors import answer
from instance.mastodon.params import id_of, params
from instance.mastodon.statuses import reader_of
from instance.site import Site

_Seen = tuple[Row[Any], Mapping[str, str], list[int], bool]
"""A poll, the custom emoji of its post, what the reader chose, and whether it is hers."""


def _load(connection: Connection, site: Site, reader_id: int | None, poll_id: int) -> _Seen:
    row = connection.execute(select(poll).where(poll.c.id == poll_id)).first()
    if row is None:
        raise NotFoundError
    asks = readable(connection, reader_id, row.post_id)
    mine = select(poll_vote.c.choice).where(poll_vote.c.poll_id == poll_id, poll_vote.c.account_id == reader_id)
    own = asks.account_id == reader_id
    return row, words_of(site.vault, asks).emoji, sorted(connection.execute(mine).scalars()), own


async def _shown(house: House, reader_id: int | None, poll_id: int) -> Response:
    row, emoji, chosen, own = await house.store.read(_load, house.site, reader_id, poll_id)
    ended = row.closed_at is not None or (row.expires_at is not None and row.expires_at <= house.site.clock.now())
    entity: dict[str, Any] = poll_entity(row, emoji, house.site) | {"expired": ended}
    if reader_id is not None:
        entity |= {"voted": bool(chosen) or own, "own_votes": chosen}
    return answer(entity)


async def show(request: Request) -> Response:
    """GET /api/v1/polls/:id"""
    return await _shown(house_of(request), await reader_of(request), id_of(request.path_params["id"]))


async def vote(request: Request) -> Response:
    """POST /api/v1/polls/:id/votes: `choices` as numbers or as text."""
    house = house_of(request)
    caller = await bearer(house, request, "write:statuses")
    poll_id, choices = id_of(request.path_params["id"]), (await params(request)).numbers("choices")
    await house.store.unit(polls.vote, caller.me, poll_id, choices)
    return await _shown(house, caller.me, poll_id)


ROUTES = [
    Route("/api/v1/polls/{id}", show, methods=["GET"]),
    Route("/api/v1/polls/{id}/votes", vote, methods=["POST"]),
]
