"""A pretend Skerry: an Application with keys and a policy of its own, which agrees, keeps canaries, and lies where it is told to.

It makes and checks proofs with code of its own, so that ours are never tested against themselves.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

import rfc8785
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.peer import ACTIVITY, AS, PUBLIC, Peer
from tests.support.world import Running, World

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
DAY = 86_400_000
ENVELOPE = {"@context", "id", "policyVersion", "validFrom", "validUntil", "skerry:sealedDigest", "proof"} | {
    "assigner",
    "odrl:target",
}
PROMISES: dict[str, Any] = {
    "purposes": ["dpv:CommunicationManagement", "dpv:EnforceSecurity"],
    "measures": ["dpv:EncryptionInTransfer"],
    "authorizedFetch": True,
    "memberScopedReads": False,
    "protectedMedia": True,
    "erasureReceipts": True,
    "staffAccess": "loggedAndDisclosed",
    "maxLease": "PT48H",
    "erasureWithin": "PT24H",
    "permission": [{"action": "dpv:Store"}],
    "prohibition": [{"action": "odrl:index"}, {"action": "dpv-ai:ModelTraining"}],
    "obligation": [],
}


def base58(raw: bytes) -> str:
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = ALPHABET[rest] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


def moment(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def proven(document: dict[str, Any], key: Ed25519PrivateKey, method: str, created: int) -> dict[str, Any]:
    """FEP-8b32, cryptosuite eddsa-jcs-2022."""
    options = {
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
        "created": moment(created),
    }
    digest = hashlib.sha256(rfc8785.dumps(options)).digest() + hashlib.sha256(rfc8785.dumps(document)).digest()
    return document | {"proof": options | {"proofValue": "z" + base58(key.sign(digest))}}


def terms_digest(policy: dict[str, Any]) -> str:
    kept = {name: value for name, value in policy.items() if name not in ENVELOPE}
    return "sha-256:" + hashlib.sha256(rfc8785.dumps(kept)).hexdigest()


@dataclass
class PretendSkerry:
    """`leaks`: unsigned, media, timeline, tag, search, account, kept (not erased), false-receipt, no-receipt, silent."""

    world: World
    host: str = "liar.example"
    leaks: set[str] = field(default_factory=set)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    canaries: list[dict[str, Any]] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)
    front: bool = True
    """Whether its first page and NodeInfo lead to the Application."""

    def __post_init__(self) -> None:
        self.peer = Peer(self.world, self.host)
        self.application = self.peer.actor("app", kind="Application", number=1)
        self.canary = self.peer.actor("canary", number=2)
        self.iri = f"{self.peer.base}/policy"
        self.world.wires.apps[self.host] = self
        raw = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        method = {"id": self.method, "type": "Multikey", "controller": self.application}
        self.actor_document["assertionMethod"] = [method | {"publicKeyMultibase": "z" + base58(b"\xed\x01" + raw)}]
        self.actor_document["privacyPolicy"] = self.iri
        self.publish()

    @property
    def method(self) -> str:
        return f"{self.application}#ed25519"

    @property
    def actor_document(self) -> dict[str, Any]:
        document: dict[str, Any] = self.peer.documents["/users/app"]
        return document

    @property
    def now(self) -> int:
        return self.world.clock.now()

    def policy(self, **change: Any) -> dict[str, Any]:
        """A policy as it would be published, before its proof; None as a value takes a term out."""
        made: dict[str, Any] = {
            "@context": [AS, "https://w3id.org/security/data-integrity/v2", {"skerry": "https://w3id.org/skerry/ns#"}],
            "id": self.iri,
            "type": ["PrivacyPolicy", "odrl:Offer"],
            "attributedTo": self.application,
            "profile": "https://w3id.org/skerry/ns#odrl-profile-1",
            "conflict": "odrl:prohibit",
            "policyVersion": 1,
            "validFrom": moment(self.now - DAY),
            "validUntil": moment(self.now + 60 * DAY),
        }
        return {name: value for name, value in {**made, **PROMISES, **change}.items() if value is not None}

    def publish(self, **change: Any) -> dict[str, Any]:
        """Publish a policy, proven."""
        made = self.proven(self.policy(**change))
        self.peer.documents["/policy"] = made
        return made

    def proven(self, document: dict[str, Any], **change: Any) -> dict[str, Any]:
        return proven(document, change.get("key", self.key), change.get("method", self.method), self.now)

    def offer(self, to: Running, policy: dict[str, Any], number: int = 1, **change: Any) -> dict[str, Any]:
        """An Offer as in the samples: to an instance whose policy is given."""
        iri = f"{self.peer.base}/agreements/{to.domain}/{number}"
        about: dict[str, Any] = {
            "id": iri,
            "type": ["FederationAgreement", "odrl:Agreement"],
            "assigner": self.application,
            "assignee": f"https://{to.domain}/actor",
            "privacyPolicy": f"https://{to.domain}/policy",
            "policyDigest": terms_digest(policy),
            "requires": self.iri,
            "validUntil": moment(self.now + 50 * DAY),
            "probes": True,
            "canary": self.canary,
        }
        about |= change.pop("about", {})
        made = {"@context": [AS, "https://w3id.org/security/data-integrity/v2", "https://w3id.org/skerry/ns"]}
        made |= {"id": f"{iri}/offer", "type": "Offer", "actor": self.application}
        made |= {"to": [f"https://{to.domain}/actor"], "object": about} | change
        return self.proven(made)

    def accept(self, offer: dict[str, Any], number: int = 1, **change: Any) -> dict[str, Any]:
        """The Accept of an Offer that came."""
        made = {"@context": [AS, "https://w3id.org/security/data-integrity/v2", "https://w3id.org/skerry/ns"]}
        made |= {"id": f"{self.peer.base}/accepts/{number}", "type": "Accept", "actor": self.application}
        made |= {"to": [offer["actor"]], "object": offer["id"], "canary": self.canary} | change
        return self.proven(made)

    def received(self, kind: str) -> list[dict[str, Any]]:
        """Activities of a kind that came, in order."""
        return [one.body for one in self.peer.received if one.body.get("type") == kind]

    async def keep_promises(self, to: Running) -> None:
        """Do with the canaries that came what was agreed, as far as it does not lie."""
        for number, create in enumerate(self.received("Create")[len(self.canaries) :]):
            self.canaries.append(create)
            if "silent" not in self.leaks:
                copy = {"id": self.copy_of(create), "type": "CanaryCopy"}
                told = self.activity(
                    "Accept", create["id"], f"copy-{len(self.canaries)}-{number}", create["actor"], result=copy
                )
                await self.peer.post(to, told)
        for number, gone in enumerate(self.received("Delete")):
            if gone["id"] in self.erased:
                continue
            self.erased.add(gone["id"])
            if "no-receipt" in self.leaks:
                continue
            result = {"type": ["ErasureReceipt", "dpv:StorageDeletion"], "published": moment(self.now)}
            made = self.activity("Accept", gone["id"], f"receipt-{number}", gone["actor"], result=result)
            stranger = Ed25519PrivateKey.generate()
            signed = self.proven(made, key=stranger) if "false-receipt" in self.leaks else self.proven(made)
            await self.peer.post(to, signed)

    def activity(self, kind: str, about: Any, name: str, to: str, **terms: Any) -> dict[str, Any]:
        given = {"@context": [AS, "https://w3id.org/skerry/ns"], "id": f"{self.peer.base}/said/{name}", "type": kind}
        return given | {"actor": self.application, "to": [to], "object": about} | terms

    def copy_of(self, create: dict[str, Any]) -> str:
        return f"{self.peer.base}/copies/{create['object']['id'].rpartition('/')[2]}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status, kind, content = self._answer(scope)
        if status == 0:
            await self.peer(scope, receive, send)
            return
        headers = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, scope: Any) -> tuple[int, str, bytes]:
        """(0, ...): as the plain peer has it."""
        path, query = scope["path"], parse_qs(scope["query_string"].decode())
        signed = any(name == b"signature" for name, _ in scope["headers"])
        if not self.front and path in {"/", "/.well-known/nodeinfo"} and scope["method"] == "GET":
            return 404, "text/plain", b""
        if path == "/" and scope["method"] == "GET":
            return 200, "text/html", b"<p>Hello</p>"
        if path == "/.well-known/nodeinfo":
            link = {"rel": f"{AS}#Application", "href": self.application}
            return 200, "application/json", json.dumps({"links": [link]}).encode()
        if path.startswith("/copies/"):
            return self._copy(path, signed=signed)
        if path.startswith("/files/"):
            return (200, "image/png", b"\x89PNG") if "media" in self.leaks else (404, "text/plain", b"")
        if path.startswith("/api/"):
            return self._api(path, query)
        return 0, "", b""

    def _there(self) -> list[dict[str, Any]]:
        gone = {
            one["object"] if isinstance(one["object"], str) else one["object"]["id"] for one in self.received("Delete")
        }
        return [one for one in self.canaries if one["object"]["id"] not in gone or "kept" in self.leaks]

    def _copy(self, path: str, *, signed: bool) -> tuple[int, str, bytes]:
        for create in self._there():
            if self.copy_of(create) == f"{self.peer.base}{path}" and (signed or "unsigned" in self.leaks):
                name = path.rpartition("/")[2]
                picture = [{"type": "Image", "url": f"{self.peer.base}/files/{name}"}]
                made = {"@context": AS, "id": f"{self.peer.base}{path}", "type": "CanaryCopy"}
                made |= {"content": create["object"]["content"], "attachment": picture}
                return 200, ACTIVITY, json.dumps(made).encode()
        return (404 if signed else 401), "text/plain", b""

    def _api(self, path: str, query: dict[str, list[str]]) -> tuple[int, str, bytes]:
        shown = [{"id": "7", "content": one["object"]["content"], "visibility": "private"} for one in self._there()]
        if path == "/api/v1/accounts/lookup":
            return 200, "application/json", json.dumps({"id": "5", "acct": unquote(query["acct"][0])}).encode()
        if path == "/api/v2/search":
            found = [one for one in shown if query["q"][0].lower() in one["content"].lower()]
            body = {"accounts": [], "statuses": found if "search" in self.leaks else [], "hashtags": []}
            return 200, "application/json", json.dumps(body).encode()
        leaking = {"/api/v1/timelines/public": "timeline", "/api/v1/accounts/5/statuses": "account"}
        name = leaking.get(path, "tag" if path.startswith("/api/v1/timelines/tag/") else "")
        return 200, "application/json", json.dumps(shown if name in self.leaks else []).encode()


__all__ = ["DAY", "PUBLIC", "PretendSkerry", "moment", "proven", "terms_digest"]
