"""One door out: which headers a request of ours carries, and their signature, of either scheme (`remote.schemes` says which)."""

from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import urlsplit

from federation.signatures import cavage, rfc9421
from federation.signatures.digest import digest, rfc9530
from federation.signatures.keyring import OwnKey
from federation.signatures.message import CAVAGE, RFC9421, Message

ACTIVITY = "application/activity+json"
COVERED = ["@method", "@target-uri", "@authority", "date"]
NONE: Mapping[str, str] = {}
ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


def get_headers(key: OwnKey, url: str, wire_now: int, accept: str = ACCEPT, *, scheme: str = CAVAGE) -> dict[str, str]:
    """Headers of a signed GET of `url`."""
    target, host = _split(url)
    signed = {"host": host, "date": http_date(wire_now), "accept": accept}
    if scheme == RFC9421:
        return signed | _rfc9421(key, "GET", url, signed, COVERED, wire_now)
    return signed | {"signature": cavage.sign(key.private, key.id, "GET", target, signed)}


def post_headers(
    key: OwnKey,
    url: str,
    wire_now: int,
    body: bytes,
    body_digest: str = "",
    *,
    scheme: str = CAVAGE,
    more: Mapping[str, str] = NONE,
) -> dict[str, str]:
    """Headers of a signed POST, `more` among them; `body_digest` (of `digest`) saves computing it for each recipient."""
    target, host = _split(url)
    body_digest = body_digest or digest(body)
    signed = {"host": host, "date": http_date(wire_now), **more}
    if scheme == RFC9421:
        signed |= {"content-digest": rfc9530(body_digest), "content-type": ACTIVITY}
        return signed | _rfc9421(
            key, "POST", url, signed, [*COVERED, "content-digest", "content-type", *more], wire_now
        )
    signed |= {"digest": body_digest, "content-type": ACTIVITY}
    return signed | {"signature": cavage.sign(key.private, key.id, "POST", target, signed)}


def http_date(wire_now: int) -> str:
    """A Date header."""
    return formatdate(wire_now / 1000, usegmt=True)


def _rfc9421(
    key: OwnKey, method: str, url: str, headers: dict[str, str], covered: list[str], wire_now: int
) -> dict[str, str]:
    target, _ = _split(url)
    message = Message(method, target, headers, scheme=urlsplit(url).scheme)
    given, signature = rfc9421.sign(key.private, key.id, message, covered, wire_now // 1000)
    return {"signature-input": given, "signature": signature}


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), parts.netloc
