"""Where requests may go: resolve, check every address, dial the one that was checked (SECURITY, no. 21 and 22).

Whatever speaks to another server gets its connections here: there is no second way out of the house.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpcore

from federation.client.bounds import BoundedStream
from federation.client.names import Names
from federation.errors import RefusedError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network

KEEP_ALIVE_SECONDS = 60.0
CONNECT_SECONDS = 10.0

# Forms that carry an IPv4 address inside, tunnels, and ranges that `is_global` of some Python versions lets through.
_REFUSED = [
    ipaddress.ip_network(text)
    for text in (
        *(
            "0.0.0.0/8",
            "100.64.0.0/10",
            "192.0.0.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
        *("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23"),
        *("2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
]


WEB = frozenset({80, 443})
SYSTEM = 1024  # ports below it belong to services of the system: mail, name servers, shells
_NEVER = frozenset(
    [
        *(1719, 1720, 1723, 2049, 2375, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5900, 6000, 6379, 6566),
        *(6665, 6666, 6667, 6668, 6669, 6679, 6697, 9200, 10080, 11211, 27017),
    ]
)
"""Those of other services above that: what browsers don't dial (WHATWG Fetch, port blocking), and databases."""


def is_web_port(port: int) -> bool:
    """Whether another server may be asked at this port."""
    return port in WEB or (port >= SYSTEM and port not in _NEVER)


def is_global_unicast(address: Address) -> bool:
    """Whether an address is one on the open internet, and nothing in disguise."""
    if any(address.version == network.version and address in network for network in _REFUSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class Requests(Protocol):
    """What sends one request: a pool, or one connection."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response: ...

    async def aclose(self) -> None: ...


class Network(Protocol):
    """How requests leave. The real one is guarded; tests join instances in one process by another."""

    def pool(self, scheme: str) -> Requests:
        """For single requests to many hosts."""
        ...

    def line(self, origin: str) -> Requests:
        """One connection of one's own, kept alive, to `scheme://host[:port]`."""
        ...


class Guard(httpcore.AsyncNetworkBackend):
    """Opens TCP connections, to addresses that it has checked only."""

    def __init__(
        self, listed: Iterable[Subnet], *, only_listed: bool = False, brief: bool = False, names: Names | None = None
    ) -> None:
        self._listed = tuple(listed)
        self._brief = brief  # for deliveries, whose answers nobody reads
        self._names = names or Names()
        self._only_listed = only_listed  # for http without TLS
        self._dial = httpcore.AnyIOBackend()

    def check(self, text: str, port: int = 443) -> None:
        """Raise RefusedError unless this address may be dialled, at this port."""
        address = ipaddress.ip_address(text.partition("%")[0])
        if any(address.version == network.version and address in network for network in self._listed):
            return
        if self._only_listed:
            raise RefusedError("http without TLS is for listed peers only")
        if "%" in text or not is_global_unicast(address):
            raise RefusedError("that host's address is not on the open internet")
        if not is_web_port(port):
            raise RefusedError("no web server answers at that port")

    async def addresses(self, host: str, port: int) -> list[str]:
        """All addresses of a host, each checked. Raises RefusedError or httpcore.ConnectError."""
        try:
            texts = await self._names.addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"no address: {type(error).__name__}") from error
        for text in texts:
            self.check(text, port)
        if not texts:
            raise httpcore.ConnectError("no address")
        return texts

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Dial the addresses in turn, none but those that were checked."""
        opened = await self._connected(host, port, timeout, local_address, socket_options)
        return BoundedStream(opened, all_of_it=self._brief)

    async def _connected(
        self,
        host: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.AsyncNetworkStream:
        async with asyncio.timeout(timeout or CONNECT_SECONDS):
            texts = await self.addresses(host, port)
            for text in texts[:-1]:
                try:
                    return await self._dial.connect_tcp(text, port, CONNECT_SECONDS / 2, local_address, socket_options)
                except (httpcore.ConnectError, httpcore.ConnectTimeout):
                    continue
            return await self._dial.connect_tcp(texts[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """httpcore's own retries; we ask for none."""
        await asyncio.sleep(seconds)


class GuardedNetwork:
    """The real network: TLS verified, addresses checked, no proxy, no environment."""

    def __init__(self, listed: Iterable[Subnet] = (), trusted_ca: str | None = None) -> None:
        listed = tuple(listed)
        self._guards = {"https": Guard(listed), "http": Guard(listed, only_listed=True)}
        names = Names()  # who keeps fetches waiting does not keep deliveries
        self._brief = {
            "https": Guard(listed, brief=True, names=names),
            "http": Guard(listed, only_listed=True, brief=True, names=names),
        }
        self._tls = ssl.create_default_context()
        if trusted_ca is not None:
            self._tls.load_verify_locations(trusted_ca)

    def pool(self, scheme: str) -> Requests:
        return httpcore.AsyncConnectionPool(
            ssl_context=self._tls,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=15.0,
            network_backend=self._guards[scheme],
        )

    def line(self, origin: str) -> Requests:
        parts = urlsplit(origin)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return httpcore.AsyncHTTPConnection(
            origin=httpcore.Origin(parts.scheme.encode(), (parts.hostname or "").encode(), port),
            ssl_context=self._tls,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            network_backend=self._brief[parts.scheme],
        )
