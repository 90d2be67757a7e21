"""Settings, typed and checked at start: from the environment, `skerry.toml` and the command line, in that order of weakness.

A wrong or missing value raises SettingsError: one sentence that names the setting and the remedy.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from instance import setting_kinds as kinds
from instance.setting_kinds import Network


class SettingsError(Exception):
    """A setting is wrong; the text says which, and what to do."""


class Mode(StrEnum):
    """How careful an instance is: on a laptop, or among people."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Registration(StrEnum):
    """Who may sign up."""

    OPEN = "open"
    APPROVAL = "approval"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one instance. The environment name of `field` is `SKERRY_FIELD` (`REDIS_URL` for `redis_url`)."""

    mode: Mode = Mode.PRODUCTION
    host: str = "127.0.0.1"
    port: int = 8000
    data: Path = Path("var")
    base_url: str = ""
    database_url: str = ""
    redis_url: str = ""
    workers: int = 1
    secret_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_ca: Path | None = None
    trusted_proxies: tuple[Network, ...] = ()
    allow_private_peers: tuple[Network, ...] = ()
    registration: Registration = Registration.APPROVAL
    public_posting: bool = False
    name: str = "Skerry"
    description: str = ""
    contact: str = ""
    contact_email: str = ""
    mail_url: str = ""
    mail_from: str = ""
    media_url: str = ""
    remote_media_mb: int = 2048
    remote_media_days: int = 30
    locale: str = "en"
    rate_limits: bool = True
    inbox_per_minute: int = 30_000
    inbox_waiting: int = 20_000
    inbox_waiting_mb: int = 64
    keys_per_minute: int = 600
    metrics_token: str = ""
    log_level: str = "info"
    runner: bool = True

    @property
    def development(self) -> bool:
        return self.mode is Mode.DEVELOPMENT

    @property
    def domain(self) -> str:
        """`host[:port]` as it stands in handles, policies and Host headers (DECISIONS 14)."""
        return urlsplit(self.base_url).netloc

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def secret_path(self) -> Path:
        return self.secret_file or self.data / "secret.key"

    @property
    def database(self) -> str:
        """The database's URL: PostgreSQL as given, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data.resolve() / 'skerry.sqlite3'}"

    @property
    def sqlite(self) -> bool:
        return self.database.startswith("sqlite:")


def load(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Read settings: defaults, then `skerry.toml`, then the environment, then `given` (command line; None is left out).

    `skerry.toml` is looked for in the data folder; SKERRY_CONFIG names another. Raises SettingsError.
    """
    environ = os.environ if environ is None else environ
    raw: dict[str, Any] = {}
    named = {key: value for key, value in given.items() if value is not None}
    data = Path(named.get("data") or environ.get("SKERRY_DATA") or "var")
    raw.update(_from_toml(environ.get("SKERRY_CONFIG"), data))
    raw.update(_from_environ(environ))
    raw.update(named)
    values = {name: _read(name, value) for name, value in raw.items()}
    settings = Settings(**values)
    return _checked(_with_defaults(settings, values))


def _from_toml(config: str | None, data: Path) -> dict[str, Any]:
    path = Path(config) if config else data / "skerry.toml"
    if not path.exists():
        if config:
            raise SettingsError(f"SKERRY_CONFIG names {config}, which does not exist; create it or unset the variable")
        return {}
    try:
        table = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML ({error}); mend that line") from error
    for key in table:
        if key not in _READERS:
            raise SettingsError(
                f"{path} has '{key}', which is no setting; take it out or see docs/operators/settings.md"
            )
    return table


def _from_environ(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[_variable(name)] for name in _READERS if _variable(name) in environ}


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Names that begin with SKERRY_ and are no setting (a slip of the pen, mostly), for `serve` and `doctor` to name."""
    known = {_variable(name) for name in _READERS} | {"SKERRY_CONFIG", "SKERRY_BROWSER"}
    found = (key for key in environ if key.startswith("SKERRY_") and not key.startswith("SKERRY_TEST_"))
    return sorted(key for key in found if key not in known)


def _variable(name: str) -> str:
    return "REDIS_URL" if name == "redis_url" else f"SKERRY_{name.upper()}"


def _with_defaults(settings: Settings, given: Mapping[str, Any]) -> Settings:
    changes: dict[str, Any] = {}
    if settings.workers > 1:
        changes["runner"] = False  # jobs run in `skerry worker` then
    if settings.development:
        changes["registration"] = given.get("registration", Registration.OPEN)
        changes["rate_limits"] = given.get("rate_limits", False)
        if not settings.base_url:
            scheme = "https" if settings.tls_cert else "http"
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            changes["base_url"] = f"{scheme}://{host}:{settings.port}"
    return replace(settings, **changes)


def _checked(settings: Settings) -> Settings:
    for check in (_check_url, _check_files, _check_workers, _check_production):
        check(settings)
    return settings


def _check_url(settings: Settings) -> None:
    if not settings.base_url:
        raise SettingsError(
            "SKERRY_BASE_URL is missing; set it to the address that members will see, https://circle.example for instance"
            " (it can't change later)"
        )
    if settings.mail_url and not settings.mail_from:
        raise SettingsError(
            "SKERRY_MAIL_FROM is missing; set the address that mails come from, or unset SKERRY_MAIL_URL"
        )


def _check_files(settings: Settings) -> None:
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingsError("SKERRY_TLS_CERT and SKERRY_TLS_KEY go together; set both or neither")
    for name in ("tls_cert", "tls_key", "trusted_ca"):
        path = getattr(settings, name)
        if path is not None and not path.is_file():
            raise SettingsError(f"{_variable(name)} names {path}, which is not a file; mend the path")


def _check_workers(settings: Settings) -> None:
    if settings.workers > 1 and settings.sqlite:
        raise SettingsError(
            "SKERRY_WORKERS is above 1 with SQLite; set SKERRY_DATABASE_URL to PostgreSQL, or one worker"
        )
    if settings.workers > 1 and not settings.redis_url:
        raise SettingsError("SKERRY_WORKERS is above 1 without REDIS_URL; set it to a Redis server, or one worker")


def _check_production(settings: Settings) -> None:
    if settings.development:
        return
    unsafe = {
        "SKERRY_BASE_URL is not https; members' words would travel readable: give an https address": not settings.https,
        "SKERRY_ALLOW_PRIVATE_PEERS is for development; unset it": bool(settings.allow_private_peers),
        "SKERRY_PUBLIC_POSTING is for development; unset it, each member can allow it for herself": settings.public_posting,
        "SKERRY_RATE_LIMITS is off; unset it, passwords could be guessed": not settings.rate_limits,
        "SKERRY_CONTACT_EMAIL is missing; set the address of a person who answers": not settings.contact_email,
    }
    found = [sentence for sentence, is_so in unsafe.items() if is_so]
    if found:
        raise SettingsError("Production refuses to start: " + "; ".join(found))


# How each setting is read.

_SPECIAL: dict[str, Callable[[Any], Any]] = {
    "mode": kinds.choice(Mode),
    "registration": kinds.choice(Registration),
    "host": kinds.listens,
    "port": kinds.number(1, 65535),
    "workers": kinds.number(1, 64),
    "data": kinds.path,
    "secret_file": kinds.optional_path,
    "tls_cert": kinds.optional_path,
    "tls_key": kinds.optional_path,
    "trusted_ca": kinds.optional_path,
    "trusted_proxies": kinds.networks,
    "allow_private_peers": kinds.networks,
    "base_url": kinds.origin,
    "media_url": kinds.origin,
    "remote_media_mb": kinds.number(10, 1_000_000),
    "remote_media_days": kinds.number(1, 3650),
    "inbox_per_minute": kinds.number(0, 1_000_000),
    "inbox_waiting": kinds.number(0, 10_000_000),
    "inbox_waiting_mb": kinds.number(0, 1_000_000),
    "keys_per_minute": kinds.number(0, 1_000_000),
    "database_url": kinds.url({"postgresql", "postgres", "sqlite"}),
    "redis_url": kinds.url({"redis", "rediss", "unix"}),
    "mail_url": kinds.url({"smtp", "smtps"}),
    "public_posting": kinds.switch,
    "rate_limits": kinds.switch,
    "runner": kinds.switch,
    "log_level": kinds.one_of("debug", "info", "warning", "error"),
    "locale": kinds.locale,
}
_SECRET = {"database_url", "redis_url", "mail_url", "metrics_token"}  # may hold a password: never shown
_READERS: dict[str, Callable[[Any], Any]] = {f.name: _SPECIAL.get(f.name, kinds.words) for f in fields(Settings)}


def _read(name: str, value: Any) -> Any:
    try:
        return _READERS[name](value)
    except (ValueError, TypeError) as error:
        shown = "set" if name in _SECRET else f"'{value}'"
        raise SettingsError(f"{_variable(name)} is {shown}, but not as it should be: {error}") from None
