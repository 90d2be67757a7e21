"""Flag: what people elsewhere report of ours, in all the shapes in which servers write it.

Mastodon and GoToSocial: their instance actor reports a list, the account first, words in `content`; PieFed: one post by its
address, words in `summary`; NodeBB: a list of post and author.
"""

from typing import Any

from sqlalchemy import Connection, or_, select

from federation.context import Federation
from federation.errors import UnbelievableError
from federation.vocab.iris import host_of
from federation.vocab.types import Activity
from instance.activities.incoming.profiles import ByActor
from instance.content import reports
from instance.content.reports import Told
from instance.content.visible import known_at
from instance.db.content import post
from instance.db.groups import group, group_post
from instance.db.people import account
from instance.db.unit import Unit
from instance.people import accounts
from instance.people.remote import RemoteProfile
from instance.sanitise import plain

MOST_NAMED = 100


class Reported(ByActor):
    """Flag of an account or posts of ours, or of posts in a group of ours. Nothing is fetched for any other."""

    async def gather(self, federation: Federation, activity: Activity) -> RemoteProfile | None:
        if not await federation.store.read(_told, activity):
            raise UnbelievableError("nothing of ours is reported")
        return await super().gather(federation, activity)

    def apply(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> None:
        by = self.sender(u, activity, gathered)
        if by is None or not accounts.is_shown(by):
            return
        words = plain(activity.content or activity.summary)
        for number, told in enumerate(_told(u.connection, activity)):
            iri = (activity.id or None) if number == 0 else None
            reports.receive(u, by.id, told, words, iri=iri)


class ReportTakenBack:
    """Undo of a Flag: what moderators were told they may look at all the same."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        return None


def _told(connection: Connection, activity: Activity) -> list[Told]:
    """What is reported, as far as it is our affair: one for each account."""
    named = [iri.removesuffix("/activity") for iri in activity.objects or [activity.object_id]][:MOST_NAMED]
    named = [iri for iri in named if iri and "\0" not in iri]
    found: dict[int, list[Any]] = {}
    for row in _posts(connection, named, host_of(activity.actor)):
        found.setdefault(row.account_id, []).append(row)
    ours = select(account.c.id).where(account.c.domain == "", account.c.deleted_at.is_(None))
    ours = ours.where(account.c.kind.in_(["person", "group"]), or_(account.c.iri.in_(named), account.c.url.in_(named)))
    for account_id in connection.execute(ours).scalars():
        found.setdefault(account_id, [])
    return [
        Told(author, [row.id for row in rows], next((row.in_group for row in rows if row.in_group is not None), None))
        for author, rows in found.items()
    ]


def _posts(connection: Connection, named: list[str], host: str) -> list[Any]:
    """Posts of ours, and posts of anybody in groups of ours, with the group; none that the server can't have.

    Whoever guesses the address of a letter shows it to no moderator.
    """
    held = select(group_post.c.group_id).where(group_post.c.post_id == post.c.id).limit(1)
    here = select(group.c.id).where(or_(group.c.id == post.c.group_id, group.c.id == held.scalar_subquery())).limit(1)
    in_group = here.scalar_subquery().label("in_group")
    asked = select(post.c.id, post.c.account_id, in_group).join(account, account.c.id == post.c.account_id)
    asked = asked.where(or_(post.c.iri.in_(named), post.c.url.in_(named)), known_at(host))
    rows = connection.execute(
        asked.where(post.c.boost_of_id.is_(None), or_(account.c.domain == "", in_group.is_not(None)))
    )
    return list(rows.all())
