"""Tells members what did not go out in the end: a private post of a synthetic account here, which every app shows."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from federation.schema import delivery, outbox_item
from instance.content.drafts import Draft
from instance.content.posts import write
from instance.db.people import account, login
from instance.db.system import fact
from instance.db.unit import Unit
from instance.db.upsert import insert_new
from instance.errors import RefusalError
from instance.i18n import N_, _, current, languages
from instance.ids import slug
from instance.people import accounts
from policies.decision import EXPLANATIONS, Reason

FACT = "noticeboard"
NAME = "noticeboard"
BIO = N_("A synthetic account of this server. It tells you what became of your posts. Nobody reads what you answer.")
GIVEN_UP = N_(
    "What you wrote lately for followers did not go to {host}. {reason} It waited as long as was agreed, and is given up "
    "there now. Everybody else has it."
)


def given_up(u: Unit, host: str) -> int:
    """Tell the authors of what was cancelled towards a host in this very moment; how many they are."""
    asked = select(outbox_item.c.actor, delivery.c.error).join(delivery, delivery.c.item_id == outbox_item.c.id)
    asked = asked.where(delivery.c.host == host, delivery.c.state == "cancelled", delivery.c.done_at == u.now)
    reasons = {row.actor: row.error or "" for row in u.connection.execute(asked.where(outbox_item.c.kind == "Create"))}
    people = select(account.c.id, account.c.iri, account.c.name, login.c.locale)
    people = people.join(login, login.c.account_id == account.c.id).where(account.c.iri.in_(list(reasons)))
    told = u.connection.execute(people).all() if reasons else []
    for row in told:
        _tell(u, row.name, row.locale, host, reasons[row.iri].split(", "))
    return len(told)


def _tell(u: Unit, name: str, locale: str, host: str, codes: Sequence[str]) -> None:
    token = current.set(locale if locale in languages() else current.get())
    try:
        why = " ".join(_(EXPLANATIONS[Reason(code)]) for code in codes if code in set(Reason))
        text = _(GIVEN_UP, host=host, reason=why)
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
