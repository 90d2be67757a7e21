"""`skerry group`: make an open group, list groups, decide what waits."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from instance.cli.common import ROW_ID, data_option, echo, in_unit, json_option, say, site_of
from instance.clock import iso
from instance.content import submissions
from instance.db.content import post
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.groups import groups
from instance.i18n import N_
from instance.people import accounts


@click.group()
def command() -> None:
    """Make groups, list them, moderate them."""


@command.command()
@click.argument("name")
@click.option("--display-name", default="", help="What people read; the name where none is given.")
@click.option("--description", default="", help="What the group is about.")
@click.option("--moderator", help="The member who moderates it.")
@data_option
@json_option
def create(
    name: str, display_name: str, description: str, moderator: str | None, data: Path | None, as_json: bool
) -> None:
    """Make an open group that people follow as @NAME."""

    def make(u: Unit) -> dict[str, Any]:
        by = account_id(u, moderator) if moderator else None
        group_id = groups.create(u, name, display_name, created_by=by, bio=description)
        row = accounts.by_ids(u.connection, [group_id])[group_id]
        return {"id": str(group_id), "url": row.url, "handle": f"@{row.name}@{u.site.domain}"}

    say(in_unit(site_of(data), make), as_json=as_json)


@command.command("list")
@data_option
@json_option
def list_groups(data: Path | None, as_json: bool) -> None:
    """Print every group: its name, how many follow it, its display name."""
    found = in_unit(site_of(data), lambda u: groups.all_groups(u.connection))
    rows = [
        {"name": r.name, "tier": r.tier, "followers": r.followers_count, "display_name": r.display_name} for r in found
    ]
    if as_json:
        say({"groups": rows}, as_json=True)
        return
    for row in rows:
        echo(f"@{row['name']}\t{row['followers']}\t{row['display_name']}")


@command.command()
@click.argument("group")
@data_option
@json_option
def held(group: str, data: Path | None, as_json: bool) -> None:
    """Print what waits in GROUP: the id to approve or refuse it by, who wrote it, when, where it can be read."""

    def look(u: Unit) -> list[dict[str, Any]]:
        rows = submissions.held(u.connection, groups.by_name(u.connection, group).id)
        return [_waiting(u, row) for row in rows]

    found = in_unit(site_of(data), look)
    if as_json:
        say({"held": found}, as_json=True)
        return
    for row in found:
        echo("\t".join((row["id"], row["author"], row["at"], row["url"])))


@command.command()
@click.argument("held_id", metavar="ID", type=ROW_ID)
@data_option
@json_option
def approve(held_id: int, data: Path | None, as_json: bool) -> None:
    """Let the held post ID through (the ids are in `skerry group held`)."""
    in_unit(site_of(data), submissions.approve, held_id, None)
    say({"approved": str(held_id)}, as_json=as_json)


@command.command()
@click.argument("held_id", metavar="ID", type=ROW_ID)
@data_option
@json_option
def refuse(held_id: int, data: Path | None, as_json: bool) -> None:
    """Refuse the held post ID; outside the group it stays what it was."""
    in_unit(site_of(data), submissions.refuse, held_id, None)
    say({"refused": str(held_id)}, as_json=as_json)


def _waiting(u: Unit, row: Any) -> dict[str, Any]:
    shown = u.connection.execute(select(post.c.url, post.c.account_id).where(post.c.id == row.post_id)).one()
    author = accounts.by_ids(u.connection, [shown.account_id])[shown.account_id]
    handle = f"@{accounts.handle_of(author)}" if author.domain else f"@{author.name}@{u.site.domain}"
    return {"id": str(row.id), "author": handle, "at": iso(row.created_at), "url": shown.url}


def account_id(u: Unit, name: str) -> int:
    """The id of a member by name. Raises RefusalError."""
    row = accounts.by_name(u.connection, name.removeprefix("@"))
    if row is None or row.kind != "person" or not accounts.is_shown(row):
        raise RefusalError("account-unknown", N_("There is no account '{name}' here."), status=404, name=name[:60])
    return int(row.id)
