"""What an operator can check: each finding says what is so and, where it is not well, what to do.

Nothing is changed and no third party is asked: only this machine, our own address, database, Redis and mail server.
"""

import ctypes
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import federation
import governance
import instance
import policies
from instance.settings import Settings, unknown_variables

LITTLE_DISK = 2 << 30
NO_DISK = 200 << 20
BACKED_UP = "secret.backed-up"


class State(StrEnum):
    """How a finding is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    said: str
    remedy: str = ""


def good(name: str, said: str) -> Finding:
    """All is well."""
    return Finding(name, State.GOOD, said)


def warning(name: str, said: str, remedy: str) -> Finding:
    """It works, but better not for long."""
    return Finding(name, State.WARNING, said, remedy)


def bad(name: str, said: str, remedy: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(name, State.BAD, said, remedy)


Check = Callable[[Settings], list[Finding]]


def settings_in_force(settings: Settings, environ: Mapping[str, str] | None = None) -> list[Finding]:
    """The settings could be read; what is in the environment and no setting."""
    unknown = unknown_variables(os.environ if environ is None else environ)
    found = [good("settings", f"{settings.mode} at {settings.base_url}")]
    for name in unknown:
        found.append(warning("settings", f"{name} is no setting", "mend its name; see docs/operators/settings.md"))
    if settings.development:
        remedy = "for people, set SKERRY_MODE=production and what it then asks for"
        found.append(warning("settings", "development: http, open sign-up and no rate limits", remedy))
    return found


def limits(settings: Settings) -> list[Finding]:
    """How much another server may send."""
    bounds = (settings.inbox_per_minute, settings.inbox_waiting, settings.inbox_waiting_mb, settings.keys_per_minute)
    if not settings.rate_limits:
        return [good("limits", "none: other servers may send as much as they like")]
    said = "a known server may send {} a minute, have {} ({} MB) wait, have {} keys a minute fetched"
    told = good("limits", said.format(*(number or "any number" for number in bounds)))
    if all(bounds):
        return [told]
    remedy = "unset the setting that is 0; see docs/operators/settings.md"
    return [warning("limits", f"{told.said}: one server could keep this one busy", remedy)]


def packages(_settings: Settings) -> list[Finding]:
    """No other distribution stands in for one of our four packages."""
    home = Path(instance.__file__).parents[1]
    strangers = [m.__name__ for m in (federation, governance, policies) if Path(str(m.__file__)).parents[1] != home]
    if strangers:
        remedy = "uninstall that distribution, or give Skerry a virtual environment of its own"
        return [bad("packages", f"{', '.join(strangers)} is another distribution's", remedy)]
    return [good("packages", f"from {home}")]


def data_folder(settings: Settings) -> list[Finding]:
    """The data folder is ours alone and has room."""
    if not settings.data.is_dir():
        return [bad("data", f"{settings.data} is no folder", "name the instance's data folder with --data")]
    mode = stat.S_IMODE(settings.data.stat().st_mode)
    found = []
    if mode & 0o007:
        found.append(warning("data", f"{settings.data} can be read by others", f"run: chmod 700 {settings.data}"))
    if not os.access(settings.data, os.W_OK):
        found.append(bad("data", f"{settings.data} can't be written", "give it to the user that runs Skerry"))
    return found or [good("data", f"{settings.data} is ours alone")]


def disk(settings: Settings) -> list[Finding]:
    """There is room for what comes."""
    if not settings.data.is_dir():
        return []
    free = shutil.disk_usage(settings.data).free
    said = f"{free / (1 << 30):.1f} GB free"
    if free < NO_DISK:
        return [bad("disk", said, "make room now: nothing can be written soon")]
    if free < LITTLE_DISK:
        return [warning("disk", said, "make room, or move the data folder to a larger disk")]
    return [good("disk", said)]


def secret(settings: Settings) -> list[Finding]:
    """The secret is there, ours alone, and kept somewhere else too."""
    path = settings.secret_path
    if not path.exists():
        return [
            bad("secret", f"{path} is missing", "restore it from its backup; a new one opens nothing that was sealed")
        ]
    mode = stat.S_IMODE(path.stat().st_mode)
    found = []
    if mode & 0o077:
        found.append(bad("secret", f"{path} can be read by others", f"run: chmod 600 {path}"))
    if not (settings.data / BACKED_UP).exists():
        remedy = "copy it to a place apart from the database's backups, then run: skerry doctor --secret-is-backed-up"
        found.append(warning("secret", "nobody said that the secret has a copy elsewhere", remedy))
    return found or [good("secret", f"{path} is ours alone and has a copy elsewhere")]


def clock(_settings: Settings) -> list[Finding]:
    """The kernel says that its clock is kept right: signatures of other servers are judged by it."""
    answer = _clock_state()
    if answer is None:
        return [warning("clock", "this system does not say whether its clock is right", "compare it with another one")]
    if answer == CLOCK_ERROR:
        remedy = "turn on time synchronisation: timedatectl set-ntp true, or install chrony"
        return [warning("clock", "nobody keeps this machine's clock right", remedy)]
    return [good("clock", "kept right by the system")]


CLOCK_ERROR = 5  # TIME_ERROR of adjtimex(2): not synchronised


def _clock_state() -> int | None:
    try:
        buffer = ctypes.create_string_buffer(512)  # struct timex, all zero: read only
        state: int = ctypes.CDLL(None).adjtimex(buffer)
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None


LOCAL: list[Check] = [settings_in_force, limits, packages, data_folder, disk, secret, clock]


def note_backup(settings: Settings) -> None:
    """Somebody says that the secret has a copy elsewhere."""
    (settings.data / BACKED_UP).touch(mode=0o600)
