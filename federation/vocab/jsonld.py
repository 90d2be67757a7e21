"""JSON-LD for documents that rename the terms we read: pyld behind limits, with contexts that we ship, never a network.

SECURITY no. 10: a context chosen by a stranger is never loaded. Most documents don't come here: see `needs_processing`.
The limits come before pyld, which a small hostile document can keep busy for long (docs/subsystems/federation.md).
"""

from functools import cache
from importlib import import_module
from typing import Any

from federation.errors import MalformedError
from federation.vocab.terms import ACTIVITYSTREAMS

Document = dict[str, Any]

AS = ACTIVITYSTREAMS + "#"
MOST_INLINE, MOST_TERMS, MOST_VALUES = 16, 200, 1000
PROOFS = frozenset({"proof", "signature"})
FORBIDDEN = frozenset({"@import", "@included", "@context", "@propagate", "@nest", "@reverse"})


def needs_processing(document: Document) -> bool:
    """Whether a document writes terms otherwise than ActivityStreams' own: an inline context gives a term that we read another
    meaning, or one of ours another name; or keys are keywords (`@type`), prefixed (`as:actor`) or whole IRIs."""
    inline = [item for item in _listed(document.get("@context")) if isinstance(item, dict)]
    prefixes = {"as": AS}
    for item in inline:
        prefixes |= {name: iri for name, iri in item.items() if isinstance(iri, str)}
    if any(_renames(name, meaning, prefixes) for item in inline for name, meaning in item.items()):
        return True
    return _has_long_names(document, tuple(f"{name}:" for name, iri in prefixes.items() if iri == AS))


def _has_long_names(document: Document, prefixes: tuple[str, ...]) -> bool:
    """Whether a key anywhere, or the type of the document itself, is a keyword or an IRI, whole or prefixed."""
    types = _listed(document.get("type"))
    long = ("@", AS, *prefixes)
    if any(isinstance(kind, str) and ":" in kind and kind.startswith(long[1:]) for kind in types):
        return True
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += [item for item in value if isinstance(item, dict | list)]
            continue
        for name, item in value.items():
            if (":" in name or name[:1] == "@") and name.startswith(long):
                if name != "@context":
                    return True
            elif isinstance(item, dict | list):
                waiting.append(item)
    return False


def _renames(name: str, meaning: Any, prefixes: dict[str, str]) -> bool:
    iri = meaning.get("@id") if isinstance(meaning, dict) else meaning
    if name.startswith("@") or not isinstance(iri, str):
        return name in {"@vocab", "@base"}
    if iri.startswith("@"):
        return name.lstrip("@") != iri.lstrip("@")
    prefix, mark, rest = iri.partition(":")
    if mark and not rest.startswith("//") and prefix in prefixes:
        iri = prefixes[prefix] + rest
    if iri.startswith(AS):
        return bool(iri[len(AS) :]) and name != iri[len(AS) :]
    return name in READ


# ActivityStreams' own terms: an inline context that means something else by one of them is to be taken at its word.
READ = frozenset(
    [
        "actor",
        "object",
        "target",
        "to",
        "cc",
        "bto",
        "bcc",
        "audience",
        "attributedTo",
        "content",
        "name",
        "summary",
        "inReplyTo",
        "published",
        "updated",
        "tag",
        "url",
        "attachment",
        "icon",
        "image",
        "href",
        "mediaType",
        "replies",
        "oneOf",
        "anyOf",
        "closed",
        "endTime",
        "totalItems",
        "preferredUsername",
        "inbox",
        "outbox",
        "followers",
        "following",
        "endpoints",
        "sharedInbox",
        "formerType",
        "deleted",
        "items",
        "orderedItems",
        "first",
        "next",
    ]
)


def compacted(document: Document) -> Document:
    """The document in our own terms. Raises MalformedError for what is beyond the limits or no JSON-LD.

    Proofs and signatures within are left out: they would not hold any more.
    """
    document = _without_strange_parts(document)
    document = {name: _plain(value, name) for name, value in document.items() if name not in PROOFS}
    _check(document)
    found = _processor().compact(document)
    if not isinstance(found, dict) or "@graph" in found:
        raise MalformedError("that JSON-LD is not one object")
    return found


@cache
def _processor() -> Any:
    """pyld takes 6 MB and few instances ever need it: loaded by the first document that does (DECISIONS 9)."""
    return import_module("federation.vocab.processor")


def _without_strange_parts(document: Document, depth: int = 2) -> Document:
    """The document without attachments and tags that speak in a context of their own: recipes, credentials. The rest is read."""
    kept = dict(document)
    for name in ("attachment", "tag"):
        if isinstance(kept.get(name), dict | list):
            kept[name] = [one for one in _listed(kept[name]) if not (isinstance(one, dict) and "@context" in one)]
    if depth and isinstance(kept.get("object"), dict):
        kept["object"] = _without_strange_parts(kept["object"], depth - 1)
    return kept


def _plain(value: Any, name: str = "") -> Any:
    """A value without the contexts within it that give no term another meaning: what others wrote is embedded with its own."""
    if name == "@context":
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {one: _plain(item, one) for one, item in value.items() if one not in PROOFS}
    if "@context" in kept and not needs_processing({"@context": kept["@context"]}):
        del kept["@context"]
    return kept


def _check(document: Document) -> None:
    """Limits on contexts; one inside another, or one inside the document that has terms of its own, is refused."""
    given = _listed(document.get("@context"))
    inline = [item for item in given if isinstance(item, dict)]
    if len(given) > MOST_INLINE * 2 or len(inline) > MOST_INLINE or sum(map(len, inline)) > MOST_TERMS:
        raise MalformedError("too many terms of its own")
    waiting: list[Any] = [value for name, value in document.items() if name != "@context"] + inline
    seen = 0
    while waiting:
        value = waiting.pop()
        seen += 1
        if seen > MOST_VALUES:
            raise MalformedError("too long for a document with terms of its own")
        if isinstance(value, dict):
            if FORBIDDEN & value.keys():
                raise MalformedError("contexts within the document are not read")
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
