"""How much another server may send, by the clock and by what waits; and that nobody uses up what is another's."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.allowance import LOOK_EVERY, STRANGE_FOR, STRANGERS_PART, Allowance, Asking, Bounds
from federation.errors import TooMuchError
from federation.remote.memory import MOST
from federation.vocab.iris import domain_of
from instance.clock import MINUTE, SECOND, Clock

KNOWN = "known.example"


class Rows:
    """Stands for the database: who is known, what waits."""

    def __init__(self) -> None:
        self.known = {KNOWN}
        self.waiting: dict[str, tuple[int, int]] = {}
        self.looks = 0

    async def read(self, fn: Any, *args: Any) -> Any:
        await asyncio.sleep(0)
        return fn(None, *args)

    async def unit(self, fn: Any, *args: Any) -> Any:
        raise AssertionError("nothing is written")

    def look(self, _connection: Any, family: str) -> tuple[int, int]:
        self.looks += 1
        return self.waiting.get(family, (0, 0))


class Told(Clock):
    """A clock that stands still until it is turned."""

    def wire(self) -> int:
        return 1_000_000_000


def made(rows: Rows | None = None, **bounds: int) -> tuple[Allowance, Told, Rows]:
    clock, rows = Told(), rows or Rows()
    asking = Asking(lambda _c, host: host in rows.known, rows.look, lambda address: address.rpartition(".")[0])
    return Allowance(Bounds(**bounds), clock, rows, asking), clock, rows


async def taken(allowance: Allowance, *hosts: str, length: int = 1000) -> int:
    """How many of these are taken."""
    count = 0
    for host in hosts:
        try:
            await allowance.take(host, length)
        except TooMuchError:
            continue
        count += 1
    return count


async def test_a_known_server_has_a_whole_share_and_gets_it_back_with_time() -> None:
    allowance, clock, _ = made(per_minute=600)
    assert await taken(allowance, *[KNOWN] * 700) == 600
    with pytest.raises(TooMuchError) as refused:
        await allowance.take(KNOWN, 1)
    assert (refused.value.status, refused.value.retry, refused.value.after) == (429, True, 30)
    clock.turn(SECOND)
    assert await taken(allowance, *[KNOWN] * 100) == 10
    clock.turn(10 * MINUTE)
    assert await taken(allowance, *[KNOWN] * 700) == 600


async def test_all_names_of_a_domain_are_one_stranger_and_have_a_part() -> None:
    allowance, _, _ = made(per_minute=500)
    names = [f"n{number}.evil.example:8443" for number in range(300)]
    assert await taken(allowance, *names) == 500 // STRANGERS_PART
    assert await taken(allowance, "other.example", KNOWN) == 2


async def test_who_is_known_does_not_share_with_names_below_its_own() -> None:
    allowance, _, _ = made(per_minute=50)
    assert await taken(allowance, *(f"n{number}.{KNOWN}" for number in range(90))) == 10
    assert await taken(allowance, *[KNOWN] * 90) == 50
    assert await allowance.family(f"a.{KNOWN}") != await allowance.family(KNOWN)


async def test_strangers_together_have_a_bound_too_and_known_servers_do_not_feel_it() -> None:
    allowance, _, _ = made(per_minute=50)
    strangers = [f"s{number // 10}.example" for number in range(400)]
    assert await taken(allowance, *strangers) == 50
    assert await taken(allowance, *[KNOWN] * 50) == 50


async def test_who_becomes_known_has_its_share_soon_though_its_neighbours_have_used_up_theirs() -> None:
    allowance, clock, rows = made(per_minute=60)
    assert await taken(allowance, *["a.shared.example", "b.shared.example"] * 20) == 12
    rows.known.add("a.shared.example")
    clock.turn(STRANGE_FOR + 1)
    await taken(allowance, *["b.shared.example"] * 20)
    allowance.knock("a.shared.example")
    assert await taken(allowance, *["a.shared.example"] * 70) == 60
    with pytest.raises(TooMuchError):
        allowance.knock("b.shared.example")


async def test_naming_a_server_costs_that_server_nothing() -> None:
    allowance, _, _ = made(per_minute=10)
    for _ in range(1000):
        allowance.knock(KNOWN)
    assert await taken(allowance, *[KNOWN] * 11) == 10
    with pytest.raises(TooMuchError):
        allowance.knock(KNOWN)  # before its key would be fetched
    allowance.knock("never-met.example")
    assert len(allowance._shares) == 1


async def test_what_waits_is_bounded_and_counted_anew_when_it_seems_too_much() -> None:
    allowance, clock, rows = made(waiting=100)
    assert await taken(allowance, *[KNOWN] * 100) == 100
    assert rows.looks == 1  # at the beginning, for what waits from before
    clock.turn(LOOK_EVERY)
    assert await taken(allowance, *[KNOWN] * 100) == 100  # all were done meanwhile
    assert rows.looks == 2
    rows.waiting[KNOWN] = (95, 0)
    clock.turn(LOOK_EVERY)
    assert await taken(allowance, *[KNOWN] * 20) == 5
    with pytest.raises(TooMuchError) as refused:
        allowance.knock(KNOWN)
    assert refused.value.after == 300
    clock.turn(LOOK_EVERY)
    allowance.knock(KNOWN)
    rows.waiting[KNOWN] = (0, 0)
    assert await taken(allowance, *[KNOWN] * 20) == 20
    assert allowance.refused == {"waiting": 16}


async def test_bytes_that_wait_are_bounded() -> None:
    allowance, _, rows = made(waiting_bytes=1_000_000)
    assert await taken(allowance, *[KNOWN] * 20, length=100_000) == 10
    rows.waiting["*.stranger.example"] = (1, 150_000)
    assert await taken(allowance, *["a.stranger.example"] * 20, length=10_000) == 5


async def test_many_at_once_wait_for_one_look() -> None:
    allowance, _, rows = made(waiting=100)
    await asyncio.gather(*(allowance.take(KNOWN, 1) for _ in range(40)))
    assert rows.looks == 1


async def test_where_nothing_is_bounded_nothing_is_refused_or_looked_at() -> None:
    allowance, _, rows = made()
    assert await taken(allowance, *[KNOWN] * 500, *["a.example"] * 500) == 1000
    for number in range(1000):
        allowance.ask_for_key("10.0.0.1", f"n{number}.example")
    assert rows.looks <= 2
    assert not allowance.refused


def asked(allowance: Allowance, *pairs: tuple[str, str]) -> int:
    """How many keys may be fetched for these (caller, host)."""
    count = 0
    for caller, host in pairs:
        try:
            allowance.ask_for_key(caller, host)
        except TooMuchError:
            continue
        count += 1
    return count


def test_who_names_keys_without_proof_uses_up_what_its_address_has() -> None:
    allowance, clock, _ = made(keys_per_minute=100)
    attacker, peer = "10.0.0.1", "10.9.9.1"
    allowance.prove(peer, "big.example")
    assert asked(allowance, *((attacker, f"n{number}.example") for number in range(80))) == 50
    assert asked(allowance, ("10.0.0.2", "more.example")) == 0  # of the same household
    assert asked(allowance, *[(peer, "big.example")] * 150) == 100  # the peer has its own
    clock.turn(MINUTE)
    assert asked(allowance, *[(attacker, "big.example")] * 80) == 50


def test_one_server_s_keys_are_fetched_so_often_however_many_ask() -> None:
    allowance, _, _ = made(keys_per_minute=100)
    crowd = [(f"10.0.{number}.1", f"n{number}.victim.example") for number in range(200)]
    assert asked(allowance, *crowd) == 50
    allowance.prove("10.9.9.1", "n1.victim.example")
    assert asked(allowance, *[("10.9.9.1", "n1.victim.example")] * 150) == 100  # which leaves the victim's own alone
    assert allowance.refused["keys"] == 200


async def test_memory_is_bounded() -> None:
    allowance, _, _ = made(per_minute=1000, keys_per_minute=1000)
    for number in range(MOST + 50):
        host = f"n{number}.x{number}.example"
        await taken(allowance, host)
        allowance.prove(f"10.{number}.1", host)
        asked(allowance, (f"10.{number}.1", host))
    for kept in (allowance._shares, allowance._families, allowance._proven, allowance._fetches):
        assert len(kept) <= MOST


LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=10)


@given(st.lists(LABEL, min_size=1, max_size=5), st.sampled_from(["", ":80", ":8443"]))
def test_whatever_stands_before_a_domain_is_of_that_domain(labels: list[str], port: str) -> None:
    domain = domain_of(".".join(labels) + port)
    assert ".".join(labels).endswith(domain)
    assert domain_of(domain) == domain


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("a.example", "a.example"),
        ("b.a.example:8443", "a.example"),
        ("c.b.a.example", "a.example"),
        ("social.a.co.uk", "a.co.uk"),
        ("a.co.uk", "a.co.uk"),
        ("social.kontakt.de", "kontakt.de"),
        ("localhost:8000", "localhost"),
        ("127.0.0.9:7740", "127.0.0.9"),
        ("[2001:db8:1:2:3::4]:443", "2001:db8:1:2::/64"),
    ],
)
def test_domains(host: str, domain: str) -> None:
    assert domain_of(host) == domain
