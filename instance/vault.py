"""Seals what must not be read from the database file alone: keys, e-mail, direct and closed words (DECISIONS 15).

AES-256-GCM; the key of each purpose is derived by HKDF-SHA-256 from one secret that lies outside the database.
A sealed value starts with the id of its key, so that secrets can be exchanged. The associated data is
table, column and row: a sealed value moved to another row does not open.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
KEY_ID = 4


class VaultError(Exception):
    """A sealed value does not open: wrong secret, or moved or changed."""


class Vault:
    """Seals and opens values under one instance secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise VaultError("the secret needs at least 32 bytes")
        self._secret = secret
        self._key_id = hashlib.sha256(b"skerry key id" + secret).digest()[:KEY_ID]
        self._ciphers: dict[str, AESGCM] = {}

    def seal(self, plain: bytes, table: str, column: str, row: str | int) -> bytes:
        """Seal bytes for one cell. `row` is the row's id."""
        nonce = secrets.token_bytes(NONCE)
        sealed = self._cipher(table).encrypt(nonce, plain, _cell(table, column, row))
        return self._key_id + nonce + sealed

    def open(self, sealed: bytes, table: str, column: str, row: str | int) -> bytes:
        """Open what `seal` made for the same cell. Raises VaultError."""
        if sealed[:KEY_ID] != self._key_id:
            raise VaultError("sealed with another secret: put the right secret.key back")
        nonce, body = sealed[KEY_ID : KEY_ID + NONCE], sealed[KEY_ID + NONCE :]
        try:
            return self._cipher(table).decrypt(nonce, body, _cell(table, column, row))
        except (InvalidTag, ValueError) as error:  # ValueError: too short to have been sealed
            raise VaultError(f"a sealed value in {table}.{column} does not open") from error

    def sealed(self, value: bytes) -> bool:
        """Whether these bytes were sealed under this secret, by their beginning."""
        return value[:KEY_ID] == self._key_id

    def mac(self, purpose: str, text: str) -> str:
        """A keyed fingerprint, for look-ups of values that are stored sealed (hex, 64 characters)."""
        return hmac.new(self.derive(f"mac {purpose}"), text.encode(), hashlib.sha256).hexdigest()

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose."""
        return HKDF(SHA256(), 32, salt=None, info=f"skerry {purpose}".encode()).derive(self._secret)

    def _cipher(self, table: str) -> AESGCM:
        if table not in self._ciphers:
            self._ciphers[table] = AESGCM(self.derive(f"seal {table}"))
        return self._ciphers[table]


def _cell(table: str, column: str, row: str | int) -> bytes:
    return f"{table}/{column}/{row}".encode()


def load_or_make_secret(path: Path, *, may_make: bool = True) -> bytes:
    """Read the secret file, or make it (mode 0600) at first start.

    Raises VaultError when it is readable by others, too short, or missing and `may_make` is False.
    """
    if not path.exists():
        if not may_make:
            raise VaultError(f"{path} is missing; restore it from its backup, for without it nothing sealed opens")
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_secret(path)
    if path.stat().st_mode & 0o077:
        raise VaultError(f"{path} can be read by others; run: chmod 600 {path}")
    secret = path.read_bytes()
    if len(secret) < 32:
        raise VaultError(f"{path} is too short ({len(secret)} bytes); restore it from its backup")
    return secret


def _make_secret(path: Path) -> None:
    """Write a new secret so that of two processes at first start one wins and neither reads half a file."""
    part = path.with_suffix(f".{secrets.token_hex(8)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        return
    finally:
        part.unlink()
