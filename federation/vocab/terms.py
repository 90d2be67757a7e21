"""The contexts of what we send: our usual terms, and those about consent where they are used."""

from typing import Any

Document = dict[str, Any]
ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
MULTIKEY = "https://w3id.org/security/multikey/v1"
WEBFINGER: Document = {"webfinger": {"@id": "https://purl.archive.org/socialweb/webfinger#webfinger"}}
"""FEP-2c59: the one handle of an actor."""
TERMS: Document = {
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    **WEBFINGER,
    "schema": "http://schema.org#",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "language": "schema:inLanguage",
    "identifier": "schema:identifier",
    "toot": "http://joinmastodon.org/ns#",
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "suspended": "toot:suspended",
    "searchableBy": {"@id": "http://fedibird.com/ns#searchableBy", "@type": "@id"},
    "xRobotsTag": "https://w3id.org/fep/5e53#xRobotsTag",
    "SPC": "https://w3id.org/fep/5e53#SPC",
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "blurhash": "toot:blurhash",
    "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
    "votersCount": "toot:votersCount",
    "lemmy": "https://join-lemmy.org/ns#",
    "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
    "rules": "https://w3id.org/skerry/ns#rules",
    "moderators": {"@id": "lemmy:moderators", "@type": "@id"},
    "removeData": "lemmy:removeData",
}
CONTEXT: list[Any] = [ACTIVITYSTREAMS, SECURITY, TERMS]


def _gts(*names: str) -> Document:
    return {"gts": "https://gotosocial.org/ns#"} | {name: {"@id": f"gts:{name}", "@type": "@id"} for name in names}


POLICY = _gts(
    "interactionPolicy",
    "canLike",
    "canReply",
    "canAnnounce",
    "canQuote",
    "automaticApproval",
    "manualApproval",
    "always",
    "approvalRequired",
)
APPROVAL = _gts(
    "approvedBy", "replyAuthorization", "announceAuthorization", "interactingObject", "interactionTarget"
) | {name: f"gts:{name}" for name in ("LikeAuthorization", "ReplyAuthorization", "AnnounceAuthorization")}
QUOTES: Document = {
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
    "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
    "quoteUri": "http://fedibird.com/ns#quoteUri",
    "quoteUrl": "as:quoteUrl",
    "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
}
APPROVING = frozenset({"approvedBy", "interactingObject"})


def context_of(document: Document) -> list[Any]:
    """The context of a document: our usual terms, and those about consent that it, or what it embeds, uses."""
    terms = TERMS
    for name in ("object", "instrument"):
        inner_one = document.get(name)
        terms = _with_terms(terms, inner_one) if isinstance(inner_one, dict) else terms
    terms = _with_terms(terms, document)
    return CONTEXT if terms is TERMS else [ACTIVITYSTREAMS, SECURITY, terms]


def _with_terms(terms: Document, document: Document) -> Document:
    if "interactionPolicy" in document:
        terms = terms | POLICY
    if not APPROVING.isdisjoint(document):
        terms = terms | APPROVAL
    if "quote" in document or str(document.get("type", "")).startswith("Quote"):
        terms = terms | QUOTES
    return terms
