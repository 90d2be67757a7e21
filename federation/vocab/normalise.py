"""Wire JSON in, our one compact shape out. Plain path for contexts that we ship, pyld for documents that alias terms."""

from typing import Any

import msgspec

from federation.vocab import times
from federation.vocab.iris import is_iri
from federation.vocab.jsonld import compacted, needs_processing
from federation.vocab.parts import attachments, fields, happening, links, poll, tags
from federation.vocab.reading import (
    MOST_NAME,
    MOST_OPTIONS,
    MOST_SUMMARY,
    MOST_TITLE,
    flag,
    iri,
    iris,
    keys,
    language,
    link,
    listed,
    media_type,
    text,
    type_of,
    words,
)
from federation.vocab.types import (
    ACTIVITY_TYPES,
    ACTOR_TYPES,
    POST_TYPES,
    Activity,
    Actor,
    Object,
)

Document = dict[str, Any]
Read = Activity | Object | Actor
DEEPEST = 4  # Announce{Undo{Create{Note}}}
MOST_AT_ONCE = 200
"""What one Announce may hold."""
COLLECTIONS = frozenset({"Collection", "OrderedCollection"})
KNOWN = ACTOR_TYPES | ACTIVITY_TYPES | POST_TYPES


def normalise(document: Document) -> Read:
    """Read a document by its type. What is no activity and no actor is an Object; it may have no id and no type.

    Raises MalformedError for a document whose own terms can't be read.
    """
    if needs_processing(document):
        document = compacted(document)
    return _read(document, DEEPEST)


def _read(document: Document, depth: int) -> Read:
    kind = type_of(document, KNOWN)
    if kind in ACTIVITY_TYPES:
        return _activity(document, kind, depth)
    if kind in ACTOR_TYPES and is_iri(document.get("id")):
        return _actor(document, kind)
    return _object(document, kind)


def _activity(document: Document, kind: str, depth: int) -> Activity:
    given = listed(document.get("object"))
    about: Read | str = ""
    if given and isinstance(given[0], dict) and len(given[0]) > 1 and depth:
        about = _hers(_read(given[0], depth - 1), document, kind)
    elif given:
        about = iri(given[0])
    return Activity(
        id=iri(document.get("id")),
        type=kind,
        actor=iri(document.get("actor")),
        object=about,
        objects=iris(document.get("object")),
        target=iri(document.get("target")),
        to=iris(document.get("to")),
        cc=iris(document.get("cc")),
        audience=iris(document.get("audience")),
        published=times.read(document.get("published")),
        summary=words(document, "summary", MOST_SUMMARY),
        content=words(document, "content", MOST_SUMMARY),
        raw=document,
    )


def apart(document: Document) -> list[Document]:
    """An Announce of several things (PieFed sends votes so, as a list) as one of each; anything else as it is."""
    about = document.get("object")
    if type_of(document, KNOWN) != "Announce":
        return [document]
    if isinstance(about, dict) and type_of(about) in COLLECTIONS:
        about = about.get("orderedItems") or about.get("items")
        about = about if isinstance(about, list) else None
    if not isinstance(about, list) or len(about) < 2:
        return [document]
    return [document | {"object": one} for one in about[:MOST_AT_ONCE]]


def more_of(activity: Activity) -> list[Object]:
    """What a Create holds beside its first object: GoToSocial puts all votes of a member into one."""
    given = listed(activity.raw.get("object"))[1:MOST_OPTIONS] if activity.type == "Create" else []
    read = [_hers(_read(one, 0), activity.raw, "Create") for one in given if isinstance(one, dict) and len(one) > 1]
    return [about for about in read if isinstance(about, Object)]


def _hers(about: Read, activity: Document, kind: str) -> Read:
    """What somebody creates and says nobody's to be is her own."""
    if kind != "Create" or not isinstance(about, Object) or about.attributed_to_all or about.type == "Tombstone":
        return about
    author = iri(activity.get("actor"))
    return msgspec.structs.replace(about, attributed_to=author, attributed_to_all=[author])


def _actor(document: Document, kind: str) -> Actor:
    endpoints = document.get("endpoints")
    return Actor(
        id=iri(document.get("id")),
        type=kind,
        inbox=iri(document.get("inbox")),
        outbox=iri(document.get("outbox")),
        followers=iri(document.get("followers")),
        following=iri(document.get("following")),
        featured=iri(document.get("featured")),
        shared_inbox=iri(endpoints.get("sharedInbox")) if isinstance(endpoints, dict) else "",
        preferred_username=text(document.get("preferredUsername"), 200),
        name=words(document, "name", MOST_NAME),
        summary=words(document, "summary", MOST_SUMMARY),
        url=link(document.get("url"))[0],
        icon=link(document.get("icon"), "image/")[0],
        image=link(document.get("image"), "image/")[0],
        fields=fields(document),
        attributed_to=iri(document.get("attributedTo")),
        manually_approves=flag(document.get("manuallyApprovesFollowers")),
        discoverable=flag(document.get("discoverable")),
        indexable=flag(document.get("indexable")),
        suspended=flag(document.get("suspended")),
        also_known_as=iris(document.get("alsoKnownAs")),
        moved_to=iri(document.get("movedTo")),
        published=times.read(document.get("published")),
        tags=tags(document),
        keys=keys(document),
        raw=document,
    )


def _object(document: Document, kind: str) -> Object:
    source = document.get("source")
    source = source if isinstance(source, dict) else {"content": source}  # Pleroma: the text alone
    authors = iris(document.get("attributedTo")) or iris(document.get("actor"))
    return Object(
        id=iri(document.get("id")),
        type=kind,
        attributed_to=_author(document) or (authors[0] if authors else ""),
        attributed_to_all=authors,
        to=iris(document.get("to")),
        cc=iris(document.get("cc")),
        audience=iris(document.get("audience")),
        name=words(document, "name", MOST_TITLE),
        summary=words(document, "summary", MOST_SUMMARY),
        content=words(document, "content"),
        language=language(document),
        media_type=media_type(document).partition(";")[0].strip().lower() or "text/html",
        source=text(source.get("content")),
        source_type=text(source.get("mediaType"), 80),
        in_reply_to=iri(document.get("inReplyTo")),
        context=iri(document.get("context")) or iri(document.get("conversation")),
        url=link(document.get("url"))[0],
        published=times.read(document.get("published")),
        updated=times.read(document.get("updated")),
        sensitive=flag(document.get("sensitive")),
        tags=tags(document),
        attachments=attachments(document, kind),
        links=links(document),
        happening=happening(document),
        poll=poll(document),
        former_type=text(document.get("formerType"), 80),
        raw=document,
    )


def _author(document: Document) -> str:
    """Of several authors (PeerTube: channel and person) the person."""
    for item in listed(document.get("attributedTo")):
        if isinstance(item, dict) and item.get("type") == "Person" and is_iri(item.get("id")):
            return str(item["id"])
    return ""
