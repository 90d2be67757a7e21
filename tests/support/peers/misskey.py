"""A pretend Misskey (2025): MFM beside the content, reactions as Likes with content, quotes, no Update of notes."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from tests.support.peer import AS, PUBLIC
from tests.support.peers.server import SECURITY, Document, Server


class Misskey(Server):
    """Ids are short and random; its instance actor is a person called `instance.actor`."""

    SOFTWARE: ClassVar[str] = "misskey"
    VERSION: ClassVar[str] = "2025.11.0"
    CONTEXT: ClassVar[Any] = [
        AS,
        SECURITY,
        {
            "Key": "sec:Key",
            "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
            "sensitive": "as:sensitive",
            "Hashtag": "as:Hashtag",
            "quoteUrl": "as:quoteUrl",
            "toot": "http://joinmastodon.org/ns#",
            "Emoji": "toot:Emoji",
            "featured": "toot:featured",
            "discoverable": "toot:discoverable",
            "schema": "http://schema.org#",
            "PropertyValue": "schema:PropertyValue",
            "value": "schema:value",
            "misskey": "https://misskey-hub.net/ns#",
            "_misskey_content": "misskey:_misskey_content",
            "_misskey_quote": "misskey:_misskey_quote",
            "_misskey_reaction": "misskey:_misskey_reaction",
            "_misskey_votes": "misskey:_misskey_votes",
            "_misskey_summary": "misskey:_misskey_summary",
            "isCat": "misskey:isCat",
            "vcard": "http://www.w3.org/2006/vcard/ns#",
        },
    ]
    COVERED: ClassVar[list[str]] = ["(request-target)", "date", "host", "digest"]

    def short(self) -> str:
        return f"ag{next(self.number):04x}zk"

    def person_iri(self, name: str) -> str:
        return f"{self.base}/users/{self.short()}"

    def post_iri(self, author: str) -> str:
        return f"{self.base}/notes/{self.short()}"

    def activity_iri(self, kind: str, actor: str, about: str) -> str:
        if kind == "Like":
            return f"{self.base}/likes/{self.short()}"
        if kind == "Follow":
            return f"{self.base}/follows/{self.short()}"
        if kind == "Announce":
            return f"{self.base}/notes/{self.short()}/activity"
        return f"{about}/undo" if kind == "Undo" else f"{self.base}/{self.short()}"

    def make_instance_actor(self) -> str:
        return self.add(self.person_iri("instance.actor"), "Application", "instance.actor", followers=None)

    def person(self, name: str = "bob", /, **terms: Any) -> str:
        own = {"isCat": True, "_misskey_summary": "I am **Bob**", "summary": "<p>I am <b>Bob</b></p>", "tag": []}
        return super().person(name, **own | terms)

    def composed(self, author: str, text: str, /, **terms: Any) -> Document:
        made = {
            "id": self.post_iri(author),
            "type": "Note",
            "attributedTo": author,
            "content": f"<p>{text}</p>",
            "_misskey_content": text,
            "source": {"content": text, "mediaType": "text/x.misskeymarkdown"},
            "published": "2026-11-21T10:00:00.000Z",
            "to": [PUBLIC],
            "cc": [f"{author}/followers"],
            "inReplyTo": None,
            "attachment": [],
            "sensitive": False,
            "tag": [],
        }
        return made | terms

    async def question(self, who: str, text: str, options: list[str], **terms: Any) -> Document:
        """Ask in a poll; Misskey counts in `_misskey_votes` too."""
        given = [
            {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}, "_misskey_votes": 0}
            for name in options
        ]
        poll = {"type": "Question", "oneOf": given, "endTime": "2027-01-01T00:00:00.000Z"}
        return await self.create(who, text, **poll | terms)

    async def like(self, who: str, what: str, reaction: str = "👍") -> Document:
        """A reaction: a Like with content."""
        return await self.act("Like", who, what, content=reaction, _misskey_reaction=reaction)

    async def quote(self, who: str, what: str, text: str) -> Document:
        """A note that quotes another, by all the names that Misskey gives."""
        return await self.create(who, text, quoteUrl=what, _misskey_quote=what)

    async def edit(self, post: Document, text: str, **terms: Any) -> Document:
        """Misskey sends no Update of a note: it deletes and writes anew."""
        await self.delete(post)
        return await self.create(post["attributedTo"], text, **terms)

    async def delete(self, post: Document) -> Document:
        self.documents[urlsplit(post["id"]).path] = 404
        grave = {"id": post["id"], "type": "Tombstone"}
        return await self.act("Delete", post["attributedTo"], grave)

    async def flag(self, who: str, whom: str, posts: list[str], reason: str) -> Document:
        """One address and the words, by the instance actor."""
        return await self.act("Flag", self.instance_actor, whom, content="\n".join([reason, *posts]))
