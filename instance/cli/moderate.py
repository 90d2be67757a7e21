"""`skerry group remove|restore|lock|unlock|pin|unpin|ban|unban|moderator|edit`: what moderators do, at the command line."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Row, or_, select

from instance.cli.common import Decorator, data_option, echo, in_unit, json_option, options, say, site_of
from instance.cli.group import account_id, command
from instance.clock import DAY, HOUR, MINUTE, Millis, iso
from instance.content import moderation
from instance.db.content import post
from instance.db.unit import Unit
from instance.errors import RefusalError
from instance.groups import bans, groups, moderators
from instance.groups.acting import By
from instance.i18n import N_
from instance.people import accounts

_TIME = re.compile(r"([0-9]{1,5})(m|h|d)")
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}

Deed = Callable[..., dict[str, Any]]
"""`(u, group, by, *, ...)`: does it, and returns what is printed."""

by_option = click.option("--by", "moderator", help="The moderator who does it; without one the group itself does.")
reason_option = click.option("--reason", default="", help="Why; whom it is about reads it.")
who_argument = click.argument("handle", metavar="WHO")
for_option = click.option("--for", "duration", help="How long: 30m, 12h, 7d; without it there is no end.")
remove_option = click.option("--remove", "removes", is_flag=True, help="Take what they wrote in the group out as well.")
EDITED = {
    "display-name": "What people read.",
    "description": "What the group is about.",
    "rules": "The group's rules.",
}


def deed(does: Deed, name: str, *own: Decorator) -> click.Command:
    """A command of a moderator in GROUP, with options of its own in front; `does` returns what is printed."""

    @click.command(name, help=does.__doc__)
    @click.argument("group")
    @options(*own, by_option, data_option, json_option)
    def made(
        group: str, moderator: str | None, data: Path | None, as_json: bool, reason: str = "", **given: Any
    ) -> None:
        def run(u: Unit) -> dict[str, Any]:
            return does(u, groups.by_name(u.connection, group), _by(u, moderator, reason), **given)

        say(in_unit(site_of(data), run), as_json=as_json)

    return made


def on_a_post(name: str, does: Callable[..., Any], explained: str) -> click.Command:
    """A command about one post of a group."""

    def run(u: Unit, group: Row[Any], by: By, *, which: str) -> dict[str, Any]:
        post_id = _post(u, which)
        does(u, group.id, post_id, by)
        return {name: str(post_id)}

    run.__doc__ = explained
    return deed(run, name, click.argument("which", metavar="POST"), reason_option)


def ban(u: Unit, group: Row[Any], by: By, *, handle: str, duration: str | None, removes: bool) -> dict[str, Any]:
    """Keep WHO (name, or name@host) from writing to GROUP."""
    until = u.now + _duration(duration) if duration else None
    moderation.ban(u, group.id, _whom(u, handle), by, until=until, removes=removes)
    return {"banned": handle, "until": iso(until) if until else None}


def unban(u: Unit, group: Row[Any], by: By, *, handle: str) -> dict[str, Any]:
    """Let WHO write to GROUP again."""
    bans.unban(u, group.id, _whom(u, handle), by)
    return {"unbanned": handle}


@click.command("bans")
@click.argument("group")
@options(data_option, json_option)
def list_bans(group: str, data: Path | None, as_json: bool) -> None:
    """Print who is banned from GROUP: who, until when, why."""

    def look(u: Unit) -> list[dict[str, Any]]:
        rows = bans.all_of(u.connection, groups.by_name(u.connection, group).id, u.now)
        return [
            {
                "who": f"@{row.name}@{row.domain or u.site.domain}",
                "until": iso(row.expires_at) if row.expires_at else None,
                "reason": row.reason,
            }
            for row in rows
        ]

    found = in_unit(site_of(data), look)
    if as_json:
        say({"bans": found}, as_json=True)
        return
    for row in found:
        echo("\t".join((row["who"], row["until"] or "-", row["reason"])))


@click.command()
@click.argument("what", type=click.Choice(["add", "remove", "list"]))
@click.argument("group")
@click.argument("handle", metavar="[WHO]", default="")
@options(by_option, data_option, json_option)
def moderator(what: str, group: str, handle: str, moderator: str | None, data: Path | None, as_json: bool) -> None:
    """Add a moderator to GROUP, remove one, or list them. WHO may live on another server: name@host."""

    def run(u: Unit) -> dict[str, Any]:
        group_id = groups.by_name(u.connection, group).id
        if what != "list":
            does = moderators.add if what == "add" else moderators.remove
            does(u, group_id, _whom(u, handle), _by(u, moderator, ""))
        rows = moderators.known(u.connection, group_id)
        return {"moderators": [f"@{row.name}@{row.domain or u.site.domain}" for row in rows]}

    found = in_unit(site_of(data), run)
    if as_json:
        say(found, as_json=True)
        return
    for one in found["moderators"]:
        echo(one)


def edit(
    u: Unit, group: Row[Any], by: By, *, display_name: str | None, description: str | None, rules: str | None
) -> dict[str, Any]:
    """Change GROUP's name, description or rules; what is not named stays."""
    groups.change(u, group.id, by, name=display_name, bio=description, rules=rules)
    return {"edited": group.name}


POSTS = [
    on_a_post("remove", moderation.remove, "Take POST (its address or id) out of GROUP; its author reads the reason."),
    on_a_post("restore", moderation.restore, "Bring POST back into GROUP."),
    on_a_post("lock", moderation.lock, "Close POST, and all below it, for answers."),
    on_a_post("unlock", moderation.unlock, "Let people answer POST again."),
    on_a_post("pin", moderation.pin, "Put POST before all others of GROUP."),
    on_a_post("unpin", moderation.unpin, "Take POST's pin away."),
]
MEMBERS = [
    deed(ban, "ban", who_argument, for_option, remove_option, reason_option),
    deed(unban, "unban", who_argument, reason_option),
    deed(edit, "edit", *(click.option(f"--{name}", help=says) for name, says in EDITED.items())),
]
for one in (*POSTS, *MEMBERS, list_bans, moderator):
    command.add_command(one)


def _by(u: Unit, name: str | None, reason: str) -> By:
    return By(account_id(u, name) if name else None, reason)


def _post(u: Unit, which: str) -> int:
    named = or_(post.c.iri == which, post.c.url == which)
    if which.isdecimal() and len(which) < 20:
        named = or_(named, post.c.id == int(which))
    found = u.connection.execute(select(post.c.id).where(named)).scalar()
    if found is None:
        raise RefusalError("post-unknown", N_("There is no post '{post}' here."), status=404, post=which[:200])
    return int(found)


def _whom(u: Unit, handle: str) -> int:
    name, _, host = handle.strip().removeprefix("@").partition("@")
    row = accounts.by_name(u.connection, name, "" if host == u.site.domain else host)
    if row is None or not accounts.is_shown(row):
        raise RefusalError("account-unknown", N_("There is no account '{name}' here."), status=404, name=handle[:60])
    return int(row.id)


def _duration(text: str) -> Millis:
    found = _TIME.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise RefusalError("time-unknown", N_("Write a time as 30m, 12h or 7d."))
    return int(found[1]) * _UNITS[found[2]]
