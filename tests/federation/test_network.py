"""The guard: which addresses are dialled, and that no way round it is left (SECURITY no. 21 and 22)."""

import asyncio
import ipaddress
import re
import socket
import threading
from pathlib import Path
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.client.http import Client
from federation.client.lines import Lines
from federation.client.names import MOST
from federation.client.network import Guard, GuardedNetwork, is_global_unicast
from federation.errors import RefusedError, UnreachableError

REFUSED = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1"),
    *("192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
    *("239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::8.8.8.8"),
    *("64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1"),
    *("fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2606:4700::1111%1"),
]
TAKEN = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::1"]


@pytest.mark.parametrize("text", REFUSED)
def test_thirty_21_addresses_that_are_never_dialled(text: str) -> None:
    with pytest.raises(RefusedError):
        Guard([]).check(text)


@pytest.mark.parametrize("text", TAKEN)
def test_addresses_on_the_open_internet(text: str) -> None:
    Guard([]).check(text)
    with pytest.raises(RefusedError):
        Guard([], only_listed=True).check(text)  # without TLS only listed peers


def test_listed_networks_are_what_they_say_and_no_more() -> None:
    guard = Guard([ipaddress.ip_network("127.0.0.2/32")])
    guard.check("127.0.0.2")
    for text in ("127.0.0.1", "::1", "::ffff:127.0.0.2"):
        with pytest.raises(RefusedError):
            guard.check(text)


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_passes_in_disguise(address: ipaddress.IPv4Address) -> None:
    for disguise in (f"::ffff:{address}", f"64:ff9b::{address}", f"::{address}", f"::ffff:0:{address}"):
        assert not is_global_unicast(ipaddress.ip_address(disguise))
    high = int(address)
    assert not is_global_unicast(ipaddress.IPv6Address((0x2002 << 112) | (high << 80)))


class Resolver:
    """Takes the place of the system's resolver."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    def __call__(self, host: str, port: int, **_options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.addresses]


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were dialled; nothing is."""
    found: list[str] = []

    async def dial(_self: Any, host: str, *_rest: Any, **_options: Any) -> Any:
        found.append(host)
        raise httpcore.ConnectError("not in tests")

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", dial)
    return found


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Resolver(*addresses))


async def test_the_checked_address_is_dialled_not_the_name(monkeypatch: pytest.MonkeyPatch, dialled: list[str]) -> None:
    resolve_to(monkeypatch, "93.184.216.34", "8.8.8.8")
    with pytest.raises(httpcore.ConnectError):
        await Guard([]).connect_tcp("peer.example", 443)
    assert dialled == ["93.184.216.34", "8.8.8.8"]


async def test_thirty_21_one_bad_address_spoils_the_name(monkeypatch: pytest.MonkeyPatch, dialled: list[str]) -> None:
    resolve_to(monkeypatch, "93.184.216.34", "127.0.0.1")
    with pytest.raises(RefusedError):
        await Guard([]).connect_tcp("peer.example", 443)
    assert dialled == []


async def _anybody(_host: str) -> bool:
    return True


@pytest.mark.parametrize("url", ["http://peer.example/x", "https://127.0.0.1/x", "https://[::1]/x", "https://0x7f.1/x"])
async def test_thirty_21_gets_and_posts_are_guarded_alike(
    monkeypatch: pytest.MonkeyPatch, dialled: list[str], url: str
) -> None:
    resolve_to(monkeypatch, "127.0.0.1" if "127" in url or "0x7f" in url else "::1" if "::1" in url else "8.8.8.8")
    network = GuardedNetwork()
    client, lines = Client(network, "test"), Lines(network)

    async def headers(_url: str) -> dict[str, str]:
        return {}

    with pytest.raises(RefusedError):
        await client.get(url, frozenset({"application/json"}), headers, _anybody)
    with pytest.raises(RefusedError):
        await lines.post(url, [(b"host", b"x"), (b"content-length", b"2")], b"{}")
    assert dialled == []
    await client.aclose()
    await lines.aclose()


async def test_a_name_without_address_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_given: Any, **_options: Any) -> Any:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    lines = Lines(GuardedNetwork())
    with pytest.raises(UnreachableError):
        await lines.post("https://nowhere.example/inbox", [(b"host", b"x"), (b"content-length", b"0")], b"")
    await lines.aclose()


def test_thirty_22_there_is_no_second_way_out() -> None:
    """Only `client/http.py` imports httpx (and the doctor, which asks its own instance); nothing opens other sockets."""
    root = Path(__file__).parents[2]
    sources = [p for name in ("policies", "federation", "governance", "instance") for p in (root / name).rglob("*.py")]
    clients = re.compile(r"^\s*(?:import|from)\s+(httpx|requests|aiohttp|urllib\.request|http\.client|urllib3)\b", re.M)
    importing = {str(path.relative_to(root)) for path in sources if clients.search(path.read_text())}
    assert importing <= {"federation/client/http.py", "instance/doctor_reach.py"}


@pytest.mark.parametrize("port", [1, 22, 25, 53, 143, 587, 993, 2049, 3306, 5432, 6379, 6667, 9200, 11211, 27017])
def test_thirty_21_other_services_are_never_asked(port: int) -> None:
    with pytest.raises(RefusedError):
        Guard([]).check("8.8.8.8", port)
    Guard([ipaddress.ip_network("127.0.0.2/32")]).check("127.0.0.2", port)


async def test_thirty_21_a_port_is_looked_at_before_it_is_dialled(
    monkeypatch: pytest.MonkeyPatch, dialled: list[str]
) -> None:
    resolve_to(monkeypatch, "8.8.8.8")
    with pytest.raises(RefusedError):
        await Guard([]).connect_tcp("peer.example", 25)
    assert dialled == []
    for port in (443, 8443, 3000):
        Guard([]).check("8.8.8.8", port)


async def test_a_name_that_nobody_answers_for_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, dialled: list[str]
) -> None:
    """Neither another name nor what else is done in threads; and what deliveries look up waits for no fetch."""
    answered = threading.Event()

    def slow(host: str, port: int, **_options: Any) -> Any:
        if host.startswith("slow"):
            answered.wait(20)
        return Resolver("8.8.8.8")(host, port)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    network = GuardedNetwork()
    guard, brief = network._guards["https"], network._brief["https"]
    asked = [asyncio.create_task(guard.addresses(f"slow{number}.example", 443)) for number in range(MOST)]
    await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        assert await asyncio.to_thread(lambda: 1) == 1
        assert await brief.addresses("peer.example", 443) == ["8.8.8.8"]
        asked.pop().cancel()  # who gives up leaves the thread behind, and takes no place from others
        waits = asyncio.create_task(guard.addresses("peer.example", 443))
        await asyncio.sleep(0.05)
        assert not waits.done()
        answered.set()
        assert await waits == ["8.8.8.8"]
        assert {address for found in await asyncio.gather(*asked) for address in found} == {"8.8.8.8"}
    assert dialled == []
