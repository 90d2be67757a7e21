"""Times as people read them: in their own zone, with the zone's name."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_time, get_timezone_name
from markupsafe import Markup, escape

from instance.clock import Millis, as_datetime, iso
from instance.i18n import babel_locale

UTC = "UTC"


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC where the machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(UTC)


def when(at: Millis, zone: str = UTC) -> Markup:
    """A moment as `<time>`: date and time in the zone, and the zone's name."""
    locale, moment = babel_locale(), as_datetime(at).astimezone(zone_of(zone))
    date = format_date(moment, format="medium", locale=locale)
    clock = format_time(moment, format="short", locale=locale)
    named = get_timezone_name(moment, width="short", locale=locale)
    full = format_datetime(moment, format="full", locale=locale)
    words = escape(f"{date}, {clock} {named}")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso(at), full, words)


def day(at: Millis, zone: str = UTC) -> Markup:
    """A day as `<time>`."""
    moment = as_datetime(at).astimezone(zone_of(zone))
    text = format_date(moment, format="long", locale=babel_locale())
    return Markup('<time datetime="{}">{}</time>').format(moment.date().isoformat(), text)
