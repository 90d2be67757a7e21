"""A pretend Mastodon for the demo: one person who follows, and keeps what she is sent. It knows nothing of promises."""

import base64
import hashlib
import json
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
TYPE = "application/activity+json"


class PretendMastodon:
    """One server with one person, mia."""

    def __init__(self, host: str, port: int) -> None:
        self.domain = f"{host}:{port}"
        self.received: list[dict[str, Any]] = []
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._server = ThreadingHTTPServer((host, port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def actor(self) -> str:
        return f"http://{self.domain}/users/mia"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def words(self) -> str:
        """All posts that came."""
        return json.dumps([one for one in self.received if one.get("type") in {"Create", "Update"}])

    def follow(self, target: str) -> None:
        """Follow an actor."""
        activity = {"@context": CONTEXT, "id": f"{self.actor}#follow", "type": "Follow", "actor": self.actor}
        self._post(f"{target}/inbox", activity | {"object": target})

    def accepted(self) -> bool:
        return any(one.get("type") == "Accept" for one in self.received)

    def _document(self) -> dict[str, Any]:
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = self._key.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()
        return {
            "@context": CONTEXT,
            "id": self.actor,
            "type": "Person",
            "preferredUsername": "mia",
            "name": "Mia",
            "inbox": f"{self.actor}/inbox",
            "outbox": f"{self.actor}/outbox",
            "publicKey": {"id": f"{self.actor}#main-key", "owner": self.actor, "publicKeyPem": pem},
        }

    def _post(self, url: str, activity: dict[str, Any]) -> None:
        body = json.dumps(activity).encode()
        parts = urlsplit(url)
        digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        date = formatdate(usegmt=True)
        signed = f"(request-target): post {parts.path}\nhost: {parts.netloc}\ndate: {date}\ndigest: {digest}"
        raw = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        names = "(request-target) host date digest"
        signature = f'keyId="{self.actor}#main-key",algorithm="rsa-sha256",headers="{names}",'
        signature += f'signature="{base64.b64encode(raw).decode()}"'
        headers = {"Host": parts.netloc, "Date": date, "Digest": digest, "Signature": signature, "Content-Type": TYPE}
        httpx.post(url, content=body, headers=headers, timeout=30, trust_env=False).raise_for_status()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pretend = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = self.path == "/users/mia"
                self._answer(200 if found else 404, json.dumps(pretend._document()).encode() if found else b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                pretend.received.append(json.loads(body))
                self._answer(202, b"")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                return None

        return Handler
