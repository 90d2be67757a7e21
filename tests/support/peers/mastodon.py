"""A pretend Mastodon (4.5): numbered statuses, `atomUri`, LD-signed Deletes, polls as Questions, reports by its instance."""

from itertools import count
from typing import Any, ClassVar

from tests.support.peer import AS, PUBLIC
from tests.support.peers.server import SECURITY, Document, Server

_FIRST = 115_000_000_000_000_000


class Mastodon(Server):
    """Signs with draft-cavage, content type included; `scheme_out = "rfc9421"` makes it knock with that first."""

    SOFTWARE: ClassVar[str] = "mastodon"
    VERSION: ClassVar[str] = "4.5.2"
    CONTEXT: ClassVar[Any] = [
        AS,
        SECURITY,
        {
            "ostatus": "http://ostatus.org#",
            "atomUri": "ostatus:atomUri",
            "inReplyToAtomUri": "ostatus:inReplyToAtomUri",
            "conversation": "ostatus:conversation",
            "sensitive": "as:sensitive",
            "toot": "http://joinmastodon.org/ns#",
            "votersCount": "toot:votersCount",
            "Emoji": "toot:Emoji",
            "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
            "blurhash": "toot:blurhash",
            "featured": {"@id": "toot:featured", "@type": "@id"},
            "discoverable": "toot:discoverable",
            "indexable": "toot:indexable",
            "Hashtag": "as:Hashtag",
            "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
            "movedTo": {"@id": "as:movedTo", "@type": "@id"},
            "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        },
    ]

    def __init__(self, world: Any, host: str = "") -> None:
        super().__init__(world, host)
        self.number = count(_FIRST)

    def activity_iri(self, kind: str, actor: str, about: str) -> str:
        number = next(self.number)
        if kind == "Follow":
            return f"{self.base}/{number:032x}"
        if kind in {"Accept", "Reject"}:
            return f"{actor}#{kind.lower()}s/follows/{number}"
        if kind in {"Delete", "Update"}:
            return f"{about}#{kind.lower()}{'' if kind == 'Delete' else f's/{number}'}"
        if kind == "Announce":
            return f"{actor}/statuses/{number}/activity"
        return f"{about}/undo" if kind == "Undo" else f"{actor}#{kind.lower()}s/{number}"

    def person(self, name: str = "bob", /, **terms: Any) -> str:
        iri = self.person_iri(name)
        own = {
            "following": f"{iri}/following",
            "featured": f"{iri}/collections/featured",
            "featuredTags": f"{iri}/collections/tags",
            "summary": "",
            "manuallyApprovesFollowers": False,
            "discoverable": True,
            "indexable": False,
            "published": "2026-01-01T00:00:00Z",
            "memorial": False,
            "tag": [],
            "attachment": [],
        }
        return super().person(name, **own | terms)

    def composed(self, author: str, text: str, /, **terms: Any) -> Document:
        iri = self.post_iri(author)
        content = f"<p>{text}</p>"
        made = {
            "id": iri,
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "published": "2026-11-21T10:00:00Z",
            "url": f"{self.base}/@{author.rpartition('/')[2]}/{iri.rpartition('/')[2]}",
            "attributedTo": author,
            "to": [PUBLIC],
            "cc": [f"{author}/followers"],
            "sensitive": False,
            "atomUri": iri,
            "inReplyToAtomUri": terms.get("inReplyTo"),
            "conversation": f"tag:{self.host},2026-11-21:objectId={next(self.number)}:objectType=Conversation",
            "content": content,
            "contentMap": {"en": content},
            "attachment": [],
            "tag": [],
            "replies": {
                "id": f"{iri}/replies",
                "type": "Collection",
                "first": {"type": "CollectionPage", "partOf": f"{iri}/replies", "items": []},
            },
            "likes": {"id": f"{iri}/likes", "type": "Collection", "totalItems": 0},
            "shares": {"id": f"{iri}/shares", "type": "Collection", "totalItems": 0},
        }
        if terms.get("content"):
            made["contentMap"] = {"en": terms["content"]}
        return made | terms

    async def question(self, who: str, text: str, options: list[str], **terms: Any) -> Document:
        """Ask in a poll."""
        given = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}} for name in options]
        poll = {"type": "Question", "oneOf": given, "endTime": "2027-01-01T00:00:00Z", "votersCount": 0}
        return await self.create(who, text, **poll | terms)

    async def delete(self, post: Document) -> Document:
        signature = {
            "type": "RsaSignature2017",
            "creator": f"{post['attributedTo']}#main-key",
            "signatureValue": "AA==",
        }
        grave = {"id": post["id"], "type": "Tombstone", "atomUri": post["id"]}
        self.documents[post["id"].removeprefix(self.base)] = 404
        return await self.act("Delete", post["attributedTo"], grave, to=[PUBLIC], signature=signature)
