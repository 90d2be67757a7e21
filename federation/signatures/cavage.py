"""draft-cavage-http-signatures-12: read the header, make the signing string, sign."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from federation.errors import UnsignedError
from federation.signatures import keys
from federation.signatures.keys import PrivateKey
from federation.signatures.message import Message

LONGEST = 8192
MOST_HEADERS = 40
_PARAMETER = re.compile(r'\s*([a-zA-Z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([0-9.]+))\s*(,|$)')


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a `Signature` header says."""

    key_id: str
    signature: bytes
    headers: tuple[str, ...]
    algorithm: str = ""
    created: int | None = None
    expires: int | None = None


def parse(header: str) -> Parameters:
    """Read a `Signature` header. Raises UnsignedError."""
    if len(header) > LONGEST:
        raise UnsignedError("the signature header is too long")
    found: dict[str, str] = {}
    position = 0
    text = header.strip()
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None or match[1].lower() in found:
            raise UnsignedError("the signature header can't be read")
        found[match[1].lower()] = match[2] if match[2] is not None else match[3]
        position = match.end()
    if "keyid" not in found or "signature" not in found:
        raise UnsignedError("the signature header lacks keyId or signature")
    try:
        signature = base64.b64decode(found["signature"], validate=True)
        created, expires = _seconds(found.get("created")), _seconds(found.get("expires"))
    except (binascii.Error, ValueError, OverflowError) as error:
        raise UnsignedError("the signature is not base 64, or its times are no numbers") from error
    headers = tuple(found.get("headers", "date").lower().split())
    if not headers or len(headers) > MOST_HEADERS or len(set(headers)) != len(headers):
        raise UnsignedError("the list of signed headers can't be read")
    return Parameters(found["keyid"], signature, headers, found.get("algorithm", "").lower(), created, expires)


def _seconds(text: str | None) -> int | None:
    if text is not None and len(text) > 20:
        raise ValueError("no time")
    return None if text is None else int(float(text))


def signing_string(given: Parameters, message: Message) -> bytes:
    """What was signed. Raises UnsignedError for a header that is not there."""
    lines = []
    for name in given.headers:
        if name == "(request-target)":
            value = f"{message.method.lower()} {message.target}"
        elif name in {"(created)", "(expires)"}:
            moment = given.created if name == "(created)" else given.expires
            if moment is None or given.algorithm.startswith(("rsa", "hmac", "ecdsa")):
                raise UnsignedError(f"{name} is signed but not given, or not with that algorithm")
            value = str(moment)
        elif name in message.headers:
            value = message.header(name)
        else:
            raise UnsignedError(f"the header {name} is signed but not there")
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode("latin-1", "replace")


def sign(key: PrivateKey, key_id: str, method: str, target: str, headers: Mapping[str, str]) -> str:
    """The `Signature` header for a request; `headers` are signed in their order, names in lower case.

    `algorithm` is always named: PieFed's and Takahe's parsers need it (PEERS rule 3).
    """
    lines = [f"(request-target): {method.lower()} {target}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    signature = base64.b64encode(keys.sign(key, "\n".join(lines).encode())).decode()
    names = " ".join(["(request-target)", *headers])
    return f'keyId="{key_id}",algorithm="rsa-sha256",headers="{names}",signature="{signature}"'
