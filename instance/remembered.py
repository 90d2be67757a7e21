"""What a data folder remembers of the instance that lives in it, so that the command line finds the same one.

`{data}/instance.json` (mode 0600, for a database URL can hold a password): base URL, mode, database, and what the command line goes by.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from instance.settings import Settings, SettingsError, load

KEPT = (
    "mode", "base_url", "database_url", "secret_file", "public_posting", "contact_email", "locale", "trusted_ca",
    "allow_private_peers",
)  # fmt: skip


def recall(data: Path) -> dict[str, Any]:
    """What the folder remembers; empty for a new one."""
    path = data / "instance.json"
    if not path.exists():
        return {}
    damaged = SettingsError(f"{path} is damaged; delete it and start the instance again")
    try:
        kept = json.loads(path.read_text())
    except ValueError as error:
        raise damaged from error
    if not isinstance(kept, dict) or not all(isinstance(kept.get(key, ""), str) for key in KEPT):
        raise damaged
    return {key: kept[key] for key in KEPT if kept.get(key)}


def remember(settings: Settings) -> None:
    """Keep what the command line needs, written whole or not at all."""
    kept = {
        "mode": str(settings.mode),
        "base_url": settings.base_url,
        "database_url": settings.database_url,
        "secret_file": str(settings.secret_file.resolve()) if settings.secret_file else "",
        "public_posting": "1" if settings.public_posting else "",
        "contact_email": settings.contact_email,
        "locale": settings.locale,
        # for commands that ask other servers
        "trusted_ca": str(settings.trusted_ca.resolve()) if settings.trusted_ca else "",
        "allow_private_peers": ",".join(map(str, settings.allow_private_peers)),
    }
    part = settings.data / f"instance.{os.getpid()}.part"
    part.touch(mode=0o600)
    part.write_text(json.dumps(kept))
    part.replace(settings.data / "instance.json")


def load_remembered(data: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings for the command line: what the folder remembers, where nothing stronger is given. Raises SettingsError."""
    environ = os.environ if environ is None else environ
    folder = Path(data or environ.get("SKERRY_DATA") or "var")
    kept = recall(folder)
    if environ.get("SKERRY_MODE", kept.get("mode")) != "development":
        kept.pop("allow_private_peers", None)  # production refuses it
    environ = {f"SKERRY_{key.upper()}": value for key, value in kept.items()} | dict(environ)
    if "base_url" in kept:  # the running instance's own address, whatever the shell says
        environ["SKERRY_BASE_URL"] = kept["base_url"]
    return load(environ, data=folder)


def settle_base_url(settings: Settings) -> str | None:
    """Compare with what the folder remembers. Returns the old base URL if it changed (development only).

    Raises SettingsError in production: addresses of actors are for ever.
    """
    old: str | None = recall(settings.data).get("base_url")
    if old is None or old == settings.base_url:
        return None
    if not settings.development:
        raise SettingsError(
            f"SKERRY_BASE_URL is {settings.base_url}, but {settings.data} belongs to {old}; set it back, or name another folder"
        )
    return old
