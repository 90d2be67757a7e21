"""Outgoing documents: pure functions of plain values. Ids are minted by the caller, keys are added by federation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from federation.vocab import times
from federation.vocab.iris import PUBLIC
from federation.vocab.terms import ACTIVITYSTREAMS, CONTEXT, Document, context_of

OBJECT = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
MISSKEY_QUOTE = "https://misskey-hub.net/ns#_misskey_quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A local actor, as the wire shows it."""

    id: str
    type: str
    username: str
    handle: str = ""  # name@host
    name: str = ""
    summary: str = ""
    url: str = ""
    published: int | None = None
    icon: tuple[str, str] | None = None  # (address, media type)
    image: tuple[str, str] | None = None
    fields: Sequence[tuple[str, str]] = ()
    shared_inbox: str = ""
    manually_approves: bool = False
    discoverable: bool = False
    indexable: bool = False
    also_known_as: Sequence[str] = ()
    moved_to: str = ""
    moderators: str = ""  # IRI of the collection, for groups
    updated: int | None = None
    source: str = ""  # of the summary
    rules: str = ""  # of a group, HTML


def actor(profile: Profile) -> Document:
    """Person, Group or Application, without keys."""
    made: Document = {
        "@context": CONTEXT,
        "id": profile.id,
        "type": profile.type,
        "preferredUsername": profile.username,
        "name": profile.name,
        "summary": profile.summary,
        "url": profile.url or profile.id,
        "inbox": f"{profile.id}/inbox",
        "outbox": f"{profile.id}/outbox",
        "followers": f"{profile.id}/followers",
        "following": f"{profile.id}/following",
        "featured": f"{profile.id}/featured",
        "manuallyApprovesFollowers": profile.manually_approves,
        "discoverable": profile.discoverable,
        **found_by(profile.id, indexable=profile.indexable),
        "attachment": [{"type": "PropertyValue", "name": name, "value": value} for name, value in profile.fields],
    }
    optional = {
        "webfinger": profile.handle or None,
        "published": times.write(profile.published) if profile.published is not None else None,
        "icon": _image(profile.icon),
        "image": _image(profile.image),
        "alsoKnownAs": list(profile.also_known_as) or None,
        "movedTo": profile.moved_to or None,
        "attributedTo": profile.moderators or None,
        "moderators": profile.moderators or None,  # PieFed looks for it under this name
        "updated": times.write(profile.updated) if profile.updated is not None else None,
        "source": {"content": profile.source, "mediaType": "text/markdown"} if profile.source else None,
        "rules": profile.rules or None,  # PieFed shows them
        "sensitive": False if profile.type == "Group" else None,
        "endpoints": {"sharedInbox": profile.shared_inbox} if profile.shared_inbox else None,
        "postingRestrictedToMods": False if profile.type == "Group" else None,
    }
    return made | _present(optional)


def found_by(actor_iri: str, *, indexable: bool) -> Document:
    """Who may find an author, or a post of hers: FEP-5feb, FEP-268d, FEP-5e53. Machines that learn are asked to stay away."""
    return {
        "indexable": indexable,
        "searchableBy": [PUBLIC] if indexable else [actor_iri],
        "xRobotsTag": "noai, noimageai" if indexable else "noindex, noai, noimageai",
        "SPC": 1,
    }


def _image(given: tuple[str, str] | None) -> Document | None:
    return {"type": "Image", "url": given[0], "mediaType": given[1]} if given else None


def _present(values: Document) -> Document:
    return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A local post, as the wire shows it."""

    id: str
    author: str
    content: str
    published: int
    type: str = "Note"
    url: str = ""
    to: Sequence[str] = ()
    cc: Sequence[str] = ()
    audience: str = ""
    in_reply_to: str = ""
    context: str = ""
    name: str = ""
    summary: str = ""
    sensitive: bool = False
    language: str = ""
    language_name: str = ""
    source: str = ""
    source_type: str = "text/markdown"
    updated: int | None = None
    replies: str = ""
    mentions: Sequence[tuple[str, str]] = ()  # (IRI, @name@host)
    hashtags: Sequence[tuple[str, str]] = ()  # (address, #Name)
    attachments: Sequence["File"] = ()
    poll: "Options | None" = None
    indexable: bool = False
    quoted_page: str = ""
    """The page of what it quotes: named in the words, for servers that know no quotes (as Mastodon does, FEP-e232)."""
    consent: Document = field(default_factory=dict)
    """What `vocab.interaction` adds: the author's policy, the authorization that it goes with, what it quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attached file of ours."""

    url: str
    mime: str
    description: str = ""
    blurhash: str = ""
    width: int | None = None
    height: int | None = None
    focus: tuple[float, float] | None = None
    """The point to keep in view: x, y from -1 to 1."""
    type: str = "Document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A poll of ours."""

    options: Sequence[tuple[str, int]]
    multiple: bool = False
    ends_at: int | None = None
    closed_at: int | None = None
    voters: int = 0


def post(given: Post) -> Document:
    """Note, Page, Article or Question. Carries no @context of its own: see `with_context`."""
    content = _quoting(given)
    made: Document = {
        "id": given.id,
        "type": "Question" if given.poll else given.type,
        "attributedTo": given.author,
        "to": list(given.to),
        "cc": list(given.cc),
        "content": content,
        "mediaType": "text/html",
        "published": times.write(given.published),
        "url": given.url or given.id,
        "sensitive": given.sensitive,
        **found_by(given.author, indexable=given.indexable),
        "summary": given.summary or None,
        "inReplyTo": given.in_reply_to or None,
        "tag": _tags(given),
        "attachment": [_file(item) for item in given.attachments],
    }
    optional = {
        "name": given.name or None,
        "audience": given.audience or None,
        "context": given.context or None,
        "contentMap": {given.language: content} if given.language else None,
        "language": _language(given) if given.language and given.audience else None,
        "source": {"content": _source(given), "mediaType": given.source_type} if given.source else None,
        "updated": times.write(given.updated) if given.updated is not None else None,
        "replies": given.replies or None,
    }
    return made | _present(optional) | (_poll(given.poll) if given.poll else {}) | given.consent


def _quoting(given: Post) -> str:
    """The words, after a link to what they quote; who shows the quote itself leaves the paragraph out by its class."""
    page = escape(given.quoted_page)
    if not page or page in given.content:
        return given.content
    line = f'<p class="quote-inline">RE: <a href="{page}">{page}</a></p>'
    return given.content + line if given.audience else line + given.content  # in a group the first line is a title


def _source(given: Post) -> str:
    """The same of what the Lemmy family shows instead."""
    page = given.quoted_page
    if not page or page in given.source:
        return given.source
    return f"{given.source}\n\nRE: {page}" if given.audience else f"RE: {page}\n\n{given.source}"


def _language(given: Post) -> Document:
    """The language as the Lemmy family looks for it, in groups; others take it from `contentMap`, and Pleroma refuses this form."""
    return {"identifier": given.language, "name": given.language_name or given.language}


def _tags(given: Post) -> list[Document]:
    mentions = [{"type": "Mention", "href": href, "name": name} for href, name in given.mentions]
    if "_misskey_quote" in given.consent:  # FEP-e232
        link = {"type": "Link", "mediaType": OBJECT, "href": given.consent["_misskey_quote"], "rel": MISSKEY_QUOTE}
        mentions.append(link | {"name": f"RE: {given.quoted_page}"})
    return mentions + [{"type": "Hashtag", "href": href, "name": name} for href, name in given.hashtags]


def _file(item: File) -> Document:
    optional: Document = {"blurhash": item.blurhash or None, "width": item.width, "height": item.height}
    optional["focalPoint"] = list(item.focus) if item.focus is not None else None
    made: Document = {"type": item.type, "url": item.url, "mediaType": item.mime, "name": item.description or None}
    return made | _present(optional)


def _poll(poll: Options) -> Document:
    options = [
        {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}}
        for name, votes in poll.options
    ]
    made: Document = {"anyOf" if poll.multiple else "oneOf": options, "votersCount": poll.voters}
    if poll.ends_at is not None:
        made["endTime"] = times.write(poll.ends_at)
    if poll.closed_at is not None:
        made["closed"] = times.write(poll.closed_at)
    return made


def vote(vote_id: str, author: str, question: tuple[str, str], choice: str) -> Document:
    """A vote in a poll; `question` is (its IRI, its author). Sent in a Create to the author alone.

    Without `published`, as Mastodon's: PieFed takes a Note that says when it was written for an answer.
    """
    return {
        "id": vote_id,
        "type": "Note",
        "attributedTo": author,
        "to": [question[1]],
        "name": choice,
        "inReplyTo": question[0],
    }


def tombstone(object_id: str, former_type: str = "", deleted: int | None = None) -> Document:
    """What is left of a deleted object."""
    when = times.write(deleted) if deleted is not None else None
    return {"id": object_id, "type": "Tombstone"} | _present({"formerType": former_type or None, "deleted": when})


def activity(kind: str, activity_id: str, actor_iri: str, about: Document | str, **terms: Any) -> Document:
    """Any activity with its @context. `terms`: to, cc, audience, target, published (milliseconds), summary, content ...

    Follow, Accept, Reject, Undo, Block, Like, Announce, Delete, Update, Add, Remove, Flag and Create alike.
    """
    made: Document = {"id": activity_id, "type": kind, "actor": actor_iri, "object": about}
    if "published" in terms:
        terms["published"] = times.write(terms["published"])
    made |= _present(terms)
    return {"@context": context_of(made)} | made


def wrapping(about: Document, kind: str, activity_id: str, **terms: Any) -> Document:
    """Create or Update of a post: audience and times are the post's."""
    given = {name: about[name] for name in ("to", "cc", "audience") if name in about}
    made: Document = {
        "@context": context_of({"object": about}),
        "id": activity_id,
        "type": kind,
        "actor": about["attributedTo"],
        "published": about.get("updated") or about["published"],
        "object": about,
    }
    return made | given | terms


def inner(document: Document) -> Document:
    """A document without its @context, to be embedded in another."""
    return {name: value for name, value in document.items() if name != "@context"}


def with_context(document: Document) -> Document:
    """A document to be served by itself."""
    return document if "@context" in document else {"@context": context_of(document)} | document


def collection(iri: str, items: Sequence[Any] | None = None, total: int | None = None) -> Document:
    """An OrderedCollection. Strangers get neither items nor total (PEERS rule 13)."""
    made: Document = {"@context": ACTIVITYSTREAMS, "id": iri, "type": "OrderedCollection"}
    if total is not None:
        made["totalItems"] = total
    if items is not None:
        made["orderedItems"] = list(items)
    return made
