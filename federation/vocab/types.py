"""The one compact shape that wire documents are read into. Built by `normalise` only, which absorbs their variety.

Strings are as they came: HTML is not sanitised here, IRIs are checked to be IRIs. Times are milliseconds or None.
"""

from typing import Any

import msgspec


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A public key that an actor document lists."""

    id: str
    owner: str
    pem: str = ""
    multibase: str = ""


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """A Mention, Hashtag or Emoji."""

    type: str
    href: str = ""
    name: str = ""
    icon: str = ""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """An attached file; `kind` is image, video, audio or unknown."""

    kind: str
    url: str
    mime: str = ""
    name: str = ""
    blurhash: str = ""
    width: int | None = None
    height: int | None = None
    focus: tuple[float, float] | None = None
    """The point to keep in view: x, y from -1 to 1."""


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a Question, with their counts."""

    options: list[tuple[str, int]]
    multiple: bool = False
    ends_at: int | None = None
    closed_at: int | None = None
    voters: int | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """An address that an object leads to, and its title."""

    href: str
    name: str = ""


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """When and where an Event is."""

    starts_at: int | None = None
    ends_at: int | None = None
    place: str = ""


class Object(msgspec.Struct, frozen=True, kw_only=True):
    """A Note, Page, Article, Question, Tombstone ... or any other object that is no activity and no actor."""

    id: str = ""
    type: str = ""
    attributed_to: str = ""
    attributed_to_all: list[str] = []
    to: list[str] = []
    cc: list[str] = []
    audience: list[str] = []
    name: str = ""
    summary: str = ""
    content: str = ""
    language: str = ""
    media_type: str = "text/html"
    source: str = ""
    source_type: str = ""
    in_reply_to: str = ""
    context: str = ""
    url: str = ""
    published: int | None = None
    updated: int | None = None
    sensitive: bool = False
    tags: list[Tag] = []
    attachments: list[Attachment] = []
    links: list[Link] = []
    happening: Happening | None = None
    poll: Poll | None = None
    former_type: str = ""
    raw: dict[str, Any] = {}

    @property
    def is_post(self) -> bool:
        """Whether it is for people to read: of a kind that we know, or of a foreign kind, or none, with words in it."""
        return self.type in POST_TYPES or (self.content != "" and self.type not in NO_POSTS)


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A Person, Group, Application, Service or Organization."""

    id: str
    type: str
    inbox: str = ""
    outbox: str = ""
    followers: str = ""
    following: str = ""
    featured: str = ""
    shared_inbox: str = ""
    preferred_username: str = ""
    name: str = ""
    summary: str = ""
    url: str = ""
    icon: str = ""
    image: str = ""
    fields: list[tuple[str, str]] = []
    attributed_to: str = ""
    manually_approves: bool = False
    discoverable: bool = False
    indexable: bool = False
    suspended: bool = False
    also_known_as: list[str] = []
    moved_to: str = ""
    published: int | None = None
    tags: list[Tag] = []
    keys: list[Key] = []
    raw: dict[str, Any] = {}


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """An activity. `object` is what it is about: an embedded document, or the IRI of one ('' where there is none).

    After `inbound.authority` an embedded document is believed; what is not to be believed has become its IRI.
    """

    id: str = ""
    type: str = ""
    actor: str = ""
    object: "Activity | Object | Actor | str" = ""
    objects: list[str] = []
    target: str = ""
    to: list[str] = []
    cc: list[str] = []
    audience: list[str] = []
    published: int | None = None
    summary: str = ""
    content: str = ""
    believed: bool = True
    """False: an embedded activity that its announcer has no say in; only what is fetched from its origin counts."""
    ground: str = ""
    """On which ground of `inbound.rights` this is to be believed."""
    raw: dict[str, Any] = {}

    @property
    def object_id(self) -> str:
        """The IRI of what it is about, embedded or not."""
        return self.object if isinstance(self.object, str) else self.object.id

    @property
    def object_type(self) -> str:
        """The type of an embedded object; '' for a bare IRI."""
        return "" if isinstance(self.object, str) else self.object.type


ACTOR_TYPES = frozenset({"Person", "Group", "Application", "Service", "Organization"})
ACTIVITY_TYPES = frozenset(
    [
        "Accept",
        "Add",
        "Announce",
        "Block",
        "Create",
        "Delete",
        "Dislike",
        "Flag",
        "Follow",
        "Ignore",
        "Invite",
        "Join",
        "Leave",
        "Like",
        "Listen",
        "Lock",
        "Move",
        "Offer",
        "Read",
        "Reject",
        "Remove",
        "Resolve",
        "TentativeAccept",
        "TentativeReject",
        "Undo",
        "Update",
        "View",
        "EmojiReact",
        "Warn",
        "LikeRequest",
        "ReplyRequest",
        "AnnounceRequest",
        "QuoteRequest",
    ]
)
POST_TYPES = frozenset(
    {"Note", "Page", "Article", "Question", "Event", "Video", "Audio", "Image", "Document", "ChatMessage"}
)
NO_POSTS = frozenset(
    [
        "Tombstone",
        "Collection",
        "OrderedCollection",
        "CollectionPage",
        "OrderedCollectionPage",
        "Link",
        "Mention",
        "Hashtag",
        "Emoji",
        "PropertyValue",
        "CryptographicKey",
        "Multikey",
        "EncryptedMessage",
    ]
)
"""What is never shown by itself, whatever is in it."""
