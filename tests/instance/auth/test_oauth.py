"""OAuth through its door: apps, codes, PKCE, tokens, revocation, scopes."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.auth import oauth, scopes
from instance.auth.apps import OOB, is_redirect_uri
from tests.support.members import Acting, member
from tests.support.world import Running, World

BACK = "https://app.example/back"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


async def _app(running: Running, **more: Any) -> dict[str, Any]:
    body = {"client_name": "Test", "redirect_uris": f"{BACK}\n{OOB}", "scopes": "read write follow push"} | more
    answered = await running.client.post("/api/v1/apps", data=body)
    assert answered.status_code == 200, answered.text
    return answered.json()  # type: ignore[no-any-return]


async def _code(running: Running, app: dict[str, Any], who: Acting, **more: str) -> str:
    asked = {"client_id": app["client_id"], "redirect_uri": BACK, "response_type": "code", "scope": "read write"}
    request = await running.house.store.read(oauth.check_request, asked | more)
    granted = await running.house.store.unit(oauth.grant, request, who.login_id, who.account_id)
    return granted.code


async def _token(running: Running, app: dict[str, Any], code: str, **more: str) -> httpx.Response:
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    client = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    body = {name: value for name, value in (body | client | more).items() if value}
    return await running.client.post("/oauth/token", data=body)


async def _works(running: Running, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return (await running.client.get("/api/v1/apps/verify_credentials", headers=headers)).status_code == 200


@pytest.mark.parametrize("kind", ["form", "json", "multipart"])
async def test_an_app_registers_in_every_way(world: World, kind: str) -> None:
    running = await world.instance()
    body: dict[str, Any] = {"client_name": "Test", "website": "https://t.example"}
    if kind == "json":
        sent = await running.client.post("/api/v1/apps", json=body | {"redirect_uris": [BACK, "my-app://x"]})
    elif kind == "form":
        sent = await running.client.post("/api/v1/apps", data=body | {"redirect_uris": f"{BACK}\nmy-app://x"})
    else:
        parts = {name: (None, value) for name, value in (body | {"redirect_uris": f"{BACK}\nmy-app://x"}).items()}
        sent = await running.client.post("/api/v1/apps", files=parts)
    app = sent.json()
    assert sent.headers["access-control-allow-origin"] == "*"
    assert (app["name"], app["website"], app["scopes"]) == ("Test", "https://t.example", ["read"])
    assert (app["redirect_uris"], app["redirect_uri"]) == ([BACK, "my-app://x"], f"{BACK}\nmy-app://x")
    assert app["id"].isdigit()
    assert len(app["client_id"]) == len(app["client_secret"]) == 43
    assert app["client_secret_expires_at"] == 0
    point = base64.urlsafe_b64decode(app["vapid_key"] + "=")
    assert (len(point), point[0]) == (65, 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_name": ""}, {"client_name": "x" * 61}, {"redirect_uris": ""}, {"redirect_uris": "back"},
        {"redirect_uris": "javascript:alert(1)"}, {"redirect_uris": f"{BACK}#x"}, {"redirect_uris": "https:///x"},
        {"redirect_uris": "view-source:x"}, {"redirect_uris": "filesystem:https://x.example/y"},
        {"scopes": "admin:read"}, {"scopes": "read nonsense"}, {"website": "ftp://x"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_wrong_app_is_refused_with_a_sentence(world: World, wrong: dict[str, str]) -> None:
    running = await world.instance()
    body = {"client_name": "Test", "redirect_uris": BACK} | wrong
    answered = await running.client.post("/api/v1/apps", data=body)
    assert answered.status_code == 422
    assert answered.json()["error"].startswith("Validation failed: ")


async def test_a_code_becomes_a_token_once(world: World) -> None:
    running = await world.instance()
    ada, app = await member(running, "ada"), await _app(running)
    code = await _code(running, app, ada)
    first = await _token(running, app, code)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-store"
    told = first.json()
    assert (told["token_type"], told["scope"]) == ("Bearer", "read write")
    assert abs(told["created_at"] * 1000 - world.clock.now()) < 60_000
    assert await _works(running, told["access_token"])
    second = await _token(running, app, code)
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    assert not await _works(running, told["access_token"])  # whoever had it first may be the thief


async def test_a_code_is_bound_to_app_address_and_minute(world: World) -> None:
    running = await world.instance()
    ada, app = await member(running, "ada"), await _app(running)
    other = await _app(running)
    code = await _code(running, app, ada)
    assert (await _token(running, other, code)).status_code == 400
    assert (await _token(running, app, code, redirect_uri=OOB)).status_code == 400
    late = await _code(running, app, ada)
    world.clock.turn(61_000)
    assert (await _token(running, app, late)).json()["error"] == "invalid_grant"
    for wrong in ({"client_secret": "x"}, {"client_secret": ""}, {"client_id": "x"}):
        refused = await _token(running, app, code, **wrong)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    refused = await _token(running, app, code, grant_type="password")
    assert (refused.status_code, refused.json()["error"]) == (400, "unsupported_grant_type")


async def test_pkce_is_verified_whenever_a_challenge_was_sent(world: World) -> None:
    running = await world.instance()
    ada, app = await member(running, "ada"), await _app(running)
    asked = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    for verifier in ("", "w" * 50, "short", CHALLENGE):
        code = await _code(running, app, ada, **asked)
        assert (await _token(running, app, code, code_verifier=verifier)).status_code == 400
    code = await _code(running, app, ada, **asked)
    assert (await _token(running, app, code, code_verifier=VERIFIER)).status_code == 200
    code = await _code(running, app, ada)
    assert (await _token(running, app, code, code_verifier=VERIFIER)).status_code == 400


async def test_client_credentials_and_basic(world: World) -> None:
    running = await world.instance()
    app = await _app(running)
    auth = (app["client_id"], app["client_secret"])
    got = await running.client.post("/oauth/token", json={"grant_type": "client_credentials"}, auth=auth)
    assert (got.status_code, got.json()["scope"]) == (200, "read")
    assert await _works(running, got.json()["access_token"])
    refused = await running.client.post(
        "/oauth/token", data={"grant_type": "client_credentials", "scope": "admin:read"}, auth=auth
    )
    assert refused.json()["error"] == "invalid_scope"
    headers = {"Authorization": "Basic ???"}
    refused = await running.client.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "basic" in refused.headers["www-authenticate"].lower()


async def test_revoke_ends_a_token_of_the_app_only(world: World) -> None:
    running = await world.instance()
    ada, app, other = await member(running, "ada"), await _app(running), await _app(running)
    got = (await _token(running, app, await _code(running, app, ada))).json()["access_token"]
    for client, status in ((other, 403), (app, 200), (app, 200)):
        body = {"client_id": client["client_id"], "client_secret": client["client_secret"], "token": got}
        answered = await running.client.post("/oauth/revoke", data=body)
        assert answered.status_code == status
        assert await _works(running, got) is (status == 403)
    assert answered.json() == {}


async def test_requests_to_authorize_are_checked(world: World) -> None:
    running = await world.instance()
    app = await _app(running, scopes="read")
    good = {"client_id": app["client_id"], "redirect_uri": BACK, "response_type": "code", "state": "s 1"}
    asked = await running.house.store.read(oauth.check_request, good | {"force_login": "true"})
    assert (asked.scopes, asked.app_name, asked.force_login) == (("read",), "Test", True)
    for wrong in ({"client_id": "x"}, {"redirect_uri": BACK + "/"}, {"redirect_uri": ""}):
        with pytest.raises(oauth.OAuthError) as raised:
            await running.house.store.read(oauth.check_request, good | wrong)
        assert raised.value.redirect is None
    for wrong, error in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "write"}, "invalid_scope"),
        ({"scope": "admin:read"}, "invalid_scope"),
        ({"code_challenge": "abc", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
    ):
        with pytest.raises(oauth.OAuthError) as raised:
            await running.house.store.read(oauth.check_request, good | wrong)
        told = parse_qs(urlsplit(raised.value.redirect or "").query)
        assert told == {"error": [error], "state": ["s 1"]}


async def test_the_code_reaches_every_kind_of_address(world: World) -> None:
    running = await world.instance()
    ada = await member(running, "ada")
    uris = {"my.app://": "my.app://?code=", f"{BACK}?x=1": f"{BACK}?x=1&code=", OOB: None}
    app = await _app(running, redirect_uris="\n".join(uris))
    for uri, start in uris.items():
        asked = {"client_id": app["client_id"], "redirect_uri": uri, "response_type": "code", "state": "é&"}
        request = await running.house.store.read(oauth.check_request, asked)
        granted = await running.house.store.unit(oauth.grant, request, ada.login_id, ada.account_id)
        assert granted.url == (start and f"{start}{granted.code}&state=%C3%A9%26")


async def test_scopes_are_enforced(world: World) -> None:
    running = await world.instance()
    ada = await member(running, "ada", scopes="write")
    answered = await running.client.get("/oauth/userinfo", headers=ada.bearer)
    assert (answered.status_code, answered.json()) == (403, {"error": "This action is outside the authorized scopes"})
    bea = await member(running, "bea", scopes="profile")
    told = (await running.client.get("/oauth/userinfo", headers=bea.bearer)).json()
    assert (told["sub"], told["preferred_username"]) == (f"https://a.example/u/{bea.account_id}", "bea")
    assert "email" not in told
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {bea.token}"}):
        answered = await running.client.get("/oauth/userinfo", headers=headers)
        assert (answered.status_code, answered.json()) == (401, {"error": "The access token is invalid"})


async def test_metadata_names_what_is_served(world: World) -> None:
    running = await world.instance()
    told = (await running.client.get("/.well-known/oauth-authorization-server")).json()
    assert told["issuer"] == "https://a.example"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["grant_types_supported"] == ["authorization_code", "client_credentials"]
    assert not any(scope.startswith("admin") for scope in told["scopes_supported"])


@given(st.lists(st.sampled_from(scopes.ALL)), st.sampled_from(scopes.ALL))
def test_a_scope_is_covered_by_itself_or_its_parent_only(held: list[str], wanted: str) -> None:
    parents = {wanted, wanted.partition(":")[0]} | ({"follow"} if wanted in scopes.FOLLOW else set())
    assert scopes.covers(held, wanted) is bool(parents & set(held))


@given(st.text())
def test_no_text_upsets_the_check_of_addresses(text: str) -> None:
    if is_redirect_uri(text):
        assert urlsplit(text).scheme not in {"", "javascript", "data"}
