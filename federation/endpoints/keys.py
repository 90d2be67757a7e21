"""`{actor}/main-key`: one public key and whose it is, open to everybody.

Some servers (NodeBB) ask for the key of who writes to them without a signature of their own; the actor's document, which
says who somebody is, is only for those who sign. Mastodon reads nothing without ActivityStreams' context; WordPress
looks for `publicKey`, as in an actor.
"""

from starlette.requests import Request
from starlette.responses import Response

from federation.context import Federation
from federation.endpoints.answers import activity_json, not_found
from federation.vocab.terms import ACTIVITYSTREAMS, SECURITY


async def get_key(federation: Federation, request: Request) -> Response:
    """GET of a key. It is there as long as something may still arrive that was signed with it, a farewell too."""
    iri = f"{federation.base_url}{request.url.path}"
    key = await federation.keyring.named(iri)
    if key is None:
        return not_found()
    told = {"id": key.id, "owner": key.actor, "publicKeyPem": key.public_pem}
    document = {"@context": [ACTIVITYSTREAMS, SECURITY], "type": "CryptographicKey", **told, "publicKey": told}
    return activity_json(document)
