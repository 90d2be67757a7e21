"""A pretend NodeBB (4.15): Articles in categories, each announced twice, embedded moderators, removal by Undo Announce."""

from typing import Any, ClassVar
from urllib.parse import quote

from tests.support.peer import AS, PUBLIC
from tests.support.peers.groups import GroupServer
from tests.support.peers.server import SECURITY, Document, _bare

_INNER = [AS, {"toot": "http://joinmastodon.org/ns#", "Emoji": "toot:Emoji"}]


class NodeBB(GroupServer):
    """Ids of activities are fragments of what they are about."""

    SOFTWARE: ClassVar[str] = "nodebb"
    VERSION: ClassVar[str] = "4.15.1"
    CONTEXT: ClassVar[Any] = [AS, SECURITY]
    COVERED: ClassVar[list[str]] = ["(request-target)", "host", "date", "digest"]
    GROUP: ClassVar[str] = "category"
    KEY: ClassVar[str] = "#key"
    POST: ClassVar[str] = "Article"

    def person_iri(self, name: str) -> str:
        return f"{self.base}/uid/{next(self.number)}"

    def group_iri(self, name: str) -> str:
        return f"{self.base}/category/{next(self.number)}"

    def post_iri(self, author: str) -> str:
        return f"{self.base}/post/{next(self.number)}"

    def activity_iri(self, kind: str, actor: str, about: str) -> str:
        if kind in {"Like", "Follow", "Accept"}:
            return f"{actor}#activity/{kind.lower()}/{quote(about, safe='')}"
        return f"{about.partition('#')[0]}#activity/{kind.lower()}/{next(self.number)}"

    def group(self, name: str = "general-discussion", moderators: list[str] | None = None, /, **terms: Any) -> str:
        """The collection of moderators embeds whole actors."""
        iri = super().group(name, moderators, **{"featured": None, "followers": None} | terms)
        whole = [self.documents[one.removeprefix(self.base)] for one in moderators or []]
        self.collection(f"{iri}/moderators", whole)
        return iri

    def composed(self, author: str, text: str, /, **terms: Any) -> Document:
        iri = self.post_iri(author)
        made = {
            "@context": _INNER,
            "id": iri,
            "type": "Note",
            "to": [PUBLIC],
            "cc": [f"{author}/followers"],
            "published": "2026-11-21T10:00:00.054Z",
            "url": iri,
            "attributedTo": author,
            "context": f"{self.base}/topic/{next(self.number)}",
            "content": f"<p>{text}</p>\n",
            "source": {"content": text, "mediaType": "text/markdown"},
            "tag": [],
            "attachment": [],
            "replies": f"{iri}/replies",
        }
        if terms.get("type") == "Article":
            made |= {"summary": f"<p>{text}</p>", "preview": {"type": "Note", "content": f"<p>{text}</p>"}}
        return made | terms

    async def group_post(self, who: str, group: str, title: str, text: str, **terms: Any) -> Document:
        """A topic: its category announces the Article, then the Create of it."""
        cc = {"cc": [f"{who}/followers"]}
        made = self.serve(self.titled(who, group, title, text, **cc | terms))
        created = await self.made("Create", who, made, group)
        if group in self.keys:
            await self.act("Announce", group, made, to=[f"{group}/followers"], cc=[who, PUBLIC])
        await self.into_group(group, created)
        return made

    async def announce(self, group: str, activity: Document) -> Document:
        given = {"to": [f"{group}/followers"], "cc": [activity["actor"], PUBLIC]}
        return await self.act("Announce", group, _bare(activity), **given)

    async def group_delete(self, post: Document, group: str) -> Document:
        """A topic that is taken out is un-announced; nothing else is said."""
        self.documents[post["id"].removeprefix(self.base)] = 410
        announced: Document = {"id": f"{post['id']}#activity/announce/cid", "type": "Announce", "actor": group}
        announced |= {"to": [PUBLIC], "cc": [f"{group}/followers"], "object": post["id"]}
        return await self.act("Undo", group, announced, to=[PUBLIC], cc=[f"{group}/followers"])

    async def flag(self, who: str, whom: str, posts: list[str], reason: str) -> Document:
        """By the reporter: the post, then its author; the reason in `content`."""
        return await self.act("Flag", who, [posts[0], whom], content=reason)
