"""How pretend servers sign and check requests: draft-cavage and RFC 9421, written apart from Skerry's own code."""

import base64
import hashlib
import re
import time
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_PAIR = re.compile(r'(\w+)="([^"]*)"')
_INPUT = re.compile(r"(\w+)=(\(([^)]*)\)(.*))")


def content_digest(body: bytes) -> str:
    """The Content-Digest of RFC 9530."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def digest(body: bytes) -> str:
    """The older Digest."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def rfc9421(key: rsa.RSAPrivateKey, key_id: str, method: str, url: str, body: bytes) -> dict[str, str]:
    """The headers of a request signed as Mastodon 4.5 does: method, address, body."""
    names = ["@method", "@target-uri"] + (["content-digest"] if body else [])
    headers = {"Content-Digest": content_digest(body)} if body else {}
    covered = " ".join(f'"{name}"' for name in names)
    parameters = f'({covered});created={int(time.time())};keyid="{key_id}"'
    base = _base(names, parameters, method, url, headers)
    made = base64.b64encode(key.sign(base, padding.PKCS1v15(), hashes.SHA256())).decode()
    return headers | {"Signature-Input": f"sig1={parameters}", "Signature": f"sig1=:{made}:"}


def _base(names: list[str], parameters: str, method: str, url: str, headers: dict[str, str]) -> bytes:
    known = {name.lower(): value for name, value in headers.items()}
    parts = urlsplit(url)
    known |= {"@method": method, "@target-uri": url, "@authority": parts.netloc, "@scheme": parts.scheme}
    known |= {"@path": parts.path, "@query": f"?{parts.query}"}
    lines = [f'"{name}": {known[name]}' for name in names] + [f'"@signature-params": {parameters}']
    return "\n".join(lines).encode()


def key_id_of(headers: dict[str, str]) -> str:
    """The key that a request says it is signed with; '' where it is not signed."""
    if "signature-input" in headers:
        found = re.search(r'keyid="([^"]*)"', headers["signature-input"])
        return found[1] if found else ""
    terms: dict[str, str] = dict(_PAIR.findall(headers.get("signature", "")))
    return terms.get("keyId", "")


def is_right(pem: str, method: str, url: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether a request's signature and digest hold. `headers` by lower-case name."""
    key: Any = load_pem_public_key(pem.encode())
    try:
        if "signature-input" in headers:
            text, signature = _as_rfc9421(method, url, headers)
        else:
            text, signature = _as_cavage(method, url, headers)
        key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, KeyError, ValueError, AttributeError, TypeError):
        return False
    if method == "GET":
        return True
    return headers.get("digest", digest(body)) == digest(body) and content_digest(body) in headers.get(
        "content-digest", content_digest(body)
    )


def _as_rfc9421(method: str, url: str, headers: dict[str, str]) -> tuple[bytes, bytes]:
    found = _INPUT.match(headers["signature-input"])
    assert found is not None
    names = [name.strip('"') for name in found[3].split()]
    signature = headers["signature"].partition("=:")[2].rstrip(":")
    return _base(names, found[2], method, url, headers), base64.b64decode(signature)


def _as_cavage(method: str, url: str, headers: dict[str, str]) -> tuple[bytes, bytes]:
    terms = dict(_PAIR.findall(headers["signature"]))
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    known = headers | {"(request-target)": f"{method.lower()} {target}"}
    text = "\n".join(f"{name}: {known[name]}" for name in terms["headers"].split())
    return text.encode(), base64.b64decode(terms["signature"])
