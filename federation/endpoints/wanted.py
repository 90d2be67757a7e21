"""What a request would rather have (RFC 9110 §12.5.1): a page for people, or the object behind it."""

import re
from collections.abc import Mapping

PAGES = ("text/html", "application/xhtml+xml")
OBJECTS = ("application/activity+json", "application/ld+json", "application/json")
LONGEST = 1000
_ITEM = re.compile(r'(?:[^,"]|"[^"]*")+')
_WEIGHT = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)", re.ASCII | re.IGNORECASE)


def wants_page(headers: Mapping[str, str]) -> bool:
    """Whether HTML is named, and no type of ours is wanted as much before it or more. Who signs wants the object."""
    page, ours = _best(headers, PAGES), _best(headers, OBJECTS)
    return page > (0.0, 0) and page > ours and "signature" not in headers


def wants_object(headers: Mapping[str, str]) -> bool:
    """Whether a type of ours is named and wanted more than HTML."""
    page, ours = _best(headers, PAGES), _best(headers, OBJECTS)
    return ours[0] > 0 and ours > page


def _best(headers: Mapping[str, str], names: tuple[str, ...]) -> tuple[float, int]:
    """The greatest weight that one of these types has, and where it is named (the earlier, the greater)."""
    found = [(0.0, 0)]
    for at, item in enumerate(_ITEM.findall(headers.get("accept", "")[:LONGEST])):
        name, _, parameters = item.partition(";")
        if name.strip().lower() in names:
            weight = _WEIGHT.search(f";{parameters}")
            found.append((float(weight[1]) if weight else 1.0, -at))
    return max(found)
