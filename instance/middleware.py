"""The entrance: all that happens to every request, in one pure ASGI layer around the routes.

Who calls (behind a proxy that we trust), our own host only, a limit on tries and on bodies, headers, the request log; and
whatever goes wrong inside becomes one plain answer, never a trace. `app.build` puts it between Starlette's two layers.
"""

import re
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers as RequestHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from instance.clock import SECOND, iso, monotonic
from instance.entrance import silence
from instance.entrance.answers import Answers
from instance.entrance.headers import PREFLIGHT, Headers, open_to_apps
from instance.entrance.limits import Count, Limits, limit_of
from instance.entrance.proxies import caller, household
from instance.errors import RefusalError
from instance.i18n import N_
from instance.observe import Tally, describe, log, path_of
from instance.site import Site

MEGABYTE = 1 << 20
BODY_LIMIT = MEGABYTE
MEDIA_LIMIT = 16 * MEGABYTE
WITH_IMAGES = (
    "/api/v1/media",
    "/api/v2/media",
    "/api/v1/accounts/update_credentials",
    "/api/v1/profile",
    "/settings/",
    "/posts",
    "/@",
)
ANY_HOST = ("/health/", "/metrics")
GREATEST = (1 << 63) - 1
_LONG = re.compile(r"/([0-9]{19,})(?=/|$)")


def body_limit(path: str) -> int:
    """How many bytes a request body may have."""
    return MEDIA_LIMIT if path.startswith(WITH_IMAGES) else BODY_LIMIT


def is_nowhere(path: str) -> bool:
    """Whether no database can even look for what a path names: NUL, which PostgreSQL keeps nowhere, and numbers beyond 63 bits."""
    return "\0" in path or any(len(found[1]) > 19 or int(found[1]) > GREATEST for found in _LONG.finditer(path))


def hosts_of(site: Site) -> frozenset[str]:
    """What the Host header may say: our domain, and the media host where there is one."""
    hosts = {site.domain}
    if site.settings.media_url:
        hosts.add(urlsplit(site.settings.media_url).netloc)
    port = ":443" if site.settings.https else ":80"
    return frozenset(hosts | {host + port for host in hosts if ":" not in host})


class TooLargeError(RefusalError):
    """The body went over its limit while it was read."""

    def __init__(self, most: int) -> None:
        sentence = N_("That is too large: at most {most} MB fit here.")
        super().__init__("too-large", sentence, status=413, most=most // MEGABYTE)


class Entrance:
    """Wraps the routes; see the module's first lines."""

    def __init__(self, app: ASGIApp, site: Site, answers: Answers, tally: Tally) -> None:
        self.app = app
        self.site = site
        self.answers = answers
        self._tally = tally
        self._hosts = hosts_of(site)
        self._headers = Headers(
            https=site.settings.https, media_url=site.settings.media_url, policy=site.url("/policy")
        )
        self._limits = Limits(monotonic) if site.settings.rate_limits else None
        self._proxies = site.settings.trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        await _Visit(self, scope, receive, send).run()

    def greet(self, scope: Scope) -> str:
        """Put the true caller and scheme into the scope; the caller's address."""
        peer = (scope.get("client") or ("", 0))[0]
        if self._proxies:
            secure = scope["scheme"] in {"https", "wss"}
            peer, scheme = caller(peer, "https" if secure else "http", RequestHeaders(scope=scope), self._proxies)
            scope["client"] = (peer, 0)
            web = scope["type"] == "http"
            scope["scheme"] = scheme if web else {"https": "wss", "http": "ws"}[scheme]
        return peer

    def known_host(self, scope: Scope) -> bool:
        """Whether the request is meant for us: no other name that points here gets an answer."""
        if scope["path"].startswith(ANY_HOST):
            return True
        if scope.get("method") == "POST" and scope["path"].endswith("/inbox"):
            return True  # the Host is part of the signature: the inbox answers 401 to another's
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        return host.decode("latin-1").lower() in self._hosts

    def count(self, scope: Scope, peer: str) -> Count | None:
        """Count the request against its limit, if it has one."""
        if self._limits is None:
            return None
        limit = limit_of(scope.get("method", "GET"), scope["path"])
        return None if limit is None else self._limits.count(limit, household(peer))

    def limit_headers(self, count: Count) -> list[tuple[bytes, bytes]]:
        """X-RateLimit-* as Mastodon writes them."""
        reset = iso(self.site.clock.wire() + int(count.seconds_left * SECOND))
        made = [
            (b"x-ratelimit-limit", str(count.limit)),
            (b"x-ratelimit-remaining", str(count.remaining)),
            (b"x-ratelimit-reset", reset),
        ]
        if count.refused:
            made.append((b"retry-after", str(int(count.seconds_left) + 1)))
        return [(name, value.encode()) for name, value in made]

    def dress(self, headers: list[tuple[bytes, bytes]], path: str, *, for_apps: bool) -> None:
        """Add the headers that every answer carries."""
        self._headers.add(headers, path, for_apps=for_apps)

    def saw(self, method: str, path: str, status: int, seconds: float, request_id: str) -> None:
        """Log and count an answered request: its path as `path_of` shows it, no query, no address."""
        self._tally.request(status, seconds)
        if path.startswith("/health/") and status < 400:
            return  # asked every few seconds
        log.info(
            "request", method=method, path=path_of(path), status=status, ms=round(seconds * 1000, 1), id=request_id
        )


class _Visit:
    """One request on its way through."""

    def __init__(self, entrance: Entrance, scope: Scope, receive: Receive, send: Send) -> None:
        self._entrance = entrance
        self._scope = scope
        self._receive = receive
        self._send = send
        self._path: str = scope["path"]
        self._method: str = scope.get("method", "WS")
        self._id = secrets.token_hex(8)
        self._for_apps = open_to_apps(self._path)
        self._most = body_limit(self._path)
        self._read = 0
        self._status = 0
        self._started = monotonic()
        self._count: Count | None = None

    async def run(self) -> None:
        peer = self._entrance.greet(self._scope)
        self._scope.setdefault("state", {})["request_id"] = self._id
        self._count = self._entrance.count(self._scope, peer)
        try:
            answer = await self._refused_at_the_door()
            await (answer or self._entrance.app)(self._scope, self.receive, self.send)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the caller gets one plain answer
            await self._failed(error)
        self._entrance.saw(self._method, self._path, self._status, monotonic() - self._started, self._id)

    async def _refused_at_the_door(self) -> Response | None:
        request, answers = Request({**self._scope, "type": "http"}), self._entrance.answers
        if not self._entrance.known_host(self._scope):
            return await answers.say(request, 421, address=self._entrance.site.base_url)
        if is_nowhere(self._path):
            return await answers.say(request, 404)
        if self._method == "OPTIONS" and self._for_apps:
            return _preflight()
        if self._count is not None and self._count.refused:
            return await answers.say(request, 429)
        length = request.headers.get("content-length", "")
        if len(length) > 12 or (length.isdecimal() and int(length) > self._most):
            return await answers.say(request, 413, most=self._most // MEGABYTE)
        return None

    async def _failed(self, error: Exception) -> None:
        log.error("request_failed", path=path_of(self._path), id=self._id, error=describe(error))
        if self._status == 0:
            request = Request({**self._scope, "type": "http"})
            answer = await self._entrance.answers.say(request, 500)
            await answer(self._scope, self.receive, self.send)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > self._most:
                raise TooLargeError(self._most)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            self._status = message["status"]
            headers = list(message.get("headers", ()))
            self._entrance.dress(headers, self._path, for_apps=self._for_apps)
            headers.append((b"x-request-id", self._id.encode()))
            if self._count is not None:
                headers.extend(self._entrance.limit_headers(self._count))
            message["headers"] = headers
            await silence.wait(self._status, self._started)
        elif message["type"] in {"websocket.accept", "websocket.close"}:
            self._status = self._status or (101 if message["type"] == "websocket.accept" else 403)
        await self._send(message)


def _preflight() -> Response:
    answer = Response(status_code=204)
    answer.raw_headers = list(PREFLIGHT)
    return answer
