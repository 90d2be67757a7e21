"""Small readers that take one value in the many forms that servers write it in (docs/subsystems/federation.md)."""

import html
import re
from typing import Any
from urllib.parse import quote

from federation.vocab.iris import LONGEST, PUBLIC, PUBLIC_ALIASES, is_iri
from federation.vocab.types import Key

WIDEST = 1000  # items of a list that are read
# Lengths of single fields (characters), numbers of what one document may hold: more is not read.
MOST_NAME, MOST_TITLE, MOST_SUMMARY, MOST_CONTENT, MOST_ALT = 500, 1000, 20_000, 500_000, 10_000
MOST_TAGS, MOST_FILES, MOST_OPTIONS, MOST_MENTIONS, MOST_LINKS = 200, 50, 50, 100, 10

_PREFIXES = ("as:", "toot:", "schema:", "https://www.w3.org/ns/activitystreams#", "http://joinmastodon.org/ns#")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_TO_ESCAPE = re.compile(r'["<>`]|[^\x00-\x7f]')
_WHOLE = re.compile(r"[0-9]{1,10}")
_NO_LANGUAGE = frozenset({"und", "zxx", "mul", "mis"})


def text(value: Any, most: int = 1_000_000) -> str:
    """A string, or '' for anything else."""
    return value[:most] if isinstance(value, str) else ""


def listed(value: Any) -> list[Any]:
    """One value, a list of values, or none: as a list."""
    if value is None:
        return []
    return value[:WIDEST] if isinstance(value, list) else [value]


def iri(value: Any) -> str:
    """An IRI given as a string, as an object with `id` or `href`, or as a list of those; '' where there is none."""
    for item in listed(value):
        found = item.get("id") or item.get("href") if isinstance(item, dict) else item
        if is_iri(found):
            return str(found)
    return ""


def iris(value: Any) -> list[str]:
    """All IRIs of a value; Public in one spelling, each once, in order."""
    found: dict[str, None] = {}
    for item in listed(value):
        name = item.get("id") or item.get("href") if isinstance(item, dict) else item
        if isinstance(name, str) and name in PUBLIC_ALIASES:
            found[PUBLIC] = None
        elif isinstance(name, str) and is_iri(name):
            found[name] = None
    return list(found)


def type_of(document: dict[str, Any], known: frozenset[str] = frozenset()) -> str:
    """The type; of several the first that is known, else the first."""
    names = [name for name in listed(document.get("type")) if isinstance(name, str)]
    best = next((name for name in names if name in known), names[0] if names else "")
    return unprefixed(best)[:80]


def unprefixed(name: str) -> str:
    """A term without the prefix that some servers leave on it."""
    return next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)


def flag(value: Any) -> bool:
    """Yes or no, also as a number or as text."""
    return str(value).strip().lower() in {"true", "1"} if isinstance(value, bool | int | str) else False


def words(document: dict[str, Any], term: str, most: int = MOST_CONTENT) -> str:
    """`content`, `name` or `summary`; from the language map where the plain term is missing or empty."""
    plain: str = next((value for value in listed(document.get(term)) if isinstance(value, str) and value), "")
    if plain:
        return text(plain, most)
    by_language = document.get(f"{term}Map")
    if isinstance(by_language, dict):
        return next((text(value, most) for value in by_language.values() if isinstance(value, str)), "")
    return ""


def language(document: dict[str, Any]) -> str:
    """The language of the words: that of the map's entry that is shown, or said by `language`, `inLanguage`, the context."""
    for term in ("content", "summary", "name"):
        by_language = document.get(f"{term}Map")
        if isinstance(by_language, dict) and by_language:
            shown = [name for name, value in by_language.items() if value == document.get(term)]
            found = _tag((shown or list(by_language))[0])
            if found:
                return found
    given = document.get("language") or document.get("inLanguage")
    if isinstance(given, dict):  # Lemmy: {"identifier": "de", "name": "Deutsch"}
        given = given.get("identifier")
    inline = (item.get("@language") for item in listed(document.get("@context")) if isinstance(item, dict))
    return _tag(given) or next((found for found in map(_tag, inline) if found), "")


def _tag(value: Any) -> str:
    """A language tag, the language itself in lower case; '' for what is none or says that it is not known."""
    if not isinstance(value, str) or len(value) > 16 or not _LANGUAGE.fullmatch(value):
        return ""
    main, mark, more = value.partition("-") if "-" in value else value.partition("_")
    return "" if value.lower() in _NO_LANGUAGE else main.lower() + mark.replace("_", "-") + more


def link(value: Any, wanted: str = "text/html") -> tuple[str, str]:
    """(address, media type) of a `url`: a string, a Link, an object with `url`, or a list, the wanted type first."""
    found: list[tuple[str, str]] = []
    for item in listed(value):
        if isinstance(item, dict):
            inner = item.get("href") or item.get("url")
            for one in listed(inner)[:MOST_LINKS]:  # an object around a Link: no deeper
                nested = one.get("href") if isinstance(one, dict) else one
                mime = media_type(item) or (media_type(one) if isinstance(one, dict) else "")
                found.append((text(nested, LONGEST + 1), mime))
        elif isinstance(item, str):
            found.append((item[: LONGEST + 1], ""))
    found = [(_unescaped(address), mime) for address, mime in found if is_iri(_unescaped(address))]
    untyped = next((pair for pair in found if not pair[1]), found[0] if found else ("", ""))
    return next((pair for pair in found if pair[1].startswith(wanted)), untyped)


def media_type(document: dict[str, Any]) -> str:
    """`mediaType`; Funkwhale and Prismo call it `mimeType`."""
    return text(document.get("mediaType") or document.get("mimeType"), 80)


def _unescaped(address: str) -> str:
    """WordPress writes `&` in addresses as HTML does; spaces around and letters beyond ASCII are others' habits.

    What could end an attribute of HTML is escaped: not everybody who is shown an address is as careful with it as we are.
    """
    address = html.unescape(address.strip()) if "&" in address else address.strip()
    return _TO_ESCAPE.sub(lambda found: quote(found[0]), address)


def count(value: Any) -> int:
    """A count, also as text; of a collection its `totalItems`; 0 for anything else."""
    if isinstance(value, dict):
        value = value.get("totalItems")
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0


def size(value: Any) -> int | None:
    """A width or height in pixels."""
    return count(value) or None


def keys(document: dict[str, Any]) -> list[Key]:
    """Public keys: `publicKey` (security v1) and `assertionMethod` (Multikey, FEP-521a)."""
    found: list[Key] = []
    for item in listed(document.get("publicKey"))[:10]:
        if isinstance(item, dict) and is_iri(item.get("id")):
            pem = text(item.get("publicKeyPem"), 10_000)
            found.append(Key(id=item["id"], owner=iri(item.get("owner")), pem=pem))
    for item in listed(document.get("assertionMethod"))[:10]:
        if isinstance(item, dict) and is_iri(item.get("id")):
            multibase = text(item.get("publicKeyMultibase"), 500)
            found.append(Key(id=item["id"], owner=iri(item.get("controller")), multibase=multibase))
    return found
