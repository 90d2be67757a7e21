"""A pretend Lemmy (0.19): Pages in communities, votes without `to`, everything passed on inside an Announce."""

import secrets
from typing import Any, ClassVar

from tests.support.peer import AS, PUBLIC
from tests.support.peers.groups import GroupServer
from tests.support.peers.server import SECURITY, Document


class Lemmy(GroupServer):
    """Its site is an Application at the root; activities have random addresses under `/activities`."""

    SOFTWARE: ClassVar[str] = "lemmy"
    VERSION: ClassVar[str] = "0.19.12"
    CONTEXT: ClassVar[Any] = ["https://join-lemmy.org/context.json", AS, SECURITY]
    COVERED: ClassVar[list[str]] = ["(request-target)", "content-type", "date", "digest", "host"]
    POST: ClassVar[str] = "Page"

    def person_iri(self, name: str) -> str:
        return f"{self.base}/u/{name}"

    def post_iri(self, author: str) -> str:
        return f"{self.base}/post/{next(self.number)}"

    def activity_iri(self, kind: str, actor: str, about: str) -> str:
        return f"{self.base}/activities/{kind.lower()}/{secrets.token_hex(16)}"

    def make_instance_actor(self) -> str:
        return self.add(f"{self.base}/", "Application", self.host)

    def person(self, name: str = "bob", /, **terms: Any) -> str:
        own = {"followers": None, "url": None, "matrixUserId": None, "published": "2026-01-01T00:00:00.000000Z"}
        return super().person(name, **own | {"source": {"content": "I am Bob", "mediaType": "text/markdown"}} | terms)

    def composed(self, author: str, text: str, /, **terms: Any) -> Document:
        kind = terms.get("type", self.POST)
        iri = self.post_iri(author)
        made = {
            "type": kind,
            "id": iri if kind == "Page" else iri.replace("/post/", "/comment/"),
            "attributedTo": author,
            "to": [PUBLIC],
            "cc": [],
            "content": f"<p>{text}</p>\n",
            "mediaType": "text/html",
            "source": {"content": text, "mediaType": "text/markdown"},
            "published": "2026-11-21T10:00:00.123456Z",
            "language": {"identifier": "en", "name": "English"},
            "attachment": [],
            "tag": [],
        }
        if kind == "Page":
            made |= {"commentsEnabled": True, "sensitive": False, "stickied": False}
        else:
            made |= {"distinguished": False}
        return made | terms

    async def flag(self, who: str, whom: str, posts: list[str], reason: str) -> Document:
        """By the reporter, of one post, to its community."""
        return await self.act("Flag", who, posts[0], to=[whom], summary=reason, audience=whom)

    async def ban(self, moderator: str, group: str, whom: str, **terms: Any) -> Document:
        """Take somebody out of a community."""
        own = {"target": group, "removeData": False, "summary": "rule 1", "endTime": "2026-12-31T00:00:00Z"}
        return await self.moderate("Block", moderator, group, whom, **own | terms)
