"""What a server says of itself before anybody here speaks with it: software, size, who runs it. Believed by nobody.

Asked once, unsigned, on that host alone, when a steward wants to know. Sources: NodeInfo 2.x, Mastodon's `/api/v2/instance`.
"""

from typing import Any

from federation.client import nodeinfo
from federation.context import Federation
from federation.errors import FederationError, UnreachableError
from federation.remote.outside import JSON, Glance, glance
from federation.vocab import limits

LONG = 500
MOST_BYTES = 200_000


async def introduction(federation: Federation, host: str) -> dict[str, Any]:
    """What `host[:port]` says, in plain values, bounded; empty where it says nothing. Raises UnreachableError."""
    base, links = await _first(federation, host)
    info: dict[str, Any] = {}
    for address in nodeinfo.addresses(_read(links), host)[:1]:
        info = await _ask(federation, address)
    about = await _ask(federation, f"{base}/api/v2/instance") or await _ask(federation, f"{base}/api/v1/instance")
    return {name: value for name, value in _said(info, about).items() if value not in ("", None)}


async def _first(federation: Federation, host: str) -> tuple[str, Glance]:
    for scheme in ("https", "http") if federation.plain_peers else ("https",):
        base = f"{scheme}://{host}"
        try:
            return base, await glance(federation, f"{base}/.well-known/nodeinfo", JSON)
        except FederationError:
            continue
    raise UnreachableError(f"{host} can't be reached")


async def _ask(federation: Federation, address: str) -> dict[str, Any]:
    try:
        return _read(await glance(federation, address, JSON))
    except FederationError:
        return {}


def _read(seen: Glance) -> dict[str, Any]:
    try:
        return limits.parse(seen.body) if seen.answered and len(seen.body) <= MOST_BYTES else {}
    except FederationError:
        return {}


def _said(info: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    software, users = _part(info, "software"), _part(_part(info, "usage"), "users")
    contact, meta = _part(about, "contact"), _part(info, "metadata")
    keeper = _part(contact, "account") or _part(about, "contact_account")
    active = _part(_part(about, "usage"), "users").get("active_month")
    opened = info.get("openRegistrations")
    return {
        "software": nodeinfo.word(software.get("name")),
        "version": nodeinfo.word(software.get("version")),
        "title": _text(about.get("title") or meta.get("nodeName")),
        "description": _text(about.get("short_description") or about.get("description") or meta.get("nodeDescription")),
        "email": _text(contact.get("email") or about.get("email") or _part(meta, "maintainer").get("email")),
        "keeper": _text(keeper.get("acct") or keeper.get("username") or _part(meta, "maintainer").get("name")),
        "keeper_name": _text(keeper.get("display_name")),
        "people": _number(users.get("total")),
        "active": _number(users.get("activeMonth") or active),
        "posts": _number(_part(info, "usage").get("localPosts")),
        "open": opened if isinstance(opened, bool) else None,
    }


def _part(of: dict[str, Any], name: str) -> dict[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _text(given: object) -> str:
    text = given if isinstance(given, str) else ""
    return "".join(letter for letter in text if letter.isprintable() or letter == " ")[:LONG].strip()


def _number(given: object) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 10**12 else None
