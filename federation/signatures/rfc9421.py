"""RFC 9421, HTTP Message Signatures, as ActivityPub servers use it: read, make the signature base, sign."""

import base64
import binascii
import re
from dataclasses import dataclass, field

from federation.errors import UnsignedError
from federation.signatures import keys
from federation.signatures.keys import PrivateKey
from federation.signatures.message import Message

LONGEST = 8192
MOST_COMPONENTS = 40
_INPUT = re.compile(r'\s*([a-z*][a-z0-9_.*-]*)=\(((?:\s*"[^"]*"(?:;[^\s")]*)?)*)\s*\)([^,]*?)\s*(?:,|$)')
_SIGNATURE = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*(?:,|$)")
_PARAMETER = re.compile(r';\s*([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|(-?[0-9]+))')
_COMPONENT = re.compile(r'"([^"]*)"(;[^\s")]*)?')


@dataclass(frozen=True, slots=True)
class Parameters:
    """One signature of a request."""

    label: str
    key_id: str
    signature: bytes
    components: tuple[str, ...]
    raw: str  # the inner list with its parameters, as it was sent
    algorithm: str = ""
    created: int | None = None
    expires: int | None = None
    others: dict[str, str] = field(default_factory=dict)


def parse(signature_input: str, signature: str) -> list[Parameters]:
    """All signatures that both headers name. Raises UnsignedError where there is none to be read."""
    if len(signature_input) > LONGEST or len(signature) > LONGEST:
        raise UnsignedError("the signature headers are too long")
    values = {match[1]: match[2] for match in _SIGNATURE.finditer(signature)}
    found = []
    for match in _INPUT.finditer(signature_input):
        if match[1] in values:
            found.append(_parameters(match, values[match[1]]))
    if not found:
        raise UnsignedError("the signature headers can't be read")
    return found


def _parameters(match: re.Match[str], value: str) -> Parameters:
    given = {item[1]: item[2] if item[2] is not None else item[3] for item in _PARAMETER.finditer(match[3])}
    components = tuple(part[1] + (part[2] or "") for part in _COMPONENT.finditer(match[2]))
    if len(components) > MOST_COMPONENTS or len(set(components)) != len(components):
        raise UnsignedError("the list of signed components can't be read")
    try:
        decoded = base64.b64decode(value, validate=True)
        created = int(given["created"]) if "created" in given else None
        expires = int(given["expires"]) if "expires" in given else None
    except (binascii.Error, ValueError) as error:
        raise UnsignedError("the signature is not base 64, or its times are no numbers") from error
    raw = f"({match[2]}){match[3]}"
    return Parameters(
        match[1], given.get("keyid", ""), decoded, components, raw, given.get("alg", ""), created, expires, given
    )


def signature_base(given: Parameters, message: Message) -> bytes:
    """RFC 9421 §2.5. Raises UnsignedError for components that are not there or that we don't read."""
    lines = [f'"{name}": {_value(name, message)}' for name in given.components]
    lines.append(f'"@signature-params": {given.raw}')
    return "\n".join(lines).encode("latin-1", "replace")


def _value(name: str, message: Message) -> str:
    path, _, query = message.target.partition("?")
    authority = message.header("host").lower()
    derived = {
        "@method": message.method.upper(),
        "@authority": authority,
        "@path": path or "/",
        "@query": f"?{query}",
        "@target-uri": f"{message.scheme}://{authority}{message.target}",
        "@request-target": message.target,
        "@scheme": message.scheme,
    }
    if name in derived:
        return derived[name]
    if name.startswith("@") or ";" in name or name not in message.headers:
        raise UnsignedError(f"the component {name[:40]} is signed but not there")
    return message.header(name)


def sign(key: PrivateKey, key_id: str, message: Message, components: list[str], created: int) -> tuple[str, str]:
    """(Signature-Input, Signature) of a request, with the label `sig1`."""
    inner = " ".join(f'"{name}"' for name in components)
    raw = f'({inner});created={created};keyid="{key_id}"'
    given = Parameters("sig1", key_id, b"", tuple(components), raw)
    signature = base64.b64encode(keys.sign(key, signature_base(given, message))).decode()
    return f"sig1={raw}", f"sig1=:{signature}:"
