"""Sign-up through an app, as Mastodon.py and the phone apps do it."""

from typing import Any

import httpx
import pytest

from instance.auth import logins
from tests.support.members import member
from tests.support.world import Running, World

GOOD = {
    "username": "ada",
    "email": "ada@mail.example",
    "password": "a good password",
    "agreement": "true",
    "locale": "en",
}


async def _app(running: Running, scopes: str = "read write") -> dict[str, str]:
    body = {"client_name": "T", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": scopes}
    app = (await running.client.post("/api/v1/apps", data=body)).json()
    client = {"client_id": app["client_id"], "client_secret": app["client_secret"], "scope": scopes}
    got = await running.client.post("/oauth/token", data={"grant_type": "client_credentials"} | client)
    return {"Authorization": f"Bearer {got.json()['access_token']}"}


async def _sign_up(running: Running, app: dict[str, str], **more: Any) -> httpx.Response:
    body = {name: value for name, value in (GOOD | more).items() if value is not None}
    return await running.client.post("/api/v1/accounts", json=body, headers=app)


async def test_an_app_signs_somebody_up(world: World) -> None:
    running = await world.instance()
    answered = await _sign_up(running, await _app(running))
    assert (answered.status_code, answered.json()["scope"]) == (200, "read write")
    hers = {"Authorization": f"Bearer {answered.json()['access_token']}"}
    told = (await running.client.get("/api/v1/accounts/verify_credentials", headers=hers)).json()
    assert told["username"] == "ada"
    assert (await running.client.get("/api/v1/emails/check_confirmation", headers=hers)).json() is False
    assert (await running.client.post("/api/v1/emails/confirmations", headers=hers)).json() == {}


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"username": ""}, "username", "ERR_BLANK"), ({"username": "a b"}, "username", "ERR_INVALID"),
        ({"username": "Bea"}, "username", "ERR_TAKEN"), ({"username": "admin"}, "username", "ERR_RESERVED"),
        ({"password": None}, "password", "ERR_BLANK"), ({"password": "short"}, "password", "ERR_TOO_SHORT"),
        ({"password": "x" * 129}, "password", "ERR_TOO_LONG"), ({"email": "nowhere"}, "email", "ERR_INVALID"),
        ({"agreement": "false"}, "agreement", "ERR_ACCEPTED"),
    ],
    ids=str,
)  # fmt: skip
async def test_what_is_wrong_is_said_at_its_field(world: World, wrong: dict[str, Any], field: str, code: str) -> None:
    running = await world.instance()
    await member(running, "bea")
    answered = await _sign_up(running, await _app(running), **wrong)
    assert answered.status_code == 422
    assert answered.json()["error"].startswith("Validation failed: ")
    assert [item["error"] for item in answered.json()["details"][field]] == [code]
    assert list(answered.json()["details"]) == [field]


async def test_all_wrong_fields_are_told_at_once(world: World) -> None:
    running = await world.instance(SKERRY_REGISTRATION="approval")
    answered = await running.client.post("/api/v1/accounts", headers=await _app(running))
    assert set(answered.json()["details"]) == {"username", "password", "agreement", "reason"}


async def test_who_waits_for_approval_can_do_nothing_yet(world: World) -> None:
    running = await world.instance(SKERRY_REGISTRATION="approval")
    answered = await _sign_up(running, await _app(running), reason="a friend told me")
    hers = {"Authorization": f"Bearer {answered.json()['access_token']}"}
    told = await running.client.get("/api/v1/accounts/verify_credentials", headers=hers)
    assert (told.status_code, told.json()) == (403, {"error": "Your login is currently pending approval"})
    assert (await running.client.get("/@ada")).status_code == 404


async def test_closed_and_unauthorised_sign_up(world: World) -> None:
    running = await world.instance(SKERRY_REGISTRATION="invitation")
    app = await _app(running)
    assert (await _sign_up(running, app)).status_code == 403
    assert (await _sign_up(running, app, invite_code="wrong")).status_code == 403
    assert (await _sign_up(running, {})).status_code == 401
    assert (await _sign_up(running, await _app(running, "read"))).status_code == 403


async def test_a_confirmed_address_is_not_asked_for_again(world: World) -> None:
    running = await world.instance()
    ada = await member(running, "ada")
    sent = await running.client.post("/api/v1/emails/confirmations", headers=ada.bearer)
    assert sent.status_code == 403  # there is no address
    sent = await running.client.post("/api/v1/emails/confirmations", headers=ada.bearer, json={"email": "a@m.example"})
    assert sent.status_code == 200
    await running.house.store.unit(logins.confirm_email, ada.login_id)
    assert (await running.client.get("/api/v1/emails/check_confirmation", headers=ada.bearer)).json() is True
    assert (await running.client.post("/api/v1/emails/confirmations", headers=ada.bearer)).status_code == 403
