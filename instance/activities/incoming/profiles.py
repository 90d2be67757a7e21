"""Profiles that come with what other servers say: of who acts, changed, and gone."""

from typing import Any

from federation.context import Federation
from federation.ports import Handler
from federation.vocab.types import Activity, Actor
from instance.activities.arriving import judging
from instance.activities.arriving.gathering import profile
from instance.content import erasure
from instance.db.unit import Unit
from instance.jobs.table import enqueue
from instance.media import remote as pictures
from instance.people import accounts, remote
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


class ProfileChanged:
    """Update of a profile that is known here; it is fetched where it did not come along."""

    async def gather(self, federation: Federation, activity: Activity) -> RemoteProfile | None:
        known = await federation.store.read(accounts.by_iri, activity.actor)
        if known is None or known.deleted_at is not None:
            return None
        if isinstance(activity.object, Actor):
            return await judging.account(federation, activity.object)
        return await profile(federation, activity.actor, fresh=True)

    def apply(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> None:
        row = accounts.by_iri(u.connection, activity.actor)
        if gathered is not None and gathered.iri == activity.actor and row is not None and row.deleted_at is None:
            remote.learn(u, gathered)  # one that was deleted meanwhile does not come back by news from before


class ProfileFirst:
    """Update that only names its object: the actor itself, or else something that it wrote."""

    def __init__(self, otherwise: Handler) -> None:
        self._otherwise = otherwise
        self._profile = ProfileChanged()

    def _of(self, activity: Activity) -> Handler:
        return self._profile if activity.object_id == activity.actor else self._otherwise

    async def gather(self, federation: Federation, activity: Activity) -> Any:
        return await self._of(activity).gather(federation, activity)

    def apply(self, u: Unit, activity: Activity, gathered: Any) -> None:
        self._of(activity).apply(u, activity, gathered)


def forget(u: Unit, iri: str) -> None:
    """A remote account is no more: its profile and relations go now, its posts, marks and notifications in jobs."""
    row = accounts.by_iri(u.connection, iri)
    account_id = remote.mark_gone(u, iri)
    if account_id is not None and row is not None:
        pictures.forget(u, [address for address in (row.avatar_remote, row.header_remote) if address])
        pictures.forget(u, (row.emoji or {}).values(), pictures.EMOJI)
        enqueue(u, accounts.ERASURE, {"account_id": account_id})
        enqueue(u, erasure.ERASURE, {"account_id": account_id})
