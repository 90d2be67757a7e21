"""A pretend server (Mastodon, GoToSocial, Lemmy ...): own keys and documents, signs, sends, records what it is sent.

It signs with code of its own, so that our signatures are never tested against themselves.
"""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.world import Running, World

AS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS}#Public"
ACTIVITY = "application/activity+json"


@cache
def key_number(number: int) -> rsa.RSAPrivateKey:
    """A key pair, made once for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key: rsa.RSAPrivateKey) -> str:
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()


def cavage(
    key: rsa.RSAPrivateKey, key_id: str, method: str, url: str, headers: dict[str, str], names: list[str]
) -> str:
    """A draft-cavage `Signature` header."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    values = {"(request-target)": f"{method.lower()} {target}"} | {k.lower(): v for k, v in headers.items()}
    text = "\n".join(f"{name}: {values[name]}" for name in names)
    signature = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    return f'keyId="{key_id}",algorithm="rsa-sha256",headers="{" ".join(names)}",signature="{signature}"'


async def body_of(receive: Any) -> bytes:
    """The whole body of a request to an ASGI application."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def answer(send: Any, status: int, headers: dict[str, str], content: bytes) -> None:
    """Answer one."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": content})


@dataclass
class Received:
    """A POST that came to one of the peer's inboxes."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    raw: bytes


@dataclass
class Peer:
    """One pretend server at https://{host}."""

    world: World
    host: str = "peer.example"
    shared_inbox: bool = True
    documents: dict[str, Any] = field(default_factory=dict)  # path -> document, status, or (status, headers, bytes)
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # statuses of the next POSTs, 202 when used up
    answer_headers: dict[str, str] = field(default_factory=dict)  # of all POSTs
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    scheme: str = "https"
    names: dict[str, list[str] | int] = field(
        default_factory=dict
    )  # what WebFinger says: name -> [subject, IRI, IRI ...]

    def __post_init__(self) -> None:
        self.world.wires.apps[self.host] = self

    @property
    def base(self) -> str:
        return f"{self.scheme}://{self.host}"

    def actor(self, name: str = "bob", kind: str = "Person", number: int = 0, **terms: Any) -> str:
        """Make an actor with a key; its IRI."""
        iri = f"{self.base}/users/{name}"
        self.keys[iri] = key_number(number)
        document: dict[str, Any] = {
            "@context": [AS, "https://w3id.org/security/v1"],
            "id": iri,
            "type": kind,
            "preferredUsername": name,
            "name": name.title(),
            "inbox": f"{iri}/inbox",
            "outbox": f"{iri}/outbox",
            "followers": f"{iri}/followers",
            "publicKey": {"id": f"{iri}#main-key", "owner": iri, "publicKeyPem": pem_of(self.keys[iri])},
        }
        if self.shared_inbox:
            document["endpoints"] = {"sharedInbox": f"{self.base}/inbox"}
        self.documents[f"/users/{name}"] = document | terms
        return iri

    def note(self, author: str, number: int = 1, content: str = "<p>Hello</p>", **terms: Any) -> dict[str, Any]:
        """A public note of an actor, served at its id."""
        iri = f"{author}/statuses/{number}"
        made = {
            "id": iri,
            "type": "Note",
            "attributedTo": author,
            "content": content,
            "published": "2026-11-21T10:00:00Z",
            "to": [PUBLIC],
            "cc": [f"{author}/followers"],
        } | terms
        self.documents[urlsplit(iri).path] = {"@context": AS} | made
        return made

    def activity(self, kind: str, actor: str, about: Any, number: Any = 1, **terms: Any) -> dict[str, Any]:
        """An activity of an actor."""
        given = {"@context": AS, "id": f"{actor}/{kind.lower()}/{number}", "type": kind, "actor": actor}
        return given | {"object": about} | terms

    def signed_headers(self, actor: str, method: str, url: str, body: bytes = b"", **change: Any) -> dict[str, str]:
        """Headers of a signed request. `change`: date, digest, names, key_id, key, host, more, sign_more."""
        digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers = {
            "Host": change.get("host", urlsplit(url).netloc),
            "Date": change.get("date", formatdate(time.time(), usegmt=True)),
        }
        names = ["(request-target)", "host", "date"]
        if method == "POST":
            headers |= {"Digest": change.get("digest", digest), "Content-Type": change.get("type", ACTIVITY)}
            names.append("digest")
        else:
            headers["Accept"] = ACTIVITY
        headers |= change.get("more", {})
        names += change.get("more", {}) if change.get("sign_more", True) else ()
        names = change.get("names", names)
        key = change.get("key") or self.keys[actor]
        key_id = change.get("key_id", f"{actor}#main-key")
        return headers | {"Signature": cavage(key, key_id, method, url, headers, names)}

    async def post(self, to: Running, activity: Any, path: str = "/inbox", **change: Any) -> httpx.Response:
        """Sign and send. `change` as for `signed_headers`, and `signer`, `body`, `drop` (headers left out)."""
        body = change.pop("body", None) or json.dumps(activity).encode()
        signer = change.pop("signer", None) or activity["actor"]
        drop = change.pop("drop", ())
        url = f"https://{to.domain}{path}"
        headers = self.signed_headers(signer, "POST", url, body, **change)
        headers = {name: value for name, value in headers.items() if name not in drop}
        return await to.client.post(url, content=body, headers=headers)

    async def get(self, of: Running, path: str, signer: str, **change: Any) -> httpx.Response:
        """A signed GET."""
        url = path if path.startswith("http") else f"https://{of.domain}{path}"
        return await of.client.get(url, headers=self.signed_headers(signer, "GET", url, **change))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The peer as an ASGI application."""
        await answer(send, *self._answer(scope, await body_of(receive)))

    def _answer(self, scope: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        path: str = scope["path"]
        if scope["method"] == "POST":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.received.append(Received(path, headers, json.loads(body), body))
            return (self.answers.pop(0) if self.answers else 202), self.answer_headers, b""
        found = self.documents.get(path)
        if path == "/.well-known/webfinger" and found is None:
            return self._webfinger(scope["query_string"].decode())
        if isinstance(found, tuple):
            return found
        if isinstance(found, int) or found is None:
            return found or 404, {}, b""
        return 200, {"content-type": ACTIVITY}, json.dumps(found).encode()

    def _webfinger(self, query: str) -> tuple[int, dict[str, str], bytes]:
        name = query.partition("acct:")[2].partition("@")[0]
        said = self.names.get(name, 0)
        if isinstance(said, list):
            links = [{"rel": "self", "type": ACTIVITY, "href": iri} for iri in said[1:]]
            made: dict[str, Any] = {"subject": f"acct:{said[0]}", "links": links}
            return 200, {"content-type": "application/jrd+json"}, json.dumps(made).encode()
        if said or f"/users/{name}" not in self.documents:
            return said or 404, {}, b""
        links = [{"rel": "self", "type": ACTIVITY, "href": f"{self.base}/users/{name}"}]
        made = {"subject": f"acct:{name}@{self.host}", "links": links}
        return 200, {"content-type": "application/jrd+json"}, json.dumps(made).encode()
