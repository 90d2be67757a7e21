"""The kinds of settings: how each is read from text, or from what TOML has read. A wrong value raises ValueError that says what to do."""

import ipaddress
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def words(value: Any) -> str:
    """A text, without white space at its ends."""
    if not isinstance(value, str):
        raise ValueError("give it as text")
    return value.strip()


def number(low: int, high: int) -> Callable[[Any], int]:
    """A whole number from `low` to `high`."""

    def read(value: Any) -> int:
        if not isinstance(value, int | str) or isinstance(value, bool):
            raise ValueError(f"give a number from {low} to {high}")
        found = int(value)
        if not low <= found <= high:
            raise ValueError(f"give a number from {low} to {high}")
        return found

    return read


def switch(value: Any) -> bool:
    """On or off."""
    if isinstance(value, bool):
        return value
    word = words(value).lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("say 1 or 0")


def path(value: Any) -> Path:
    """A path; `~` is the home folder."""
    return Path(value).expanduser()


def optional_path(value: Any) -> Path | None:
    """A path, or none."""
    return path(value) if value else None


def networks(value: Any) -> tuple[Network, ...]:
    """Networks, separated by commas or as a list."""
    items = value.split(",") if isinstance(value, str) else list(value)
    try:
        return tuple(ipaddress.ip_network(item.strip()) for item in items if item.strip())
    except ValueError as error:
        raise ValueError(f"give networks separated by commas, 127.0.0.2/32 for instance ({error})") from error


def url(schemes: set[str]) -> Callable[[Any], str]:
    """An address with one of these schemes, without a slash at its end; '' stays."""

    def read(value: Any) -> str:
        text = words(value).rstrip("/")
        if not text:
            return ""
        parts = urlsplit(text)
        if parts.scheme not in schemes or not (parts.netloc or parts.path):
            raise ValueError(f"give an address that starts with {' or '.join(sorted(schemes))}://")
        return text

    return read


def origin(value: Any) -> str:
    """Scheme, host and port of an http or https address, in small letters; '' stays."""
    text = url({"http", "https"})(value)
    parts = urlsplit(text)
    if text and (parts.path or parts.query or parts.fragment or parts.username or not parts.hostname):
        raise ValueError("give scheme, host and port only")
    if text:
        listens(parts.hostname)
        number(1, 65535)(80 if parts.port is None else parts.port)
    return text.lower()


def listens(value: Any) -> str:
    """A host name (letters, digits, dots, hyphens; others as xn--) or an address."""
    text = words(value)
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?", text):
        try:
            ipaddress.ip_address(text)
        except ValueError:
            raise ValueError("give a host name of letters, digits, dots and hyphens, or an address") from None
    return text


def choice(kind: type[StrEnum]) -> Callable[[Any], StrEnum]:
    """One of the values of an enumeration."""

    def read(value: Any) -> StrEnum:
        try:
            return kind(words(value).lower())
        except ValueError as error:
            raise ValueError(f"say one of: {', '.join(kind)}") from error

    return read


def one_of(*known: str) -> Callable[[Any], str]:
    """One of these words."""

    def read(value: Any) -> str:
        word = words(value).lower()
        if word not in known:
            raise ValueError(f"say one of: {', '.join(known)}")
        return word

    return read


def locale(value: Any) -> str:
    """A language as gettext writes it: `de`, `pt_BR`."""
    text = words(value)
    if not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", text):
        raise ValueError("give a language as in en, de or pt-BR")
    return text.replace("-", "_")
