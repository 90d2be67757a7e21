"""Times as the wire writes them, to and from milliseconds since 1970 UTC."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EARLIEST, LATEST = -30_610_224_000_000, 253_370_764_799_999
"""From the year 1000 to the year 9998: what every zone's clock shows, and what every parser reads back."""

_TWO_ZONES = re.compile(r"([+-][0-9]{2}:?[0-9]{2})Z", re.I)
_NAMED_ZONE = re.compile(r" ?(?:UTC|GMT|Z)", re.I)


def write(at: int) -> str:
    """`2026-11-22T09:00:00Z`, whole seconds: what every peer's parser reads."""
    return datetime.fromtimestamp(min(max(at, EARLIEST), LATEST) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(value: object) -> int | None:
    """An xsd:dateTime, or what servers write in its place: two zones, a zone by name, the form of mails; the first of a list.

    None for anything else, and for years that no clock shows.
    """
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = _moment(value.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        at = int(moment.timestamp() * 1000)
    except (ValueError, OverflowError, TypeError):
        return None
    return at if EARLIEST <= at <= LATEST else None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        if text[:1].isalpha():
            return parsedate_to_datetime(text)
        clean = _TWO_ZONES.sub(r"\1", text)
        return datetime.fromisoformat(_NAMED_ZONE.sub("+00:00", clean) if clean == text else clean)
