"""A memory with a bound: what was used longest ago goes first. For one event loop; holds nothing that must not be lost."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Keeps values up to `most` units of weight; the caller says what each weighs (bytes, say)."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, which now counts as just used."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """Keep a value; forget the oldest ones until all fit."""
        old = self._kept.pop(key, None)
        if old is not None:
            self._weight -= old[1]
        self._kept[key] = (value, weight)
        self._weight += weight
        while self._weight > self._most and self._kept:
            _, (_, gone) = self._kept.popitem(last=False)
            self._weight -= gone

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def weight(self) -> int:
        """What all kept values weigh together."""
        return self._weight
