"""Tells members what did not go out in the end: the noticeboard writes to them."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select

from federation.schema import delivery, outbox_item
from instance.content import noticeboard
from instance.db.people import account, login
from instance.db.unit import Unit
from instance.i18n import N_, _
from policies.decision import EXPLANATIONS, Reason

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
        codes = reasons[row.iri].split(", ")
        noticeboard.tell(u, row.name, row.locale, partial(_words, host, codes))
    return len(told)


def _words(host: str, codes: Sequence[str]) -> str:
    why = " ".join(_(EXPLANATIONS[Reason(code)]) for code in codes if code in set(Reason))
    return _(GIVEN_UP, host=host, reason=why)
