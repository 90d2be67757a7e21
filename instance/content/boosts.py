"""Boosts: a post shown on by somebody else, or by a group to those who take part in it."""

from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from instance.clock import Millis
from instance.content import interactions, parts, rules, timelines
from instance.content.drafts import ASKED
from instance.content.visible import audience_of, shown
from instance.db.content import interaction, mention, post
from instance.db.reading import notification
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import BoostUndone, InteractionAccepted, InteractionAsked, PostBoosted
from instance.i18n import N_
from instance.ids import slug, sortable_id
from instance.people import accounts, moves
from policies.audience import OPEN_TO_ALL, ReaderFacts, may_boost
from policies.interaction import Verdict


def boost(
    u: Unit,
    account_id: int,
    post_id: int,
    *,
    iri: str | None = None,
    at: Millis | None = None,
    visibility: str | None = None,
    let: str | None = None,
    quiet: bool = False,
) -> int:
    """Boost a post, or the post that a boost shows; returns the boost's id, the old one if there is one.

    `iri` and `at` are a remote boost's. A member's boost is for her followers unless she has allowed public posting,
    like her posts; a group's goes to all who may read the post. `let`: the authorization that it goes with, checked
    already. `quiet`: an old one, of which nobody is notified. One that the post's author is asked about first is shown to nobody else. Raises NotFoundError, RefusalError.
    """
    target = shown(u.connection, account_id, post_id)
    before = _existing(u, account_id, target.id)
    if before is not None:
        return int(before.id)
    by = accounts.by_id(u.connection, account_id)
    if by is None or not accounts.is_shown(by):
        raise NotFoundError
    moves.may_write(by)
    if not may_boost(audience_of(target), ReaderFacts(is_author=target.account_id == account_id)):
        raise RefusalError("not-boostable", N_("This post is not for everyone; it can't be boosted."))
    boost_id = sortable_id(at or u.now, u.now)
    found = Verdict.YES if let else _may_be_boosted(u, target, by)
    if found is Verdict.NO:
        raise rules.refusal("boost")
    values = {
        "id": boost_id,
        "iri": iri or _mint(by, boost_id),
        "account_id": account_id,
        "boost_of_id": target.id,
        "visibility": _visibility(by, target, visibility),
        "thread_id": target.thread_id,
        "created_at": min(at or u.now, u.now),
        "received_at": u.now,
        "approved_by": let,
    }
    u.connection.execute(insert(post).values(**values))
    if found is not Verdict.YES and _waits(u, by, boost_id, values["iri"], target, found):
        return boost_id
    _tell(u, boost_id, target.id, account_id, quiet=quiet)
    return boost_id


def _tell(u: Unit, boost_id: int, target_id: int, account_id: int, *, quiet: bool = False) -> None:
    parts.count_on_post(u, target_id, "boosts_count", 1)
    timelines.fan_out(u, boost_id)
    u.record(PostBoosted(boost_id, target_id, account_id, quiet))


def _waits(u: Unit, by: Row[Any], boost_id: int, iri: str, target: Row[Any], found: Verdict) -> bool:
    """Whether a boost is shown to nobody before the post's author has said yes; then it is asked."""
    wish = interactions.Wish("boost", iri, by.id, boost_id)
    this = update(post).where(post.c.id == boost_id)
    ours = rules.is_ours(u.site.base_url, target)
    if ours and found is Verdict.STAMPED:
        stamp = interactions.mint(u.connection, target.account_id)
        made = interactions.keep(u, wish, target, interactions.ACCEPTED, approval_iri=stamp)
        u.connection.execute(this.values(approved_by=stamp))
        u.record(InteractionAccepted(made, by_rule=True))
        return False
    u.connection.execute(this.values(consent=rules.PENDING))
    made = interactions.keep(u, wish, target)
    if ours or by.domain == "":
        u.record(InteractionAsked(made))
    return True


def release(u: Unit, boost_id: int, approval_iri: str) -> bool:
    """Show a boost that waited; False where it is gone or was not waiting."""
    row = u.connection.execute(select(post).where(post.c.id == boost_id, post.c.consent.is_not(None))).first()
    if row is None or row.boost_of_id is None:
        return False
    shown_now = {"consent": None, "approved_by": approval_iri, "version": post.c.version + 1}
    u.connection.execute(update(post).where(post.c.id == boost_id).values(**shown_now))
    _tell(u, boost_id, row.boost_of_id, row.account_id)
    return True


def unboost(u: Unit, account_id: int, post_id: int) -> bool:
    """Take a boost back; `post_id` is the post boosted or the boost itself. False if there is none."""
    row = u.connection.execute(select(post).where(post.c.id == post_id)).first()
    if row is not None and row.boost_of_id is not None:
        post_id = row.boost_of_id
    found = _existing(u, account_id, post_id)
    if found is None:
        return False
    timelines.take_out_boost(u, found.id)
    u.connection.execute(
        delete(interaction).where(interaction.c.by_post_id == found.id, interaction.c.state != interactions.REJECTED)
    )
    u.connection.execute(delete(notification).where(notification.c.post_id == found.id))
    u.connection.execute(delete(post).where(post.c.id == found.id))
    if found.consent is None:
        parts.count_on_post(u, post_id, "boosts_count", -1)
    u.record(BoostUndone(found.id, found.iri, post_id, account_id, waited=found.consent is not None))
    return True


def _existing(u: Unit, account_id: int, post_id: int) -> Row[Any] | None:
    mine = select(post).where(post.c.account_id == account_id, post.c.boost_of_id == post_id)
    return u.connection.execute(mine).first()


def _may_be_boosted(u: Unit, target: Row[Any], by: Row[Any]) -> Verdict:
    """What the post's rules say. Who writes to a group wants it passed on there."""
    if target.policy is None or (by.kind == "group" and (by.domain == "" or target.group_id == by.id)):
        return Verdict.YES
    if by.kind == "group":
        named = select(mention.c.post_id).where(mention.c.post_id == target.id, mention.c.account_id == by.id)
        if u.connection.execute(named).first() is not None:
            return Verdict.YES
    return rules.verdict(u.connection, "boost", target, by.id)


def _mint(by: Row[Any], boost_id: int) -> str:
    return f"{by.iri}/b/{slug() if by.kind == 'group' else boost_id}"


def _visibility(by: Row[Any], target: Row[Any], asked: str | None) -> str:
    if target.visibility not in OPEN_TO_ALL:
        return str(target.visibility)
    wanted = ASKED.get(asked or "", str(target.visibility))
    if by.domain == "" and by.kind != "group" and not by.public_posting:
        return "followers"
    return "followers" if wanted == "direct" else wanted
