"""What hangs on an object or actor: tags, files, links, fields, polls, when and where an event is."""

import html
import math
import re
from typing import Any
from urllib.parse import urljoin

from federation.vocab import times
from federation.vocab.reading import (
    MOST_ALT,
    MOST_FILES,
    MOST_LINKS,
    MOST_MENTIONS,
    MOST_NAME,
    MOST_OPTIONS,
    MOST_TAGS,
    count,
    flag,
    iri,
    link,
    listed,
    media_type,
    size,
    text,
    type_of,
    words,
)
from federation.vocab.types import Attachment, Happening, Link, Poll, Tag

Document = dict[str, Any]
MOST_FIELDS = 20
LONGEST_PLACE = 300

_INLINE = re.compile(r"<img\b[^<>]{1,4000}>", re.I)
_ATTRIBUTE = re.compile(
    r"""(?<![\w-])([a-z-]{1,30})\s*=\s*(?:"([^"]{0,3000})"|'([^']{0,3000})'|([^\s"'>]{1,3000}))""", re.I
)
_SMALL = 64
"""Pictures in the text that are said to be no larger (pixels) stand for a word: emoji, icons."""
_UNSEEN = re.compile(r"\.(?:svgz?|tiff?|eps|bmp|ico|hei[cf]|jxl|psd)(?:\?|$)", re.I)
"""Kinds of pictures that we don't show: a link to them says more than a broken picture."""
_UNSEEN_TYPES = (
    "image/svg",
    "image/tiff",
    "image/x-icon",
    "image/x-ms-bmp",
    "image/vnd.",
    "image/bmp",
    "image/hei",
    "image/jxl",
)
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:\?|$)", re.I)
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,120}")
_MAIN = frozenset({"image", "video", "audio"})
_OWN_FILE = {"Image": "image/", "Video": "video/", "Audio": "audio/"}
_ADDRESS = ("name", "streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry")


def fields(document: Document) -> list[tuple[str, str]]:
    """The fields of a profile."""
    items = [item for item in listed(document.get("attachment")) if isinstance(item, dict)]
    values = [item for item in items if type_of(item) == "PropertyValue"][:MOST_FIELDS]
    return [(text(item.get("name"), MOST_NAME), text(item.get("value"), 5000)) for item in values]


def tags(document: Document) -> list[Tag]:
    """Mentions, hashtags, emoji, each once; of Mentions so many at most."""
    found: dict[tuple[str, str, str], Tag] = {}
    mentions = 0
    for item in listed(document.get("tag"))[:MOST_TAGS]:
        if not isinstance(item, dict):
            continue
        made = Tag(
            type=type_of(item),
            href=iri(item.get("href")),
            name=text(item.get("name"), MOST_NAME),
            icon=link(item.get("icon"), "image/")[0],
        )
        mentions += made.type == "Mention"
        if made.type != "Mention" or mentions <= MOST_MENTIONS:
            found.setdefault((made.type, made.href, made.name), made)
    return list(found.values())


def attachments(document: Document, kind: str) -> list[Attachment]:
    """Files, each address once: attached ones, the picture of a page, the file that a Video, Audio or Image is itself;
    where none of these is a picture, those that stand in its text."""
    given = [*listed(document.get("attachment")), *listed(document.get("image"))][:MOST_FILES]
    made = [_file(item) for item in given if isinstance(item, dict) and not _is_link(item)]
    made += [_file({"type": "Image", "url": item}) for item in listed(document.get("image")) if isinstance(item, str)]
    made += [_own_file(document, kind), _still(document, kind)]
    if not any(one is not None and one.kind == "image" for one in made):
        made += inline(document)
    found: dict[str, Attachment] = {}
    for one in made:
        if one is not None:
            found.setdefault(one.url, one)
    return list(found.values())[:MOST_FILES]


def inline(document: Document) -> list[Attachment | None]:
    """The pictures that stand in an object's own HTML: of blogs and forums that attach none. No emoji, no icons."""
    said = words(document, "content")
    if "<img" not in said.lower() or (media_type(document) or "text/html") != "text/html":
        return []
    icons = {link(item.get("icon"))[0] for item in listed(document.get("tag")) if isinstance(item, dict)}
    found = []
    for tag in _INLINE.findall(said)[:MOST_FILES]:
        given = {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag)}
        address = _joined(link(document.get("url"))[0] or iri(document.get("id")), given.get("src", "").strip())
        alt = given.get("alt", "")
        is_word = "emoji" in given.get("class", "").lower() or (alt.startswith(":") and alt.endswith(":"))
        if is_word or address in icons or any(0 < count(given.get(side)) <= _SMALL for side in ("width", "height")):
            continue
        found.append(_file({"type": "Image", "url": address, "name": alt}))
    return found


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address) if address else ""
    except ValueError:
        return ""


def _is_link(item: Document) -> bool:
    """A Link to a page (Lemmy), not to a picture."""
    kind = type_of(item)
    if kind == "PropertyValue":
        return True
    address, mime = link(item.get("href") or item.get("url"), "image/")
    mime = media_type(item) or mime
    if mime:
        return mime.partition("/")[0] not in _MAIN and kind in {"Link", "Page"}
    return kind in {"Link", "Page"} and not _PICTURE.search(address)


def _file(item: Document) -> Attachment | None:
    address, mime = link(item.get("url") or item.get("href"), "")
    if not address:
        return None
    mime = media_type(item) or mime
    blurhash = text(item.get("blurhash"), 200)
    return Attachment(
        kind=_kind(type_of(item), mime, address),
        url=address,
        mime=mime,
        name=words(item, "summary", MOST_ALT) or words(item, "name", MOST_ALT),  # `name` may be that of the file
        blurhash=blurhash if _BLURHASH.fullmatch(blurhash) else "",
        width=size(item.get("width")),
        height=size(item.get("height")),
        focus=_focus(item.get("focalPoint")),
    )


def _own_file(document: Document, kind: str) -> Attachment | None:
    """The file behind a Video, Audio or Image: the first of its own type among its addresses."""
    wanted = _OWN_FILE.get(kind)
    if wanted is None:
        return None
    address, mime = link(document.get("url"), wanted)
    if not mime.startswith(wanted) and not (kind == "Image" and _PICTURE.search(address)):
        return None
    return _file({"type": kind, "url": address, "mediaType": mime, "name": document.get("name")})


def _still(document: Document, kind: str) -> Attachment | None:
    """The largest picture that a Video (PeerTube: `icon`) or Audio gives of itself."""
    given = [item for item in listed(document.get("icon")) if isinstance(item, dict)]
    if kind not in {"Video", "Audio"} or not given:
        return None
    return _file({"type": "Image"} | max(given, key=lambda item: count(item.get("width"))))


def _kind(name: str, mime: str, address: str) -> str:
    main = mime.partition("/")[0].lower() or name.lower()
    if main not in _MAIN and not mime and _PICTURE.search(address):
        return "image"
    if main == "image" and (mime.lower().startswith(_UNSEEN_TYPES) or (not mime and _UNSEEN.search(address))):
        return "unknown"
    return main if main in _MAIN else "unknown"


def _focus(value: Any) -> tuple[float, float] | None:
    """`focalPoint`: two numbers from -1 to 1, also as text or as a JSON-LD list."""
    given = value.get("@list") if isinstance(value, dict) else value
    if not isinstance(given, list) or len(given) != 2:
        return None
    try:
        x, y = (float(item) for item in given if not isinstance(item, bool | list | dict | None))
    except (ValueError, OverflowError):
        return None
    return (x, y) if math.isfinite(x) and math.isfinite(y) and abs(x) <= 1 and abs(y) <= 1 else None


def links(document: Document) -> list[Link]:
    """Pages that an object leads to."""
    found: dict[str, Link] = {}
    for item in listed(document.get("attachment"))[:MOST_FILES]:
        if isinstance(item, dict) and _is_link(item):
            address, _ = link(item.get("href") or item.get("url"))
            if address:
                found.setdefault(address, Link(href=address, name=words(item, "name", MOST_NAME)))
    return list(found.values())[:MOST_LINKS]


def poll(document: Document) -> Poll | None:
    """The options of a Question. With both forms (Pleroma gives an empty one too) the one that has options counts."""
    multiple = bool(listed(document.get("anyOf"))) and not listed(document.get("oneOf"))
    given = listed(document.get("anyOf") if multiple else document.get("oneOf"))[:MOST_OPTIONS]
    options = [(words(item, "name", MOST_NAME), count(item.get("replies"))) for item in given if isinstance(item, dict)]
    options = [option for option in options if option[0].strip()]
    if not options:
        return None
    voters, ends = document.get("votersCount"), times.read(document.get("endTime"))
    closed = times.read(document.get("closed"))
    if closed is None and flag(document.get("closed")):  # only that it is, not since when
        closed = ends or times.read(document.get("updated") or document.get("published")) or 0
    return Poll(
        options=options,
        multiple=multiple,
        ends_at=ends if ends is not None else closed,
        closed_at=closed,
        voters=count(voters) if isinstance(voters, int | str | float) else None,
    )


def happening(document: Document) -> Happening | None:
    """When and where: Mobilizon, WordPress, Friendica, Gancio."""
    starts = times.read(document.get("startTime"))
    place = ", ".join(_place(item) for item in listed(document.get("location"))[:3] if _place(item))[:LONGEST_PLACE]
    if starts is None and not place:
        return None
    return Happening(starts_at=starts, ends_at=times.read(document.get("endTime")), place=place)


def _place(item: Any) -> str:
    """A Place in words: its name and address."""
    if isinstance(item, str):
        return item[:LONGEST_PLACE]
    if not isinstance(item, dict):
        return ""
    address = item.get("address")
    inner = address if isinstance(address, dict) else {}
    parts = [words(item, "name", MOST_NAME), text(address, LONGEST_PLACE)]
    parts += [text(inner.get(term), LONGEST_PLACE) for term in _ADDRESS]
    shown = ", ".join(dict.fromkeys(part.strip() for part in parts if part.strip()))
    return shown or link(item.get("url"))[0]
