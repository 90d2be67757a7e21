"""An author's yes that somebody claims to have: fetched from the author's own server, or it is none."""

from federation.client.fetch import fetch_document
from federation.context import Federation
from federation.errors import FederationError
from federation.vocab import interaction as wire
from federation.vocab.iris import bare, same_origin
from federation.vocab.reading import iri
from federation.vocab.types import Object
from instance.content.admission import Approval


async def claimed(federation: Federation, kind: str, about: Object, target: str) -> Approval | None:
    """The yes that a document says it goes with, for what it does with `target`; None where its server does not say so.

    It must lie where `target` lies, be its owner's, and name both: a yes to another reply, or to this reply to another
    post, is none. What says yes for ours is never asked of others. Who owns `target` is compared where it is kept.
    """
    stated = wire.claim(about.raw, kind)
    if not stated or not about.id or not same_origin(stated, target) or federation.is_ours(stated):
        return None
    try:
        document = await fetch_document(federation, stated)
    except FederationError:
        return None
    owner = iri(document.get("attributedTo")) or iri(document.get("actor"))
    if bare(str(document.get("id"))) != bare(stated) or not same_origin(owner, target):
        return None
    return Approval(stated, owner) if wire.stamped(document, kind, owner, about.id, target) else None
