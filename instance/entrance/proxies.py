"""Who is calling: X-Forwarded-For and -Proto count only when they come from a proxy that the settings name."""

import ipaddress
from collections.abc import Mapping, Sequence
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HOME_PREFIX = 64  # what one household or attacker holds of IPv6


def address_of(text: str) -> Address | None:
    """Read an address; IPv4 in IPv6 clothes is IPv4. None where it is none (a Unix socket, say)."""
    try:
        address = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def trusted(address: Address | None, proxies: Sequence[Network]) -> bool:
    """Whether an address is one of our proxies."""
    return address is not None and any(address.version == net.version and address in net for net in proxies)


def caller(peer: str, scheme: str, headers: Mapping[str, str], proxies: Sequence[Network]) -> tuple[str, str]:
    """The caller's address and the scheme that she used.

    From the right of X-Forwarded-For the first that is no proxy of ours; what stands left of it anyone can write.
    """
    if not proxies or not trusted(address_of(peer), proxies):
        return peer, scheme
    for item in reversed(headers.get("x-forwarded-for", "").split(",")):
        address = address_of(item)
        if address is None:
            break
        peer = str(address)
        if not trusted(address, proxies):
            break
    told = headers.get("x-forwarded-proto", "").split(",")[-1].strip().lower()
    return peer, told if told in {"http", "https"} else scheme


@lru_cache(maxsize=4096)
def household(peer: str) -> str:
    """What rate limits count by: an IPv4 address, or a /64 of IPv6."""
    address = address_of(peer)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, HOME_PREFIX), strict=False))
    return peer
