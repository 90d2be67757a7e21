"""The noticeboard: a synthetic account here that tells people something in a private post, which every app shows."""

from collections.abc import Callable

from sqlalchemy import Connection, select

from instance.content.drafts import Draft
from instance.content.posts import write
from instance.db.system import fact
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.i18n import N_, _, current, languages
from instance.ids import slug
from instance.people import accounts

FACT = "noticeboard"
NAME = "noticeboard"
BIO = N_("A synthetic account of this server. It tells you what became of your posts. Nobody reads what you answer.")


def tell(u: Unit, name: str, locale: str, words: Callable[[], str]) -> None:
    """Tell a member of ours something; `words` makes the text, in her language."""
    token = current.set(locale if locale in languages() else current.get())
    try:
        text = words()
    finally:
        current.reset(token)
    write(u, noticeboard(u), Draft(text=f"@{name} {text}", visibility="direct", local_only=True))


def noticeboard(u: Unit) -> int:
    """The synthetic account that tells; it is made when there is first something to tell."""
    found = noticeboard_id(u.connection)
    if found is not None:
        return found
    try:
        made = accounts.create(u, NAME, display_name="Noticeboard", public_posting=False)
    except RefusalError:  # a member has that name
        made = accounts.create(u, f"{NAME}_{slug()[:8].lower().replace('-', '0')}", public_posting=False)
    changes = accounts.ProfileChanges(bio_source=_(BIO), bot=True, discoverable=False, indexable=False)
    accounts.update_profile(u, made, changes)
    insert_new(u.connection, fact, name=FACT, value=str(made))
    return made


def noticeboard_id(connection: Connection) -> int | None:
    """Its account, if there is one."""
    value = connection.execute(select(fact.c.value).where(fact.c.name == FACT)).scalar()
    return int(value) if value else None
