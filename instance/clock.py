"""The only source of time: `now()` for rules (can be turned in tests and development), `wire()` for the real world."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

Millis = int
"""Milliseconds since 1970-01-01T00:00:00Z; how every time is stored and compared."""

SECOND: Millis = 1000
MINUTE: Millis = 60 * SECOND
HOUR: Millis = 60 * MINUTE
DAY: Millis = 24 * HOUR
EARLIEST: Millis = -30_610_224_000_000  # the year 1000
LATEST: Millis = 253_370_764_799_999  # the end of the year 9998


@dataclass(slots=True)
class Clock:
    """A clock for rules, `offset` milliseconds away from the real one (0 in production)."""

    offset: Millis = 0

    def now(self) -> Millis:
        """The time by which rules are judged, in milliseconds, UTC."""
        return self.wire() + self.offset

    def wire(self) -> Millis:
        """The real time, for Date headers, TLS and leases, in milliseconds, UTC."""
        return time.time_ns() // 1_000_000

    def turn(self, by: Millis) -> None:
        """Move the clock of rules by so many milliseconds (tests and development)."""
        self.offset += by


def iso(at: Millis) -> str:
    """A time as the wire and the client API write it: `2026-11-22T09:00:00.000Z`."""
    return as_datetime(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


def as_datetime(at: Millis) -> datetime:
    """An aware datetime in UTC; of times that no calendar has, the nearest that every zone's has."""
    return datetime.fromtimestamp(min(max(at, EARLIEST), LATEST) / 1000, UTC)


def monotonic() -> float:
    """Seconds for time-outs and intervals; never goes backwards."""
    return time.monotonic()
