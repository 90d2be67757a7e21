"""What other servers say of members: Follow and its answers, Block, changed and deleted profiles."""

from typing import Any

from sqlalchemy import select

from federation.context import Federation
from federation.vocab.types import Activity, Actor
from instance.activities.actors import profile_of
from instance.activities.gathering import profile
from instance.activities.outgoing_members import reject_unknown
from instance.content import erasure
from instance.db.people import restriction
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.jobs.table import enqueue
from instance.people import accounts, follows, remote, restrictions
from instance.people.accounts import AccountRow
from instance.people.remote import RemoteProfile


class ByActor:
    """A handler that needs the profile of the actor."""

    async def gather(self, federation: Federation, activity: Activity) -> RemoteProfile | None:
        if await federation.store.read(accounts.by_iri, activity.actor) is not None:
            return None
        return await profile(federation, activity.actor)

    def sender(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> AccountRow | None:
        """The account row of the actor."""
        if gathered is not None:
            remote.learn(u, gathered)
        return accounts.by_iri(u.connection, activity.actor)


class Followed(ByActor):
    """Follow of one of ours."""

    def apply(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> None:
        target = _ours(u, activity.object_id)
        follower = self.sender(u, activity, gathered) if target is not None else None
        if target is None or follower is None:
            return
        try:
            follows.request(u, follower.id, target.id, iri=activity.id or None)
        except (RefusalError, NotFoundError):
            reject_unknown(u, target.iri, follower.iri, activity.id)


class Answered:
    """Accept or Reject of a Follow that one of ours sent; the Follow is embedded or named."""

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        target = accounts.by_iri(u.connection, activity.actor)
        follower_id = _follower(u, activity, target.id) if target is not None else None
        if target is None or follower_id is None:
            return
        if self._yes:
            follows.accept(u, follower_id, target.id)
        else:
            follows.reject(u, follower_id, target.id)


def _follower(u: Unit, activity: Activity, target_id: int) -> int | None:
    """Whose Follow of this target is answered: by the Follow's id, else by the actor of the embedded one."""
    row = follows.by_iri(u.connection, activity.object_id) if activity.object_id else None
    if row is not None and row.target_id == target_id:
        return int(row.follower_id)
    if isinstance(activity.object, Activity) and activity.object.type == "Follow":
        follower = _ours(u, activity.object.actor)
        return int(follower.id) if follower is not None else None
    return None


class Unfollowed:
    """Undo of a Follow."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        follower = accounts.by_iri(u.connection, activity.actor)
        row = follows.by_iri(u.connection, activity.object_id) if activity.object_id else None
        if follower is None:
            return
        if row is not None and row.follower_id == follower.id:
            follows.end(u, follower.id, row.target_id)
        elif isinstance(activity.object, Activity):
            target = _ours(u, activity.object.object_id)
            if target is not None:
                follows.end(u, follower.id, target.id)


class Blocked(ByActor):
    """Block of one of ours."""

    def apply(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> None:
        target = _ours(u, activity.object_id)
        owner = self.sender(u, activity, gathered) if target is not None else None
        if target is not None and owner is not None:
            restrictions.block(u, owner.id, target.id, iri=activity.id or None)


class Unblocked:
    """Undo of a Block."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        owner = accounts.by_iri(u.connection, activity.actor)
        if owner is None:
            return
        if isinstance(activity.object, Activity):
            target = _ours(u, activity.object.object_id)
            target_id = target.id if target is not None else None
        else:
            mine = (restriction.c.iri == activity.object_id, restriction.c.account_id == owner.id)
            target_id = u.connection.execute(select(restriction.c.target_id).where(*mine)).scalar()
        if target_id is not None:
            restrictions.unblock(u, owner.id, target_id)


class ProfileChanged:
    """Update of a profile that is known here; it is fetched where it did not come along."""

    async def gather(self, federation: Federation, activity: Activity) -> RemoteProfile | None:
        if await federation.store.read(accounts.by_iri, activity.actor) is None:
            return None
        if isinstance(activity.object, Actor):
            return profile_of(activity.object)
        return await profile(federation, activity.actor, fresh=True)

    def apply(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> None:
        if gathered is not None and gathered.iri == activity.actor:
            remote.learn(u, gathered)


def forget(u: Unit, iri: str) -> None:
    """A remote account is no more: its profile and relations go now, its posts in a job."""
    account_id = remote.mark_gone(u, iri)
    if account_id is not None:
        enqueue(u, erasure.ERASURE, {"account_id": account_id})


class Ignored:
    """What we understand and do nothing about: Move, for instance, which a member follows by herself."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: Any) -> None:
        return None


def _ours(u: Unit, iri: str) -> AccountRow | None:
    row = accounts.by_iri(u.connection, iri) if iri else None
    return row if row is not None and row.domain == "" and accounts.is_shown(row) else None
