"""GET of actors, posts, activities, boosts and collections: signed, or 401 before anything is looked up.

Forbidden is answered like absent: 404, the same bytes (DECISIONS 20); what was public and is gone: 410 and a Tombstone.
Browsers are sent to the page.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from federation import synchronise
from federation.context import Federation
from federation.endpoints.answers import PRIVATE, activity_json, not_found
from federation.endpoints.application import with_generator, with_keys
from federation.endpoints.farewell import GONE, hidden_actor
from federation.endpoints.reading import read
from federation.endpoints.wanted import wants_page
from federation.ports import Collected, Reader
from federation.signatures.verify import verify
from federation.vocab.build import collection, with_context
from policies.engine import stands
from policies.peers import Stance

SHELVES = {"inbox", "outbox", "followers", "following", "featured", "replies", "context", "moderators"}
COLLECTIONS = frozenset({*SHELVES, synchronise.NAME})
ANSWERED = frozenset({Stance.ALLOWED, Stance.LIMITED})


async def get_document(federation: Federation, request: Request) -> Response:
    """GET of anything under /u/ and /g/."""
    path = request.url.path
    iri = f"{federation.base_url}{path}"
    if wants_page(request.headers):
        return await _to_page(federation, iri)
    reader = await reader_of(federation, request)
    if reader is None:
        return not_found()
    owner, _, name = iri.rpartition("/")
    if name in COLLECTIONS:
        found = await federation.ports.objects.collection(owner, name, reader)
        return activity_json(_collected(iri, found)) if found is not None else not_found()
    if path.count("/") == 2:
        return await _actor(federation, iri, reader)
    document = await federation.ports.objects.document(iri, reader)
    if document is None:
        return not_found()
    return activity_json(with_context(document), status=GONE if document.get("type") == "Tombstone" else 200)


async def reader_of(federation: Federation, request: Request) -> Reader | None:
    """Who asks; None where the policy does not let that server read. Raises UnsignedError before any look-up."""
    signed = await verify(federation, await read(federation, request))
    policy, peer = await federation.ports.policy.about(signed.host)
    return Reader(signed.actor, signed.host) if stands(policy, peer).stance in ANSWERED else None


async def _actor(federation: Federation, iri: str, reader: Reader) -> Response:
    found = await federation.ports.actors.by_iri(iri)
    if found is None:
        return await hidden_actor(federation, iri, reader)
    keys = await federation.keyring.of(iri)
    if not keys:
        return not_found()  # an actor is served once it has its key (DECISIONS 25)
    return activity_json(with_generator(federation, with_keys(found.document, keys)))


async def _to_page(federation: Federation, iri: str) -> Response:
    actor = await federation.ports.actors.by_iri(iri) if urlsplit(iri).path.count("/") == 2 else None
    page = actor.page if actor is not None else await federation.ports.objects.page(iri)
    return RedirectResponse(page, 302, headers=PRIVATE) if page else not_found()


def _collected(iri: str, found: Collected) -> dict[str, object]:
    return collection(iri, found.items, found.total) | found.terms
