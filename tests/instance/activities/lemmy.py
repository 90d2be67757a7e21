"""A pretend Lemmy: a community with a moderator and an author, its documents and activities as Lemmy's own fixtures have them."""

from typing import Any

from tests.support.peer import AS, PUBLIC, Peer
from tests.support.world import Running, World

HOST = "lemmy.example"


class Lemmy:
    """https://lemmy.example: community `main`, moderated by `picard`; `data` writes there."""

    def __init__(self, world: World, host: str = HOST) -> None:
        self.world = world
        self.peer = Peer(world, host)
        self.base = self.peer.base
        self.picard, self.data = self.peer.actor("picard"), self.peer.actor("data")
        self.group = self.peer.actor("main", "Group")
        mine: dict[str, Any] = self.peer.documents["/users/main"]
        mine |= {"attributedTo": f"{self.group}/moderators", "featured": f"{self.group}/featured"}
        self.collection("moderators", [self.picard])
        self.collection("featured", [])
        self.collection("outbox", [])
        self.count = 0

    def collection(self, name: str, items: list[Any]) -> None:
        path = f"/users/main/{name}"
        made = {"@context": AS, "id": f"{self.group}/{name}", "type": "OrderedCollection"}
        self.peer.documents[path] = made | {"totalItems": len(items), "orderedItems": items}

    def page(self, number: int, title: str, author: str = "", **terms: Any) -> dict[str, Any]:
        """A post, served at its id."""
        author = author or self.data
        iri = f"{self.base}/post/{number}"
        made = {
            "type": "Page",
            "id": iri,
            "attributedTo": author,
            "to": [self.group, PUBLIC],
            "audience": self.group,
            "name": title,
            "content": f"<p>{title} body</p>",
            "mediaType": "text/html",
            "source": {"content": f"{title} body", "mediaType": "text/markdown"},
            "sensitive": False,
            "language": {"identifier": "de", "name": "Deutsch"},
            "published": f"2026-11-2{number % 10}T17:19:05.763109Z",
        } | terms
        self.peer.documents[f"/post/{number}"] = {"@context": AS} | made
        return made

    def does(self, kind: str, actor: str, about: Any, **terms: Any) -> dict[str, Any]:
        """An activity in the community."""
        self.count += 1
        host = actor.partition("://")[2].partition("/")[0]
        iri = f"https://{host}/activities/{kind.lower()}/{self.count}"
        given = {"id": iri, "type": kind, "actor": actor, "object": about, "audience": self.group}
        return given | terms

    def moderates(self, kind: str, about: Any, actor: str = "", **terms: Any) -> dict[str, Any]:
        """What a moderator does."""
        given = {"to": [PUBLIC], "cc": [self.group]} | terms
        return self.does(kind, actor or self.picard, about, **given)

    def announced(self, inner: Any) -> dict[str, Any]:
        self.count += 1
        iri = f"{self.base}/activities/announce/{self.count}"
        given = {"@context": AS, "id": iri, "type": "Announce", "actor": self.group, "object": inner}
        return given | {"to": [PUBLIC], "cc": [f"{self.group}/followers"]}

    async def announce(self, to: Running, inner: Any) -> None:
        """The community passes an activity on; all work is done."""
        assert (await self.peer.post(to, self.announced(inner))).status_code == 202
        await self.world.settle()

    async def say(self, to: Running, activity: dict[str, Any]) -> None:
        """An actor sends an activity itself."""
        assert (await self.peer.post(to, {"@context": AS} | activity)).status_code == 202
        await self.world.settle()

    async def accept(self, to: Running) -> None:
        """The community says yes to the Follow that came last."""
        asked = [one.body for one in self.peer.received if one.body["type"] == "Follow"][-1]
        inner = {name: value for name, value in asked.items() if name != "@context"}
        self.count += 1
        yes = {
            "id": f"{self.base}/activities/accept/{self.count}",
            "type": "Accept",
            "actor": self.group,
            "object": inner,
        }
        await self.say(to, yes)
