"""A pretend GoToSocial (0.20): ULIDs, no shared inbox, key ids without fragment, 401 to every unsigned GET."""

import secrets
from typing import Any, ClassVar
from urllib.parse import urlsplit

from tests.support.peer import AS, PUBLIC
from tests.support.peers.server import SECURITY, Document, Server

GTS = "https://gotosocial.org/ns"
_ANYONE = {"always": [PUBLIC], "approvalRequired": [], "automaticApproval": [PUBLIC], "manualApproval": []}
_PLACES = {"Like": "liked", "Follow": "follow", "Block": "blocks", "Accept": "accepts", "Announce": "statuses"}


class GoToSocial(Server):
    """Single values stand without a list, as there; keys lie at `/users/name/main-key` in a stub of the actor."""

    SOFTWARE: ClassVar[str] = "gotosocial"
    VERSION: ClassVar[str] = "0.20.1"
    CONTEXT: ClassVar[Any] = [GTS, AS, SECURITY]
    COVERED: ClassVar[list[str]] = ["(request-target)", "host", "date", "digest"]
    GUARDED: ClassVar[bool] = True
    SHARED_INBOX: ClassVar[bool] = False
    KEY: ClassVar[str] = "/main-key"

    def ulid(self) -> str:
        return f"01M8{next(self.number):06d}{secrets.token_hex(8).upper()}"

    def post_iri(self, author: str) -> str:
        return f"{author}/statuses/{self.ulid()}"

    def activity_iri(self, kind: str, actor: str, about: str) -> str:
        if kind in {"Update", "Delete"}:
            return f"{about}#{kind.lower()}"
        return f"{actor}/{_PLACES.get(kind, kind.lower() + 's')}/{self.ulid()}"

    def make_instance_actor(self) -> str:
        return self.add(f"{self.base}/users/{self.host}", "Application", self.host)

    def add(self, iri: str, kind: str, name: str, /, **terms: Any) -> str:
        super().add(iri, kind, name, **terms)
        document = self.documents[urlsplit(iri).path]
        stub = {term: document[term] for term in ("@context", "id", "type", "preferredUsername", "publicKey")}
        self.documents[urlsplit(self.key_id(iri)).path] = stub
        return iri

    def _is_open(self, path: str) -> bool:
        return path.endswith("/main-key") or super()._is_open(path)

    def composed(self, author: str, text: str, /, **terms: Any) -> Document:
        iri = self.post_iri(author)
        content = f"<p>{text}</p>"
        made = {
            "attachment": [],
            "attributedTo": author,
            "cc": f"{author}/followers",
            "content": content,
            "contentMap": {"en": content},
            "id": iri,
            "interactionPolicy": {"canAnnounce": _ANYONE, "canLike": _ANYONE, "canReply": _ANYONE},
            "published": "2026-11-21T10:00:00Z",
            "replies": {"id": f"{iri}/replies", "type": "Collection"},
            "sensitive": False,
            "summary": "",
            "tag": [],
            "to": PUBLIC,
            "type": "Note",
            "url": iri.replace("/users/", "/@"),
        }
        return made | terms

    async def send_created(self, who: str, made: Document) -> Document:
        wrapped = {"to": made["to"], "cc": made["cc"], "published": made.get("published")}
        return await self.act("Create", who, made, id=f"{made['id']}/activity#Create", **wrapped)

    async def question(self, who: str, text: str, options: list[str], **terms: Any) -> Document:
        """Ask in a poll."""
        given = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}} for name in options]
        poll = {"type": "Question", "oneOf": given, "endTime": "2027-01-01T00:00:00Z", "votersCount": 0}
        return await self.create(who, text, **poll | terms)

    async def delete(self, post: Document) -> Document:
        """By name only."""
        self.documents[urlsplit(post["id"]).path] = 404
        return await self.act("Delete", post["attributedTo"], post["id"], to=PUBLIC)

    async def block(self, who: str, whom: str) -> Document:
        """A Block comes with the end of a Follow."""
        for sent in [
            one for one in self.sent if one["type"] == "Follow" and (one["actor"], one["object"]) == (who, whom)
        ]:
            await self.undo(sent)
        return await super().block(who, whom)
