"""Moments and spans of time as policies write them: RFC 3339, ISO 8601, and `30 days`."""

import re
from datetime import UTC, date, datetime, time
from typing import Any

LATEST = 32_503_680_000_000  # the year 3000
_SPAN = re.compile(
    r"P(?:(?P<w>\d{1,4})W|(?:(?P<d>\d{1,5})D)?(?:T(?P<h>\d{1,6})H)?)|(?P<n>\d{1,6}) ?(?P<unit>hour|day|week)s?"
)
HOURS = {"hour": 1, "day": 24, "week": 168}


def hours(value: Any) -> int | None:
    """A span in hours: `72 hours`, `365 days`, or ISO 8601 in weeks, days and hours. None for anything else."""
    found = _SPAN.fullmatch(value) if isinstance(value, str) and value.isascii() and len(value) < 30 else None
    if found is None or value in {"P", "PT"} or value.endswith("T"):
        return None
    if found["n"]:
        return int(found["n"]) * HOURS[found["unit"]]
    return int(found["w"] or 0) * 168 + int(found["d"] or 0) * 24 + int(found["h"] or 0)


def moment(at: int) -> str:
    """`2027-01-31T00:00:00Z`."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def millis(value: Any) -> int | None:
    """A moment in milliseconds, cut to whole seconds: RFC 3339 text, or what TOML reads. None for anything else."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if "T" in value and len(value) < 40 else None
        except ValueError:
            return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return None
    elif isinstance(value, date):
        value = datetime.combine(value, time(), UTC)
    else:
        return None
    try:
        found = int(value.timestamp()) * 1000
    except (OverflowError, ValueError):
        return None
    return found if 0 < found <= LATEST else None
