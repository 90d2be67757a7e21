"""One door out: which headers a request of ours carries, and their signature.

Cavage first at hosts that we don't know (PEERS rule 2); it is what all of them read.
"""

from email.utils import formatdate
from urllib.parse import urlsplit

from federation.signatures import cavage
from federation.signatures.digest import digest
from federation.signatures.keyring import OwnKey

ACTIVITY = "application/activity+json"
ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


def get_headers(key: OwnKey, url: str, wire_now: int, accept: str = ACCEPT) -> dict[str, str]:
    """Headers of a signed GET of `url`."""
    target, host = _split(url)
    signed = {"host": host, "date": http_date(wire_now), "accept": accept}
    return signed | {"signature": cavage.sign(key.private, key.id, "GET", target, signed)}


def post_headers(key: OwnKey, url: str, wire_now: int, body: bytes, body_digest: str = "") -> dict[str, str]:
    """Headers of a signed POST; `body_digest` saves computing it again for each recipient."""
    target, host = _split(url)
    signed = {
        "host": host,
        "date": http_date(wire_now),
        "digest": body_digest or digest(body),
        "content-type": ACTIVITY,
    }
    return signed | {"signature": cavage.sign(key.private, key.id, "POST", target, signed)}


def http_date(wire_now: int) -> str:
    """A Date header."""
    return formatdate(wire_now / 1000, usegmt=True)


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), parts.netloc
