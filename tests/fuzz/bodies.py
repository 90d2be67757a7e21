"""Hostile bodies for an inbox: recorded activities of other servers, spoilt in one to three of many ways."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[1] / "federation" / "peers"
AS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS}#Public"
ORIGIN = re.compile(r"https?://[^/\"\s]+")

VERBS = [
    "Create",
    "Update",
    "Delete",
    "Undo",
    "Follow",
    "Accept",
    "Reject",
    "TentativeAccept",
    "TentativeReject",
    "Like",
    "EmojiReact",
    "Dislike",
    "Announce",
    "Block",
    "Flag",
    "Move",
    "Add",
    "Remove",
    "Lock",
    "Join",
    "Leave",
    "Invite",
    "Offer",
    "QuoteRequest",
    "View",
    "Read",
    "Arrive",
    "Nonsense",
]
KINDS = [
    "Note",
    "Page",
    "Article",
    "Question",
    "Event",
    "Video",
    "Audio",
    "Image",
    "Document",
    "Tombstone",
    "Person",
    "Group",
    "Service",
    "Application",
    "Collection",
]
TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\uffff",
    "\u202e\u2066evil\u2069",
    "\U0001f9d1\u200d\U0001f9bd" * 50,
    "z\u0336" * 500,
    "x" * 100_000,
    "<script>alert(1)</script>" * 200,
    "<" * 20_000,
    "&" * 20_000,
    "<p>" * 5_000,
    "]]>" * 1000,
    "%00%2e%2e/",
    "' OR 1=1 --",
    "{{7*7}}",
    "\r\nX-Header: 1",
    "@a@" * 2000,
    "#" * 5000,
    "2026-13-45T99:99:99Z",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59.999999999+99:99",
    "-1",
]
NUMBERS = [0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400, 1e308, -1e308, 1e-320, 0.1]
IRIS = [
    "https://",
    "https:///x",
    "http://[::1]/",
    "https://[::ffff:127.0.0.1]/x",
    "https://127.0.0.1/",
    "https://user:pass@peer.example/",
    "https://peer.example:99999/",
    "https://peer.example:0/x",
    "https://xn--/",
    "https://é.example/",
    "https://peer.example/\\@evil.example/",
    "https://peer.example/" + "a" * 5000,
    "https://peer.example/" + "%41" * 600,
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "as:Public",
    PUBLIC,
    "urn:uuid:0",
    "acct:a@b",
    "//peer.example/x",
    "https://peer.example/#" + "#" * 100,
    "HTTPS://PEER.EXAMPLE/X",
    "https://peer.example/x\n",
    "https://169.254.169.254/latest/meta-data/",
]
CONTEXTS: list[Any] = [
    None,
    [],
    {},
    5,
    "",
    "https://evil.example/context",
    ["https://evil.example/c", AS],
    {"@vocab": f"{AS}#"},
    [AS, {"actor": "https://x.example/other"}],
    [AS, {"who": {"@id": "as:actor", "@type": "@id"}}],
    [AS, {"@import": "https://evil.example/"}],
    [AS, {"a": {"@id": "as:actor", "@context": {"a": "as:object"}}}],
    [AS, {f"t{n}": f"t{n + 1}:x" for n in range(120)}],
    [AS, {"@base": "https://a.example/"}],
    [AS] * 32,
    [AS, {"type": "@id", "id": "@type"}],
    [AS, {"object": {"@id": "as:object", "@container": "@graph"}}],
    [AS, {"@version": 1.2}],
    [AS, {"": "as:actor", ":": "as:object", "@type": "@id"}],
]


@dataclass(frozen=True)
class World:
    """What bodies may speak of: an actor that signs, others of its server, and IRIs of the instance under fire."""

    base: str
    signer: str
    ours: list[str]


def recorded(world: World) -> list[dict[str, Any]]:
    """Other servers' activities, as if they came from this world's signer."""
    found = []
    for path in sorted(RECORDED.glob("*.json")):
        document = json.loads(ORIGIN.sub(lambda match: _moved(match[0], world), path.read_text()))
        if isinstance(document, dict) and isinstance(document.get("type"), str) and "actor" in document:
            _speak_as(document, world)
            found.append(document)
    return found


def _moved(origin: str, world: World) -> str:
    return origin if origin.endswith(("w3.org", "w3id.org", "schema.org", "joinmastodon.org")) else world.base


def _speak_as(document: dict[str, Any], world: World) -> None:
    old = document["actor"] if isinstance(document["actor"], str) else ""
    document["actor"] = world.signer
    inner = document.get("object")
    if isinstance(inner, dict):
        for name in ("actor", "attributedTo"):
            if inner.get(name) == old:
                inner[name] = world.signer


class Bodies:
    """An endless stream of (body, content type, label of what was done to it)."""

    def __init__(self, world: World, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = world
        self.corpus = recorded(world)
        self.count = 0

    def next(self) -> tuple[bytes, str, str]:
        """One more body; most keep the signer as their actor, so that they get past the signature."""
        choose = self.random
        document = json.loads(json.dumps(choose.choice(self.corpus)))
        self.count += 1
        document["id"] = f"{self.world.signer}/fuzz/{choose.getrandbits(60)}"
        labels = []
        for _ in range(choose.choice((1, 1, 1, 2, 3))):
            change = choose.choice(CHANGES)
            labels.append(change.__name__.strip("_"))
            change(self, document)
        if choose.random() < 0.85:
            document["actor"] = self.world.signer
        body = self._written(document, labels)
        return body, self._type(), "+".join(labels)

    def _type(self) -> str:
        odd = ("application/ld+json", "application/json", "application/activity+json; charset=utf-16", "text/plain", "")
        return self.random.choice(odd) if self.random.random() < 0.03 else "application/activity+json"

    def _written(self, document: dict[str, Any], labels: list[str]) -> bytes:
        text = json.dumps(document, ensure_ascii=self.random.random() < 0.5)
        body = text.encode("utf-8", "surrogatepass")
        if self.random.random() < 0.3:
            spoil = self.random.choice(SPOILS)
            labels.append(spoil.__name__.strip("_"))
            body = spoil(self, body)
        return body[:1_100_000]

    def value(self, depth: int = 2) -> Any:
        """Anything that JSON can say."""
        choose = self.random
        kind = choose.randrange(12)
        if kind < 3:
            return choose.choice(TEXTS)
        if kind < 5:
            return choose.choice(NUMBERS)
        if kind < 8:
            return choose.choice((*IRIS, *self.world.ours, self.world.signer, f"{self.world.base}/users/other"))
        if kind == 8:
            return choose.choice((None, True, False))
        if kind == 9 and depth:
            return [self.value(depth - 1) for _ in range(choose.randrange(4))]
        if kind == 10 and depth:
            names = (
                "id",
                "type",
                "actor",
                "object",
                "name",
                "href",
                "content",
                "url",
                "items",
                "@type",
                "@id",
                "\0",
                "",
            )
            return {choose.choice(names): self.value(depth - 1) for _ in range(choose.randrange(5))}
        return choose.choice(KINDS + VERBS)

    def place(self, document: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """A field somewhere in a document."""
        here = document
        for _ in range(self.random.randrange(4)):
            inner = [value for value in here.values() if isinstance(value, dict) and value]
            inner += [
                item
                for value in here.values()
                if isinstance(value, list)
                for item in value
                if isinstance(item, dict) and item
            ]
            if not inner:
                break
            here = self.random.choice(inner)
        return here, self.random.choice(list(here))


def _wrong_type(bodies: Bodies, document: dict[str, Any]) -> None:
    here, name = bodies.place(document)
    here[name] = bodies.value()


def _new_field(bodies: Bodies, document: dict[str, Any]) -> None:
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


def _left_out(bodies: Bodies, document: dict[str, Any]) -> None:
    here, name = bodies.place(document)
    del here[name]
    document.setdefault("type", "Create")


def _other_verb(bodies: Bodies, document: dict[str, Any]) -> None:
    document["type"] = bodies.random.choice(
        (*VERBS, [bodies.random.choice(VERBS), "Create"], "as:Create", f"{AS}#Like")
    )


def _other_kind(bodies: Bodies, document: dict[str, Any]) -> None:
    if isinstance(document.get("object"), dict):
        document["object"]["type"] = bodies.random.choice(KINDS + VERBS)


def _wrapped(bodies: Bodies, document: dict[str, Any]) -> None:
    inner = {name: value for name, value in document.items() if name != "@context"}
    document["object"] = inner
    document["type"] = bodies.random.choice(("Announce", "Undo", "Accept", "Reject", "Create", "Update", "Delete"))


def _about_ours(bodies: Bodies, document: dict[str, Any]) -> None:
    if bodies.world.ours:
        document[bodies.random.choice(("object", "target", "to", "cc"))] = bodies.random.choice(bodies.world.ours)


def _swapped(bodies: Bodies, document: dict[str, Any]) -> None:
    other = bodies.random.choice(bodies.corpus)
    document["object"] = json.loads(json.dumps(other.get("object")))


def _hostile_context(bodies: Bodies, document: dict[str, Any]) -> None:
    document["@context"] = bodies.random.choice(CONTEXTS)


def _deep(bodies: Bodies, document: dict[str, Any]) -> None:
    here, name = bodies.place(document)
    value: Any = "x"
    for _ in range(bodies.random.choice((5, 15, 25, 30, 33, 60, 300))):
        value = [value] if bodies.random.random() < 0.5 else {bodies.random.choice(("object", "a", "items")): value}
    here[name] = value


def _wide(bodies: Bodies, document: dict[str, Any]) -> None:
    here, name = bodies.place(document)
    count = bodies.random.choice((50, 1000, 5000, 19_000, 30_000))
    form = bodies.random.randrange(3)
    if form == 0:
        here[name] = [f"{bodies.world.base}/users/{n}" for n in range(count)]
    elif form == 1:
        here[name] = {f"k{n}": n for n in range(count)}
    else:
        here[name] = [{"type": "Mention", "href": f"{bodies.world.base}/users/{n}"} for n in range(count // 3)]


def _keywords(bodies: Bodies, document: dict[str, Any]) -> None:
    for name in ("type", "id", "actor", "object"):
        if name in document and bodies.random.random() < 0.6:
            document[("@" if name in {"type", "id"} else "as:") + name] = document.pop(name)


CHANGES: list[Callable[[Bodies, dict[str, Any]], None]] = [
    *[_wrong_type] * 4,
    *[_new_field] * 3,
    *(_left_out, _other_verb, _other_verb, _other_kind, _wrapped, _about_ours, _about_ours, _swapped),
    *(_hostile_context, _deep, _wide, _keywords),
]


def _truncated(bodies: Bodies, body: bytes) -> bytes:
    return body[: bodies.random.randrange(len(body))]


def _flipped(bodies: Bodies, body: bytes) -> bytes:
    spoilt = bytearray(body)
    for _ in range(bodies.random.choice((1, 1, 4, 40))):
        spoilt[bodies.random.randrange(len(spoilt))] = bodies.random.randrange(256)
    return bytes(spoilt)


def _twice(bodies: Bodies, body: bytes) -> bytes:
    name = bodies.random.choice(("id", "type", "actor", "object", "@context"))
    return b"{" + f'"{name}":{json.dumps(bodies.value(0))},'.encode("utf-8", "surrogatepass") + body[1:]


def _encoded(bodies: Bodies, body: bytes) -> bytes:
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


def _literals(bodies: Bodies, body: bytes) -> bytes:
    odd = bodies.random.choice(
        (b"NaN", b"Infinity", b"-0", b"1e999999", b"9" * 5000, b"0x10", b"01", b"\\u0000", b'"\\ud800"')
    )
    return body.replace(b"null", odd, 1) if b"null" in body else body[:-1] + b',"odd":' + odd + b"}"


def _nested(bodies: Bodies, body: bytes) -> bytes:
    depth = bodies.random.choice((31, 40, 5000, 200_000))
    return body[:-1] + b',"deep":' + b"[" * depth + b"]" * bodies.random.choice((depth, 0)) + b"}"


def _joined(bodies: Bodies, body: bytes) -> bytes:
    return bodies.random.choice(
        (body + body, b"[" + body + b"]", b'"' + body + b'"', b"", b"{}", b"null", b" " * 900_000 + body)
    )


SPOILS: list[Callable[[Bodies, bytes], bytes]] = [_truncated, _flipped, _twice, _encoded, _literals, _nested, _joined]
