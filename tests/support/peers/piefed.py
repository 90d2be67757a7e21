"""A pretend PieFed (1.6): Lemmy's ways with its own terms, and a memory for ids that is older than its checks."""

import json
import secrets
from typing import Any, ClassVar
from urllib.parse import urlsplit

from tests.support.peer import AS, PUBLIC
from tests.support.peers.lemmy import Lemmy
from tests.support.peers.server import SECURITY, Document


class PieFed(Lemmy):
    """It keeps an activity's id before it verifies: what failed once is a duplicate afterwards."""

    SOFTWARE: ClassVar[str] = "piefed"
    VERSION: ClassVar[str] = "1.6.6"
    CONTEXT: ClassVar[Any] = [AS, SECURITY]
    COVERED: ClassVar[list[str]] = ["(request-target)", "host", "date", "digest", "content-type"]

    def __init__(self, world: Any, host: str = "") -> None:
        super().__init__(world, host)
        self.ids: set[str] = set()
        self.duplicates: list[str] = []

    def activity_iri(self, kind: str, actor: str, about: str) -> str:
        return f"{self.base}/activities/{kind.lower()}/{secrets.token_urlsafe(11)}"

    def make_instance_actor(self) -> str:
        return self.add(f"{self.base}/actor", "Application", self.host)

    def post_iri(self, author: str) -> str:
        return f"{self.base}/post/{next(self.number)}"

    def group(self, name: str = "support", moderators: list[str] | None = None, /, **terms: Any) -> str:
        iri = super().group(name, moderators, **{"privateMods": False, "newModsWanted": False, "genAI": False} | terms)
        self.documents[urlsplit(iri).path]["moderators"] = f"{iri}/moderators"
        return iri

    def composed(self, author: str, text: str, /, **terms: Any) -> Document:
        made = super().composed(author, text, **terms)
        policy = {"canQuote": {"automaticApproval": [PUBLIC]}}
        made |= {"published": "2026-11-21T10:00:00.123456+00:00"}
        if made["type"] == "Page":
            made |= {"nsfl": False, "genAI": False, "interactionPolicy": policy}
        else:
            made |= {"url": made["id"], "flair": "", "contentMap": {"en": made["content"]}}
        return made | terms

    async def accept(self, follow: Document) -> Document:
        """The Follow stands in the Accept with `to: null`."""
        self.followers[follow["object"]].add(follow["actor"])
        about = {name: follow[name] for name in ("id", "type", "actor", "object")} | {"to": None}
        return await self.act("Accept", follow["object"], about, to=[follow["actor"]])

    async def _signed(self, method: str, url: str, headers: dict[str, str], body: bytes) -> bool:
        if method == "POST":
            name = str(json.loads(body).get("id"))
            if name in self.ids:
                self.duplicates.append(name)
            self.ids.add(name)
        return await super()._signed(method, url, headers, body)

    async def hear(self, activity: Document) -> None:
        if activity.get("id") not in self.duplicates:
            await super().hear(activity)
