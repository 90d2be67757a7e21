"""Ways to spoil a document, and the bytes that it is written in."""

import json
from collections.abc import Callable
from typing import Any

from tests.fuzz.drawing import Drawing
from tests.fuzz.materials import AS, CONTEXTS, KINDS, VERBS


def _wrong_type(bodies: Drawing, document: dict[str, Any]) -> None:
    here, name = bodies.place(document)
    here[name] = bodies.value()


def _new_field(bodies: Drawing, document: dict[str, Any]) -> None:
    here, _ = bodies.place(document)
    names = [
        "to",
        "cc",
        "bto",
        "bcc",
        "audience",
        "target",
        "tag",
        "attachment",
        "replies",
        "url",
        "icon",
        "image",
        "endTime",
        "oneOf",
        "anyOf",
        "closed",
        "votersCount",
        "summary",
        "nameMap",
        "contentMap",
        "source",
        "inReplyTo",
        "quoteUrl",
        "quote",
        "interactionPolicy",
        "context",
        "instrument",
        "result",
        "origin",
        "items",
        "orderedItems",
        "movedTo",
        "alsoKnownAs",
        "publicKey",
        "assertionMethod",
        "endpoints",
        "proof",
        "signature",
        "published",
        "updated",
        "duration",
        "sensitive",
        "language",
    ]
    here[bodies.random.choice(names)] = bodies.value(3)


def _left_out(bodies: Drawing, document: dict[str, Any]) -> None:
    here, name = bodies.place(document)
    del here[name]
    document.setdefault("type", "Create")


def _other_verb(bodies: Drawing, document: dict[str, Any]) -> None:
    document["type"] = bodies.random.choice(
        (*VERBS, [bodies.random.choice(VERBS), "Create"], "as:Create", f"{AS}#Like")
    )


def _other_kind(bodies: Drawing, document: dict[str, Any]) -> None:
    if isinstance(document.get("object"), dict):
        document["object"]["type"] = bodies.random.choice(KINDS + VERBS)


def _wrapped(bodies: Drawing, document: dict[str, Any]) -> None:
    inner = {name: value for name, value in document.items() if name != "@context"}
    document["object"] = inner
    document["type"] = bodies.random.choice(("Announce", "Undo", "Accept", "Reject", "Create", "Update", "Delete"))


def _about_ours(bodies: Drawing, document: dict[str, Any]) -> None:
    if bodies.world.ours:
        document[bodies.random.choice(("object", "target", "to", "cc"))] = bodies.random.choice(bodies.world.ours)


def _swapped(bodies: Drawing, document: dict[str, Any]) -> None:
    other = bodies.random.choice(bodies.corpus)
    document["object"] = json.loads(json.dumps(other.get("object")))


def _hostile_context(bodies: Drawing, document: dict[str, Any]) -> None:
    document["@context"] = bodies.random.choice(CONTEXTS)


def _deep(bodies: Drawing, document: dict[str, Any]) -> None:
    here, name = bodies.place(document)
    value: Any = "x"
    for _ in range(bodies.random.choice((5, 15, 25, 30, 33, 60, 300))):
        value = [value] if bodies.random.random() < 0.5 else {bodies.random.choice(("object", "a", "items")): value}
    here[name] = value


def _wide(bodies: Drawing, document: dict[str, Any]) -> None:
    here, name = bodies.place(document)
    count = bodies.random.choice((50, 1000, 5000, 19_000, 30_000))
    form = bodies.random.randrange(3)
    if form == 0:
        here[name] = [f"{bodies.world.base}/users/{n}" for n in range(count)]
    elif form == 1:
        here[name] = {f"k{n}": n for n in range(count)}
    else:
        here[name] = [{"type": "Mention", "href": f"{bodies.world.base}/users/{n}"} for n in range(count // 3)]


def _keywords(bodies: Drawing, document: dict[str, Any]) -> None:
    for name in ("type", "id", "actor", "object"):
        if name in document and bodies.random.random() < 0.6:
            document[("@" if name in {"type", "id"} else "as:") + name] = document.pop(name)


CHANGES: list[Callable[[Drawing, dict[str, Any]], None]] = [
    *[_wrong_type] * 4,
    *[_new_field] * 3,
    *(_left_out, _other_verb, _other_verb, _other_kind, _wrapped, _about_ours, _about_ours, _swapped),
    *(_hostile_context, _deep, _wide, _keywords),
]


def _truncated(bodies: Drawing, body: bytes) -> bytes:
    return body[: bodies.random.randrange(len(body))]


def _flipped(bodies: Drawing, body: bytes) -> bytes:
    spoilt = bytearray(body)
    for _ in range(bodies.random.choice((1, 1, 4, 40))):
        spoilt[bodies.random.randrange(len(spoilt))] = bodies.random.randrange(256)
    return bytes(spoilt)


def _twice(bodies: Drawing, body: bytes) -> bytes:
    name = bodies.random.choice(("id", "type", "actor", "object", "@context"))
    return b"{" + f'"{name}":{json.dumps(bodies.value(0))},'.encode("utf-8", "surrogatepass") + body[1:]


def _encoded(bodies: Drawing, body: bytes) -> bytes:
    form = bodies.random.randrange(5)
    if form == 0:
        return body.decode("utf-8", "replace").encode("utf-16")
    if form == 1:
        return b"\xef\xbb\xbf" + body
    if form == 2:
        return body.replace(b'"', b'"\xff\xfe', 3)
    if form == 3:
        return body.replace(b"a", b"\xc0\xe1", 3)
    return b"\x1f\x8b\x08" + body


def _literals(bodies: Drawing, body: bytes) -> bytes:
    odd = bodies.random.choice(
        (b"NaN", b"Infinity", b"-0", b"1e999999", b"9" * 5000, b"0x10", b"01", b"\\u0000", b'"\\ud800"')
    )
    return body.replace(b"null", odd, 1) if b"null" in body else body[:-1] + b',"odd":' + odd + b"}"


def _nested(bodies: Drawing, body: bytes) -> bytes:
    depth = bodies.random.choice((31, 40, 5000, 200_000))
    return body[:-1] + b',"deep":' + b"[" * depth + b"]" * bodies.random.choice((depth, 0)) + b"}"


def _joined(bodies: Drawing, body: bytes) -> bytes:
    return bodies.random.choice(
        (body + body, b"[" + body + b"]", b'"' + body + b'"', b"", b"{}", b"null", b" " * 900_000 + body)
    )


SPOILS: list[Callable[[Drawing, bytes], bytes]] = [_truncated, _flipped, _twice, _encoded, _literals, _nested, _joined]
