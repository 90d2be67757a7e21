"""IRIs: which ones we accept, whose they are, and when two belong to the same origin."""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_ALIASES = frozenset({PUBLIC, "as:Public", "Public"})
LONGEST = 2048

_ALLOWED = re.compile(r"[!-~]+")  # printable ASCII, no spaces
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@lru_cache(maxsize=4096)
def host_of(iri: str) -> str:
    """`host[:port]` of an http(s) IRI, in lower case, without the scheme's own port; '' for anything else.

    No user, no password, nothing but printable ASCII: what two parsers may read in two ways is no IRI to us.
    """
    if len(iri) > LONGEST or not _ALLOWED.fullmatch(iri) or "\\" in iri:
        return ""
    try:
        parts = urlsplit(iri)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return ""
    if parts.hostname.endswith("."):  # a second name of the same host, which no rule for the first one would meet
        return ""
    host = _one_form(parts.hostname)
    if not host:
        return ""
    default = 443 if parts.scheme == "https" else 80
    return host if port is None or port == default else f"{host}:{port}"


def _one_form(name: str) -> str:
    """A host in the one form in which rules name it; '' for an address that is written otherwise than addresses are."""
    try:
        if ":" in name:
            return f"[{ipaddress.IPv6Address(name).compressed}]" if "%" not in name else ""
        return str(ipaddress.IPv4Address(name)) if _NUMBER.fullmatch(name.rpartition(".")[2]) else name
    except ValueError:
        return ""


@lru_cache(maxsize=16_384)
def domain_of(host: str) -> str:
    """The name below which one owner can make any number of others, as far as names tell: `b.a.example:8443` -> `a.example`.

    Two labels; three where the second is short below a country (`b.a.co.uk` -> `a.co.uk`). Addresses stay, IPv6 as its /64.
    """
    if host.startswith("["):
        return str(ipaddress.IPv6Network((host[1:].partition("]")[0], 64), strict=False))
    labels = host.partition(":")[0].split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return ".".join(labels)
    under_a_country = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if under_a_country else -2 :])


def is_iri(value: object) -> bool:
    """Whether this is an http(s) IRI that we take."""
    return isinstance(value, str) and host_of(value) != ""


def origin_of(iri: str) -> str:
    """`scheme://host[:port]`; '' for what is no IRI."""
    host = host_of(iri)
    return f"{urlsplit(iri).scheme}://{host}" if host else ""


def same_origin(one: str, other: str) -> bool:
    """Whether both are IRIs of one scheme, host and port. Same origin is not same owner (DECISIONS 22)."""
    origin = origin_of(one)
    return origin != "" and origin == origin_of(other)


def bare(iri: str) -> str:
    """The IRI without its fragment."""
    return iri.partition("#")[0]


def is_public(iris: list[str]) -> bool:
    """Whether the Public collection is among them."""
    return PUBLIC in iris
