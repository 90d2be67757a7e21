"""What the Applications of peers say: agreements offered, answered, ended; changed policies; receipts of erasure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from federation.context import Federation
from federation.errors import UnbelievableError
from federation.ports import Handler
from federation.remote.policies import FoundPolicy, application, policy_of, proven
from federation.vocab.agreements import copy_in, is_of_agreement, is_receipt, read_accept, read_offer, reason_in
from federation.vocab.iris import host_of
from federation.vocab.reading import text
from federation.vocab.types import Activity
from instance.activities.incoming.profiles import ProfileChanged
from instance.agreements import agreements, probes, rows, trust
from instance.db.unit import Unit
from instance.people.remote import RemoteProfile
from instance.sanitise import plain


@dataclass(frozen=True, slots=True)
class Attested:
    """A document whose proof holds, and the policy that its Application publishes at this moment."""

    document: Mapping[str, Any]
    policy: FoundPolicy


async def attested(federation: Federation, activity: Activity) -> Attested:
    """Check an activity's own proof against the Application that sent it, and look at its policy.

    Raises UnbelievableError where the proof does not hold, UnreachableError for later.
    """
    await _by_its_application(federation, activity)
    return Attested(activity.raw, await policy_of(federation, host_of(activity.actor), activity.actor))


async def _by_its_application(federation: Federation, activity: Activity) -> None:
    by = await application(federation, activity.actor)
    if not proven(activity.raw, by, federation.clock.now()):
        raise UnbelievableError("the proof does not hold")


class Offered:
    """Offer of a FederationAgreement; of anything else nothing is done."""

    async def gather(self, federation: Federation, activity: Activity) -> Attested | None:
        terms = read_offer(activity.raw)
        if terms.assignee != federation.actor:
            raise UnbelievableError("the offer is for somebody else")
        return await attested(federation, activity)

    def apply(self, u: Unit, activity: Activity, gathered: Attested | None) -> None:
        if gathered is not None:
            agreements.receive(u, gathered.document, gathered.policy)


class OfferAccepted:
    """Accept of an offer of ours."""

    async def gather(self, federation: Federation, activity: Activity) -> Attested | None:
        row = await federation.store.read(rows.by_offer, activity.object_id)
        if row is None or not row.ours or row.peer_actor != activity.actor:
            raise UnbelievableError("that offer was not made to whom accepts it")
        return await attested(federation, activity)

    def apply(self, u: Unit, activity: Activity, gathered: Attested | None) -> None:
        if gathered is not None:
            agreements.accepted_by_peer(u, gathered.document, read_accept(gathered.document), gathered.policy)


class TurnedDown:
    """Reject of an offer of ours, or of what was agreed; Undo of an Offer."""

    def __init__(self, *, taken_back: bool) -> None:
        self._taken_back = taken_back

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        agreements.turned_down(
            u, activity.object_id, activity.actor, reason_in(activity.raw), taken_back=self._taken_back
        )


class Suspended:
    """TentativeReject: from outside, a peer found that we don't keep what was agreed. Its Undo: it is mended."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        if activity.type == "Undo":
            inner = activity.object
            offer = inner.object_id if isinstance(inner, Activity) else ""
            agreements.suspended_by_peer(u, offer, activity.actor, "")
        else:
            why = plain(text(activity.raw.get("summary"), 300)) or reason_in(activity.raw) or "?"
            agreements.suspended_by_peer(u, activity.object_id, activity.actor, why)


class Receipt:
    """Accept with a receipt of erasure, or that says where a canary's copy is."""

    async def gather(self, federation: Federation, activity: Activity) -> bool:
        if not is_receipt(activity.raw):
            return True
        by = await application(federation, activity.actor)
        return proven(activity.raw, by, federation.clock.now())

    def apply(self, u: Unit, activity: Activity, gathered: bool) -> None:
        host = host_of(activity.actor)
        if is_receipt(activity.raw):
            probes.receipt_came(u, host, activity.object_id, activity.raw, proven=gathered)
        else:
            probes.copy_told(u, host, activity.object_id, copy_in(activity.raw))


class PolicyChanged:
    """Update of a policy: the peer is asked for it anew, in a job. What it sends along is not believed."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        known = rows.trust_of(u.connection, host_of(activity.actor))
        if known is not None and known.actor in {None, activity.actor}:
            trust.want(u, known.host)


class ApplicationChanged(ProfileChanged):
    """Update of an Application: its policy, or the key of its proofs, may be another."""

    def apply(self, u: Unit, activity: Activity, gathered: RemoteProfile | None) -> None:
        super().apply(u, activity, gathered)
        known = rows.trust_of(u.connection, host_of(activity.actor))
        if known is not None and known.actor in {None, activity.actor}:
            trust.want(u, known.host)


class ByName:
    """An activity whose object is only named: what is ours to hear goes to `inner`, everything else to who heard it before."""

    def __init__(self, ours: Any, otherwise: Handler) -> None:
        self._ours = ours
        self._otherwise = otherwise

    async def gather(self, federation: Federation, activity: Activity) -> Any:
        inner: Handler | None = self._ours(federation, activity)
        handler = inner or self._otherwise
        return handler, await handler.gather(federation, activity)

    def apply(self, u: Unit, activity: Activity, gathered: Any) -> None:
        handler, found = gathered
        handler.apply(u, activity, found)


def accepted(federation: Federation, activity: Activity) -> Handler | None:
    """Accept: of an offer, or a receipt."""
    if is_receipt(activity.raw) or copy_in(activity.raw):
        return Receipt()
    return OfferAccepted() if is_offer(federation, activity.object_id) else None


def rejected(federation: Federation, activity: Activity) -> Handler | None:
    """Reject: of an offer, ours or, by who made it, theirs."""
    return TurnedDown(taken_back=False) if is_offer(federation, activity.object_id) else None


def offered(_federation: Federation, activity: Activity) -> Handler | None:
    """Offer: of an agreement."""
    return Offered() if is_of_agreement(activity.raw) else None


def put_off(federation: Federation, activity: Activity) -> Handler | None:
    """TentativeReject: of what was agreed."""
    return Suspended() if "/agreements/" in activity.object_id else None


def updated(_federation: Federation, activity: Activity) -> Handler | None:
    """Update of what is named only: a policy, where its owner's server has one by that name. A post can be called so too."""
    return PolicyChanged() if isinstance(activity.object, str) and "/policy" in activity.object_id else None


def is_offer(federation: Federation, iri: str) -> bool:
    """Whether an IRI is that of an offer of ours."""
    return iri.startswith(f"{federation.base_url}/agreements/")
