"""Signed GET of an actor or object, by the Application. The answer belongs to the origin that was asked, or it is none.

SECURITY no. 2, 7 and 8: the document's id is the address that it came from, or it is fetched again from its id; the
content type is an ActivityStreams one; a redirect never speaks for the host that redirected.
"""

from typing import Any

from federation.client.gate import Allow, speaks_to
from federation.client.http import Answer, Headers, Signing
from federation.context import Federation
from federation.errors import (
    AnsweredError,
    GoneError,
    MalformedError,
    RefusedError,
    UnbelievableError,
    UnreachableError,
    WrongTypeError,
)
from federation.remote import schemes
from federation.signatures.sign import get_headers
from federation.vocab import limits
from federation.vocab.iris import bare, host_of, is_iri
from federation.vocab.normalise import Read, normalise

TYPES = frozenset({"application/activity+json", "application/ld+json"})
PROFILE = "https://www.w3.org/ns/activitystreams"
LATER = frozenset({408, 425, 429})


async def fetch(federation: Federation, iri: str) -> Read:
    """Fetch what an IRI names. Its `id` can differ from `iri`, then it was fetched from its id: use the id.

    Raises GoneError (404, 410, Tombstone stays an Object), AnsweredError (other refusals), UnreachableError (try later),
    RefusedError (address or policy), WrongTypeError, MalformedError, TooLargeError, UnbelievableError.
    """
    return normalise(await fetch_document(federation, iri))


async def fetch_document(federation: Federation, iri: str) -> dict[str, Any]:
    """The same, as it came."""
    document, url = await get_json(federation, bare(iri))
    named = document.get("id")
    if not is_iri(named):
        raise UnbelievableError(f"{host_of(url)} answered with a document that has no id")
    if named == url:
        return document
    document, url = await get_json(federation, bare(str(named)))
    if document.get("id") != url:
        raise UnbelievableError(f"{host_of(url)} answered with a document of another id")
    return document


async def get_json(federation: Federation, url: str) -> tuple[dict[str, Any], str]:
    """(document, where it came from); signed by the Application, content type and limits checked."""
    key = await federation.keyring.signer(federation.actor)

    async def headers(address: str) -> Headers:
        host = host_of(address)
        scheme = schemes.order(await schemes.known(federation, host))[host in refused]
        return get_headers(key, address, federation.clock.wire(), scheme=scheme)

    allow = speaks_to(federation)
    if not is_iri(url):
        raise RefusedError("that is no address")
    refused: set[str] = set()
    answer = await federation.client.get(url, TYPES, headers, allow)
    if answer.status in schemes.REFUSED:
        answer = await _knock_again(federation, url, answer, refused, headers, allow)
    check_status(answer.status, host_of(answer.url))
    if answer.type == "application/ld+json" and PROFILE not in answer.parameters:
        raise WrongTypeError(f"{host_of(answer.url)} answered ld+json of another profile")
    document = limits.parse(answer.body)
    if "@context" not in document and answer.type != "application/activity+json":  # Activity Streams 2.0 §2.1.3
        raise MalformedError(f"{host_of(answer.url)} answered JSON-LD without @context")
    document = await federation.memory.plainly(document)
    return document, answer.url


async def _knock_again(
    federation: Federation, url: str, first: Answer, refused: set[str], headers: Signing, allow: Allow
) -> Answer:
    """The same with the other scheme of signatures, which is remembered where it is taken."""
    host = host_of(first.url)
    if first.offers:
        await schemes.offered(federation, host)
    known = await schemes.known(federation, host)
    refused.add(host)
    answer = await federation.client.get(url, TYPES, headers, allow)
    if 200 <= answer.status < 300:
        await schemes.learn(federation, host, schemes.order(known)[1])
    return answer


def check_status(status: int, host: str) -> None:
    """Raise what an answer's status means, if it is no success."""
    if status in {404, 410}:
        raise GoneError(f"{host} says that it is not there", status)
    if status >= 500 or status in LATER:
        raise UnreachableError(f"{host} answered {status}")
    if not 200 <= status < 300:
        raise AnsweredError(f"{host} answered {status}", status)
