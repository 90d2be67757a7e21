"""`/policy`: what this instance promises, signed by the Application (FEP-8b32); open to everybody (DECISIONS 21)."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from federation.context import Federation
from federation.endpoints.answers import activity_json, not_found
from federation.endpoints.wanted import wants_page
from federation.errors import MalformedError
from federation.ports import PolicyVersion
from federation.signatures.keyring import OwnKey
from federation.signatures.keys import ED25519
from federation.signatures.proofs import prove
from federation.vocab.terms import Document
from policies.published import Envelope, publish

OPEN = {"Cache-Control": "public, max-age=300", "Vary": "Accept"}
DAY = 86_400_000
SEAL = b"skerry: seal of published policies"
PERIOD, VALID = 14 * DAY, 60 * DAY
"""Dates move on every 14 days and reach 60 days ahead: who asks gets a policy that holds for 46 days at least."""


async def get_policy(federation: Federation, request: Request) -> Response:
    """GET /policy: the signed document; browsers are sent to the page for people."""
    if wants_page(request.headers):
        return RedirectResponse(f"{federation.base_url}/privacy", 303, headers=OPEN)
    found = [key for key in await federation.keyring.of(federation.actor) if key.algorithm == ED25519]
    return activity_json(await signed_policy(federation, found[0]), OPEN) if found else not_found()


async def signed_policy(federation: Federation, key: OwnKey) -> Document:
    """The policy in force as we publish it now, with its proof. The same bytes for a whole period."""
    return served(federation.base_url, await federation.ports.policy.newest(), key, federation.clock.now())


def served(base_url: str, newest: PolicyVersion, key: OwnKey, now: int) -> Document:
    """The same from plain values."""
    since = now - now % PERIOD
    valid_from = max(since, min(newest.adopted_at, now)) // 1000 * 1000
    if not isinstance(key.private, Ed25519PrivateKey):
        raise MalformedError("proofs are made with Ed25519 keys only")
    seal = key.private.sign(SEAL)  # always the same bytes, which only the key's owner can make; they never leave
    iri, actor, page = f"{base_url}/policy", f"{base_url}/actor", f"{base_url}/privacy"
    envelope = Envelope(iri, actor, page, newest.number, valid_from, since + VALID, seal)
    return prove(publish(newest.document, envelope), key.private, key.id, valid_from)
