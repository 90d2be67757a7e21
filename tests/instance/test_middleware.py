"""The entrance: headers, CORS, hosts, proxies, sizes, limits, and one plain answer for whatever goes wrong."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from instance.entrance import proxies, silence
from instance.entrance.answers import Answers
from instance.entrance.limits import API, WINDOW_SECONDS, Limits
from instance.errors import NotFoundError, RefusalError
from instance.middleware import MEGABYTE, Entrance
from instance.observe import Tally
from instance.settings import load
from instance.site import Site
from instance.vault import Vault
from tests.support.world import World

WORDS = "my diagnosis"


async def _page(_request: Request) -> Response:
    return HTMLResponse("<p>hello</p>")


async def _json(request: Request) -> Response:
    client = request.client
    return JSONResponse({"client": client and client.host, "scheme": request.url.scheme})


async def _body(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


async def _refuse(_request: Request) -> Response:
    raise RefusalError("no", "Say {what} first.", what="please")


async def _missing(_request: Request) -> Response:
    raise NotFoundError


async def _fail(_request: Request) -> Response:
    raise ValueError(WORDS)


def _client(**environ: str) -> httpx.AsyncClient:
    base = {"SKERRY_MODE": "development", "SKERRY_BASE_URL": "https://a.example"}
    site = Site(load(base | environ), Vault(b"x" * 32))
    answers = Answers()
    routes = [
        Route("/", _page),
        Route("/api/v1/thing", _json),
        Route("/api/v1/media", _body, methods=["POST"]),
        Route("/u/1/inbox", _body, methods=["POST"]),
        Route("/api/v1/refuse", _refuse),
        Route("/refuse", _refuse),
        Route("/api/v1/missing", _missing),
        Route("/api/v1/fail", _fail),
        Route("/fail", _fail),
        Route("/health/live", _json),
        Route("/auth/sign_in", _json, methods=["POST"]),
    ]
    entrance = Middleware(Entrance, site, answers, Tally())
    app = Starlette(routes=routes, middleware=[entrance], exception_handlers=dict(answers.handlers()))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://a.example")


async def test_pages_carry_a_strict_policy() -> None:
    headers = (await _client().get("/")).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert headers["strict-transport-security"] == "max-age=63072000"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cache-control"] == "private, no-store"
    assert len(headers["x-request-id"]) == 16
    assert "access-control-allow-origin" not in headers


async def test_sign_in_keeps_the_window_that_opened_it() -> None:
    """Apps in browsers open it as a window of their own and watch it; cut off, they say that sign-in failed."""
    assert (await _client().post("/auth/sign_in")).headers["cross-origin-opener-policy"] == "unsafe-none"
    assert (await _client().get("/")).headers["cross-origin-opener-policy"] == "same-origin"


async def test_absent_and_forbidden_take_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[float] = []

    async def sleep(seconds: float) -> None:
        held.append(seconds)

    monkeypatch.setattr(silence.asyncio, "sleep", sleep)
    monkeypatch.setattr(silence, "monotonic", lambda: 100.010)
    await silence.wait(404, 100.0)  # quick
    await silence.wait(404, 100.005)  # quicker
    await silence.wait(200, 100.0)
    low, more = silence.FLOOR_SECONDS - 0.010, silence.JITTER_SECONDS
    assert [low <= held[0] <= low + more, low + 0.005 <= held[1] <= low + 0.005 + more, len(held)] == [True, True, 2]
    monkeypatch.undo()
    waited: list[int] = []

    async def wait(status: int, _started: float) -> None:
        waited.append(status)

    monkeypatch.setattr(silence, "wait", wait)
    await _client().get("/nothing")
    assert waited == [404]


async def test_no_hsts_without_https() -> None:
    client = _client(SKERRY_BASE_URL="http://a.example")
    assert "strict-transport-security" not in (await client.get("http://a.example/")).headers


@pytest.mark.parametrize("path", ["/api/v1/thing", "/api/v1/refuse", "/api/v1/missing", "/api/v1/fail", "/api/no"])
async def test_cors_on_every_answer_of_the_api(path: str) -> None:
    answer = await _client().get(path, headers={"Origin": "https://phanpy.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Link" in answer.headers["access-control-expose-headers"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize("path", ["/api/v1/anything", "/oauth/token", "/.well-known/webfinger", "/media/x.png"])
async def test_preflight(path: str) -> None:
    asked = {"Origin": "https://x", "Access-Control-Request-Method": "DELETE"}
    answer = await _client().options(path, headers=asked)
    assert answer.status_code == 204
    assert "DELETE" in answer.headers["access-control-allow-methods"]
    assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_refusals_are_json_for_apps_and_sentences_for_people() -> None:
    client = _client()
    answer = await client.get("/api/v1/refuse")
    assert (answer.status_code, answer.json()) == (422, {"error": "Say please first."})
    answer = await client.get("/refuse")
    assert (answer.status_code, answer.text) == (422, "Say please first.")
    answer = await client.get("/refuse", headers={"Accept": "application/activity+json"})
    assert answer.json() == {"error": "Say please first."}
    assert (await client.get("/api/v1/missing")).json() == {"error": "Record not found"}
    assert (await client.get("/api/v1/nothing")).status_code == 404
    wrong = await client.delete("/api/v1/thing")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["allow"]
    assert "DELETE" in wrong.json()["error"]
    assert (await client.head("/api/v1/thing")).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/fail", "/fail"])
async def test_a_failure_tells_nothing(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = await _client().get(path)
    assert answer.status_code == 500
    printed = "".join(capsys.readouterr())
    assert WORDS not in answer.text + printed
    assert "ValueError at _fail:" in printed


@pytest.mark.parametrize(("path", "most"), [("/u/1/inbox", MEGABYTE), ("/api/v1/media", 16 * MEGABYTE)])
async def test_bodies_have_a_limit_by_length_and_as_a_stream(path: str, most: int) -> None:
    client = _client()

    async def stream(size: int) -> AsyncIterator[bytes]:
        for start in range(0, size, MEGABYTE):
            yield b"x" * min(MEGABYTE, size - start)

    assert (await client.post(path, content=b"x" * most)).json() == {"bytes": most}
    assert (await client.post(path, content=stream(most))).json() == {"bytes": most}
    for content in (b"x" * (most + 1), stream(most + 1)):
        answer = await client.post(path, content=content)
        assert answer.status_code == 413
        assert str(most // MEGABYTE) in answer.json()["error"]


async def test_only_our_own_host() -> None:
    client = _client()
    assert (await client.get("/", headers={"Host": "evil.example"})).status_code == 421
    assert (await client.get("/", headers={"Host": "a.example:443"})).status_code == 200
    assert (await client.get("/", headers={"Host": "A.Example"})).status_code == 200
    assert (await client.get("/health/live", headers={"Host": "10.0.0.7:8000"})).status_code == 200


async def test_forwarded_headers_count_only_from_our_proxy() -> None:
    forged = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "http"}
    assert (await _client().get("/api/v1/thing", headers=forged)).json() == {"client": "127.0.0.1", "scheme": "https"}
    client = _client(SKERRY_TRUSTED_PROXIES="127.0.0.0/8")
    told = (await client.get("/api/v1/thing", headers=forged)).json()
    assert told == {"client": "198.51.100.7", "scheme": "http"}


@given(st.text(max_size=60), st.text(max_size=12))
def test_any_forwarded_header_is_survived(chain: str, scheme: str) -> None:
    networks = (proxies.ipaddress.ip_network("127.0.0.1"),)
    told = {"x-forwarded-for": chain, "x-forwarded-proto": scheme}
    peer, found = proxies.caller("127.0.0.1", "http", told, networks)
    assert proxies.address_of(peer) is not None
    assert found in {"http", "https"}


def test_ipv6_counts_by_household() -> None:
    assert proxies.household("2001:db8:1:2:3::4") == proxies.household("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert proxies.household("192.0.2.1") == "192.0.2.1"
    assert proxies.household("::ffff:192.0.2.1") == "::ffff:192.0.2.1"


async def test_guessing_is_slowed() -> None:
    client = _client(SKERRY_RATE_LIMITS="1")
    answers = [await client.post("/auth/sign_in") for _ in range(31)]
    assert [a.status_code for a in answers] == [200] * 30 + [429]
    assert answers[0].headers["x-ratelimit-remaining"] == "29"
    assert answers[-1].headers["x-ratelimit-limit"] == "30"
    assert 0 < int(answers[-1].headers["retry-after"]) <= WINDOW_SECONDS
    assert (await client.get("/api/v1/thing")).headers["x-ratelimit-limit"] == "1500"
    assert "x-ratelimit-limit" not in (await client.get("/")).headers
    assert "x-ratelimit-limit" not in (await _client().get("/api/v1/thing")).headers  # development


def test_limits_forget_old_windows() -> None:
    now = 0.0
    limits = Limits(lambda: now)
    for n in range(1000):
        limits.count(API, str(n))
    now = WINDOW_SECONDS + 1.0
    assert limits.count(API, "1").remaining == API.most - 1
    assert len(limits._counters) == 1


async def test_the_log_tells_no_names(capsys: pytest.CaptureFixture[str]) -> None:
    client = _client()
    for path in ("/@alice", "/g/secretgroup", "/tags/lupus", "/api/v1/timelines/tag/lupus", "/invite/token?q=1"):
        await client.get(path)
    printed = "".join(capsys.readouterr())
    assert printed.count("request") >= 5
    for word in ("alice", "secretgroup", "lupus", "token", "q=1"):
        assert word not in printed


async def test_an_answer_that_has_begun_is_cut_off() -> None:
    site = Site(load({"SKERRY_MODE": "development", "SKERRY_BASE_URL": "https://a.example"}), Vault(b"x" * 32))
    sent: list[Any] = []

    async def broken(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError(WORDS)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/", "method": "GET", "headers": [(b"host", b"a.example")], "scheme": "https"}
    await Entrance(broken, site, Answers(), Tally())(scope, send, send)
    assert [m["type"] for m in sent] == ["http.response.start"]
    assert WORDS not in json.dumps(sent, default=str)


async def test_an_inbox_says_itself_that_a_signature_is_for_another_host(world: World) -> None:
    """Bad signatures are 401 (DECISIONS 20), whichever Host they name."""
    running = await world.instance()
    for path in ("/inbox", "/u/1/inbox"):
        answer = await running.client.post(
            path,
            headers={"Host": "evil.example"},
            json={"@context": "x", "type": "Like", "actor": "https://b.example/u/1"},
        )
        assert answer.status_code == 401
