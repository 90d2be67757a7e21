"""What members write, change, take back, like, boost and vote, told to the servers whose people it concerns."""

from typing import Any

from sqlalchemy import Connection, Row, and_, select

from federation.outbound import taking_back
from federation.vocab import build, times
from federation.vocab.iris import PUBLIC
from instance.activities.documents import notes
from instance.activities.documents.notes import Composed
from instance.activities.outgoing.sending import iris_of, remote_followers, send
from instance.agreements import canary
from instance.clock import MINUTE
from instance.content import parts
from instance.db.content import favourite, poll, post
from instance.db.people import account
from instance.db.unit import Unit
from instance.events import (
    BoostUndone,
    FavouriteUndone,
    PollClosed,
    PollVoted,
    PostBoosted,
    PostDeleted,
    PostEdited,
    PostFavourited,
    PostWritten,
)
from instance.groups import groups
from instance.ids import slug, time_of
from instance.jobs.table import Job, enqueue
from instance.people import accounts
from instance.policy.judge import facts_of, farewell
from policies.audience import OPEN_TO_ALL

CANARY = {"visibility": "direct", "relation": True, "canary": True}
"""Facts of a canary: it holds no words of a member, and must get to whom it is to probe."""
READ_ANNOUNCED = frozenset({"lemmy", "piefed", "mbin", "nodebb", "skerry"})
"""Software that reads an Update which a group announces; all other shows boosts only, and the author's own Updates."""
POLL_UPDATE = "tell_poll"
POLL_PAUSE = 3 * MINUTE


def on_post_written(u: Unit, event: PostWritten) -> None:
    """Create: to the author's followers elsewhere and to those who are named."""
    row = notes.by_id(u.connection, event.post_id)
    composed = notes.compose(u.connection, u.site, row) if row is not None else None
    if composed is None or composed.author.domain:
        return
    made = build.wrapping(composed.document, "Create", f"{composed.row.iri}/activity")
    _send(u, made, composed, recipients(u.connection, composed))


def on_post_edited(u: Unit, event: PostEdited) -> None:
    """Update: to the same; where everyone may read it, also to those elsewhere who have boosted or liked it."""
    row = notes.by_id(u.connection, event.post_id)
    if row is not None:
        _update(u, row, f"{row.iri}#updates/{row.edited_at or u.now}")


def on_post_deleted(u: Unit, event: PostDeleted) -> None:
    """Delete: only to those who can have known the post, by boosts too. Of another's: that our members' boosts are gone."""
    row = notes.by_id(u.connection, event.post_id)
    author = accounts.by_id(u.connection, event.account_id)
    if author is not None and (author.domain or author.deleted_at is not None):
        for boost_id, boost_iri, booster_id in event.boosts:
            on_unboost(u, BoostUndone(boost_id, boost_iri, event.post_id, booster_id))
    if row is None or author is None or author.domain or row.boost_of_id or row.visibility not in notes.ON_THE_WIRE:
        return
    if row.local_only or author.deleted_at is not None:  # the account's own Delete says it all
        return
    taking_back.of_post(u, row.iri)
    to = notes.audience_of(u.connection, row, author)
    gone = build.tombstone(row.iri, "Note", u.now)
    terms = {"to": to.to, "cc": to.cc, "published": u.now}
    group = accounts.by_ids(u.connection, [row.group_id] if row.group_id else []).get(row.group_id)
    if group is not None:
        terms["audience"] = group.iri
    made = build.activity("Delete", f"{row.iri}#delete", author.iri, gone, **terms)
    named = [other.iri for other, _ in notes.mentioned(u.connection, row.id)]
    knew = named + iris_of(u.connection, event.knew) + ([group.iri] if group is not None and group.domain else [])
    if row.visibility in OPEN_TO_ALL or row.consent:
        knew += _parent_author(u.connection, row)
    if row.visibility != "direct":
        knew += remote_followers(u.connection, author.id)
    for _, _, booster_id in event.boosts:
        knew += remote_followers(u.connection, booster_id)
    if row.consent == "pending":
        knew = _parent_author(u.connection, row)
    send(u, made, actor=author.iri, recipients=knew, facts=farewell(_facts(u.connection, row), row.created_at))


def on_boost(u: Unit, event: PostBoosted) -> None:
    """Announce: a member's boost, to her followers elsewhere and to the author. A group's is told in `outgoing.groups`."""
    row = notes.by_id(u.connection, event.boost_id)
    found = _booster_and_post(u, event.account_id, event.post_id)
    if row is None or found is None or row.visibility not in notes.ON_THE_WIRE:
        return
    booster, boosted, author = found
    made = notes.boost(row, booster, boosted, author)
    audience = [*remote_followers(u.connection, booster.id), author.iri]
    facts = facts_of(row.visibility, authors=(booster.id, author.id))
    send(u, made, actor=booster.iri, recipients=audience, facts=facts)


def on_unboost(u: Unit, event: BoostUndone) -> None:
    """Undo of a member's boost."""
    found = _booster_and_post(u, event.account_id, event.post_id)
    if found is None:
        return
    booster, boosted, author = found
    undone = {"id": event.boost_iri, "type": "Announce", "actor": booster.iri, "object": boosted.iri}
    terms = {"to": [PUBLIC], "cc": [notes.followers_of(booster), author.iri], "published": u.now}
    made = build.activity("Undo", f"{event.boost_iri}#undo", booster.iri, undone, **terms)
    audience = [author.iri] if event.waited else [*remote_followers(u.connection, booster.id), author.iri]
    facts = farewell(facts_of("public", authors=(booster.id, author.id)), time_of(event.boost_id))
    send(u, made, actor=booster.iri, recipients=audience, facts=facts)


def on_favourite(u: Unit, event: PostFavourited) -> None:
    """Like: to the author alone, and to a remote group that the post belongs to, which counts it."""
    row = u.connection.execute(select(favourite.c.iri).where(favourite.c.id == event.favourite_id)).first()
    found = _liker_and_post(u, event.account_id, event.post_id)
    if row is None or found is None:
        return
    liker, liked, to = found
    made = build.activity("Like", row.iri, liker.iri, liked.iri, to=to, audience=to_group(u, liked), published=u.now)
    send(u, made, actor=liker.iri, recipients=to)


def on_unfavourite(u: Unit, event: FavouriteUndone) -> None:
    """Undo of a Like, to the same."""
    found = _liker_and_post(u, event.account_id, event.post_id)
    if found is None:
        return
    liker, liked, to = found
    undone = {"id": event.favourite_iri, "type": "Like", "actor": liker.iri, "object": liked.iri}
    made = build.activity("Undo", f"{event.favourite_iri}#undo", liker.iri, undone, to=to, published=u.now)
    send(u, made, actor=liker.iri, recipients=to)


def on_vote(u: Unit, event: PollVoted) -> None:
    """A vote in a remote poll goes to its author; one in ours is told to others after a while, many at once."""
    found = accounts.by_id(u.connection, event.account_id)
    row = notes.by_id(u.connection, event.post_id)
    author = accounts.by_id(u.connection, row.account_id) if row is not None else None
    if row is None or found is None or author is None:
        return
    if author.domain == "":
        enqueue(u, POLL_UPDATE, {"post_id": row.id}, run_at=u.now + POLL_PAUSE, unique=f"{POLL_UPDATE}:{row.id}")
        return
    if found.domain:
        return
    options = u.connection.execute(select(poll.c.options).where(poll.c.id == event.poll_id)).scalar_one()
    for choice in event.choices:
        vote_iri = f"{found.iri}#votes/{slug()}"
        vote = build.vote(vote_iri, found.iri, (row.iri, author.iri), options[choice]["title"])
        made = build.activity("Create", f"{vote_iri}/activity", found.iri, vote, to=[author.iri], published=u.now)
        send(u, made, actor=found.iri, recipients=[author.iri])


def on_poll_closed(u: Unit, event: PollClosed) -> None:
    """The result of a poll of ours."""
    tell_poll(u, event.post_id)


def tell_poll(u: Unit, post_id: int) -> None:
    """Update of a poll of ours: the counts as they are now."""
    row = notes.by_id(u.connection, post_id)
    if row is not None:
        _update(u, row, f"{row.iri}#updates/{u.now}")


def tell_changed(u: Unit, post_id: int) -> None:
    """Update of a post whose words stay: who may do what with it, or whether what it quotes may be shown."""
    tell_poll(u, post_id)


async def poll_job(job: Job) -> Any:
    """The job behind `on_vote`."""
    return lambda u: tell_poll(u, job.payload["post_id"])


def recipients(connection: Connection, composed: Composed) -> list[str]:
    """Actor IRIs that a post goes to; one that waits for the author of what it answers goes to her alone."""
    row = composed.row
    if row.consent is not None:
        return _parent_author(connection, row) if row.consent == "pending" else []
    found = [other.iri for other in composed.named]
    if composed.group is not None and composed.group.domain:
        found.append(composed.group.iri)
    if row.visibility != "direct":
        found += remote_followers(connection, composed.author.id)
    if row.visibility in OPEN_TO_ALL:
        found += _parent_author(connection, row)
    return found


def to_group(u: Unit, row: Row[Any]) -> str | None:
    """The remote group that a post is in; servers of the Lemmy family look for it in `audience`."""
    group = accounts.by_ids(u.connection, [row.group_id] if row.group_id else []).get(row.group_id)
    return str(group.iri) if group is not None and group.domain else None


def _update(u: Unit, row: Row[Any], iri: str) -> None:
    composed = notes.compose(u.connection, u.site, row)
    if composed is None or composed.author.domain:
        return
    made = build.wrapping(composed.document, "Update", iri) | {"published": times.write(u.now)}
    to = recipients(u.connection, composed)
    if row.consent is None and row.visibility in OPEN_TO_ALL:  # of others, who touched it may be kept out by now
        to += _touched(u.connection, row.id) + _by_group(u.connection, row.id)
    _send(u, made, composed, to)


def _send(u: Unit, made: dict[str, Any], composed: Composed, to: list[str]) -> None:
    send(u, made, actor=composed.author.iri, recipients=to, facts=_facts(u.connection, composed.row))


def _facts(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    if row.visibility == "followers" and canary.is_ours(connection, row.account_id):
        return CANARY
    tier = groups.tier(connection, row.group_id) if row.group_id else None
    return facts_of(row.visibility, local_only=row.local_only, tier=tier, authors=(row.account_id,))


def _touched(connection: Connection, post_id: int) -> list[str]:
    """Remote accounts that boosted, liked, answered or voted on a post: they know it."""
    return iris_of(connection, parts.touched_by(connection, post_id))


def _by_group(connection: Connection, post_id: int) -> list[str]:
    """Who knows a post by the boost of a group of ours, and can't read the Update that the group passes on."""
    ours = and_(account.c.kind == "group", account.c.domain == "")
    asked = (
        select(account.c.id).join(post, post.c.account_id == account.c.id).where(post.c.boost_of_id == post_id, ours)
    )
    boosters = connection.execute(asked).scalars().all()
    return [iri for group_id in boosters for iri in remote_followers(connection, group_id, but=READ_ANNOUNCED)]


def _parent_author(connection: Connection, row: Row[Any]) -> list[str]:
    if row.reply_to_account_id is None:
        return []
    parent = accounts.by_id(connection, row.reply_to_account_id)
    return [parent.iri] if parent is not None and parent.domain else []


def _booster_and_post(u: Unit, account_id: int, post_id: int) -> tuple[Row[Any], Row[Any], Row[Any]] | None:
    """(booster, post, author) where the booster is a person of ours."""
    booster, boosted = accounts.by_id(u.connection, account_id), notes.by_id(u.connection, post_id)
    author = accounts.by_id(u.connection, boosted.account_id) if boosted is not None else None
    if booster is None or boosted is None or author is None or booster.domain or booster.kind == "group":
        return None
    if booster.deleted_at is not None:
        return None
    return booster, boosted, author


def _liker_and_post(u: Unit, account_id: int, post_id: int) -> tuple[Row[Any], Row[Any], list[str]] | None:
    """(who likes, post, whom to tell): the author elsewhere, the group elsewhere that it is in, which counts it."""
    liker, liked = accounts.by_id(u.connection, account_id), notes.by_id(u.connection, post_id)
    if liker is None or liked is None or liker.domain or liker.deleted_at is not None:
        return None
    found = accounts.by_ids(u.connection, [i for i in (liked.account_id, liked.group_id) if i is not None])
    to = [row.iri for row in found.values() if row.domain]
    return (liker, liked, to) if to else None
