"""`skerry account|app|token|invite` beside a running instance: what is printed where, and that it counts at once."""

import asyncio
import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest

from instance.auth import signin
from instance.cli.serve import say_setup_link
from instance.people import accounts
from instance.people.rebase import rebase
from tests.support.commands import skerry
from tests.support.members import member
from tests.support.world import Running, World

pytestmark = pytest.mark.processes


async def _acts(running: Running, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return (await running.client.get("/oauth/userinfo", headers=headers)).status_code == 200


async def test_account_create_makes_a_member_who_signs_in_at_once(world: World) -> None:
    running = await world.instance()
    said = await skerry(
        running, "account", "create", "Ada", "--role", "steward", "--public-posting", "--password-stdin", "--print-token",
        stdin="a good password\n",
    )  # fmt: skip
    assert (said.status, said.err, len(said.out), said.out[0]) == (0, "", 2, "ada")
    assert await _acts(running, said.out[-1])
    assert (await signin.sign_in(running.house, "ada", "a good password")).cookie
    row = await running.house.store.read(accounts.by_name, "ada")
    assert row is not None
    assert row.public_posting
    said = await skerry(running, "account", "create", "bea")
    assert said.out[0] == "bea"
    assert (await signin.sign_in(running.house, "bea", said.out[1])).cookie
    said = await skerry(running, "account", "create", "cleo", "--print-token", "--json")
    told = json.loads("\n".join(said.out))
    assert (told["name"], told["handle"], told["role"]) == ("cleo", "@cleo@a.example", "member")
    assert await _acts(running, told["token"])


async def test_wrong_input_says_one_sentence_and_writes_nothing(world: World) -> None:
    running = await world.instance()
    await member(running, "ada")
    for words, stdin in (
        (("account", "create", "ada"), ""),
        (("account", "create", "a-b"), ""),
        (("account", "create", "bea", "--role", "queen"), ""),
        (("account", "create", "bea", "--password-stdin"), ""),
        (("account", "create", "bea", "--password-stdin"), "short\n"),
        (("account", "create"), ""),
        (("token", "create", "bea", "--scopes", "read"), ""),
        (("token", "create", "ada", "--scopes", "admin:read"), ""),
        (("app", "create", "X", "--redirect-uri", "nowhere"), ""),
        (("invite", "--days", "0"), ""),
        (("account", "role", "nobody", "member"), ""),
    ):
        said = await skerry(running, *words, stdin=stdin)
        assert said.status in {1, 2}, words
        assert said.out == []
        assert len(said.err.splitlines()) == 1, said.err
        assert said.err.startswith("skerry: ")
    assert await running.house.store.read(accounts.by_name, "bea") is None


async def test_tokens_apps_invitations_and_care_of_accounts(world: World) -> None:
    running = await world.instance()
    await member(running, "ada")
    said = await skerry(running, "token", "create", "@ada", "--scopes", "read write follow push")
    assert len(said.out) == 1
    assert await _acts(running, said.out[0])
    app = await skerry(running, "app", "create", "Script", "--redirect-uri", "http://localhost/x")
    body = {
        "grant_type": "client_credentials",
        "client_id": app.out[0],
        "client_secret": app.out[1],
        "scope": "read write",
    }
    assert (await running.client.post("/oauth/token", data=body)).status_code == 200
    assert (await skerry(running, "invite", "--uses", "3")).out[0].startswith("https://a.example/invite/")
    assert (await skerry(running, "account", "list")).out == ["ada\tmember\tactive"]
    assert (await skerry(running, "account", "role", "ada", "moderator")).status == 0
    assert (await skerry(running, "account", "reset-link", "ada")).out[0].startswith("https://a.example/link/reset/")
    assert (await skerry(running, "account", "suspend", "ada")).status == 0
    assert not await _acts(running, said.out[0])
    assert (await skerry(running, "account", "list")).out == ["ada\tmoderator\tsuspended"]
    assert (await skerry(running, "account", "suspend", "ada", "--undo")).status == 0
    assert await _acts(running, said.out[0])


async def test_a_moved_instance_knows_itself(world: World) -> None:
    running = await world.instance()
    ada = await member(running, "ada")
    await world.settle()
    for _ in range(2):
        await running.house.store.unit(rebase, "https://a.example", "http://127.0.0.1:9")
    row = await running.house.store.read(accounts.by_id, ada.account_id)
    assert row is not None
    assert row.iri == f"http://127.0.0.1:9/u/{ada.account_id}"
    assert row.url == "http://127.0.0.1:9/@ada"
    assert row.followers_iri == f"{row.iri}/followers"
    [key] = await running.house.federation.keyring.of(row.iri)  # opens under its new id
    assert key.id == f"{row.iri}/main-key"


async def test_the_command_line_knows_the_settings_that_the_instance_runs_with(world: World) -> None:
    running = await world.instance(SKERRY_PUBLIC_POSTING="1")
    await skerry(running, "account", "create", "ada")
    row = await running.house.store.read(accounts.by_name, "ada")
    assert row is not None
    assert (row.public_posting, row.default_visibility) == (True, "public")
    production = {"SKERRY_MODE": "production", "SKERRY_CONTACT_EMAIL": "ops@a.example"}
    running = await world.instance("p.example", **production)
    assert (await skerry(running, "account", "create", "ada")).status == 0


async def test_serve_names_the_first_steward_s_link_until_there_is_one(world: World) -> None:
    running = await world.instance()
    out = io.StringIO()
    for _ in range(2):
        with redirect_stdout(out), redirect_stderr(io.StringIO()):
            await asyncio.to_thread(say_setup_link, running.house.site.settings)
        await skerry(running, "account", "create", "ada", "--role", "steward")
    [link] = out.getvalue().split()
    assert link.startswith("https://a.example/setup/")


async def test_aliases_and_moving(world: World) -> None:
    running = await world.instance("a.example")
    anna = await member(running, "anna")
    bella = await member(running, "bella")
    await world.settle()
    said = await skerry(running, "account", "alias", "anna", "--add", "bella")
    assert (said.status, said.out) == (0, [f"https://a.example/u/{bella.account_id}"])
    refused = await skerry(running, "account", "move", "anna", "bella")
    assert (refused.status, "does not say that it is yours" in refused.err) == (1, True)
    unknown = await skerry(running, "account", "move", "anna", "nobody")
    assert (unknown.status, "nobody was not found" in unknown.err) == (1, True)
    said = await skerry(running, "account", "alias", "bella", "--add", "anna")
    moved = await skerry(running, "account", "move", "anna", "bella")
    assert (moved.status, "has moved to bella" in moved.err) == (0, True)
    row = await running.house.store.read(accounts.by_id, anna.account_id)
    assert row is not None
    assert row.moved_to == f"https://a.example/u/{bella.account_id}"
    back = await skerry(running, "account", "move", "anna", "--undo")
    assert (back.status, "is back" in back.err) == (0, True)
    said = await skerry(running, "account", "alias", "bella", "--remove", f"https://a.example/u/{anna.account_id}")
    assert (said.status, said.out) == (0, [])
