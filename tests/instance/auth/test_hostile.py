"""Odd input at the doors of sign-in: always a sentence, never a 500, nothing half-written."""

import base64
from typing import Any

import pytest

from tests.support.members import member
from tests.support.world import World

ODD: list[Any] = [
    None, True, 7, -1, 1.5, "", " ", "\0", "a\0b", "\u202e", "é" * 5000, "'; DROP TABLE login;--", [], [[]], ["a", "b"], {}, {"a": {"b": 1}},
    "x" * 100_000,
]  # fmt: skip
DOORS = {
    "/api/v1/apps": {"client_name": "T", "redirect_uris": "https://a.b/c", "scopes": "read", "website": "https://w.example"},
    "/oauth/token": {
        "grant_type": "authorization_code", "client_id": "x", "client_secret": "y", "code": "z", "redirect_uri": "u",
        "code_verifier": "v", "scope": "read",
    },
    "/oauth/revoke": {"client_id": "x", "client_secret": "y", "token": "z"},
    "/api/v1/accounts": {
        "username": "new", "email": "a@b.example", "password": "a good password", "agreement": True, "locale": "en",
        "reason": "r", "invite_code": None, "time_zone": "UTC",
    },
}  # fmt: skip


@pytest.mark.parametrize("path", DOORS)
async def test_odd_values_are_refused_or_taken_but_never_break(world: World, path: str) -> None:
    running = await world.instance()
    ada = await member(running, "ada")
    for name in DOORS[path]:
        for odd in ODD:
            answered = await running.client.post(path, json={**DOORS[path], name: odd}, headers=ada.bearer)
            assert answered.status_code < 500, (name, odd)
            assert answered.headers["content-type"].startswith("application/json")
            if answered.status_code >= 400:
                assert answered.json()["error"]


NO_BODIES = [b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"a":' * 5000, b"a=%ff", b"a[" * 2000]


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/x"]
)
async def test_bodies_that_are_none_are_refused(world: World, kind: str) -> None:
    running = await world.instance()
    for body in NO_BODIES:
        for path in DOORS:
            answered = await running.client.post(path, content=body, headers={"Content-Type": kind})
            assert 400 <= answered.status_code < 500, (body[:10], path)


async def test_odd_client_authentication_is_401(world: World) -> None:
    running = await world.instance()
    secrets = [b"\xe9", b"%00:%00", b"x", b":", b"x:" + b"y" * 9000, "é:é".encode()]
    for header in (*map(base64.b64encode, secrets), *secrets):
        answered = await running.client.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": b"Basic " + header}
        )
        assert (answered.status_code, answered.json()["error"]) == (401, "invalid_client")


async def test_names_with_nul_find_nobody(world: World) -> None:
    running = await world.instance()
    ada = await member(running, "ada")
    [(name, value)] = ada.cookies.items()
    cookie = f"{name}={value}"
    for path in (
        "/@%00", "/@ada%00", "/.well-known/webfinger?resource=acct:%00@a.example", "/api/v1/accounts/lookup?acct=ada%00x",
        "/invite/%00", "/setup/%00", "/link/reset/%00", "/link/confirm/%00", "/oauth/authorize?client_id=%00&response_type=code",
    ):  # fmt: skip
        answered = await running.client.get(path, headers={**ada.bearer, "Cookie": cookie})
        assert answered.status_code < 500, path
