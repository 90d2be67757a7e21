"""What authors elsewhere answer to what is done with their posts: Accept, Reject, and a yes taken back."""

from typing import Any

from sqlalchemy import Row, select

from federation.context import Federation
from federation.errors import UnbelievableError
from federation.vocab import interaction as wire
from federation.vocab.iris import same_origin
from federation.vocab.reading import iri, type_of
from federation.vocab.types import Activity
from instance.activities.incoming.members import Answered, Unaccepted
from instance.content import consent, interactions
from instance.content.interactions import ACCEPTED
from instance.db.content import interaction
from instance.db.unit import Unit
from instance.people import accounts


class AnsweredOrAgreed(Answered):
    """Accept or Reject of what was done with a post; what is none of that is an answer to a Follow."""

    async def gather(self, federation: Federation, activity: Activity) -> None:
        return None

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        row = _answers(u, activity)
        if row is None:
            super().apply(u, activity, gathered)
            return
        owner = accounts.by_id(u.connection, row.target_id) if row.target_id is not None else None
        if owner is None or not owner.domain or owner.iri != activity.actor:
            raise UnbelievableError("somebody else decides about that")
        target = iri(activity.raw.get("target"))
        if target and target != row.target_iri:
            raise UnbelievableError("that is an answer about another post")
        approval = iri(activity.raw.get("result")) or ("" if row.kind == "quote" else activity.id)
        if self.yes and not same_origin(approval, activity.actor):
            raise UnbelievableError("a yes needs an authorization of its author's own")
        consent.answered(u, row, approval, yes=self.yes)


def _answers(u: Unit, activity: Activity) -> Row[Any] | None:
    """What an Accept or Reject is about: a request of ours by its id, or a reply, like, boost or quote by its own."""
    named = [activity.object_id] if activity.object_id else []
    raw = activity.raw.get("object")
    if isinstance(raw, dict) and type_of(raw) in wire.REQUESTS:
        named.append(iri(raw.get("instrument")))
    for name in named:
        row = interactions.by_request(u.connection, name) if name else None
        if row is None and name:
            row = u.connection.execute(
                select(interaction).where(interaction.c.iri == name.removesuffix("/activity"))
            ).first()
        if row is not None:
            return row
    return None


def revoked(u: Unit, approval_iri: str, actor: str) -> bool:
    """An author elsewhere takes her yes back; False where it is none."""
    row = interactions.by_approval(u.connection, approval_iri)
    if row is None or row.state != ACCEPTED or row.target_id is None:
        return False
    owner = accounts.by_id(u.connection, row.target_id)
    if owner is None or not owner.domain or owner.iri != actor:
        return False
    consent.undo(u, row)
    return True


class TakenBack(Unaccepted):
    """Undo of an Accept: like Delete of its authorization; else a follow is a request again."""

    def apply(self, u: Unit, activity: Activity, gathered: None) -> None:
        if not revoked(u, activity.object_id, activity.actor):
            super().apply(u, activity, gathered)
