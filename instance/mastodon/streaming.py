"""Streams (https://docs.joinmastodon.org/methods/streaming/): what happens, as it happens, by WebSocket or server-sent events.

A stream asks the database every second or so for what is new to its reader: the same statements and the same judgement as
the pages, whichever process wrote it, and a post that the reader may no longer see goes from her stream too. With each look
the token is asked again: a stream ends when its token does.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from instance.auth.bearer import Caller, caller_of, check_scope, token_of
from instance.auth.scopes import covers
from instance.clock import MINUTE
from instance.content.formatting import tag_name
from instance.db.hot import Query
from instance.errors import RefusalError
from instance.house import House, house_of
from instance.i18n import N_, refusal_text
from instance.ids import EPOCH_2020, RANDOM_BITS
from instance.mastodon import notifications, serialise
from instance.mastodon.paging import Page
from instance.mastodon.timelines import list_source
from instance.notices import pages
from instance.notices.pages import Wanted

PAUSE = 1.0
WINDOW = 10 * MINUTE
MOST_POSTS = 20
MOST_SUBSCRIPTIONS = 20
MOST_STREAMS = 1000
BEAT_EVERY = 15
ENDED = 4401

_NEWEST = Query("SELECT COALESCE(MAX(id), 0) FROM notification WHERE account_id = :reader")

# stream -> (source of posts, its switches, context of filters); '' has none
STREAMS: dict[str, tuple[str, dict[str, bool], str]] = {
    "user": ("home", {}, "home"),
    "user:notification": ("", {}, ""),
    "public": ("public", {"local": False, "remote": False, "only_media": False}, "public"),
    "public:local": ("public", {"local": True, "remote": False, "only_media": False}, "public"),
    "public:remote": ("public", {"local": False, "remote": True, "only_media": False}, "public"),
    "public:media": ("public", {"local": False, "remote": False, "only_media": True}, "public"),
    "hashtag": ("tag", {"local": False, "remote": False, "only_media": False}, "public"),
    "hashtag:local": ("tag", {"local": True, "remote": False, "only_media": False}, "public"),
    "list": ("list", {}, "home"),
    "direct": ("conversations", {}, ""),
}
NOTIFYING = {"user", "user:notification"}


class _Known(msgspec.Struct):
    id: str
    edited_at: str | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """One event; `payload` is JSON text, or a bare id."""

    event: str
    payload: str


@dataclass(slots=True)
class Stream:
    """One subscription of one reader, and what she was told already."""

    house: House
    reader_id: int
    name: str
    source: str
    values: dict[str, Any]
    context: str
    notifies: bool = False
    """Whether it tells of notifications: by its name, and as far as the token's scopes go."""
    seen: dict[int, str | None] | None = None
    last_notification: int | None = None
    label: list[str] = field(default_factory=list)

    async def news(self) -> list[Happening]:
        """What happened since the last look; the first look only takes note."""
        found = await self._posts() if self.source else []
        return found + (await self._notifications() if self.notifies else [])

    async def _posts(self) -> list[Happening]:
        start = (self.house.site.clock.now() - WINDOW - EPOCH_2020) << RANDOM_BITS
        page = Page(limit=MOST_POSTS, above=max(start, 0))
        raws, ids = await serialise.page(
            self.house, self.source, self.reader_id, page, context=self.context, **self.values
        )
        shown = dict(zip(ids, raws, strict=False))
        now = {post_id: msgspec.json.decode(raw, type=_Known).edited_at for post_id, raw in shown.items()}
        before, self.seen = self.seen, now
        if before is None:
            return []
        oldest = min(ids) if len(ids) >= MOST_POSTS else start
        self.seen |= {post_id: edited for post_id, edited in before.items() if start < post_id < oldest}
        told = [Happening("delete", str(gone)) for gone in before if gone not in now and gone >= oldest]
        for post_id in sorted(now):
            if post_id not in before:
                told.append(Happening("update", bytes(shown[post_id]).decode()))
            elif before[post_id] != now[post_id]:
                told.append(Happening("status.update", bytes(shown[post_id]).decode()))
        return told

    async def _notifications(self) -> list[Happening]:
        newest = int((await self.house.store.hot(_NEWEST, reader=self.reader_id))[0][0])
        last, self.last_notification = self.last_notification, max(newest, self.last_notification or 0)
        if last is None or newest <= last:
            return []
        wanted = Wanted(limit=MOST_POSTS, above=last, ascending=True)
        rows = await self.house.store.read(pages.page, self.reader_id, wanted)
        raws = await notifications.entities_of_rows(self.house, self.reader_id, rows[::-1])
        return [Happening("notification", bytes(raw).decode()) for raw in raws]


async def open_stream(house: House, caller: Caller, name: str, asked: dict[str, str]) -> Stream:
    """A subscription. Raises RefusalError: no such stream, outside the scopes, no such list or hashtag."""
    if name not in STREAMS:
        raise RefusalError("stream-unknown", N_("Unknown stream type"), status=400)
    check_scope(caller, "read:notifications" if name == "user:notification" else "read:statuses")
    notifies = name in NOTIFYING and covers(caller.scopes, "read:notifications")
    source, switches, context = STREAMS[name]
    values: dict[str, Any] = dict(switches)
    label = [name]
    if source == "tag":
        values["name"] = tag_name(asked.get("tag", ""))
        label.append(asked.get("tag", ""))
    elif source == "list":
        text = asked.get("list", "")
        list_id = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        source = await house.store.read(list_source, caller.me, list_id)
        values["group" if source == "group" else "list"] = list_id
        label.append(text)
    stream = Stream(house, caller.me, name, source, values, context, notifies, label=label)
    await stream.news()
    return stream


def _token(connection: HTTPConnection) -> tuple[str | None, str | None]:
    """The token, from header, query or WebSocket protocol; and the protocol to be echoed."""
    protocol = connection.headers.get("sec-websocket-protocol", "").partition(",")[0].strip() or None
    return token_of(connection) or connection.query_params.get("access_token") or protocol, protocol


def _open(house: House, by: int) -> None:
    count = house.shelf.get("streams", 0) + by
    if count > MOST_STREAMS:
        raise RefusalError("streams-many", N_("Too many streams are open. Try again in a minute."), status=503)
    house.shelf["streams"] = count


async def events(request: Request) -> Response:
    """GET /api/v1/streaming/…: server-sent events"""
    house = house_of(request)
    token, _protocol = _token(request)
    caller = await caller_of(house, token)
    words = request.url.path.removeprefix("/api/v1/streaming").strip("/").replace("/", ":")
    name = words or request.query_params.get("stream", "user")
    stream = await open_stream(house, caller, name, dict(request.query_params))
    headers = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}
    if request.method == "HEAD":
        return Response(headers=headers, media_type="text/event-stream")  # a stream without words would never end
    return StreamingResponse(_told(request, stream, token), headers=headers, media_type="text/event-stream")


async def _told(request: Request, stream: Stream, token: str | None) -> AsyncIterator[str]:
    _open(stream.house, 1)
    try:
        yield ":)\n"
        looks = 0
        while not getattr(request.app.state, "stopping", False):
            await asyncio.sleep(PAUSE)
            await caller_of(stream.house, token)
            looks += 1
            if looks % BEAT_EVERY == 0:
                yield ":thump\n"
            for one in await stream.news():
                yield f"event: {one.event}\ndata: {one.payload}\n\n"
    except RefusalError:
        return
    finally:
        _open(stream.house, -1)


async def socket(websocket: WebSocket) -> None:
    """WebSocket /api/v1/streaming: one stream named in the address, others by `subscribe` messages"""
    house = house_of(websocket)
    token, protocol = _token(websocket)
    try:
        caller = await caller_of(house, token)
        _open(house, 1)
    except RefusalError:
        await websocket.close(ENDED)
        return
    try:
        await websocket.accept(subprotocol=protocol)
        await _Socket(house, websocket, caller, token).run()
    except (WebSocketDisconnect, RuntimeError):
        return  # whoever listened has gone
    finally:
        _open(house, -1)


class _Socket:
    """One open WebSocket with its subscriptions."""

    def __init__(self, house: House, websocket: WebSocket, caller: Caller, token: str | None) -> None:
        self._house = house
        self._websocket = websocket
        self._caller = caller
        self._token = token
        self._streams: dict[tuple[str, ...], Stream] = {}

    async def run(self) -> None:
        query = dict(self._websocket.query_params)
        if query.get("stream"):
            await self._subscribe(query)
        teller = asyncio.create_task(self._tell())
        try:
            while True:
                await self._heard(await self._websocket.receive_text())
        finally:
            teller.cancel()
            await asyncio.gather(teller, return_exceptions=True)

    async def _tell(self) -> None:
        while self._websocket.client_state is WebSocketState.CONNECTED:
            await asyncio.sleep(PAUSE)
            try:
                await caller_of(self._house, self._token)
            except RefusalError:
                await self._websocket.close(ENDED)
                return
            for stream in list(self._streams.values()):
                for one in await stream.news():
                    await self._say({"stream": stream.label, "event": one.event, "payload": one.payload})

    async def _heard(self, text: str) -> None:
        try:
            asked = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            await self._say({"error": "malformed", "status": 400})
            return
        words = {str(key): str(value) for key, value in asked.items() if isinstance(value, str | int)}
        if words.get("type") == "subscribe":
            await self._subscribe(words)
        elif words.get("type") == "unsubscribe":
            self._streams.pop(_named(words), None)

    async def _subscribe(self, asked: dict[str, str]) -> None:
        key = _named(asked)
        if key in self._streams or len(self._streams) >= MOST_SUBSCRIPTIONS:
            return
        try:
            self._streams[key] = await open_stream(self._house, self._caller, asked.get("stream", ""), asked)
        except RefusalError as refusal:
            await self._say({"error": refusal_text(refusal), "status": refusal.status})

    async def _say(self, value: dict[str, Any]) -> None:
        await self._websocket.send_text(msgspec.json.encode(value).decode())


def _named(asked: dict[str, str]) -> tuple[str, ...]:
    return asked.get("stream", ""), asked.get("tag", ""), asked.get("list", "")


_PATHS: Sequence[str] = ("", "/", *(f"/{name.replace(':', '/')}" for name in STREAMS))

ROUTES = [
    WebSocketRoute("/api/v1/streaming", socket),
    WebSocketRoute("/api/v1/streaming/", socket),
    *(Route(f"/api/v1/streaming{path}", events, methods=["GET"]) for path in _PATHS),
]
