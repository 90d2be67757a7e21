"""Statuses: post, read, edit, delete; their context, source and history (https://docs.joinmastodon.org/methods/statuses/)."""

from typing import Any

import msgspec
from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from instance.auth.bearer import bearer, optional_bearer
from instance.clock import iso
from instance.content import boosts, choices, posts, revisions, threads, titles
from instance.content.drafts import SHORTEST_POLL, PollDraft
from instance.content.revisions import Revision
from instance.content.visible import readable
from instance.content.words import words_of
from instance.db.content import attachment, poll
from instance.db.unit import Unit
from instance.errors import NotFoundError
from instance.house import House, house_of
from instance.mastodon import serialise
from instance.mastodon.drafting import changed_draft, new_draft
from instance.mastodon.entities import emoji_entities, media_entity, without_duplicates
from instance.mastodon.errors import answer, listed
from instance.mastodon.interaction import quote_rule, rules_of
from instance.mastodon.params import id_of, params

MOST_AT_ONCE = 100


async def reader_of(request: Request, scope: str = "read:statuses") -> int | None:
    """The reader's account; None for a stranger or an app alone. Raises RefusalError for a token that does not hold."""
    caller = await optional_bearer(house_of(request), request, scope)
    return caller.account_id if caller is not None else None


def path_id(request: Request) -> int:
    """The status that the path names. Raises NotFoundError for what can be no id."""
    return id_of(request.path_params["id"])


def one(raw: msgspec.Raw) -> Response:
    """A status as an answer."""
    return Response(bytes(raw), media_type="application/json; charset=utf-8")


async def create(request: Request) -> Response:
    """POST /api/v1/statuses"""
    house = house_of(request)
    caller = await bearer(house, request, "write:statuses")
    draft = new_draft(request, await params(request), caller)
    await house.resolver.meet(draft.text)
    try:
        post_id = await house.store.unit(posts.write, caller.me, draft)
    except posts.RepeatedError:
        post_id = await house.store.unit(posts.write, caller.me, draft)
    return one(await serialise.status(house, post_id, caller.me))


async def show(request: Request) -> Response:
    """GET /api/v1/statuses/:id"""
    reader = await reader_of(request)
    return one(await serialise.status(house_of(request), path_id(request), reader))


async def several(request: Request) -> Response:
    """GET /api/v1/statuses?id[]="""
    reader = await reader_of(request)
    asked = await params(request)
    ids = without_duplicates(asked.ids("id"))[:MOST_AT_ONCE]
    return listed(await serialise.statuses(house_of(request), ids, reader))


async def context(request: Request) -> Response:
    """GET /api/v1/statuses/:id/context"""
    house, reader = house_of(request), await reader_of(request)
    now = house.site.clock.now()
    found = await house.store.read(threads.context, reader, path_id(request), now)
    if reader is not None and await house.store.read(threads.is_due, path_id(request), now):
        await house.store.unit(threads.ask, path_id(request))
    ids = [*found.ancestors, *found.descendants]
    shown = {_id(raw): raw for raw in await serialise.statuses(house, ids, reader, context="thread")}
    return answer(
        {
            "ancestors": [shown[post_id] for post_id in found.ancestors if post_id in shown],
            "descendants": [shown[post_id] for post_id in found.descendants if post_id in shown],
        }
    )


def _id(raw: msgspec.Raw) -> int:
    """The id of a rendered status, which always comes first."""
    return int(bytes(raw)[7:26].partition(b'"')[0])


def _owned(connection: Connection, site: Any, author_id: int, post_id: int) -> tuple[Any, Revision]:
    row = readable(connection, author_id, post_id)
    if row.account_id != author_id:
        raise NotFoundError
    return row, revisions.history(connection, site.vault, post_id)[-1]


async def source(request: Request) -> Response:
    """GET /api/v1/statuses/:id/source"""
    house = house_of(request)
    caller = await bearer(house, request, "read:statuses")
    row, now = await house.store.read(_owned, house.site, caller.me, path_id(request))
    said = {
        "id": str(row.id),
        "text": titles.joined(now.words.title, now.words.source),
        "spoiler_text": now.words.summary,
    }
    return answer(said | {"content_type": row.source_type})


def _poll_now(connection: Connection, post_id: int) -> PollDraft | None:
    row = connection.execute(select(poll).where(poll.c.post_id == post_id)).first()
    if row is None:
        return None
    titles = [option["title"] for option in row.options]
    return PollDraft(titles, SHORTEST_POLL, row.multiple, row.hide_totals)


async def edit(request: Request) -> Response:
    """PUT /api/v1/statuses/:id"""
    house = house_of(request)
    caller = await bearer(house, request, "write:statuses")
    post_id, asked = path_id(request), await params(request)
    await house.resolver.meet(asked.text("status"))

    def change(u: Unit) -> None:
        row, now = _owned(u.connection, u.site, caller.me, post_id)
        draft = changed_draft(asked, now, row.source_type, _poll_now(u.connection, post_id))
        posts.edit(u, caller.me, post_id, draft)
        chosen = rules_of(asked.child("interaction_policy")) | quote_rule(asked)
        if chosen:
            choices.set_rules(u, caller.me, post_id, chosen)

    await house.store.unit(change)
    return one(await serialise.status(house, post_id, caller.me))


async def remove(request: Request) -> Response:
    """DELETE /api/v1/statuses/:id: answers the status a last time, with its source, so that it can be drafted anew."""
    house = house_of(request)
    caller = await bearer(house, request, "write:statuses")
    post_id = path_id(request)
    last = bytes(await serialise.status(house, post_id, caller.me))

    def erase(u: Unit) -> str:
        row = readable(u.connection, caller.me, post_id)
        if row.account_id != caller.me:
            raise NotFoundError
        words = words_of(u.site.vault, row)
        said = titles.joined(words.title, words.source)
        if row.boost_of_id is not None:
            boosts.unboost(u, caller.me, post_id)
        else:
            posts.delete_post(u, post_id)
        return said

    text = msgspec.json.encode(await house.store.unit(erase))
    return Response(b'%s,"text":%s}' % (last[:-1], text), media_type="application/json; charset=utf-8")


async def history(request: Request) -> Response:
    """GET /api/v1/statuses/:id/history"""
    house, reader = house_of(request), await reader_of(request)

    def load(connection: Connection) -> tuple[int, list[Revision], dict[int, Any]]:
        row = readable(connection, reader, path_id(request))
        states = revisions.history(connection, house.site.vault, row.id)
        ids = {media_id for state in states for media_id in state.media}
        files = connection.execute(select(attachment).where(attachment.c.id.in_(ids))).all() if ids else []
        return row.account_id, states, {file.id: file for file in files}

    account_id, states, files = await house.store.read(load)
    author = (await serialise.accounts(house, [account_id]))[account_id]
    return answer([_edit(house, state, files, author) for state in states])


def _edit(house: House, state: Revision, files: dict[int, Any], author: msgspec.Raw) -> dict[str, Any]:
    """A StatusEdit."""
    entity = {
        "content": state.words.content,
        "spoiler_text": state.words.summary,
        "sensitive": state.sensitive,
        "created_at": iso(state.created_at),
        "account": author,
        "media_attachments": [media_entity(files[m], house.site) for m in state.media if m in files],
        "emojis": emoji_entities(state.words.emoji, house.site),
    }
    if state.options is not None:
        entity["poll"] = {"options": [{"title": title} for title in state.options]}
    return entity


async def translate(request: Request) -> Response:
    """POST /api/v1/statuses/:id/translate: no translation is set up here, which Mastodon answers so."""
    caller = await bearer(house_of(request), request, "read:statuses")
    await serialise.status(house_of(request), path_id(request), caller.me)
    raise NotFoundError


async def card(request: Request) -> Response:
    """GET /api/v1/statuses/:id/card: we fetch no linked pages, so there is none (LEAKS L19)."""
    await serialise.status(house_of(request), path_id(request), await reader_of(request))
    return answer({})


ROUTES = [
    Route("/api/v1/statuses", create, methods=["POST"]),
    Route("/api/v1/statuses", several, methods=["GET"]),
    Route("/api/v1/statuses/{id}", show, methods=["GET"]),
    Route("/api/v1/statuses/{id}", edit, methods=["PUT"]),
    Route("/api/v1/statuses/{id}", remove, methods=["DELETE"]),
    Route("/api/v1/statuses/{id}/context", context, methods=["GET"]),
    Route("/api/v1/statuses/{id}/source", source, methods=["GET"]),
    Route("/api/v1/statuses/{id}/history", history, methods=["GET"]),
    Route("/api/v1/statuses/{id}/card", card, methods=["GET"]),
    Route("/api/v1/statuses/{id}/translate", translate, methods=["POST"]),
]
