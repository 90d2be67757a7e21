"""What other servers say of members: Follow and its answers, Join and Leave, Invite, Block."""

from sqlalchemy import select

from federation.context import Federation
from federation.errors import UnbelievableError
from federation.vocab.types import Activity
from instance.activities.documents import actors
from instance.activities.incoming.profiles import ByActor
from instance.activities.outgoing.members import reject_unknown
from instance.db.people import restriction
from instance.db.unit import Unit
from instance.errors import NotFoundError, RefusalError
from instance.people import accounts, follows, restrictions
from instance.people.accounts import AccountRow
from instance.people.remote import RemoteProfile

ASKING = frozenset({"Follow", "Join"})
MOST_ASKED = 10


class Followed(ByActor):
    """Follow of one of ours; Join of a group of ours is the same. Who can't be followed says no, also once it is gone."""

    async def gather(self, federation: Federation, activity: Activity) -> RemoteProfile | None:
        return await super().gather(federation, activity) if federation.is_ours(activity.object_id) else None

    def apply(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> None:
        if activity.object_id == u.site.url("/actor"):
            reject_unknown(u, activity.object_id, activity)  # the Application has no followers
            return
        target = _local(u, activity.object_id)
        follower = self.sender(u, activity, gathered) if target is not None else None
        if target is None or follower is None or not accounts.is_shown(follower):
            return
        verb = activity.type if activity.type != "Follow" else None
        try:
            if verb is not None and target.kind != "group":
                raise NotFoundError
            follows.request(u, follower.id, target.id, iri=activity.id or None, verb=verb)
        except RefusalError:
            if accounts.is_shown(target) or actors.was_shown(u.connection, target.iri):
                reject_unknown(u, target.iri, activity)


class Answered:
    """Accept or Reject of a Follow that one of ours sent; the Follow is embedded or named."""

    def __init__(self, *, yes: bool) -> None:
        self.yes = yes

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        target = accounts.by_iri(u.connection, activity.actor)
        follower_id = _follower(u, activity, target.id) if target is not None else None
        if target is None or follower_id is None:
            return
        if self.yes:
            follows.accept(u, follower_id, target.id)
        else:
            follows.reject(u, follower_id, target.id)


def _follower(u: Unit, activity: Activity, target_id: int) -> int | None:
    """Whose Follow of this target is answered: by the Follow's id, else by the actor of the embedded one.

    An id that we gave, and that is not the one of now, answers a request that was taken back: nobody's.
    """
    row = follows.by_iri(u.connection, activity.object_id) if activity.object_id else None
    if row is not None and row.target_id == target_id:
        return int(row.follower_id)
    if isinstance(activity.object, Activity) and activity.object.type in ASKING:
        follower = _ours(u, activity.object.actor)
        if follower is None or activity.object_id.startswith(f"{follower.iri}#follows/"):
            return None
        return int(follower.id)
    return None


class Undecided:
    """TentativeAccept, TentativeReject: no answer yet. What was asked stays asked, what is in force stays in force."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        return None


class Unaccepted:
    """Undo of an Accept: the follow is a request again."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        target = accounts.by_iri(u.connection, activity.actor)
        if target is None or not isinstance(activity.object, Activity):
            return
        follower_id = _follower(u, activity.object, target.id)
        if follower_id is not None:
            follows.unaccept(u, follower_id, target.id)


class Unfollowed:
    """Undo of a Follow or Join."""

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
            target = _local(u, activity.object.object_id)
            if target is not None:
                follows.end(u, follower.id, target.id)


class Left:
    """Leave of a group of ours: the end of a follow."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        follower, target = accounts.by_iri(u.connection, activity.actor), _local(u, activity.object_id)
        if follower is not None and target is not None:
            follows.end(u, follower.id, target.id)


class Declined:
    """Invite and Offer: nothing here takes them, so whoever of ours is asked says no; else it is dropped with a reason."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        if not any(federation.is_ours(iri) for iri in _asked(activity)):
            raise UnbelievableError("nobody here is asked")

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        found = accounts.by_iris(u.connection, [activity.actor, *_asked(activity)])
        sender = found.get(activity.actor)
        for iri in _asked(activity):
            row = found.get(iri)
            if row is None or row.domain or not accounts.is_shown(row):
                continue
            if sender is None or not restrictions.between(u.connection, row.id, sender.id):
                reject_unknown(u, row.iri, activity)
            return


def _asked(activity: Activity) -> list[str]:
    """Who may be meant by an Invite or Offer, the likeliest first."""
    return [iri for iri in dict.fromkeys([activity.target, activity.object_id, *activity.to][:MOST_ASKED]) if iri]


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


def _ours(u: Unit, iri: str) -> AccountRow | None:
    row = accounts.by_iri(u.connection, iri) if iri else None
    return row if row is not None and row.domain == "" and accounts.is_shown(row) else None


def _local(u: Unit, iri: str) -> AccountRow | None:
    """The same, also where it is gone."""
    row = accounts.by_iri(u.connection, iri) if iri else None
    return row if row is not None and row.domain == "" else None
