"""Hostile bodies for an inbox: recorded activities of other servers, spoilt in one to three of many ways."""

import json
from typing import Any

from tests.fuzz.drawing import Drawing, World
from tests.fuzz.spoiling import CHANGES, SPOILS

__all__ = ["Bodies", "World"]


class Bodies(Drawing):
    """An endless stream of (body, content type, label of what was done to it)."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world, seed)
        self.count = 0

    def next(self) -> tuple[bytes, str, str]:
        """One more body; most keep the signer as their actor, so that they get past the signature."""
        choose = self.random
        document = json.loads(json.dumps(choose.choice(self.corpus)))
        self.count += 1
        document["id"] = f"{self.world.signer}/fuzz/{choose.getrandbits(60)}"
        labels = []
        for _ in range(choose.choice((1, 1, 1, 2, 3))):
            change = choose.choice(CHANGES)
            labels.append(change.__name__.strip("_"))
            change(self, document)
        if choose.random() < 0.85:
            document["actor"] = self.world.signer
        body = self._written(document, labels)
        return body, self._type(), "+".join(labels)

    def _type(self) -> str:
        odd = ("application/ld+json", "application/json", "application/activity+json; charset=utf-16", "text/plain", "")
        return self.random.choice(odd) if self.random.random() < 0.03 else "application/activity+json"

    def _written(self, document: dict[str, Any], labels: list[str]) -> bytes:
        text = json.dumps(document, ensure_ascii=self.random.random() < 0.5)
        body = text.encode("utf-8", "surrogatepass")
        if self.random.random() < 0.3:
            spoil = self.random.choice(SPOILS)
            labels.append(spoil.__name__.strip("_"))
            body = spoil(self, body)
        return body[:1_100_000]
