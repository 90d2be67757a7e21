"""`/actor`: the Application, open to everybody; it signs what no member does (DECISIONS 21 and 25)."""

from starlette.requests import Request
from starlette.responses import Response

from federation.context import Federation
from federation.endpoints.answers import activity_json, not_found
from federation.signatures.keyring import OwnKey
from federation.vocab.build import collection
from federation.vocab.terms import ACTIVITYSTREAMS, MULTIKEY, SECURITY, WEBFINGER, Document
from policies.published import NAMESPACE

OPEN = {"Cache-Control": "public, max-age=300", "Vary": "Accept"}
TERMS = {
    "implements": {"@id": "https://w3id.org/fep/844e#implements", "@type": "@id"},
    "privacyPolicy": {"@id": f"{NAMESPACE}privacyPolicy", "@type": "@id"},
}


RFC9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
IMPLEMENTS: list[Document] = [
    {"type": "Link", "href": RFC9421, "name": "RFC-9421: HTTP Message Signatures"},
    {"type": "Link", "href": f"{RFC9421}#name-eddsa-using-curve-edwards25", "name": "RFC-9421 with Ed25519"},
    {"type": "Link", "href": "https://w3id.org/fep/1b12", "name": "FEP-1b12"},
    {"type": "Link", "href": "https://w3id.org/fep/8fcf", "name": "FEP-8fcf"},
]
"""What is true of this server, for those who ask before they try (FEP-844e)."""


def with_keys(document: Document, found: list[OwnKey]) -> Document:
    """An actor document with its keys: RSA as `publicKey`, Ed25519 as `assertionMethod` (FEP-521a)."""
    made = dict(document)
    for key in found:
        if key.multibase:
            multikey = {"id": key.id, "type": "Multikey", "controller": key.actor, "publicKeyMultibase": key.multibase}
            made["assertionMethod"] = [*made.get("assertionMethod", []), multikey]
        else:
            made["publicKey"] = {"id": key.id, "owner": key.actor, "publicKeyPem": key.public_pem}
    return made


def application(federation: Federation) -> Document:
    """The Application's document, without keys."""
    iri = federation.actor
    return {
        "@context": [ACTIVITYSTREAMS, SECURITY, MULTIKEY, WEBFINGER | TERMS],
        "id": iri,
        "type": "Application",
        "preferredUsername": federation.domain,
        "webfinger": f"{federation.domain}@{federation.domain}",
        "name": "Skerry",
        "url": f"{federation.base_url}/",
        "inbox": f"{iri}/inbox",
        "outbox": f"{iri}/outbox",
        "endpoints": {"sharedInbox": f"{federation.base_url}/inbox"},
        "manuallyApprovesFollowers": True,
        "privacyPolicy": federation.policy,
        "implements": IMPLEMENTS,
    }


def with_generator(federation: Federation, document: Document) -> Document:
    """An actor document that names the Application and what it can do (FEP-844e)."""
    contexts = document.get("@context", ACTIVITYSTREAMS)
    generator = {"type": "Application", "id": federation.actor, "implements": IMPLEMENTS}
    own = [*(contexts if isinstance(contexts, list) else [contexts]), {"implements": TERMS["implements"]}]
    return document | {"@context": own, "generator": generator}


async def get_application(federation: Federation, _request: Request) -> Response:
    """GET /actor; also unsigned."""
    found = await federation.keyring.of(federation.actor)
    return activity_json(with_keys(application(federation), found), OPEN) if found else not_found()


async def get_application_outbox(federation: Federation, _request: Request) -> Response:
    """GET /actor/outbox: always empty."""
    return activity_json(collection(f"{federation.actor}/outbox", [], 0), OPEN)


async def get_application_inbox(federation: Federation, _request: Request) -> Response:
    """GET /actor/inbox: a collection, as ActivityPub §5.2 has it; nobody is shown what is in it."""
    return activity_json(collection(f"{federation.actor}/inbox"), OPEN)
