"""An incoming request as signatures see it: method, target, headers (lower case, repeated ones joined), body."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from federation.errors import UnsignedError

CAVAGE, RFC9421 = "cavage", "rfc9421"
"""The two schemes of signatures."""

# Headers that decide what is signed; a request that has one of them twice could be read in two ways.
ONCE = frozenset(
    {"host", "date", "digest", "content-digest", "signature", "signature-input", "content-type", "authorization"}
)


@dataclass(frozen=True, slots=True)
class Message:
    """One request."""

    method: str
    target: str  # path and query as they were sent
    headers: dict[str, str]
    body: bytes = b""
    scheme: str = "https"
    repeated: frozenset[str] = field(default_factory=frozenset)
    caller: str = ""
    """The address that it came from."""

    def header(self, name: str) -> str:
        """One header; '' where it is missing. Raises UnsignedError where one that must be single is repeated."""
        if name in self.repeated and name in ONCE:
            raise UnsignedError(f"the header {name} is there twice")
        return self.headers.get(name, "")

    @property
    def signature(self) -> str:
        """`Signature`, or what stands for it in `Authorization` (draft-cavage-12 §3.1); with or without the scheme's name."""
        given = self.header("signature")
        scheme, _, rest = (given or self.header("authorization")).partition(" ")
        return rest if scheme.lower() == "signature" else given


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> tuple[dict[str, str], frozenset[str]]:
    """(headers, names of those that are repeated) from a list as ASGI gives it."""
    headers: dict[str, str] = {}
    repeated: set[str] = set()
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip()
        if name in headers:
            repeated.add(name)
            headers[name] += ", " + value
        else:
            headers[name] = value
    return headers, frozenset(repeated)
