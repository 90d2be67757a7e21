"""Wire JSON in, our one compact shape out. Plain path for contexts that we ship, pyld for documents that alias terms."""

from typing import Any

from federation.vocab import times
from federation.vocab.iris import is_iri
from federation.vocab.jsonld import compacted, needs_processing
from federation.vocab.reading import count, iri, iris, keys, language, link, listed, size, text, type_of, words
from federation.vocab.types import (
    ACTIVITY_TYPES,
    ACTOR_TYPES,
    POST_TYPES,
    Activity,
    Actor,
    Attachment,
    Object,
    Poll,
    Tag,
)

Document = dict[str, Any]
Read = Activity | Object | Actor
DEEPEST = 4  # Announce{Undo{Create{Note}}}
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
        about = _read(given[0], depth - 1)
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
        summary=words(document, "summary"),
        content=words(document, "content"),
        raw=document,
    )


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
        name=words(document, "name")[:500],
        summary=words(document, "summary"),
        url=link(document.get("url"))[0],
        icon=link(document.get("icon"), "image/")[0],
        image=link(document.get("image"), "image/")[0],
        fields=_fields(document),
        attributed_to=iri(document.get("attributedTo")),
        manually_approves=document.get("manuallyApprovesFollowers") is True,
        discoverable=document.get("discoverable") is True,
        indexable=document.get("indexable") is True,
        suspended=document.get("suspended") is True,
        also_known_as=iris(document.get("alsoKnownAs")),
        moved_to=iri(document.get("movedTo")),
        published=times.read(document.get("published")),
        keys=keys(document),
        raw=document,
    )


def _fields(document: Document) -> list[tuple[str, str]]:
    items = [item for item in listed(document.get("attachment")) if isinstance(item, dict)]
    values = [item for item in items if item.get("type") == "PropertyValue"]
    return [(text(item.get("name"), 500), text(item.get("value"), 5000)) for item in values[:20]]


def _object(document: Document, kind: str) -> Object:
    source = document.get("source")
    source = source if isinstance(source, dict) else {}
    authors = iris(document.get("attributedTo")) or iris(document.get("actor"))
    return Object(
        id=iri(document.get("id")),
        type=kind,
        attributed_to=_author(document) or (authors[0] if authors else ""),
        attributed_to_all=authors,
        to=iris(document.get("to")),
        cc=iris(document.get("cc")),
        audience=iris(document.get("audience")),
        name=words(document, "name"),
        summary=words(document, "summary"),
        content=words(document, "content"),
        language=language(document),
        media_type=text(document.get("mediaType"), 80) or "text/html",
        source=text(source.get("content")),
        source_type=text(source.get("mediaType"), 80),
        in_reply_to=iri(document.get("inReplyTo")),
        context=iri(document.get("context")) or iri(document.get("conversation")),
        url=link(document.get("url"))[0],
        published=times.read(document.get("published")),
        updated=times.read(document.get("updated")),
        sensitive=document.get("sensitive") is True,
        tags=_tags(document),
        attachments=_attachments(document),
        poll=_poll(document),
        former_type=text(document.get("formerType"), 80),
        raw=document,
    )


def _author(document: Document) -> str:
    """Of several authors (PeerTube: channel and person) the person."""
    for item in listed(document.get("attributedTo")):
        if isinstance(item, dict) and item.get("type") == "Person" and is_iri(item.get("id")):
            return str(item["id"])
    return ""


def _tags(document: Document) -> list[Tag]:
    found = []
    for item in listed(document.get("tag"))[:200]:
        if isinstance(item, dict):
            found.append(
                Tag(
                    type=type_of(item),
                    href=iri(item.get("href")),
                    name=text(item.get("name"), 500),
                    icon=link(item.get("icon"), "image/")[0],
                )
            )
    return found


def _attachments(document: Document) -> list[Attachment]:
    found = []
    for item in [*listed(document.get("attachment")), *listed(document.get("image"))][:50]:
        if isinstance(item, dict) and item.get("type") != "PropertyValue":
            address, mime = link(item.get("url") or item.get("href"), "")
            mime = text(item.get("mediaType"), 80) or mime
            if address:
                found.append(
                    Attachment(
                        kind=_kind(type_of(item), mime),
                        url=address,
                        mime=mime,
                        name=words(item, "name") or words(item, "summary"),
                        blurhash=text(item.get("blurhash"), 120),
                        width=size(item.get("width")),
                        height=size(item.get("height")),
                    )
                )
    return found


def _kind(name: str, mime: str) -> str:
    main = mime.partition("/")[0] or name.lower()
    return main if main in {"image", "video", "audio"} else "unknown"


def _poll(document: Document) -> Poll | None:
    multiple = "anyOf" in document
    given = listed(document.get("anyOf") if multiple else document.get("oneOf"))[:50]
    options = [(words(item, "name")[:500], count(item.get("replies"))) for item in given if isinstance(item, dict)]
    if not options:
        return None
    voters = document.get("votersCount")
    return Poll(
        options=options,
        multiple=multiple,
        ends_at=times.read(document.get("endTime")),
        closed_at=times.read(document.get("closed")),
        voters=count(voters) if isinstance(voters, int) else None,
    )
