"""Sign-up in all modes, recovery, second factor, reset, invitations, the first steward, mail."""

from pathlib import Path
from typing import Any

import pyotp
import pytest

from instance.auth import (
    attempts,
    invitations,
    links,
    logins,
    passwords,
    recovery,
    registration,
    reset,
    secondfactor,
    signin,
)
from instance.auth.registration import SignUp
from instance.clock import DAY, MINUTE
from instance.errors import RefusalError
from instance.people import accounts
from tests.support.members import PASSWORD, member
from tests.support.world import Running, World

HASH = passwords.hash_now(PASSWORD)
PRODUCTION = {"SKERRY_MODE": "production", "SKERRY_CONTACT_EMAIL": "ops@a.example"}


async def _sign_up(running: Running, name: str, **more: Any) -> registration.SignedUp:
    return await running.house.store.unit(registration.sign_up, SignUp(name, HASH, **more))


def _letters(running: Running) -> list[str]:
    return [path.read_text() for path in sorted(Path(running.house.site.settings.data).glob("mail/*.eml"))]


def _link(letter: str) -> str:
    return next(line for line in letter.splitlines() if line.startswith("https://")).strip()


async def test_open_sign_up_makes_a_member_at_once(world: World) -> None:
    running = await world.instance()
    done = await _sign_up(running, "Ada")
    assert (done.state, len(set(done.recovery_codes))) == ("active", 10)
    assert (await signin.sign_in(running.house, "@ada", PASSWORD)).cookie
    for name in ("ada", "admin", "a b"):
        with pytest.raises(RefusalError):
            await _sign_up(running, name)


async def test_approval_hides_the_account_until_a_moderator_decides(world: World) -> None:
    running = await world.instance(SKERRY_REGISTRATION="approval")
    store = running.house.store
    with pytest.raises(RefusalError, match="answer-missing"):
        await _sign_up(running, "ada")
    done = await _sign_up(running, "ada", answer="I was diagnosed in May", email="ada@mail.example")
    assert done.state == "pending"
    row = await store.read(accounts.by_id, done.account_id)
    assert not accounts.is_shown(row)
    with pytest.raises(RefusalError, match="login-pending"):
        await signin.sign_in(running.house, "ada", PASSWORD)
    [waits] = await store.read(registration.waiting, running.house.site.vault)
    assert (waits.name, waits.answer) == ("ada", "I was diagnosed in May")
    kept = await store.read(logins.by_id, done.login_id)
    assert kept is not None
    assert b"diagnosed" not in kept.answer
    await store.unit(registration.approve, done.login_id)
    assert accounts.is_shown(await store.read(accounts.by_id, done.account_id))
    assert (await signin.sign_in(running.house, "ada", PASSWORD)).cookie
    kept = await store.read(logins.by_id, done.login_id)
    assert kept is not None
    assert kept.answer is None
    await world.settle()
    assert any("Subject: You can sign in now" in letter for letter in _letters(running))
    refused = await _sign_up(running, "eve", answer="x")
    await store.unit(registration.refuse, refused.login_id)
    assert await store.read(accounts.by_name, "eve") is None
    assert await store.read(logins.by_id, refused.login_id) is None


async def test_an_invitation_lets_in_whatever_the_mode(world: World) -> None:
    running = await world.instance(SKERRY_REGISTRATION="invitation")
    with pytest.raises(RefusalError, match="sign-up-closed"):
        await _sign_up(running, "ada")
    made = await running.house.store.unit(lambda u: invitations.create(u, role="moderator", max_uses=2))
    token = made.url.rpartition("/")[2]
    assert made.url.startswith("https://a.example/invite/")
    done = await _sign_up(running, "ada", invitation=token)
    row = await running.house.store.read(logins.by_id, done.login_id)
    assert row is not None
    assert (row.role, row.invitation_id) == ("moderator", made.id)
    with pytest.raises(RefusalError, match="name-taken"):
        await _sign_up(running, "ada", invitation=token)  # a failed sign-up uses nothing up
    await _sign_up(running, "bea", invitation=token)
    with pytest.raises(RefusalError, match="invitation-over"):
        await _sign_up(running, "eve", invitation=token)
    old = await running.house.store.unit(lambda u: invitations.create(u))
    world.clock.turn(8 * DAY)
    with pytest.raises(RefusalError, match="invitation-over"):
        await _sign_up(running, "eve", invitation=old.url.rpartition("/")[2])


async def test_production_wants_an_address_of_the_uninvited_only(world: World) -> None:
    running = await world.instance(**PRODUCTION, SKERRY_REGISTRATION="open")
    with pytest.raises(RefusalError, match="email-missing"):
        await _sign_up(running, "ada")
    made = await running.house.store.unit(lambda u: invitations.create(u))
    assert (await _sign_up(running, "ada", invitation=made.url.rpartition("/")[2])).state == "active"
    with pytest.raises(RefusalError, match="email-invalid"):
        await _sign_up(running, "bea", email="bea@x")


async def test_the_first_steward_comes_by_one_link(world: World) -> None:
    running = await world.instance(**PRODUCTION)
    store = running.house.store
    old = await store.unit(registration.setup_link)
    new = await store.unit(registration.setup_link)
    assert old is not None
    assert new is not None
    with pytest.raises(RefusalError, match="setup-over"):
        await _sign_up(running, "ada", setup=old.rpartition("/")[2])
    done = await _sign_up(running, "ada", setup=new.rpartition("/")[2])
    row = await store.read(logins.by_id, done.login_id)
    assert row is not None
    assert row.role == "steward"
    with pytest.raises(RefusalError, match="setup-over"):
        await _sign_up(running, "eve", setup=new.rpartition("/")[2])
    assert await store.unit(registration.setup_link) is None


async def test_nobody_learns_which_addresses_are_known(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    first = await _sign_up(running, "ada", email="ada@mail.example")
    await world.settle()
    [letter] = _letters(running)
    assert await store.unit(links.spend, links.CONFIRM, _link(letter).rpartition("/")[2])
    await store.unit(logins.confirm_email, first.login_id)
    second = await _sign_up(running, "eve", email="Ada@mail.example")  # as if it were new
    assert (second.state, len(second.recovery_codes)) == (first.state, len(first.recovery_codes))
    for who in ("ada@mail.example", "nobody@mail.example", "ada", "nobody"):
        await store.unit(reset.request, who)
    await world.settle()
    letters = _letters(running)
    assert len(letters) == 4  # two confirmations, two resets for ada
    for letter in letters:
        head = letter.partition("\n\n")[0]
        assert "skerry" not in head.replace("@a.example", "").lower()
        assert "From: noreply@a.example" in head


async def test_a_reset_link_is_good_once(world: World) -> None:
    running = await world.instance()
    store, house = running.house.store, running.house
    ada = await member(running, "ada")
    old = await store.unit(reset.link_for, ada.login_id)
    url = await store.unit(reset.link_for, ada.login_id)
    token, new = url.rpartition("/")[2], await passwords.hash_password("a new good one")
    assert not await store.read(reset.holds, old.rpartition("/")[2], world.clock.now())
    assert await store.read(reset.holds, token, world.clock.now())
    assert await store.unit(reset.finish, token, new) == ada.login_id
    with pytest.raises(RefusalError, match="link-over"):
        await store.unit(reset.finish, token, new)
    assert (await signin.sign_in(house, "ada", "a new good one")).cookie
    late = await store.unit(reset.link_for, ada.login_id)
    world.clock.turn(DAY)
    with pytest.raises(RefusalError, match="link-over"):
        await store.unit(reset.finish, late.rpartition("/")[2], new)


async def test_a_recovery_code_resets_once_and_guessing_ends(world: World) -> None:
    running = await world.instance()
    store = running.house.store
    done = await _sign_up(running, "ada")
    code, other = done.recovery_codes[:2]
    assert await store.unit(reset.by_code, "ada", code.upper().replace("-", " "), HASH) == done.login_id
    assert await store.unit(reset.by_code, "ada", code, HASH) is None
    assert await store.unit(reset.by_code, "nobody", other, HASH) is None
    assert await store.read(recovery.left, done.login_id) == 9
    for _ in range(5):
        await store.unit(reset.by_code, "ada", "wrong", HASH)
    assert await store.unit(reset.by_code, "ada", other, HASH) is None
    world.clock.turn(10 * MINUTE)
    assert await store.unit(reset.by_code, "ada", other, HASH) == done.login_id


async def test_sign_in_is_limited_and_says_the_same_for_all(world: World) -> None:
    running = await world.instance(SKERRY_RATE_LIMITS="1")
    await member(running, "ada")
    for who in ("ada", "nobody"):
        for _ in range(5):
            with pytest.raises(RefusalError, match="sign-in-wrong"):
                await signin.sign_in(running.house, who, "wrong password", address="192.0.2.1")
        with pytest.raises(RefusalError, match="too-many-tries") as raised:
            await signin.sign_in(running.house, who, PASSWORD, address="192.0.2.1")
        assert raised.value.status == 429
    assert (await signin.sign_in(running.house, "ada", PASSWORD, address="192.0.2.2")).cookie
    world.clock.turn(10 * MINUTE)
    assert (await signin.sign_in(running.house, "ada", PASSWORD, address="192.0.2.1")).cookie


async def _enrol(running: Running, login_id: int) -> pyotp.TOTP:
    begun = await running.house.store.unit(secondfactor.begin, login_id, "ada")
    assert begun.uri.startswith("otpauth://totp/a.example:ada?")
    totp = pyotp.TOTP(begun.secret)
    assert await running.house.store.unit(secondfactor.confirm, login_id, totp.now()) is secondfactor.Verdict.RIGHT
    return totp


async def test_the_second_factor_is_asked_for_and_no_step_counts_twice(world: World) -> None:
    running = await world.instance()
    store, house = running.house.store, running.house
    done = await _sign_up(running, "ada")
    totp = await _enrol(running, done.login_id)
    half = await signin.sign_in(house, "ada", PASSWORD)
    assert half.cookie is None
    assert half.ticket
    with pytest.raises(RefusalError, match="code-wrong"):
        await signin.give_second_factor(house, half.ticket, totp.now())  # the step that turned it on
    full = await signin.give_second_factor(house, half.ticket, done.recovery_codes[0])
    assert full.cookie
    for ticket in (half.ticket, "x"):
        with pytest.raises(RefusalError, match="ticket-over"):
            await signin.give_second_factor(house, ticket, done.recovery_codes[1])
    again = await signin.sign_in(house, "ada", PASSWORD)
    assert again.ticket
    following = totp.generate_otp(house.site.clock.wire() // 30_000 + 1)  # a phone that is half a minute ahead
    assert (await signin.give_second_factor(house, again.ticket, following)).cookie
    with pytest.raises(RefusalError, match="second-factor-on"):
        await store.unit(secondfactor.begin, done.login_id, "ada")
    await store.unit(secondfactor.turn_off, done.login_id)
    assert (await signin.sign_in(house, "ada", PASSWORD)).cookie


async def test_five_wrong_codes_close_the_door_for_ten_minutes(world: World) -> None:
    running = await world.instance()
    house = running.house
    done = await _sign_up(running, "ada")
    await _enrol(running, done.login_id)
    ticket = (await signin.sign_in(house, "ada", PASSWORD)).ticket or ""
    for _ in range(attempts.TRIES):
        with pytest.raises(RefusalError, match="code-wrong"):
            await signin.give_second_factor(house, ticket, "000000x")
    with pytest.raises(RefusalError, match="too-many-tries"):
        await signin.give_second_factor(house, ticket, done.recovery_codes[0])


async def test_staff_keep_the_second_factor_in_production(world: World) -> None:
    running = await world.instance(**PRODUCTION)
    mod = await member(running, "mod", role="moderator")
    await _enrol(running, mod.login_id)
    with pytest.raises(RefusalError, match="second-factor-needed"):
        await running.house.store.unit(secondfactor.turn_off, mod.login_id)


async def test_who_waits_can_be_found_nowhere(world: World) -> None:
    running = await world.instance(SKERRY_REGISTRATION="approval")
    bea = await member(running, "bea")
    done = await _sign_up(running, "ada", answer="x")
    await world.settle()
    get = running.client.get
    wanted = {"Accept": "application/activity+json"}
    for path in (
        "/.well-known/webfinger?resource=acct:ada@a.example",
        "/.well-known/webfinger?resource=acct:nobody@a.example",
        "/api/v1/accounts/lookup?acct=ada",
        f"/api/v1/accounts/{done.account_id}",
        f"/api/v1/accounts/{done.account_id}/statuses",
        "/@ada",
    ):
        assert (await get(path, headers=bea.bearer)).status_code == 404, path
    assert (await get(f"/u/{done.account_id}", headers=wanted)).status_code in {401, 404}
    found = (await get("/api/v2/search?q=ada&resolve=true", headers=bea.bearer)).json()
    assert found["accounts"] == []
    followed = await running.client.post(f"/api/v1/accounts/{done.account_id}/follow", headers=bea.bearer)
    assert followed.status_code == 404
    assert (await get("/api/v1/instance", headers=bea.bearer)).json()["stats"]["user_count"] == 1
    assert (await get("/api/v1/instance")).json()["stats"]["user_count"] == 0
    assert (await get("/api/v2/instance", headers={"Authorization": "Bearer x"})).json()["usage"]["users"] == {
        "active_month": 0
    }
