"""Where files lie: `{data}/media`, under random keys that end in the type; what their addresses are.

A key's first letter says what it is: `p` a profile's picture (anyone may see it), `a` an attachment (as its post),
`r` a copy of a remote picture. The name that a file had on its owner's machine is never kept.
"""

import base64
import hmac
import os
import re
import secrets
from pathlib import Path

from instance.site import Site
from instance.vault import Vault

PROFILE, ATTACHMENT, REMOTE = "p", "a", "r"
MISSING_AVATAR, MISSING_HEADER = "/media/avatar/missing.png", "/media/header/missing.png"
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
EXTENSIONS = {mime: extension for extension, mime in TYPES.items()}
TOKEN_BYTES = 18
PART = ".part"
"""How the name of a file ends that is being written."""
PICTURE, EMOJI = "remote picture", "remote emoji"
"""What an address of ours for something remote is proved for."""

_KEY = re.compile(r"[apr][A-Za-z0-9_-]{24}\.(?:jpg|png|webp)")


def new_key(kind: str, mime: str) -> str:
    """A name for a new file: 144 random bits. `mime` is one of TYPES' values."""
    return f"{kind}{secrets.token_urlsafe(TOKEN_BYTES)}.{EXTENSIONS[mime]}"


def is_key(text: str) -> bool:
    """Whether this could be a key of ours; nothing else ever becomes a path."""
    return _KEY.fullmatch(text) is not None


def mime_of(key: str) -> str:
    """The content type of a stored file."""
    return TYPES[key.rpartition(".")[2]]


def path_of(folder: Path, key: str) -> Path:
    """Where a file lies under the data folder."""
    return folder / "media" / key[:3] / key


def write(folder: Path, key: str, data: bytes) -> None:
    """Write a file whole or not at all, for this user's eyes only."""
    path = path_of(folder, key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(PART)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def remove(folder: Path, *keys: str | None) -> None:
    """Delete files; what is gone already is fine."""
    for key in keys:
        if key and is_key(key):
            path_of(folder, key).unlink(missing_ok=True)


def _origin(site: Site) -> str:
    return site.settings.media_url or site.base_url


def url(site: Site, key: str) -> str:
    """The address of one of our files."""
    return f"{_origin(site)}/media/{key}"


def remote_url(site: Site, remote: str) -> str:
    """Our own address for a remote picture: clients are never sent to the other server for it (LEAKS L42).

    It carries the remote address and a proof that this server made it, so that nobody else can make us fetch anything.
    """
    return f"{_origin(site)}/media/remote/{_proof(site.vault, remote)}/{_coded(remote)}"


def emoji_url(site: Site, remote: str) -> str:
    """The same for the picture of a custom emoji, of which a small copy that stands still is made."""
    return f"{_origin(site)}/media/emoji/{_proof(site.vault, remote, EMOJI)}/{_coded(remote)}"


def remote_of(vault: Vault, proof: str, name: str, purpose: str = PICTURE) -> str | None:
    """The remote address in one of our own addresses; None if this server did not make it, for this purpose."""
    try:
        remote = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except ValueError:
        return None
    return remote if hmac.compare_digest(proof.encode(), _proof(vault, remote, purpose).encode()) else None


def _coded(remote: str) -> str:
    return base64.urlsafe_b64encode(remote.encode()).decode().rstrip("=")


def _proof(vault: Vault, remote: str, purpose: str = PICTURE) -> str:
    return vault.mac(purpose, remote)[:32]


def avatar_url(site: Site, key: str | None, remote: str | None) -> str:
    """The address of an account's picture: ours, our copy of a remote one, or the placeholder."""
    return _picture(site, key, remote, MISSING_AVATAR)


def header_url(site: Site, key: str | None, remote: str | None) -> str:
    """The address of an account's wide picture, likewise."""
    return _picture(site, key, remote, MISSING_HEADER)


def _picture(site: Site, key: str | None, remote: str | None, missing: str) -> str:
    if key:
        return url(site, key)
    return remote_url(site, remote) if remote else _origin(site) + missing
