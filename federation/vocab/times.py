"""Times as the wire writes them, to and from milliseconds since 1970 UTC."""

from datetime import UTC, datetime

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def write(at: int) -> str:
    """`2026-11-22T09:00:00Z`, whole seconds: what every peer's parser reads."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(value: object) -> int | None:
    """An xsd:dateTime; None for anything that is none, and for years that no clock shows."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
