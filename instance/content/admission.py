"""Answers and quotes that come from elsewhere, before the rules of what they answer and quote.

The rules of a post of ours are law here. What somebody else's rules leave open is shown once her server says yes.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update

from instance.content import consent, interactions, quotes, rules
from instance.db.content import post
from instance.db.people import account
from instance.db.unit import Unit
from instance.events import InteractionAccepted, InteractionAsked, InteractionRejected
from policies.interaction import Verdict


@dataclass(frozen=True, slots=True)
class Approval:
    """An author's yes to something, fetched from her server and checked: its address, and who says it."""

    iri: str
    owner_iri: str


@dataclass(frozen=True, slots=True)
class RemoteQuote:
    """What a remote post quotes, and its author's yes to that, where there is one."""

    iri: str
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class Arriving:
    """A remote answer: its address, whose it is, and the yes that it comes with."""

    iri: str
    account_id: int
    approval: Approval | None = None


def may_answer(u: Unit, reply: Arriving, parent: Row[Any] | None) -> Verdict:
    """What the rules of the post that is answered say: YES also where its author's server has said it.

    STAMPED is a yes that our own rules give and other servers can't see; ASK is kept and hidden; NO is not kept.
    """
    if parent is None or (parent.policy is None and parent.consent is None):
        return Verdict.YES
    found = rules.verdict(u.connection, "reply", parent, reply.account_id)
    if not rules.is_ours(u.site.base_url, parent):
        return Verdict.YES if holds(u, reply.approval, parent) else _without_stamp(found)
    before = interactions.by_iri(u.connection, "reply", reply.iri) if found is not Verdict.YES else None
    if before is not None and before.state == interactions.REJECTED:
        return Verdict.NO
    if found is Verdict.NO:
        u.record(InteractionRejected("reply", reply.iri, reply.account_id, parent.id))
    return found


def _without_stamp(found: Verdict) -> Verdict:
    return Verdict.ASK if found is Verdict.STAMPED else found


def holds(u: Unit, approval: Approval | None, parent: Row[Any]) -> bool:
    """Whether a yes is one of the author of this very post."""
    if approval is None:
        return False
    owner = u.connection.execute(select(account.c.iri).where(account.c.id == parent.account_id)).scalar_one()
    return bool(owner == approval.owner_iri)


def waits(u: Unit, reply: Arriving, post_id: int, parent: Row[Any], found: Verdict) -> bool:
    """Whether a kept answer is shown to nobody yet; its author is told of a yes that our rules give."""
    wish = interactions.Wish("reply", reply.iri, reply.account_id, post_id)
    if found is Verdict.STAMPED:
        stamp = interactions.mint(u.connection, parent.account_id)
        made = interactions.keep(u, wish, parent, interactions.ACCEPTED, approval_iri=stamp)
        u.connection.execute(update(post).where(post.c.id == post_id).values(approved_by=stamp))
        u.record(InteractionAccepted(made, by_rule=True))
        return False
    if parent.consent is None:
        made = interactions.keep(u, wish, parent)
        if rules.is_ours(u.site.base_url, parent):
            u.record(InteractionAsked(made))
    return True


def hide_unlet(u: Unit, parent_id: int) -> None:
    """Answers that came before what they answer are judged once its rules are known: what they don't let waits hidden."""
    parent = u.connection.execute(select(post).where(post.c.id == parent_id)).one()
    here = (post.c.reply_to_id == parent_id, post.c.deleted_at.is_(None), post.c.consent.is_(None))
    for row in u.connection.execute(select(post).where(*here, post.c.approved_by.is_(None))).all():
        found = rules.verdict(u.connection, "reply", parent, row.account_id)
        if found is not Verdict.YES:
            interactions.keep(u, interactions.Wish("reply", row.iri, row.account_id, row.id), parent)
            consent.hide(u, row.id, rules.PENDING)


def let(u: Unit, post_id: int, reply: Arriving, parent: Row[Any] | None) -> None:
    """An answer that waits comes again, with the yes of the author elsewhere."""
    row = interactions.of_post(u.connection, "reply", post_id)
    if parent is None or row is None or reply.approval is None or rules.is_ours(u.site.base_url, parent):
        return
    if row.post_id == parent.id and holds(u, reply.approval, parent):
        consent.answered(u, row, reply.approval.iri, yes=True)


def quote(u: Unit, iri: str, given: RemoteQuote, target: Row[Any] | None) -> None:
    """A remote post that is here now says that it quotes another one."""
    this = u.connection.execute(select(post).where(post.c.iri == iri)).first()
    if this is None or target is None:
        return
    approval = given.approval if holds(u, given.approval, target) else None
    quotes.take_in(u, this, target, given.iri, approval.iri if approval is not None else None)
