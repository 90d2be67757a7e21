"""Keys of both kinds, RSA and Ed25519: made, read from PEM or Multikey, used. Parsed keys are kept by their owners."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from federation.errors import MalformedError

RSA, ED25519 = "rsa", "ed25519"
RSA_BITS = 2048
SMALLEST_RSA, LARGEST_RSA = 1024, 8192

PublicKey = rsa.RSAPublicKey | ed25519.Ed25519PublicKey
PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()
_MULTICODEC_ED25519, _MULTICODEC_RSA = b"\xed\x01", b"\x85\x24"
LONGEST_MULTIKEY = 1600
V1_5, V1_5_SHA512, PSS, EDDSA = "rsa-v1_5-sha256", "rsa-v1_5-sha512", "rsa-pss-sha512", "ed25519"
"""Algorithms by their names in RFC 9421."""
_WEAK = frozenset(
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        *(first + "ff" * 30 + "7f" for first in ("ec", "ed", "ee")),
    )
)
"""Ed25519 points of small order, without the sign: one signature made for them holds for every text."""
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Pair:
    """A new key: the private half to be sealed, the public half to be shown."""

    algorithm: str
    private: bytes
    public_pem: str


def make(algorithm: str) -> Pair:
    """Make a key pair. RSA takes 44 ms of CPU: do it in a thread."""
    key: PrivateKey
    if algorithm == RSA:
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Pair(algorithm, private, to_pem(key.public_key()))


def load_own(private: bytes) -> PrivateKey:
    """Parse a private key that we made ourselves: without the check of its primes, which takes 36 ms."""
    key = serialization.load_der_private_key(private, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise MalformedError("a stored key is of neither kind")
    return key


def to_pem(key: PublicKey) -> str:
    """A public key as PEM (SubjectPublicKeyInfo)."""
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, spki).decode()


def load_pem(text: str) -> PublicKey:
    """A peer's public key: RSA of 1024 to 8192 bits, or Ed25519. Raises MalformedError."""
    try:
        key = serialization.load_pem_public_key(text.strip().encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedError("that public key is not one we can read") from error
    return _checked(key)


def _load_der(raw: bytes) -> object:
    try:
        return serialization.load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedError("that public key is not one we can read") from error


def _checked(key: object) -> PublicKey:
    if isinstance(key, rsa.RSAPublicKey) and SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
        return key
    if isinstance(key, ed25519.Ed25519PublicKey) and not _is_weak(key.public_bytes_raw()):
        return key
    raise MalformedError("that public key is of a kind we don't take")


def _is_weak(point: bytes) -> bool:
    return point[:-1] + bytes([point[-1] & 0x7F]) in _WEAK


def to_multibase(key: ed25519.Ed25519PublicKey) -> str:
    """`publicKeyMultibase` of a Multikey (FEP-521a)."""
    return "z" + base58_encode(_MULTICODEC_ED25519 + key.public_bytes_raw())


def load_multibase(text: str) -> ed25519.Ed25519PublicKey:
    """An Ed25519 Multikey, which proofs are made with. Raises MalformedError."""
    key = load_multikey(text)
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise MalformedError("that Multikey is no Ed25519 key")
    return key


def load_multikey(text: str) -> PublicKey:
    """A Multikey of either kind. Raises MalformedError."""
    raw = base58_decode(text[1:]) if text.startswith("z") and len(text) < LONGEST_MULTIKEY else b""
    if raw.startswith(_MULTICODEC_ED25519) and len(raw) == 34:
        return _checked(ed25519.Ed25519PublicKey.from_public_bytes(raw[2:]))
    if raw.startswith(_MULTICODEC_RSA):
        return _checked(_load_der(raw[2:]))
    raise MalformedError("that Multikey is of a kind we don't take")


def sign(key: PrivateKey, data: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519, as the key is."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, _PADDING, _SHA256)
    return key.sign(data)


def name_of(key: PrivateKey) -> str:
    """The algorithm that `sign` uses with a key, as RFC 9421 calls it."""
    return V1_5 if isinstance(key, rsa.RSAPrivateKey) else EDDSA


def holds(key: PublicKey, signature: bytes, data: bytes, algorithm: str = "") -> bool:
    """Whether a signature is right. `algorithm`: one of RFC 9421's names; '': V1_5 or EDDSA, as the key is."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return algorithm in {"", EDDSA} and _raises_nothing(lambda: key.verify(signature, data))
    if algorithm in {"", V1_5}:
        return _raises_nothing(lambda: key.verify(signature, data, _PADDING, _SHA256))
    if algorithm == V1_5_SHA512:
        return _raises_nothing(lambda: key.verify(signature, data, _PADDING, hashes.SHA512()))
    salted = padding.PSS(padding.MGF1(hashes.SHA512()), hashes.SHA512.digest_size)
    return algorithm == PSS and _raises_nothing(lambda: key.verify(signature, data, salted, hashes.SHA512()))


def _raises_nothing(check: Callable[[], None]) -> bool:
    try:
        check()
    except InvalidSignature:
        return False
    return True


def base58_encode(raw: bytes) -> str:
    """Bitcoin's base 58, as multibase `z` uses it."""
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


def base58_decode(text: str) -> bytes:
    """The inverse. Raises MalformedError."""
    number = 0
    for letter in text:
        value = _BASE58.find(letter)
        if value < 0:
            raise MalformedError("not base 58")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
