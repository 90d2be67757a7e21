"""Groups: made with a moderator, listed, found; names are unique over persons and groups."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection

from instance.cli import skerry
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.groups import acting, groups, moderators
from instance.groups.acting import By
from instance.people import accounts, follows
from tests.support.world import World


def _people(u: Unit) -> tuple[int, int]:
    return accounts.create(u, "anna"), accounts.create(u, "ben")


async def test_a_group_has_a_moderator_who_takes_part(world: World) -> None:
    store = (await world.instance("a.example")).house.store
    anna, ben = await store.unit(_people)
    made = await store.unit(lambda u: groups.create(u, "Lupus", "Living with lupus", created_by=anna, bio="For us."))

    def look(connection: Connection) -> None:
        row = groups.by_name(connection, "@lupus")
        assert (row.id, row.kind, row.display_name, row.locked) == (made, "group", "Living with lupus", False)
        assert row.iri.startswith("https://a.example/g/")
        assert str(row.id) not in row.iri
        assert row.url == "https://a.example/@lupus"
        assert "For us." in row.bio
        assert groups.moderators(connection, made) == [anna]
        assert groups.takes_part(connection, made, anna)
        assert not acting.is_moderator(connection, made, ben)
        assert [g.name for g in groups.all_groups(connection)] == ["lupus"]
        assert [g.id for g in groups.joined(connection, anna)] == [made]
        assert groups.local_among(connection, [anna, ben, made]) == {made: "open"}
        with pytest.raises(RefusalError):
            acting.check_moderator(connection, made, ben)

    await store.read(look)
    await store.unit(moderators.add, made, ben, By())
    await store.unit(moderators.add, made, ben, By())
    await store.unit(moderators.remove, made, anna, By())
    assert await store.read(groups.moderators, made) == [ben]
    assert await store.read(lambda c: groups.takes_part(c, made, anna))


async def test_names_are_unique_over_persons_and_groups(world: World) -> None:
    store = (await world.instance()).house.store
    anna, ben = await store.unit(_people)
    with pytest.raises(RefusalError, match="name-taken"):
        await store.unit(lambda u: groups.create(u, "anna", "", created_by=ben))
    made = await store.unit(lambda u: groups.create(u, "lupus", "", created_by=None))
    with pytest.raises(RefusalError, match="group-unknown"):
        await store.read(groups.by_name, "anna")
    with pytest.raises(NotFoundError):
        await store.unit(moderators.add, ben, anna, By(ben))
    assert await store.unit(follows.request, anna, made) == "accepted"


def test_the_command_line_makes_a_group(tmp_path: Path, sqlite_template: Path) -> None:
    (tmp_path / "skerry.sqlite3").write_bytes(sqlite_template.read_bytes())
    (tmp_path / "instance.json").write_text(json.dumps({"mode": "development", "base_url": "http://127.0.0.1:18380"}))

    def run(*words: str) -> str:
        result = CliRunner().invoke(skerry, ["group", *words, "--data", str(tmp_path)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    made = run("create", "lupus", "--display-name", "Living with lupus")
    assert made.splitlines()[-1] == "@lupus@127.0.0.1:18380"
    assert run("list") == "@lupus\t0\tLiving with lupus\n"
    assert json.loads(run("list", "--json"))["groups"][0]["name"] == "lupus"
    with pytest.raises(RefusalError, match="account-unknown"):
        run("create", "asthma", "--moderator", "nobody")
    assert run("list").count("\n") == 1
