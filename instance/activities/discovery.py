"""Looks up what a member names: a handle by WebFinger, an address by fetching it; what is found is kept."""

from urllib.parse import urlsplit

from federation.client.fetch import fetch
from federation.client.webfinger import resolve_actor
from federation.context import Federation
from federation.errors import FederationError
from federation.vocab.types import Actor
from instance.activities.actors import profile_of
from instance.content.search import handle_of
from instance.errors import RefusalError
from instance.people import accounts, remote
from instance.people.remote import RemoteProfile

LONGEST = 2000


async def learn(federation: Federation, text: str) -> int | None:
    """The account behind a handle or address elsewhere; None where there is none, or we don't know how to show it.

    What we know already is not asked again here: profiles are refreshed when their servers tell us.
    """
    text = text.strip()
    if len(text) > LONGEST:
        return None
    try:
        if text.startswith(("https://", "http://")):
            return await _at_address(federation, text)
        handle = handle_of(text, federation.domain)
        if handle is None or not handle[1]:
            return None
        known = await federation.store.read(accounts.by_name, *handle)
        if known is not None:
            return int(known.id)
        found = await resolve_actor(federation, f"{handle[0]}@{handle[1]}")
        return await _keep(federation, profile_of(found.actor))
    except (FederationError, RefusalError):
        return None


async def _at_address(federation: Federation, address: str) -> int | None:
    if urlsplit(address).netloc == federation.domain:
        return None
    known = await federation.store.read(accounts.by_iri, address)
    if known is not None:
        return int(known.id)
    found = await fetch(federation, address)
    return await _keep(federation, profile_of(found)) if isinstance(found, Actor) else None


async def _keep(federation: Federation, profile: RemoteProfile) -> int:
    account_id: int = await federation.store.unit(remote.learn, profile)
    return account_id
