"""`name@host` -> actor IRI (RFC 7033), both directions checked: the actor must say the same name back."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote

from federation.client.fetch import check_status
from federation.client.gate import speaks_to
from federation.client.http import Answer, Headers
from federation.context import Federation
from federation.errors import (
    FederationError,
    GoneError,
    MalformedError,
    RefusedError,
    UnbelievableError,
    UnreachableError,
)
from federation.remote import actors
from federation.remote.actors import RemoteActor
from federation.vocab import limits
from federation.vocab.iris import host_of, is_iri
from federation.vocab.reading import listed
from federation.vocab.types import Actor
from policies.peers import clean_host

JSON = frozenset({"application/jrd+json", "application/json", "application/activity+json", "text/json"})
UNNAMED = frozenset({"text/plain", "application/octet-stream", "binary/octet-stream"})
"""What a file has on a web space that knows no better."""
TYPES = JSON | UNNAMED
WELL_KNOWN = "/.well-known/webfinger"
XRD = frozenset({"application/xrd+xml", "application/xml", "text/xml"}) | UNNAMED
ACTIVITY_TYPES = ("application/activity+json", "application/ld+json")
KIND = "https://www.w3.org/ns/activitystreams#type"
GROUP = "group"
MARK = "!"
"""Stands in no name of anybody: `name!group` is that Group where somebody else of its server has the name too."""
NOT_THERE = frozenset({400, 404, 410})
MOST_LINKS = 10
_LINK = re.compile(r"<Link\b[^<>]{1,2000}>", re.I)
_ATTRIBUTE = re.compile(r"""\b(rel|template)\s*=\s*(?:"([^"<>]{1,1000})"|'([^'<>]{1,1000})')""", re.I)


@dataclass(frozen=True, slots=True)
class Named:
    """What a host says of a name: the actors (IRI, kind in lower case or ''), and the name and host that it is called by."""

    name: str
    host: str
    actors: list[tuple[str, str]] = field(default_factory=list)

    @property
    def iris(self) -> list[str]:
        """The IRIs of its actors."""
        return [iri for iri, _ in self.actors]

    def chosen(self, kind: str) -> str:
        """The actor of that kind; of any: the last, where Lemmy puts the community if a user has the name too."""
        of_kind = [iri for iri, said in self.actors if said == kind]
        return of_kind[-1] if kind and of_kind else self.iris[-1]


def split(handle: str) -> tuple[str, str]:
    """('name', 'host[:port]') of `name@host`, `@name@host`, `acct:name@host` or `!group@host`. Raises MalformedError."""
    name, mark, host = handle.strip().removeprefix("acct:").removeprefix("@").rpartition("@")
    name = f"{name.removeprefix(MARK)}{MARK}{GROUP}" if name.startswith(MARK) else name
    clean = clean_host(host)
    if not mark or not name.partition(MARK)[0] or clean is None or "@" in name:
        raise MalformedError("that is no handle; write name@host")
    if len(name) > 200 or not name.isprintable():
        raise MalformedError("that is no handle; write name@host")
    return name, clean


def username_of(actor: Actor) -> str:
    """What an actor calls itself: `preferredUsername`, or the name in `webfinger` (FEP-2c59)."""
    return actor.preferred_username or (claim_of(actor) or ("", ""))[0]


def claim_of(actor: Actor) -> tuple[str, str] | None:
    """(name, host) that an actor says to be found by (FEP-2c59); to be believed once that host names the actor."""
    said = actor.raw.get("webfinger")
    try:
        return split(said) if isinstance(said, str) and len(said) < 500 and MARK not in said else None
    except MalformedError:
        return None


async def resolve(federation: Federation, handle: str) -> str:
    """The actor IRI behind a handle. Raises a FederationError where there is none, or where the two don't agree."""
    return (await resolve_actor(federation, handle)).iri


async def resolve_actor(federation: Federation, handle: str) -> RemoteActor:
    """The same, with the actor, which is fetched and kept."""
    marked, host = split(handle)
    name, _, kind = marked.partition(MARK)
    named = await ask(federation, name, host)
    found = await actors.actor(federation, named.chosen(kind))
    said = username_of(found.actor)
    if kind and found.actor.type.lower() != kind:
        raise GoneError(f"{host} names no {kind[:20]} of that name", 404)
    if said.lower() != named.name.lower():
        raise UnbelievableError(f"{host} names an actor that calls itself otherwise")
    if host_of(found.iri) == named.host == host:
        return found
    # A handle on another host than the actor's (split domains): that host must name the actor too.
    if named.host != host and found.iri not in (await ask(federation, named.name, named.host)).iris:
        raise UnbelievableError(f"{named.host} does not know that actor")
    if host_of(found.iri) not in {named.host, host}:
        own = await ask(federation, said, host_of(found.iri))
        if found.iri not in own.iris:
            raise UnbelievableError(f"{host_of(found.iri)} does not know that handle")
    return found


async def canonical(federation: Federation, actor: Actor) -> Named:
    """By which name and host an actor is to be shown, and which actors that host names so.

    Another host than the actor's own counts only if it names the actor, and the actor's own host names it: in `webfinger` of
    the actor, or as the subject of what it says of the name. Raises a FederationError where the own host can't be asked.
    """
    name, own = username_of(actor), host_of(actor.id)
    claim = claim_of(actor)
    if claim is not None and claim[1] != own and claim[0].lower() == name.lower():
        there = await _agreed(federation, actor, name, claim[1])
        if there is not None:
            return there
    try:
        here = await ask(federation, name, own)
    except GoneError:
        return Named(name, own)
    if actor.id in here.iris and here.host != own and here.name.lower() == name.lower():
        there = await _agreed(federation, actor, name, here.host)
        if there is not None:
            return there
    return Named(name, own, here.actors)


async def _agreed(federation: Federation, actor: Actor, name: str, host: str) -> Named | None:
    """What another host says of a name, if it names the actor and calls itself by that name and host."""
    try:
        there = await ask(federation, name, host)
    except (GoneError, MalformedError, RefusedError):
        return None
    same = (there.name.lower(), there.host) == (name.lower(), host)
    return there if same and actor.id in there.iris else None


async def ask(federation: Federation, name: str, host: str) -> Named:
    """What a host's WebFinger says of a name. Raises GoneError where it names no actor."""
    if host == federation.domain:
        raise RefusedError("that is one of ours")
    resource = f"acct:{quote(name)}@{host}"
    answer = await _get(federation, f"{host}{WELL_KNOWN}?resource={resource}")
    if answer.status in NOT_THERE:  # said elsewhere, perhaps (RFC 6415): Mastodon and GoToSocial look there too
        answer = await _by_template(federation, host, resource) or answer
    check_status(answer.status, host)
    document = limits.parse(answer.body)
    found: dict[str, str] = {}
    for link in listed(document.get("links")):
        if isinstance(link, dict) and is_self(link) and len(found) < MOST_LINKS:
            found.setdefault(str(link["href"]), _kind(link))
    if not found:
        raise GoneError(f"{host} names no actor", 404)
    return Named(*_subject(document.get("subject"), name, host), list(found.items()))


async def _by_template(federation: Federation, host: str, resource: str) -> Answer | None:
    """What the address says that `host-meta` names for such questions; None where it names none, or this one."""
    try:
        answer = await _get(federation, f"{host}/.well-known/host-meta", XRD)
    except FederationError:
        return None
    for tag in _LINK.findall(answer.body.decode(errors="replace")[:20_000]):
        said = {name.lower(): unescape(a or b) for name, a, b in _ATTRIBUTE.findall(tag)}
        template = said.get("template", "")
        if said.get("rel") == "lrdd" and "{uri}" in template and is_iri(template.replace("{uri}", "x")):
            address = template.replace("{uri}", resource)
            asked = address.partition("://")[2] == f"{host}{WELL_KNOWN}?resource={resource}"
            return None if asked else await _once(federation, address, TYPES)
    return None


async def _get(federation: Federation, path: str, types: frozenset[str] = TYPES) -> Answer:
    try:
        return await _once(federation, f"https://{path}", types)
    except (UnreachableError, RefusedError):
        if not federation.plain_peers:
            raise
        return await _once(federation, f"http://{path}", types)


async def _once(federation: Federation, address: str, types: frozenset[str]) -> Answer:
    async def headers(_address: str) -> Headers:
        return {
            "accept": "application/xrd+xml, application/xml"
            if types is XRD
            else "application/jrd+json, application/json"
        }

    return await federation.client.get(address, types, headers, speaks_to(federation))


def _subject(said: Any, name: str, host: str) -> tuple[str, str]:
    try:
        return split(said) if isinstance(said, str) and "@" in said and MARK not in said else (name, host)
    except MalformedError:
        return name, host


def _kind(link: dict[str, Any]) -> str:
    properties = link.get("properties")
    said = properties.get(KIND) if isinstance(properties, dict) else None
    return said.lower() if isinstance(said, str) else ""


def is_self(link: dict[str, Any]) -> bool:
    """Whether a link names the actor behind the handle."""
    kind = str(link.get("type", ""))
    return link.get("rel") == "self" and is_iri(link.get("href")) and kind.startswith(ACTIVITY_TYPES)
