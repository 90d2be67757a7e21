"""Sessions, bearer tokens and passwords: what holds, for how long, and what ends it."""

import asyncio

import pytest
from starlette.requests import HTTPConnection
from starlette.responses import Response

from instance.auth import bearer, logins, passwords, sessions
from instance.clock import DAY, HOUR
from instance.errors import RefusalError
from instance.people import accounts
from instance.settings import load
from tests.support.members import PASSWORD, Acting, member
from tests.support.world import World


def _visit(who: Acting, cookie: str | None = None) -> HTTPConnection:
    name = sessions.cookie_name(who.running.house.site.settings)
    return HTTPConnection({"type": "http", "headers": [(b"cookie", f"{name}={cookie or who.cookie}".encode())]})


async def test_a_session_holds_thirty_days_and_no_longer(world: World) -> None:
    house = (await world.instance()).house
    ada = await member(world.instances["a.example"], "ada")
    seen = await sessions.session_of(house, _visit(ada))
    assert seen is not None
    assert (seen.account_id, seen.role, seen.sent(ada.csrf)) == (ada.account_id, "member", True)
    assert not seen.sent(None)
    assert not seen.sent("é")
    assert await sessions.session_of(house, _visit(ada, "x" * 22)) is None
    assert await sessions.session_of(house, HTTPConnection({"type": "http", "headers": []})) is None
    for _ in range(29):  # being used does not make it last longer
        world.clock.turn(DAY)
        assert await sessions.session_of(house, _visit(ada)) is not None
    world.clock.turn(DAY)
    assert await sessions.session_of(house, _visit(ada)) is None


async def test_sessions_are_listed_and_ended_by_their_owner_only(world: World) -> None:
    house = (await world.instance()).house
    ada, eve = [await member(world.instances["a.example"], name) for name in ("ada", "eve")]
    await house.store.unit(sessions.start, ada.login_id, "Safari on iPhone")
    listed = await house.store.read(sessions.list_of, ada.login_id, world.clock.now())
    assert {row.device for row in listed} == {"Firefox on Linux", "Safari on iPhone"}
    assert not await house.store.unit(sessions.end, eve.login_id, listed[0].id_hash)
    for row in listed:
        assert await house.store.unit(sessions.end, ada.login_id, row.id_hash)
    assert await sessions.session_of(house, _visit(ada)) is None


async def test_a_new_password_ends_everything(world: World) -> None:
    house = (await world.instance()).house
    ada = await member(world.instances["a.example"], "ada")
    new = await passwords.hash_password("another good one")
    await house.store.unit(logins.set_password, ada.login_id, new)
    assert await sessions.session_of(house, _visit(ada)) is None
    with pytest.raises(RefusalError, match="token-invalid"):
        await bearer.caller_of(house, ada.token)


async def test_suspension_counts_from_the_next_request(world: World) -> None:
    house = (await world.instance()).house
    ada = await member(world.instances["a.example"], "ada")
    assert (await bearer.caller_of(house, ada.token)).me == ada.account_id
    await house.store.unit(accounts.suspend, ada.account_id)
    with pytest.raises(RefusalError, match="login-disabled") as raised:
        await bearer.caller_of(house, ada.token)
    assert raised.value.status == 403
    assert await sessions.session_of(house, _visit(ada)) is None
    await house.store.unit(accounts.unsuspend, ada.account_id)
    assert (await bearer.caller_of(house, ada.token)).login_id == ada.login_id


async def test_who_calls_costs_one_hot_read(world: World) -> None:
    house = (await world.instance()).house
    ada = await member(world.instances["a.example"], "ada")
    await bearer.caller_of(house, ada.token)
    before = house.store.hot_count  # type: ignore[attr-defined]
    world.clock.turn(HOUR)
    await bearer.caller_of(house, ada.token)
    assert house.store.hot_count == before + 1  # type: ignore[attr-defined]


async def test_stewards_without_second_factor_act_as_members_in_production(world: World) -> None:
    production = {"SKERRY_MODE": "production", "SKERRY_CONTACT_EMAIL": "ops@a.example"}
    house = (await world.instance("p.example", **production)).house
    ada = await member(world.instances["p.example"], "ada", role="steward")
    seen = await sessions.session_of(house, _visit(ada))
    assert seen is not None
    assert (seen.role, seen.must_use_second_factor) == ("member", True)
    await house.store.unit(sessions.second_factor_given, seen.id_hash)
    seen = await sessions.session_of(house, _visit(ada))
    assert seen is not None
    assert (seen.role, seen.must_use_second_factor) == ("steward", False)


def test_cookies_follow_the_rules() -> None:
    plain = load({"SKERRY_MODE": "development", "SKERRY_BASE_URL": "http://127.0.0.1:8123"})
    safe = load({"SKERRY_MODE": "development", "SKERRY_BASE_URL": "https://a.example"})
    for settings, name, secure in ((plain, "skerry_8123", False), (safe, "__Host-skerry", True)):
        response = Response()
        sessions.set_cookie(response, settings, "v")
        cookie = response.headers["set-cookie"].lower()
        assert cookie.startswith(f"{name.lower()}=v")
        assert all(word in cookie for word in ("httponly", "samesite=lax", "path=/"))
        assert ("secure" in cookie, "domain" in cookie) == (secure, False)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0", "Firefox on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0", "Edge on Windows"),
        ("curl/8", ""),
    ],
)
def test_a_device_is_named_roughly(agent: str, device: str) -> None:
    assert sessions.device_of(agent) == device


async def test_passwords_are_checked_alike_for_known_and_unknown_names() -> None:
    kept = await passwords.hash_password(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(PASSWORD, kept)
    assert not await passwords.verify(PASSWORD + "x", kept)
    assert not await passwords.verify(PASSWORD, None)
    assert not await passwords.verify("x" * 129, kept)
    for wrong in ("short", "x" * 129):
        with pytest.raises(RefusalError):
            await passwords.hash_password(wrong)
    loop = asyncio.get_running_loop()

    async def timed(password_hash: str | None) -> float:
        start = loop.time()
        await passwords.verify("wrong", password_hash)
        return loop.time() - start

    known = sorted([await timed(kept) for _ in range(9)])[4]
    unknown = sorted([await timed(None) for _ in range(9)])[4]
    assert 0.4 < known / unknown < 2.5


async def test_mail_addresses_are_sealed_and_proven_before_they_count(world: World) -> None:
    house = (await world.instance()).house
    store, vault = house.store, house.site.vault
    new = logins.NewLogin("x", email="Ada@Mail.example")
    ada, eve = [await store.unit(logins.add, name, new) for name in ("ada", "eve")]
    row = await store.read(logins.by_id, ada.login_id)
    assert row is not None
    assert b"mail" not in row.email.lower()
    assert logins.email_of(vault, row) == "Ada@Mail.example"
    assert await store.read(logins.find, vault, "ada@mail.example") is None
    assert await store.unit(logins.confirm_email, ada.login_id)
    assert not await store.unit(logins.confirm_email, eve.login_id)
    for who in ("ADA@mail.example", "@ada", "Ada"):
        found = await store.read(logins.find, vault, who)
        assert found is not None
        assert found.id == ada.login_id


async def test_the_last_steward_stays(world: World) -> None:
    running = await world.instance()
    ada, bea = [await member(running, name, role="steward") for name in ("ada", "bea")]
    await running.house.store.unit(logins.set_role, bea.login_id, "moderator")
    with pytest.raises(RefusalError, match="last-steward"):
        await running.house.store.unit(logins.set_role, ada.login_id, "member")
    with pytest.raises(RefusalError, match="role-unknown"):
        await running.house.store.unit(logins.set_role, ada.login_id, "queen")


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("", "UTC"),
        ("Europe", "UTC"),
        ("../x", "UTC"),
        ("a\0b", "UTC"),
        ("é" * 99, "UTC"),
    ],
)
def test_only_time_zones_that_exist_are_kept(named: str, kept: str) -> None:
    assert logins.known_zone(named) == kept
