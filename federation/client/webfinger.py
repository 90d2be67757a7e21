"""`name@host` -> actor IRI (RFC 7033), both directions checked: the actor must say the same name back."""

from typing import Any
from urllib.parse import quote

from federation.client.fetch import check_status
from federation.client.gate import speaks_to
from federation.client.http import Headers
from federation.context import Federation
from federation.errors import GoneError, MalformedError, RefusedError, UnbelievableError, UnreachableError
from federation.remote import actors
from federation.remote.actors import RemoteActor
from federation.vocab import limits
from federation.vocab.iris import host_of, is_iri
from federation.vocab.reading import listed
from policies.peers import clean_host

TYPES = frozenset({"application/jrd+json", "application/json"})
ACTIVITY_TYPES = ("application/activity+json", "application/ld+json")


def split(handle: str) -> tuple[str, str]:
    """('name', 'host[:port]') of `name@host`, `@name@host` or `acct:name@host`. Raises MalformedError."""
    name, mark, host = handle.strip().removeprefix("acct:").removeprefix("@").rpartition("@")
    clean = clean_host(host)
    if not mark or not name or clean is None or "@" in name or len(name) > 200 or not name.isprintable():
        raise MalformedError("that is no handle; write name@host")
    return name, clean


async def resolve(federation: Federation, handle: str) -> str:
    """The actor IRI behind a handle. Raises a FederationError where there is none, or where the two don't agree."""
    return (await resolve_actor(federation, handle)).iri


async def resolve_actor(federation: Federation, handle: str) -> RemoteActor:
    """The same, with the actor, which is fetched and kept."""
    name, host = split(handle)
    iri, subject = await _ask(federation, name, host)
    found = await actors.actor(federation, iri)
    said = found.actor.preferred_username
    subject_name, subject_host = split(subject) if subject else (name, host)
    if said.lower() != subject_name.lower():
        raise UnbelievableError(f"{host} names an actor that calls itself otherwise")
    if host_of(found.iri) == subject_host == host:
        return found
    # A handle on another host than the actor's (split domains): that host must name the actor too.
    back, _ = await _ask(federation, subject_name, subject_host)
    if back != found.iri:
        raise UnbelievableError(f"{subject_host} does not know that actor")
    if host_of(found.iri) not in {subject_host, host}:
        own, _ = await _ask(federation, said, host_of(found.iri))
        if own != found.iri:
            raise UnbelievableError(f"{host_of(found.iri)} does not know that handle")
    return found


async def _ask(federation: Federation, name: str, host: str) -> tuple[str, str]:
    """(actor IRI, subject) as a host's WebFinger says."""
    if host == federation.domain:
        raise RefusedError("that is one of ours")

    async def headers(_address: str) -> Headers:
        return {"accept": "application/jrd+json, application/json"}

    allow = speaks_to(federation)
    path = f"{host}/.well-known/webfinger?resource=acct:{quote(name)}@{host}"
    try:
        answer = await federation.client.get(f"https://{path}", TYPES, headers, allow)
    except (UnreachableError, RefusedError):
        if not federation.plain_peers:
            raise
        answer = await federation.client.get(f"http://{path}", TYPES, headers, allow)
    check_status(answer.status, host)
    document = limits.parse(answer.body)
    for link in listed(document.get("links")):
        if isinstance(link, dict) and is_self(link):
            subject = document.get("subject")
            return str(link["href"]), subject if isinstance(subject, str) and "@" in subject else ""
    raise GoneError(f"{host} names no actor", 404)


def is_self(link: dict[str, Any]) -> bool:
    """Whether a link names the actor behind the handle."""
    kind = str(link.get("type", ""))
    return link.get("rel") == "self" and is_iri(link.get("href")) and kind.startswith(ACTIVITY_TYPES)
