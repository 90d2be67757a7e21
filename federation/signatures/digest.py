"""Digests of bodies: `Digest` (RFC 3230, with draft-cavage) and `Content-Digest` (RFC 9530, with RFC 9421)."""

import base64
import binascii
import hashlib
import hmac
import re

from federation.errors import UnsignedError

_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_CONTENT = re.compile(r"\s*([A-Za-z0-9*][A-Za-z0-9_.*-]*)\s*=\s*:([A-Za-z0-9+/=]*):\s*(?:;[^,]*)?")
MOST, LONGEST = 10, 2000


def digest(body: bytes) -> str:
    """The value of a `Digest` header."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def rfc9530(value: str) -> str:
    """A value of `digest` as the value of a `Content-Digest` header."""
    return f"sha-256=:{value.partition('=')[2]}:"


def check_digest(header: str, body: bytes) -> None:
    """Raise UnsignedError unless every digest of a kind that we know is right, and there is one."""
    _check([(name, value) for name, _, value in (item.strip().partition("=") for item in header.split(","))], body)


def check_content_digest(header: str, body: bytes) -> None:
    """The same for RFC 9530's form."""
    found = [_CONTENT.fullmatch(item) for item in header.split(",")]
    if not all(found):
        raise UnsignedError("the digest can't be read")
    _check([(match[1], match[2]) for match in found if match], body)


def check_all(headers: dict[str, str], body: bytes) -> None:
    """Every digest that came along must be right, whichever of them is signed."""
    if any(len(headers.get(name, "")) > LONGEST for name in ("digest", "content-digest")):
        raise UnsignedError("the digest is too long")
    if "digest" in headers:
        check_digest(headers["digest"], body)
    if "content-digest" in headers:
        check_content_digest(headers["content-digest"], body)


def _check(given: list[tuple[str, str]], body: bytes) -> None:
    known = [(_HASHES[name.strip().lower()], value) for name, value in given if name.strip().lower() in _HASHES]
    if not known or len(given) > MOST:
        raise UnsignedError("no SHA-256 or SHA-512 digest of the body")
    for make, value in known:
        try:
            claimed = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UnsignedError("the digest is not base 64") from error
        if not hmac.compare_digest(claimed, make(body).digest()):
            raise UnsignedError("the digest does not match the body")
