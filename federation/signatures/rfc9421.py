"""RFC 9421, HTTP Message Signatures, as ActivityPub servers use it: read, make the signature base, sign."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

from federation.errors import UnsignedError
from federation.signatures import keys
from federation.signatures.keys import PrivateKey
from federation.signatures.message import Message

LONGEST = 8192
MOST_COMPONENTS = 40
MOST_SIGNATURES = 5
LABEL = "sig1"
PORTS = {"https": ":443", "http": ":80"}

# The parts of structured fields (RFC 8941) that signature headers are made of.
_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(
    r'"(?:[^"\\\x00-\x1f\x7f-\U0010ffff]|\\["\\])*"|:[A-Za-z0-9+/=]*:|\?[01]|-?[0-9]{1,15}(?:\.[0-9]{1,3})?|[A-Za-z*][!#-\'*+.^_`|~0-9A-Za-z:/-]*'
)


@dataclass(frozen=True, slots=True)
class Parameters:
    """One signature of a request."""

    label: str
    key_id: str
    signature: bytes
    components: tuple[str, ...]
    """Names in lower case with their parameters, as `name` or `name;parameter=value`."""
    raw: str
    """The inner list with its parameters in their one canonical form, which is what was signed."""
    algorithm: str = ""
    created: int | None = None
    expires: int | None = None
    others: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Reads a structured field from left to right. Raises UnsignedError where it can't go on."""

    def __init__(self, text: str) -> None:
        self.text = text.strip(" \t")
        self.at = 0

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise UnsignedError("the signature headers can't be read")
        self.at = match.end()
        return match[0]

    def has(self, mark: str) -> bool:
        """Whether `mark` is next; then it is taken."""
        if self.text.startswith(mark, self.at):
            self.at += len(mark)
            return True
        return False

    def parameters(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while self.has(";"):
            self.take(_SPACE)
            name = self.take(_KEY)
            found[name] = self.take(_BARE) if self.has("=") else "?1"
        return found

    def members(self) -> Iterator[str]:
        """Keys of a dictionary; after each the caller reads its value."""
        while self.at < len(self.text):
            name = self.take(_KEY)
            if not self.has("="):
                raise UnsignedError("the signature headers can't be read")
            yield name
            self.take(_SPACE)
            if self.at < len(self.text):
                if not self.has(","):
                    raise UnsignedError("the signature headers can't be read")
                self.take(_SPACE)

    def inner_list(self) -> tuple[list[str], dict[str, str]]:
        """(items in canonical form, parameters)."""
        items: list[str] = []
        if not self.has("("):
            raise UnsignedError("the signature headers can't be read")
        while True:
            self.take(_SPACE)
            if self.has(")"):
                return items, self.parameters()
            item = self.take(_BARE)
            if not item.startswith('"') or len(items) >= MOST_COMPONENTS:
                raise UnsignedError("the list of signed components can't be read")
            items.append(item + _written(self.parameters()))


def _written(parameters: dict[str, str]) -> str:
    return "".join(f";{name}" if value == "?1" else f";{name}={value}" for name, value in parameters.items())


def parse(signature_input: str, signature: str) -> list[Parameters]:
    """All signatures that both headers name. Raises UnsignedError where there is none to be read."""
    if len(signature_input) > LONGEST or len(signature) > LONGEST:
        raise UnsignedError("the signature headers are too long")
    values: dict[str, str] = {}
    reader = _Reader(signature)
    for label in reader.members():
        if label in values:
            raise UnsignedError("two signatures have one name")
        values[label] = reader.take(_BARE)
        reader.parameters()
    found: dict[str, Parameters] = {}
    reader = _Reader(signature_input)
    for label in reader.members():
        items, parameters = reader.inner_list()
        if label in found or len(found) >= MOST_SIGNATURES:
            raise UnsignedError("two signatures have one name, or there are too many")
        if label in values:
            found[label] = _parameters(label, items, parameters, values[label])
    if not found:
        raise UnsignedError("the signature headers can't be read")
    return list(found.values())


def _parameters(label: str, items: list[str], given: dict[str, str], value: str) -> Parameters:
    components = tuple(item.replace('"', "", 2) for item in items)
    if len(set(components)) != len(components):
        raise UnsignedError("a component is signed twice")
    try:
        if not (value.startswith(":") and value.endswith(":")):
            raise ValueError("no bytes")
        decoded = base64.b64decode(value[1:-1], validate=True)
        created = int(given["created"]) if "created" in given else None
        expires = int(given["expires"]) if "expires" in given else None
    except (binascii.Error, ValueError) as error:
        raise UnsignedError("the signature is not base 64, or its times are no numbers") from error
    raw = f"({' '.join(items)}){_written(given)}"
    texts = {name: _text(one) for name, one in given.items()}
    return Parameters(
        label, texts.get("keyid", ""), decoded, components, raw, texts.get("alg", "").lower(), created, expires, texts
    )


def _text(value: str) -> str:
    return value[1:-1].replace('\\"', '"').replace("\\\\", "\\") if value.startswith('"') else value


def signature_base(given: Parameters, message: Message) -> bytes:
    """RFC 9421 §2.5. Raises UnsignedError for components that are not there or that we don't read."""
    lines = [f"{_named(name)}: {_value(name, message)}" for name in given.components]
    lines.append(f'"@signature-params": {given.raw}')
    return "\n".join(lines).encode("latin-1", "replace")


def _named(component: str) -> str:
    name, mark, parameters = component.partition(";")
    return f'"{name}"{mark}{parameters}'


def _value(name: str, message: Message) -> str:
    path, _, query = message.target.partition("?")
    authority = message.header("host").lower().removesuffix(PORTS.get(message.scheme, ""))
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
    if name.startswith("@query-param;name="):
        return _query_parameter(name.partition("=")[2].strip('"'), query)
    if name.startswith("@") or ";" in name or name not in message.headers:
        raise UnsignedError(f"the component {name[:40]} is signed but not there")
    return message.header(name)


def _query_parameter(name: str, query: str) -> str:
    """RFC 9421 §2.2.8; a parameter that is there twice could be read in two ways."""
    found = [value for key, value in parse_qsl(query, keep_blank_values=True) if quote(key, safe="*-._") == name]
    if len(found) != 1:
        raise UnsignedError("a query parameter is signed but not there once")
    return quote(found[0], safe="*-._")


def sign(key: PrivateKey, key_id: str, message: Message, components: list[str], created: int) -> tuple[str, str]:
    """(Signature-Input, Signature) of a request. `created`: seconds.

    `alg` is named: some libraries take RSA for RSASSA-PSS where nothing is said.
    """
    inner = " ".join(f'"{name}"' for name in components)
    raw = f'({inner});created={created};keyid="{key_id}";alg="{keys.name_of(key)}"'
    given = Parameters(LABEL, key_id, b"", tuple(components), raw)
    signature = base64.b64encode(keys.sign(key, signature_base(given, message))).decode()
    return f"{LABEL}={raw}", f"{LABEL}=:{signature}:"
