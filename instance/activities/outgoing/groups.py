"""What a group of ours tells its followers elsewhere: each post in both forms, each answer, change and deletion in one.

Mastodon and Takahe show an Announce of the post; Lemmy, PieFed, NodeBB and Mbin one of the Create (PEERS rule 5). Answers
within the group are announced as activities only, so that people who follow the group are not flooded; and to Mastodon not
at all, which makes boosts of them.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, select

from federation.vocab import build, times
from federation.vocab.iris import PUBLIC
from instance.activities.documents import notes
from instance.activities.outgoing.sending import remote_followers, send
from instance.content import submissions
from instance.db.content import favourite
from instance.db.groups import group_post
from instance.db.unit import Unit
from instance.events import (
    BoostUndone,
    FavouriteUndone,
    GroupPostAnnounced,
    PostDeleted,
    PostDisliked,
    PostEdited,
    PostFavourited,
)
from instance.ids import slug
from instance.people import accounts
from instance.policy.judge import facts_of, farewell

BOOSTS_CREATES = frozenset({"mastodon", "hometown", "fedibird", "kmyblue", "ecko", "catstodon"})
"""Software that takes the Announce of a Create for a boost of what was created: all answers would stand in its people's home.

It reads no other announced activity either (decision 0096).
"""
WANTS_PAGES = frozenset({"lemmy"})
"""Software that takes an announced Note for an answer, always (Lemmy 1.0), and gives a Page without a title its first line."""


def on_announced(u: Unit, event: GroupPostAnnounced) -> None:
    """A post was let through."""
    row, group = notes.by_id(u.connection, event.post_id), accounts.by_id(u.connection, event.group_id)
    composed = notes.compose(u.connection, u.site, row) if row is not None else None
    if composed is None or group is None:
        return
    asked = select(group_post.c.activity_iri).where(group_post.c.id == event.group_post_id)
    iri = u.connection.execute(asked).scalar() or f"{composed.row.iri}/activity"
    facts = _facts(composed.row)
    announce(u, group, build.wrapping(composed.document, "Create", iri), facts)  # first: it saves a fetch
    boost = notes.by_id(u.connection, event.boost_id) if event.boost_id is not None else None
    if boost is not None:
        made = notes.boost(boost, group, composed.row, composed.author)
        to = [*remote_followers(u.connection, group.id), composed.author.iri]
        send(u, made, actor=group.iri, recipients=to, facts=facts)


def on_edited(u: Unit, event: PostEdited) -> None:
    """A post that groups let through was changed."""
    row = notes.by_id(u.connection, event.post_id)
    through = submissions.groups_of(u.connection, event.post_id)
    composed = notes.compose(u.connection, u.site, row) if row is not None and through else None
    if composed is None:
        return
    made = build.wrapping(composed.document, "Update", f"{composed.row.iri}#updates/{composed.row.edited_at or u.now}")
    for group in accounts.by_ids(u.connection, through).values():
        announce(u, group, made, _facts(composed.row))


def on_deleted(u: Unit, event: PostDeleted) -> None:
    """A post that groups let through is gone."""
    row = notes.by_id(u.connection, event.post_id)
    through = submissions.groups_of(u.connection, event.post_id)
    author = accounts.by_id(u.connection, event.account_id)
    if row is None or author is None or not through:
        return
    for group in accounts.by_ids(u.connection, through).values():
        about = {"id": f"{row.iri}#delete", "type": "Delete", "actor": author.iri, "object": row.iri}
        about |= {"to": [PUBLIC], "cc": [group.iri], "audience": group.iri}
        announce(u, group, about | {"published": times.write(u.now)}, farewell(_facts(row), row.created_at))


def on_unboosted(u: Unit, event: BoostUndone) -> None:
    """A group's boost is gone: what shows posts by boosts takes it out, and so does NodeBB."""
    found = accounts.by_ids(u.connection, [event.account_id])
    group, row = found.get(event.account_id), notes.by_id(u.connection, event.post_id)
    if group is None or row is None or group.kind != "group" or group.domain:
        return
    undone = {"id": event.boost_iri, "type": "Announce", "actor": group.iri, "object": row.iri}
    terms = {"to": [PUBLIC], "cc": [notes.followers_of(group)], "published": u.now}
    made = build.activity("Undo", f"{event.boost_iri}#undo", group.iri, undone, **terms)
    facts = farewell(_facts(row), row.created_at)
    send(u, made, actor=group.iri, recipients=remote_followers(u.connection, group.id), facts=facts)


def on_favourite(u: Unit, event: PostFavourited) -> None:
    """A like of a post that groups let through: they pass it on, so that everywhere the same is counted."""
    given = select(favourite.c.iri).where(favourite.c.id == event.favourite_id)
    _vote(u, event.post_id, event.account_id, ("Like", u.connection.execute(given).scalar() or ""))


def on_unfavourite(u: Unit, event: FavouriteUndone) -> None:
    """The like was taken back."""
    _vote(u, event.post_id, event.account_id, ("Like", event.favourite_iri), undo=True)


def on_dislike(u: Unit, event: PostDisliked) -> None:
    """The same of a dislike."""
    _vote(u, event.post_id, event.account_id, ("Dislike", event.iri), undo=event.undo)


def _vote(u: Unit, post_id: int, account_id: int, given: tuple[str, str], *, undo: bool = False) -> None:
    through = submissions.groups_of(u.connection, post_id)
    if not through:
        return
    row, voter = notes.by_id(u.connection, post_id), accounts.by_id(u.connection, account_id)
    if row is None or voter is None or row.removed_at is not None:
        return
    kind, iri = given
    for group in accounts.by_ids(u.connection, through).values():
        about: dict[str, Any] = {"id": iri or f"{voter.iri}#votes/{slug()}", "type": kind, "actor": voter.iri}
        about |= {"object": row.iri, "audience": group.iri}
        if undo:
            undone = {"id": f"{about['id']}#undo", "type": "Undo", "actor": voter.iri, "object": about}
            about = undone | {"audience": group.iri}
        announce(u, group, about, _facts(row), also=[_author(u, row)])


def announce(
    u: Unit, group: Row[Any], activity: dict[str, Any], facts: dict[str, Any], also: Iterable[str] = ()
) -> None:
    """Pass an activity on to all who follow a group of ours elsewhere and can read that, and to `also`."""
    about = activity | {"audience": group.iri}
    as_page = _as_page(about)
    others = BOOSTS_CREATES | WANTS_PAGES if as_page else BOOSTS_CREATES
    to = [*remote_followers(u.connection, group.id, but=others), *(iri for iri in also if iri)]
    _pass_on(u, group, about, to, facts)
    if as_page:
        _pass_on(u, group, as_page, remote_followers(u.connection, group.id, only=WANTS_PAGES), facts)


def _pass_on(u: Unit, group: Row[Any], about: dict[str, Any], to: list[str], facts: dict[str, Any]) -> None:
    made = notes.announce(f"{group.iri}/a/{slug()}", group.iri, about, [notes.followers_of(group)], u.now)
    send(u, made, actor=group.iri, recipients=to, facts=facts)


def _as_page(activity: dict[str, Any]) -> dict[str, Any] | None:
    """Create or Update of a post without a title that opens a thread, as a Page; None for all else."""
    about = activity["object"]
    if activity["type"] not in {"Create", "Update"} or not isinstance(about, dict) or about.get("inReplyTo"):
        return None
    return activity | {"object": about | {"type": "Page"}} if about["type"] == "Note" else None


def _author(u: Unit, row: Row[Any]) -> str:
    author = accounts.by_id(u.connection, row.account_id)
    return str(author.iri) if author is not None else ""


def _facts(row: Row[Any]) -> dict[str, Any]:
    return facts_of(row.visibility, local_only=row.local_only, tier="open", authors=(row.account_id,))
