"""What pretend group servers share (FEP-1b12): a Group passes on what its members do, and its moderators' acts."""

from typing import Any, ClassVar

from tests.support.peer import PUBLIC
from tests.support.peers.server import Document, Server, _bare


class GroupServer(Server):
    """`posts_of`: which group a post belongs to, by its id."""

    GROUP: ClassVar[str] = "c"

    def __init__(self, world: Any, host: str = "") -> None:
        super().__init__(world, host)
        self.moderators: dict[str, list[str]] = {}

    def group_iri(self, name: str) -> str:
        return f"{self.base}/{self.GROUP}/{name}"

    def group(self, name: str = "support", moderators: list[str] | None = None, /, **terms: Any) -> str:
        """Make a group with its collections of moderators and featured posts; the IRI."""
        iri = self.group_iri(name)
        self.moderators[iri] = moderators or []
        own = {"attributedTo": f"{iri}/moderators", "featured": f"{iri}/featured", "url": iri}
        self.add(iri, "Group", name, **own | {"postingRestrictedToMods": False} | terms)
        self.collection(f"{iri}/moderators", self.moderators[iri])
        self.collection(f"{iri}/featured", [])
        self.collection(f"{iri}/outbox", [])
        return iri

    def collection(self, iri: str, items: list[Any]) -> None:
        """Serve an ordered collection."""
        self.serve({"id": iri, "type": "OrderedCollection", "totalItems": len(items), "orderedItems": items})

    async def group_post(self, who: str, group: str, title: str, text: str, **terms: Any) -> Document:
        """A titled post in a group, here or elsewhere."""
        made = self.serve(self.titled(who, group, title, text, **terms))
        await self.into_group(group, await self.made("Create", who, made, group))
        return made

    def titled(self, who: str, group: str, title: str, text: str, **terms: Any) -> Document:
        """The post as this software writes it."""
        own = {"type": self.POST, "name": title, "audience": group, "to": [group, PUBLIC], "cc": []}
        return self.composed(who, text, **own | terms)

    async def comment(self, who: str, group: str, under: Document, text: str, **terms: Any) -> Document:
        """A comment under a post or comment in a group."""
        author = under["attributedTo"]
        own = {"type": "Note", "audience": group, "to": [PUBLIC], "cc": [group, author], "inReplyTo": under["id"]}
        made = self.serve(self.composed(who, text, **own | {"tag": [self.mention(author)]} | terms))
        await self.into_group(group, await self.made("Create", who, made, group))
        return made

    async def group_edit(self, post: Document, group: str, text: str, **terms: Any) -> Document:
        """Change a post in a group."""
        changed = self.serve(post | {"content": f"<p>{text}</p>", "updated": "2026-11-22T10:00:00Z"} | terms)
        await self.into_group(group, await self.made("Update", post["attributedTo"], changed, group))
        return changed

    async def group_delete(self, post: Document, group: str) -> Document:
        """The author deletes a post in a group."""
        self.documents[post["id"].removeprefix(self.base)] = 410
        return await self.into_group(group, await self.made("Delete", post["attributedTo"], post["id"], group))

    async def like_in(self, who: str, group: str, what: str, *, down: bool = False) -> Document:
        """A vote up or down: without `to`, as Lemmy and PieFed send it."""
        kind = "Dislike" if down else "Like"
        return await self.into_group(group, await self.made(kind, who, what, group, to=None, cc=None))

    async def moderate(self, kind: str, moderator: str, group: str, about: Any, **terms: Any) -> Document:
        """What a moderator does: Delete (with `summary`), Lock, Add, Remove, Block, Update ..."""
        return await self.into_group(group, await self.made(kind, moderator, about, group, **terms))

    async def take_back(self, activity: Document, group: str) -> Document:
        """Undo of something in a group."""
        undone = await self.made("Undo", activity["actor"], _bare(activity), group)
        return await self.into_group(group, undone)

    async def made(self, kind: str, actor: str, about: Any, group: str, **terms: Any) -> Document:
        """An activity in a group, not yet sent."""
        iri = about if isinstance(about, str) else about["id"]
        given = {"@context": self.CONTEXT, "id": self.activity_iri(kind, actor, iri), "type": kind, "actor": actor}
        given |= {"object": about, "to": [PUBLIC], "cc": [group], "audience": group} | terms
        return {name: value for name, value in given.items() if value is not None}

    async def into_group(self, group: str, activity: Document) -> Document:
        """To the group: one of ours here passes it on, another's is sent it. Returns the activity itself."""
        self.sent.append(activity)
        if group in self.keys:
            await self.announce(group, activity)
        else:
            await self.deliver(activity)
        return activity

    async def announce(self, group: str, activity: Document) -> Document:
        """The group passes an activity on to its followers."""
        given = {"to": [PUBLIC], "cc": [f"{group}/followers"]}
        return await self.act("Announce", group, _bare(activity), **given)

    async def hear(self, activity: Document) -> None:
        """A group passes on what concerns it (never another Announce)."""
        await super().hear(activity)
        group = activity.get("audience")
        group = group[0] if isinstance(group, list) else group
        if isinstance(group, str) and group in self.moderators and activity["type"] not in {"Announce", "Follow"}:
            await self.announce(group, activity)
