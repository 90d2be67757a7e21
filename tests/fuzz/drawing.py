"""Draws by chance what hostile bodies are made of: any value, any place in a document, what other servers recorded."""

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fuzz.materials import IRIS, KINDS, NUMBERS, TEXTS, VERBS

RECORDED = Path(__file__).parents[1] / "federation" / "peers"


ORIGIN = re.compile(r"https?://[^/\"\s]+")


@dataclass(frozen=True)
class World:
    """What bodies may speak of: an actor that signs, others of its server, and IRIs of the instance under fire."""

    base: str
    signer: str
    ours: list[str]


def recorded(world: World) -> list[dict[str, Any]]:
    """Other servers' activities, as if they came from this world's signer."""
    found = []
    for path in sorted(RECORDED.glob("*.json")):
        document = json.loads(ORIGIN.sub(lambda match: _moved(match[0], world), path.read_text()))
        if isinstance(document, dict) and isinstance(document.get("type"), str) and "actor" in document:
            _speak_as(document, world)
            found.append(document)
    return found


def _moved(origin: str, world: World) -> str:
    return origin if origin.endswith(("w3.org", "w3id.org", "schema.org", "joinmastodon.org")) else world.base


def _speak_as(document: dict[str, Any], world: World) -> None:
    old = document["actor"] if isinstance(document["actor"], str) else ""
    document["actor"] = world.signer
    inner = document.get("object")
    if isinstance(inner, dict):
        for name in ("actor", "attributedTo"):
            if inner.get(name) == old:
                inner[name] = world.signer


class Drawing:
    """Choices that a seed decides."""

    def __init__(self, world: World, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = world
        self.corpus = recorded(world)

    def value(self, depth: int = 2) -> Any:
        """Anything that JSON can say."""
        choose = self.random
        kind = choose.randrange(12)
        if kind < 3:
            return choose.choice(TEXTS)
        if kind < 5:
            return choose.choice(NUMBERS)
        if kind < 8:
            return choose.choice((*IRIS, *self.world.ours, self.world.signer, f"{self.world.base}/users/other"))
        if kind == 8:
            return choose.choice((None, True, False))
        if kind == 9 and depth:
            return [self.value(depth - 1) for _ in range(choose.randrange(4))]
        if kind == 10 and depth:
            names = (
                "id",
                "type",
                "actor",
                "object",
                "name",
                "href",
                "content",
                "url",
                "items",
                "@type",
                "@id",
                "\0",
                "",
            )
            return {choose.choice(names): self.value(depth - 1) for _ in range(choose.randrange(5))}
        return choose.choice(KINDS + VERBS)

    def place(self, document: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """A field somewhere in a document."""
        here = document
        for _ in range(self.random.randrange(4)):
            inner = [value for value in here.values() if isinstance(value, dict) and value]
            inner += [
                item
                for value in here.values()
                if isinstance(value, list)
                for item in value
                if isinstance(item, dict) and item
            ]
            if not inner:
                break
            here = self.random.choice(inner)
        return here, self.random.choice(list(here))
