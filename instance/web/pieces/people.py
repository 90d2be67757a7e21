"""People and groups as pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection, select

from instance.db.groups import group
from instance.db.people import account
from instance.i18n import _
from instance.media import store as files
from instance.people import accounts
from instance.sanitise import plain
from instance.site import Site
from instance.web.pieces import drawing

MOST_GROUPS = 50
BLURB = 160


@dataclass(frozen=True, slots=True)
class Person:
    """One account on a page; `handle` is the name with its server."""

    id: int
    name: str
    handle: str
    display_name: str
    page: str
    avatar: str
    avatar_description: str
    is_group: bool
    is_remote: bool
    people: int
    blurb: str
    is_gone: bool
    drawn: Markup = field(default_factory=Markup)
    """The name with its custom emoji as pictures."""

    @property
    def shown(self) -> str:
        """The name that others read, in words of the page's language where nobody is there any more."""
        return _("Somebody who left") if self.is_gone else self.display_name or self.name

    @property
    def called(self) -> Markup | str:
        """The same, as a page shows it."""
        return self.shown if self.is_gone or not self.drawn else self.drawn

    @property
    def initial(self) -> str:
        """What stands for a missing picture."""
        return next((letter.upper() for letter in self.shown if letter.isalnum()), "·")


def person_of(row: Any, site: Site) -> Person:
    """An account's row as it is shown."""
    avatar = ""
    if row.avatar or row.avatar_remote:
        avatar = files.avatar_url(site, row.avatar, row.avatar_remote)
    remote = bool(row.domain)
    return Person(
        id=row.id,
        name=row.name,
        handle=accounts.handle_of(row),
        display_name=row.display_name,
        page=f"/@{accounts.handle_of(row)}",
        avatar=avatar,
        avatar_description=row.avatar_description,
        is_group=row.kind == "group",
        is_remote=remote,
        people=row.followers_count,
        blurb=_shortened(plain(row.bio)),
        is_gone=row.deleted_at is not None,
        drawn=drawing.text(site, row.display_name, row.emoji) if row.emoji else Markup(),
    )


def persons(connection: Connection, ids: Iterable[int], site: Site) -> dict[int, Person]:
    """Accounts by id, in one statement."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = connection.execute(select(account).where(account.c.id.in_(wanted)))
    return {row.id: person_of(row, site) for row in rows}


def open_groups(connection: Connection, site: Site) -> list[Person]:
    """The open groups of this server, the most visited first."""
    shown = (
        select(account)
        .join(group, group.c.id == account.c.id)
        .where(group.c.tier == "open", account.c.domain == "")
        .where(account.c.deleted_at.is_(None), account.c.suspended_at.is_(None))
        .order_by(account.c.followers_count.desc(), account.c.id)
        .limit(MOST_GROUPS)
    )
    return [person_of(row, site) for row in connection.execute(shown)]


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= BLURB else line[:BLURB].rsplit(" ", 1)[0] + " …"
