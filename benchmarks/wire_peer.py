"""A pretend server on real sockets, for benchmarks of the wire: actors with one key, inboxes that say 202.

python -m benchmarks.wire_peer --host 127.0.0.9 --port 18370 --servers 8 [--certificate FILE] (key on stdin)
"""

import argparse
import asyncio
import sys
from typing import Any
from urllib.parse import unquote

import msgspec
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support.peer import pem_of

AS = "https://www.w3.org/ns/activitystreams"


class Peer:
    """One server at `base`; every path below /users is an actor. No shared inbox: each actor is one delivery."""

    def __init__(self, base: str, key: rsa.RSAPrivateKey, counted: list[int]) -> None:
        self._base = base
        self._pem = pem_of(key)
        self._counted = counted
        self._follows: dict[str, str] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        given = b""
        while (message := await receive()).get("more_body"):
            given += message.get("body", b"")
        given += message.get("body", b"")
        status, body = 202, b""
        path: str = scope["path"]
        if path == "/follows":
            status, body = 200, msgspec.json.encode(self._follows)
        elif path == "/count":
            status, body = 200, str(self._counted[0]).encode()
        elif path == "/.well-known/webfinger":
            status, body = 200, msgspec.json.encode(self._webfinger(scope["query_string"].decode()))
        elif scope["method"] == "POST":
            self._counted[0] += 1
            if b'"Follow"' in given:
                asked = msgspec.json.decode(given)
                self._follows[str(asked["object"])] = str(asked["id"])
        else:
            status, body = 200, msgspec.json.encode(self._actor(f"{self._base}{path}"))
        kind = b"application/jrd+json" if path.startswith("/.well-known") else b"application/activity+json"
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _webfinger(self, query: str) -> dict[str, Any]:
        name = unquote(query).partition("acct:")[2].partition("@")[0]
        own = {"rel": "self", "type": "application/activity+json", "href": f"{self._base}/users/{name}"}
        return {"subject": f"acct:{name}@{self._base.partition('://')[2]}", "links": [own]}

    def _actor(self, iri: str) -> dict[str, Any]:
        return {
            "@context": AS,
            "id": iri,
            "type": "Person",
            "preferredUsername": iri.rpartition("/")[2],
            "inbox": f"{iri}/inbox",
            "outbox": f"{iri}/outbox",
            "followers": f"{iri}/followers",
            "publicKey": {"id": f"{iri}#main-key", "owner": iri, "publicKeyPem": self._pem},
        }


async def run(asked: argparse.Namespace) -> None:
    key = load_pem_private_key(sys.stdin.buffer.read(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    scheme = "https" if asked.certificate else "http"
    counted = [0]
    servers = []
    for port in range(asked.port, asked.port + asked.servers):
        app = Peer(f"{scheme}://{asked.host}:{port}", key, counted)
        options = {
            "loop": "uvloop",
            "http": "httptools",
            "lifespan": "off",
            "access_log": False,
            "log_level": "warning",
        }
        tls = {"ssl_certfile": asked.certificate, "ssl_keyfile": asked.certificate} if asked.certificate else {}
        servers.append(uvicorn.Server(uvicorn.Config(app, host=asked.host, port=port, **options, **tls)))
    await asyncio.gather(*(server.serve() for server in servers))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.9")
    parser.add_argument("--port", type=int, default=18370)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--certificate", default="")
    asyncio.run(run(parser.parse_args()))
