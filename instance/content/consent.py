"""An author's yes and no to what others do with her posts, and what follows: shown to all, or to nobody.

Nothing is done twice: a decision counts only while it waits. What was deleted in between stays deleted.
"""

from typing import Any

from sqlalchemy import Row, select, update

from instance.content import boosts, interactions, marks, parts, quotes, rules, submissions, timelines
from instance.content.interactions import ACCEPTED, PENDING, REJECTED, REVOKED
from instance.db.content import favourite, post
from instance.db.people import account
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import (
    InteractionAccepted,
    InteractionRejected,
    InteractionRevoked,
    PostReceived,
    PostWritten,
)
from instance.i18n import N_
from policies.interaction import Verdict

MOST_BELOW = 200


def authorize(u: Unit, account_id: int, interaction_id: int) -> int:
    """A member says yes to what waits for her; returns its id. Raises NotFoundError, RefusalError where nothing waits."""
    row = _hers(u, account_id, interaction_id)
    if not _take_effect(u, row, interactions.mint(u.connection, account_id)):
        interactions.forget(u, row.id)
        raise NotFoundError
    u.record(InteractionAccepted(row.id))
    return int(row.id)


def reject(u: Unit, account_id: int, interaction_id: int) -> int:
    """A member says no, or takes an earlier yes back; returns the id. Raises as `authorize` does."""
    before = interactions.by_id(u.connection, interaction_id)
    if before is not None and before.state == ACCEPTED:
        revoke(u, account_id, interaction_id)
        return interaction_id
    row = _hers(u, account_id, interaction_id)
    _refuse(u, row)
    u.record(InteractionRejected(row.kind, row.iri, row.account_id, row.post_id, row.request_iri))
    return int(row.id)


def revoke(u: Unit, account_id: int, interaction_id: int) -> None:
    """A member takes a yes back. Raises NotFoundError where there is none of hers."""
    row = interactions.by_id(u.connection, interaction_id, for_update=True)
    if row is None or row.target_id != account_id or row.state != ACCEPTED:
        raise NotFoundError
    undo(u, row)
    if row.approval_iri:
        u.record(InteractionRevoked(row.id, row.approval_iri))


def answered(u: Unit, row: Row[Any], approval_iri: str, *, yes: bool) -> None:
    """The author elsewhere has decided about what one of ours, or anybody, asked for. Late answers change nothing."""
    if row.state == REVOKED or (row.state == ACCEPTED and yes) or (row.state == REJECTED and not yes):
        return
    if not yes:
        if row.state == ACCEPTED:
            undo(u, row, REJECTED)
        else:
            _refuse(u, row)
    elif row.state == PENDING and not _take_effect(u, row, approval_iri):
        interactions.forget(u, row.id)


def undo(u: Unit, row: Row[Any], state: str = REVOKED) -> None:
    """What was let is let no more: a quote loses what it quotes, an answer is hidden, a like or boost is gone."""
    interactions.decided(u, row.id, state, row.approval_iri)
    _withdraw(u, row)


def _hers(u: Unit, account_id: int, interaction_id: int) -> Row[Any]:
    row = interactions.by_id(u.connection, interaction_id, for_update=True)
    if row is None or row.target_id != account_id:
        raise NotFoundError
    if row.state != PENDING:
        raise RefusalError("already-answered", N_("This does not wait any more; you have answered it."))
    return row


def _refuse(u: Unit, row: Row[Any]) -> None:
    interactions.decided(u, row.id, REJECTED, None)
    _withdraw(u, row)


def _withdraw(u: Unit, row: Row[Any]) -> None:
    if row.kind == "quote":
        quotes.show(u, row)
    elif row.kind == "like":
        marks.unfavourite(u, row.account_id, row.post_id) if row.post_id else None
    elif row.kind == "boost" and row.by_post_id is not None:
        boosts.unboost(u, row.account_id, row.by_post_id)
    elif row.kind == "reply" and row.by_post_id is not None:
        hide(u, row.by_post_id, rules.REFUSED)


def _take_effect(u: Unit, row: Row[Any], approval_iri: str) -> bool:
    """Do what was waited for; False where it is gone."""
    target = u.connection.execute(select(post).where(post.c.id == row.post_id, post.c.deleted_at.is_(None))).first()
    if target is None:
        return False
    interactions.decided(u, row.id, ACCEPTED, approval_iri)
    if row.kind == "quote":
        return quotes.show(u, row)
    if row.kind == "like":
        return _like(u, row)
    if row.kind == "boost":
        return _boost(u, row, approval_iri)
    return row.by_post_id is not None and release(u, row.by_post_id, approval_iri)


def _like(u: Unit, row: Row[Any]) -> bool:
    there = select(favourite.c.id).where(favourite.c.account_id == row.account_id, favourite.c.post_id == row.post_id)
    if u.connection.execute(there).first() is None:
        marks.add(u, row.account_id, row.post_id, row.iri)
    return True


def _boost(u: Unit, row: Row[Any], approval_iri: str) -> bool:
    if row.by_post_id is not None:
        return boosts.release(u, row.by_post_id, approval_iri)
    boosts.boost(u, row.account_id, row.post_id, iri=row.iri, visibility="public", let=approval_iri)
    return True


def release(u: Unit, post_id: int, approval_iri: str | None) -> bool:
    """Show an answer that waited, and tell of it as of a new post; False where it is gone or was not waiting."""
    waits = (post.c.id == post_id, post.c.deleted_at.is_(None), post.c.consent.is_not(None))
    row = u.connection.execute(select(post).where(*waits).with_for_update()).first()
    if row is None:
        return False
    shown = {"consent": None, "approved_by": approval_iri, "version": post.c.version + 1}
    u.connection.execute(update(post).where(post.c.id == post_id).values(**shown))
    _count(u, row, 1)
    timelines.fan_out(u, post_id)
    author = u.connection.execute(select(account.c.domain).where(account.c.id == row.account_id)).scalar_one()
    u.record(PostWritten(post_id) if author == "" else PostReceived(post_id, row.visibility))
    submissions.submit(u, post_id)
    _ask_again(u, post_id)
    return True


def _count(u: Unit, row: Row[Any], by: int) -> None:
    counts = parts.counts_as_answer(row.visibility, row.local_only) and submissions.is_shown(u.connection, row)
    if row.reply_to_id is not None and counts:
        parts.count_on_post(u, row.reply_to_id, "replies_count", by)
    parts.count_posts(u, row.account_id, row.visibility, by)


def _ask_again(u: Unit, parent_id: int) -> None:
    """Answers below an answer that waited have waited with it: now its own rules decide about them."""
    parent = u.connection.execute(select(post).where(post.c.id == parent_id)).one()
    below = select(post).where(post.c.reply_to_id == parent_id, post.c.consent == rules.PENDING)
    for row in u.connection.execute(below.order_by(post.c.id).limit(MOST_BELOW)).all():
        wish = interactions.of_post(u.connection, "reply", row.id)
        if wish is None and rules.verdict(u.connection, "reply", parent, row.account_id) is Verdict.YES:
            release(u, row.id, None)


def hide(u: Unit, post_id: int, state: str) -> None:
    """An answer that the author of what it answers has not let, or does not want, stays with who wrote it."""
    row = u.connection.execute(select(post).where(post.c.id == post_id).with_for_update()).one()
    if row.deleted_at is not None or row.consent == state:
        return
    if row.consent is None:
        _count(u, row, -1)
        timelines.take_out(u, post_id)
    hidden = {"consent": state, "approved_by": None, "version": post.c.version + 1}
    u.connection.execute(update(post).where(post.c.id == post_id).values(**hidden))
