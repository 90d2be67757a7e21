"""Small readers that take one value in the many forms that servers write it in (docs/subsystems/federation.md)."""

from typing import Any

from federation.vocab.iris import LONGEST, PUBLIC, PUBLIC_ALIASES, is_iri
from federation.vocab.types import Key

WIDEST = 1000  # items of a list that are read


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
    return best.removeprefix("as:")[:80]


def words(document: dict[str, Any], term: str) -> str:
    """`content`, `name` or `summary`; from the language map where the plain term is missing."""
    if isinstance(document.get(term), str):
        return text(document[term])
    by_language = document.get(f"{term}Map")
    if isinstance(by_language, dict):
        return next((value for value in by_language.values() if isinstance(value, str)), "")
    return ""


def language(document: dict[str, Any]) -> str:
    """The language of the words, where it says one and one only."""
    for term in ("contentMap", "summaryMap", "nameMap"):
        by_language = document.get(term)
        if isinstance(by_language, dict) and len(by_language) == 1:
            return text(next(iter(by_language)), 16)
    given = document.get("language")  # Lemmy: {"identifier": "de", "name": "Deutsch"}
    return text(given.get("identifier"), 16) if isinstance(given, dict) else ""


def link(value: Any, wanted: str = "text/html") -> tuple[str, str]:
    """(address, media type) of a `url`: a string, a Link, an object with `url`, or a list, the wanted type first."""
    found: list[tuple[str, str]] = []
    for item in listed(value):
        if isinstance(item, dict):
            inner = item.get("href") or item.get("url")
            address = inner if isinstance(inner, str) else link(inner, wanted)[0]
            found.append((address, text(item.get("mediaType"), 80)))
        elif isinstance(item, str):
            found.append((item, ""))
    found = [(address, mime) for address, mime in found if len(address) <= LONGEST and is_iri(address)]
    return next((pair for pair in found if pair[1].startswith(wanted)), found[0] if found else ("", ""))


def count(value: Any) -> int:
    """A count; of a collection its `totalItems`; 0 for anything else."""
    if isinstance(value, dict):
        value = value.get("totalItems")
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
