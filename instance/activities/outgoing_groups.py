"""What a group of ours tells its followers elsewhere: each post in both forms, each answer, change and deletion in one.

Mastodon and Takahe show an Announce of the post; Lemmy, PieFed, NodeBB and Mbin one of the Create (PEERS rule 5). Answers
within the group are announced as activities only, so that people who follow the group are not flooded.
"""

from typing import Any

from sqlalchemy import Row, select

from federation.vocab import build, times
from federation.vocab.iris import PUBLIC
from instance.activities import notes
from instance.activities.sending import remote_followers, send
from instance.content import submissions
from instance.db.groups import group_post
from instance.db.unit import Unit
from instance.events import GroupPostAnnounced, PostDeleted, PostEdited
from instance.ids import slug
from instance.people import accounts
from instance.policy.judge import facts_of


def on_announced(u: Unit, event: GroupPostAnnounced) -> None:
    """A post was let through."""
    row, group = notes.by_id(u.connection, event.post_id), accounts.by_id(u.connection, event.group_id)
    composed = notes.compose(u.connection, u.site, row) if row is not None else None
    if composed is None or group is None:
        return
    asked = select(group_post.c.activity_iri).where(group_post.c.id == event.group_post_id)
    iri = u.connection.execute(asked).scalar() or f"{composed.row.iri}/activity"
    _announce(u, group, build.wrapping(composed.document, "Create", iri), composed.row)  # first: it saves a fetch
    boost = notes.by_id(u.connection, event.boost_id) if event.boost_id is not None else None
    if boost is not None:
        made = notes.boost(boost, group, composed.row, composed.author)
        _send(u, group, made, composed.row, also=[composed.author.iri])


def on_edited(u: Unit, event: PostEdited) -> None:
    """A post that groups let through was changed."""
    row = notes.by_id(u.connection, event.post_id)
    through = submissions.groups_of(u.connection, event.post_id)
    composed = notes.compose(u.connection, u.site, row) if row is not None and through else None
    if composed is None:
        return
    made = build.wrapping(composed.document, "Update", f"{composed.row.iri}#updates/{composed.row.edited_at or u.now}")
    for group in accounts.by_ids(u.connection, through).values():
        _announce(u, group, made, composed.row)


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
        _announce(u, group, about | {"published": times.write(u.now)}, row)


def _announce(u: Unit, group: Row[Any], activity: dict[str, Any], row: Row[Any]) -> None:
    about = activity | {"audience": group.iri}
    cc = [notes.followers_of(group)]
    _send(u, group, notes.announce(f"{group.iri}/a/{slug()}", group.iri, about, cc, u.now), row)


def _send(u: Unit, group: Row[Any], made: dict[str, Any], row: Row[Any], also: list[str] | None = None) -> None:
    to = remote_followers(u.connection, group.id) + (also or [])
    facts = facts_of(row.visibility, local_only=row.local_only, tier="open")
    send(u, made, actor=group.iri, recipients=to, facts=facts)
