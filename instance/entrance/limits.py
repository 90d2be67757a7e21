"""Rate limits by address, in this process's memory: guessing passwords and flooding the API become slow.

A window is fixed, not sliding: cheap, and what apps expect of X-RateLimit headers. Each of `--workers N` counts alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

WINDOW_SECONDS = 300
MOST_COUNTERS = 50_000


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` requests of one kind from one household in a window."""

    name: str
    most: int


GUESSING = Limit("guessing", 30)
API = Limit("api", 1500)

# POST to these tries a password, a code or a one-time link, or makes an account.
_GUESSED = (
    "/auth/",
    "/oauth/token",
    "/oauth/authorize",
    "/sign-up",
    "/invite/",
    "/setup/",
    "/link/",
    "/settings/password",
    "/settings/second-factor",
    "/settings/recovery-card",
    "/settings/delete",
)


def limit_of(method: str, path: str) -> Limit | None:
    """Which limit a request counts against; None for pages, media and federation (there each activity has its bounds)."""
    if method == "POST" and (path.startswith(_GUESSED) or path == "/api/v1/accounts"):
        return GUESSING
    return API if path.startswith("/api/") else None


@dataclass(slots=True)
class Count:
    """What is left of a window."""

    limit: int
    remaining: int
    seconds_left: float
    refused: bool


class Limits:
    """Counters of the running windows; memory is bounded."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._counters: dict[tuple[str, str], tuple[float, int]] = {}

    def count(self, limit: Limit, who: str) -> Count:
        """Count one request of `who`."""
        now = self._monotonic()
        start, used = self._counters.get((limit.name, who), (now, 0))
        if now - start >= WINDOW_SECONDS:
            start, used = now, 0
        if used == 0:
            self._make_room(now)
            self._counters.pop((limit.name, who), None)  # to the end: the dictionary stays in order of age
        self._counters[limit.name, who] = (start, used + 1)
        left = max(limit.most - used - 1, 0)
        return Count(limit.most, left, start + WINDOW_SECONDS - now, used >= limit.most)

    def _make_room(self, now: float) -> None:
        while self._counters:
            oldest = next(iter(self._counters))
            if now - self._counters[oldest][0] < WINDOW_SECONDS and len(self._counters) < MOST_COUNTERS:
                return
            del self._counters[oldest]
