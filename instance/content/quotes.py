"""Quotes (FEP-044f): a post that shows another one, which only its author's yes allows. A row of `interaction` each."""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from instance.content import interactions, parts, rules
from instance.content.interactions import ACCEPTED, DELETED, PENDING, Wish
from instance.content.visible import is_for_anyone, shown, visible_to
from instance.db.content import interaction, post
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import InteractionAsked, QuoteAnswered, QuoteMade
from instance.i18n import N_
from instance.people import restrictions
from policies.interaction import Verdict

ORDER = {"public": 0, "unlisted": 1, "followers": 2, "direct": 3}


def check(connection: Connection, author_id: int, quoted_id: int, visibility: str) -> tuple[Row[Any], Verdict]:
    """The post that is to be quoted by a post of this visibility, and whether its author must be asked.

    A quote never widens an audience: what is not for everyone is quoted only by its author, to no more people.
    Raises NotFoundError, RefusalError.
    """
    target = shown(connection, author_id, quoted_id)
    if not is_for_anyone(target):
        if target.account_id != author_id or target.visibility not in ORDER:
            raise RefusalError("quote-not-for-all", N_("This post is not for everyone; it can't be quoted."))
        if ORDER.get(visibility, 0) < ORDER[target.visibility]:
            raise RefusalError(
                "quote-wider",
                N_("Your post would reach more people than the one it quotes; choose a smaller audience."),
            )
    found = rules.verdict(connection, "quote", target, author_id)
    if found is Verdict.NO:
        raise rules.refusal("quote")
    return target, found


def quote(u: Unit, author: Row[Any], post_id: int, target: Row[Any], found: Verdict) -> None:
    """A post of ours quotes another one: at once, or when its author has said yes."""
    iri = f"{author.iri}/p/{post_id}"
    wish = Wish("quote", iri, author.id, post_id, request_iri=f"{iri}#quote")
    ours = rules.is_ours(u.site.base_url, target)
    own = target.account_id == author.id
    if own or (ours and found is not Verdict.ASK):
        stamp = None if own else interactions.mint(u.connection, target.account_id)
        made = interactions.keep(u, wish, target, ACCEPTED, approval_iri=stamp)
        _count(u, target.id, 1)
        u.record(QuoteMade(made))
    else:
        u.record(InteractionAsked(interactions.keep(u, wish, target, PENDING)))


def take_in(u: Unit, row: Row[Any], target: Row[Any] | None, target_iri: str, approval_iri: str | None) -> None:
    """A remote post (a row of `post`) quotes another one; `approval_iri` is its author's yes, checked already.

    What says yes to a post of ours is looked up in our own rows.
    """
    own = target is not None and target.account_id == row.account_id
    if target is None or target.deleted_at is not None or target.boost_of_id is not None:
        return
    before = interactions.by_iri(u.connection, "quote", row.iri)
    if before is not None and before.target_iri == target_iri and (before.state != PENDING or not approval_iri):
        if before.by_post_id is None and before.state in {PENDING, ACCEPTED}:
            _join(u, before, row, target)
        return
    if rules.is_ours(u.site.base_url, target):
        approval_iri = None  # only a request is asked for, and our own rows say what was answered
    state = ACCEPTED if own or approval_iri else PENDING
    made = interactions.keep(
        u, Wish("quote", row.iri, row.account_id, row.id), target, state, approval_iri=approval_iri
    )
    touch(u, row.id)
    if state == ACCEPTED:
        _count(u, target.id, 1)
        u.record(QuoteMade(made))


def _join(u: Unit, before: Row[Any], row: Row[Any], target: Row[Any]) -> None:
    """The quoting post arrives after what was asked about it."""
    u.connection.execute(update(interaction).where(interaction.c.id == before.id).values(by_post_id=row.id))
    touch(u, row.id)


def show(u: Unit, row: Row[Any]) -> bool:
    """A quote's state has changed (`row`: as it was before): count it, and have the quoting post shown anew."""
    now = interactions.by_id(u.connection, row.id)
    if now is None:
        return False
    if row.post_id is not None and (now.state == ACCEPTED) != (row.state == ACCEPTED):
        _count(u, row.post_id, 1 if now.state == ACCEPTED else -1)
    if row.by_post_id is not None:
        touch(u, row.by_post_id)
        quoting = u.connection.execute(select(post.c.iri).where(post.c.id == row.by_post_id)).scalar_one()
        if str(quoting).startswith(u.site.base_url + "/"):
            u.record(QuoteAnswered(row.by_post_id))
    if now.state == ACCEPTED:
        u.record(QuoteMade(row.id))
    return True


def touch(u: Unit, post_id: int) -> None:
    """A post is shown differently from now on."""
    u.connection.execute(update(post).where(post.c.id == post_id).values(version=post.c.version + 1))


def on_gone(u: Unit, post_id: int) -> None:
    """A post is deleted: what it quoted is quoted no more, and what quotes it shows that it is gone."""
    mine = interactions.of_post(u.connection, "quote", post_id)
    if mine is not None:
        if mine.state == ACCEPTED and mine.post_id is not None:
            _count(u, mine.post_id, -1)
        interactions.forget(u, mine.id)
    quoting = (interaction.c.post_id == post_id, interaction.c.kind == "quote")
    shown_by = select(interaction.c.by_post_id).where(*quoting)
    u.connection.execute(update(post).where(post.c.id.in_(shown_by)).values(version=post.c.version + 1))
    open_ones = interaction.c.state.in_([PENDING, ACCEPTED])
    u.connection.execute(update(interaction).where(*quoting, open_ones).values(state=DELETED, decided_at=u.now))


def accepted_of(connection: Connection, account_id: int, post_id: int, quoting_id: int) -> Row[Any]:
    """The accepted quote of a member's post by another post. Raises NotFoundError."""
    row = interactions.of_post(connection, "quote", quoting_id)
    if row is None or row.post_id != post_id or row.target_id != account_id or row.state != ACCEPTED:
        raise NotFoundError
    return row


def quoted_by(
    connection: Connection, reader_id: int | None, post_id: int, between: tuple[int, int], most: int
) -> list[int]:
    """Ids, below and above two others, of the posts that quote a post with its author's yes, newest first: those for this reader."""
    c, (below, above) = interaction.c, between
    which = (c.post_id == post_id, c.kind == "quote", c.state == ACCEPTED, c.by_post_id.is_not(None))
    page = select(c.by_post_id).join(post, post.c.id == c.by_post_id).where(*which, visible_to(reader_id))
    page = page.where(~restrictions.blocked(reader_id, post.c.account_id), c.by_post_id < below, c.by_post_id > above)
    return list(connection.execute(page.order_by(c.by_post_id.desc()).limit(most)).scalars())


def _count(u: Unit, post_id: int, by: int) -> None:
    parts.count_on_post(u, post_id, "quotes_count", by)
