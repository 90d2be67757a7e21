"""What others ask of our authors (QuoteRequest and its like), and the answers of theirs: Accept, Reject, a yes taken back."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update

from federation.context import Federation
from federation.errors import UnbelievableError
from federation.inbound.belief import fetched_object, owns, said_by
from federation.vocab import interaction as wire
from federation.vocab.iris import same_origin
from federation.vocab.normalise import normalise
from federation.vocab.reading import iri
from federation.vocab.types import Activity, Object
from instance.activities.arriving.gathering import learn, standing
from instance.activities.arriving.posts import Gathered, collect, keep
from instance.activities.incoming.profiles import ByActor
from instance.content import boosts, interactions, marks, quotes, rules
from instance.content.interactions import ACCEPTED, PENDING
from instance.content.visible import shown
from instance.db.content import interaction, post
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.events import InteractionAccepted, InteractionAsked, InteractionRejected
from instance.people import accounts
from policies.interaction import Verdict


@dataclass(slots=True)
class Wanted:
    """A request, and the post that it is about to be done with; None for likes and boosts."""

    by: Gathered | None
    profile: Any = None


class Requested:
    """LikeRequest, ReplyRequest, AnnounceRequest, QuoteRequest: `instrument` is to be done with `object`, one of ours."""

    async def gather(self, federation: Federation, activity: Activity) -> Wanted | None:
        if not federation.is_ours(activity.object_id):
            return None
        instrument = iri(activity.raw.get("instrument"))
        if not same_origin(instrument, activity.actor):
            raise UnbelievableError("that is not the asker's to do")
        known = await standing(federation, activity.actor, [], [activity.object_id])
        if activity.object_id not in known.posts:
            return None
        if wire.REQUESTS[activity.type] in {"like", "boost"}:
            profile = None if activity.actor in known.accounts else await ByActor().gather(federation, activity)
            return Wanted(None, profile)
        about = await _instrument(federation, activity, instrument)
        return Wanted(await collect(federation, about, await standing(federation, activity.actor, [], [])))

    def apply(self, u: Unit, activity: Activity, gathered: Wanted | None) -> None:
        if gathered is None:
            return
        learn(u, [gathered.profile] if gathered.profile is not None else [])
        learn(u, gathered.by.profiles if gathered.by is not None else [])
        asker = accounts.by_iri(u.connection, activity.actor)
        target = _target(u, activity.object_id, asker.id) if asker is not None else None
        if asker is None or target is None or not activity.id:
            return
        kind = wire.REQUESTS[activity.type]
        wish = interactions.Wish(kind, iri(activity.raw.get("instrument")), asker.id, request_iri=activity.id)
        if gathered.by is not None:
            _with_post(u, wish, gathered.by, target)
        else:
            _without_post(u, wish, target)


async def _instrument(federation: Federation, activity: Activity, instrument: str) -> Object:
    """The reply or quoting post: as embedded by its own author, else from its id."""
    raw = activity.raw.get("instrument")
    raw = raw[0] if isinstance(raw, list) and raw else raw
    about = normalise(raw) if isinstance(raw, dict) and len(raw) > 1 else None
    if not isinstance(about, Object) or not owns(activity.actor, about):
        about = await fetched_object(federation, instrument, activity.actor)
    if not about.is_post:
        raise UnbelievableError("that is no post")
    return said_by(activity.actor, about)


def _target(u: Unit, target_iri: str, asker_id: int) -> Row[Any] | None:
    """A post of ours that the asker may read."""
    row = u.connection.execute(select(post).where(post.c.iri == target_iri, post.c.deleted_at.is_(None))).first()
    if row is None or not rules.is_ours(u.site.base_url, row) or row.boost_of_id is not None:
        return None
    try:
        return shown(u.connection, asker_id, row.id)
    except NotFoundError:
        return None


def _with_post(u: Unit, wish: interactions.Wish, by: Gathered, target: Row[Any]) -> None:
    """A reply or quote: the post is taken in, and says itself what it answers or quotes."""
    says = wire.quoted(by.about.raw) if wish.kind == "quote" else by.about.in_reply_to
    if says != target.iri or by.about.id != wish.iri:
        return
    post_id = keep(u, by)
    row = interactions.by_iri(u.connection, wish.kind, wish.iri)
    if post_id is None and (wish.kind == "reply" or row is None):
        if wish.kind == "quote":
            u.record(InteractionRejected("quote", wish.iri, wish.account_id, target.id, wish.request_iri))
        return
    if row is not None and row.state != PENDING and row.state != ACCEPTED:
        u.record(InteractionRejected(wish.kind, wish.iri, wish.account_id, target.id, wish.request_iri))
        return
    if row is not None:
        named = update(interaction).where(interaction.c.id == row.id)
        u.connection.execute(named.values(request_iri=wish.request_iri))
    wish = interactions.Wish(wish.kind, wish.iri, wish.account_id, post_id, wish.request_iri)
    if wish.kind == "quote":
        _quoted(u, wish, target, row)
    elif row is None:  # everyone may: it is shown already
        _say_yes(u, wish, target)


def _quoted(u: Unit, wish: interactions.Wish, target: Row[Any], row: Row[Any] | None) -> None:
    """What our author's rules say of a quote that is here now, and waits."""
    if row is not None and row.state == ACCEPTED:
        u.record(InteractionAccepted(row.id, by_rule=True))
        return
    found = rules.verdict(u.connection, "quote", target, wish.account_id)
    if found is Verdict.NO:
        if row is not None:
            interactions.decided(u, row.id, interactions.REJECTED, None)
            quotes.show(u, row)
        u.record(InteractionRejected("quote", wish.iri, wish.account_id, target.id, wish.request_iri))
        return
    made = interactions.keep(u, wish, target)
    if found is Verdict.ASK:
        u.record(InteractionAsked(made))
        return
    before = interactions.by_id(u.connection, made)
    interactions.decided(u, made, ACCEPTED, interactions.mint(u.connection, target.account_id))
    if before is not None:
        quotes.show(u, before)
    u.record(InteractionAccepted(made, by_rule=True))


def _without_post(u: Unit, wish: interactions.Wish, target: Row[Any]) -> None:
    """A like or boost."""
    if interactions.by_iri(u.connection, wish.kind, wish.iri) is not None:
        return
    try:
        if wish.kind == "like":
            marks.favourite(u, wish.account_id, target.id, iri=wish.iri)
        else:
            boosts.boost(u, wish.account_id, target.id, iri=wish.iri, visibility="public")
    except RefusalError:
        u.record(InteractionRejected(wish.kind, wish.iri, wish.account_id, target.id, wish.request_iri))
        return
    row = interactions.by_iri(u.connection, wish.kind, wish.iri)
    if row is None:
        _say_yes(u, wish, target)
    else:
        named = update(interaction).where(interaction.c.id == row.id)
        u.connection.execute(named.values(request_iri=wish.request_iri))


def _say_yes(u: Unit, wish: interactions.Wish, target: Row[Any]) -> None:
    stamp = interactions.mint(u.connection, target.account_id)
    made = interactions.keep(u, wish, target, ACCEPTED, approval_iri=stamp)
    u.record(InteractionAccepted(made, by_rule=True))
