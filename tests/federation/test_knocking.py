"""Two schemes of signatures: which one a peer is knocked with, what is learnt of it, and that both are what others read."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import InvalidSignature
from sqlalchemy import select

from federation.client.fetch import fetch
from federation.errors import FederationError
from federation.remote import actors, schemes
from federation.schema import peer as peers
from federation.vocab.types import Object
from tests.federation.test_outbound import send, sender, states
from tests.support import signing
from tests.support.peer import ACTIVITY, AS, Peer
from tests.support.signing import Request
from tests.support.world import Running, World

pytestmark = pytest.mark.usefixtures("recorder")


class Choosy(Peer):
    """Takes one scheme only; other knocks are answered `refusal`. Notes which came. `burns`: ids, before it verifies, as PieFed."""

    takes = frozenset({"rfc9421"})
    refusal = 401
    offers = False
    burns = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.knocks: list[str] = []
        self.seen: set[str] = set()
        self.taken: list[dict[str, str]] = []

    def _answer(self, scope: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        scheme = "rfc9421" if "signature-input" in headers else "cavage"
        self.knocks.append(f"{scope['method']} {scheme}")
        extra = {"accept-signature": 'sig1=("@method" "@target-uri");created'} if self.offers else {}
        if self.burns and body:
            known, made = json.loads(body)["id"] in self.seen, json.loads(body)["id"]
            self.seen.add(made)
            if known:
                return 200, extra, b""  # a duplicate, it thinks
        if scheme not in self.takes:
            return self.refusal, extra, b""
        if scheme == "rfc9421":
            self.taken.append(headers | {"@path": scope["path"], "@method": scope["method"], "@body": body.decode()})
        status, more, content = super()._answer(scope, body)
        return status, extra | more, content


@pytest.fixture
def choosy(world: World) -> Choosy:
    made = Choosy(world)
    made.actor("bob")
    return made


async def scheme(home: Running) -> str | None:
    wanted = select(peers.c.signature_scheme).where(peers.c.host == "peer.example")
    return await home.house.store.read(lambda c: c.execute(wanted).scalar())


async def known_bob(home: Running, peer: Peer) -> str:
    bob = f"{peer.base}/users/bob"
    await actors.actor(home.house.federation, bob)
    return bob


@pytest.mark.parametrize("refusal", [400, 401, 403])
async def test_cavage_first_then_rfc9421_and_that_is_remembered(
    world: World, home: Running, choosy: Choosy, refusal: int
) -> None:
    ann = await sender(world, home)
    choosy.takes = frozenset({"cavage", "rfc9421"})
    bob = await known_bob(home, choosy)
    choosy.takes, choosy.refusal = frozenset({"rfc9421"}), refusal
    choosy.knocks.clear()
    await send(home, ann, [bob], 1)
    await world.settle()
    assert choosy.knocks == ["POST cavage", "POST rfc9421"]
    assert (await states(home), len(choosy.received), await scheme(home)) == (["sent"], 1, "rfc9421")
    home.house.federation.memory.schemes.clear()  # as after a restart
    await send(home, ann, [bob], 2)
    await world.settle()
    assert choosy.knocks[2:] == ["POST rfc9421"]


@pytest.mark.parametrize("refusal", [400, 401, 403])
async def test_signed_gets_knock_twice_as_well(home: Running, choosy: Choosy, refusal: int) -> None:
    choosy.refusal = refusal
    note = choosy.note(f"{choosy.base}/users/bob")
    for number in range(2):
        assert isinstance(await fetch(home.house.federation, note["id"]), Object), number
    assert choosy.knocks == ["GET cavage", "GET rfc9421", "GET rfc9421"]
    assert await scheme(home) == "rfc9421"


async def test_what_was_learnt_is_dropped_when_it_works_no_more(world: World, home: Running, choosy: Choosy) -> None:
    ann = await sender(world, home)
    bob = await known_bob(home, choosy)
    assert await scheme(home) == "rfc9421"
    choosy.takes = frozenset({"cavage"})
    choosy.knocks.clear()
    await send(home, ann, [bob])
    await world.settle()
    assert (choosy.knocks, await scheme(home)) == (["POST rfc9421", "POST cavage"], "cavage")
    await fetch(home.house.federation, bob)
    assert choosy.knocks[2:] == ["GET cavage"]


async def test_a_peer_that_takes_neither_waits(world: World, home: Running, choosy: Choosy) -> None:
    ann = await sender(world, home)
    bob = await known_bob(home, choosy)
    choosy.takes = frozenset()
    choosy.knocks.clear()
    await send(home, ann, [bob])
    await world.settle()
    assert (choosy.knocks, await states(home)) == (["POST rfc9421", "POST cavage"], ["ready"])


async def test_an_actor_that_names_rfc9421_gets_it(world: World, home: Running, choosy: Choosy) -> None:
    """FEP-844e, on the Application or on an actor's generator."""
    href = {"type": "Link", "href": "https://datatracker.ietf.org/doc/html/rfc9421"}
    choosy.takes = frozenset({"cavage", "rfc9421"})
    ann = await sender(world, home)
    bob = choosy.actor("bob", generator={"type": "Application", "implements": [href]})
    await actors.actor(home.house.federation, bob)
    assert await scheme(home) == "offers-rfc9421"
    choosy.knocks.clear()
    await send(home, ann, [bob])
    await world.settle()
    assert choosy.knocks == ["POST rfc9421"]
    other = Choosy(world, "other.example")
    other.takes = choosy.takes
    app = other.actor("app", kind="Application", implements=[href["href"]])
    await actors.actor(home.house.federation, app)
    await fetch(home.house.federation, app)
    assert other.knocks == ["GET cavage", "GET rfc9421"]


async def test_accept_signature_is_an_offer(world: World, home: Running, choosy: Choosy) -> None:
    ann = await sender(world, home)
    choosy.takes, choosy.offers = frozenset({"cavage", "rfc9421"}), True
    bob = await known_bob(home, choosy)
    choosy.knocks.clear()
    for number in (1, 2):
        await send(home, ann, [bob], number)
        await world.settle()
    assert choosy.knocks == ["POST cavage", "POST rfc9421"]


async def test_who_signs_with_rfc9421_gets_it_back(world: World, home: Running, choosy: Choosy) -> None:
    ann = await sender(world, home)
    choosy.takes = frozenset({"cavage", "rfc9421"})
    bob = f"{choosy.base}/users/bob"
    body = json.dumps(choosy.activity("Like", bob, "https://a.example/x")).encode()
    request = Request("POST", "https://a.example/inbox", {"Host": "a.example", "Content-Type": ACTIVITY}, body)
    headers = signing.sign(request, choosy.keys[bob], f"{bob}#main-key")
    assert (await home.client.post("/inbox", content=body, headers=headers)).status_code == 202
    choosy.knocks.clear()
    await send(home, ann, [bob])
    await world.settle()
    assert choosy.knocks == ["POST rfc9421"]


async def test_a_failed_knock_never_burns_an_id(world: World, home: Running, choosy: Choosy) -> None:
    """PEERS rule 2: a server that notes ids before it verifies must get a later knock that is no repetition."""
    ann = await sender(world, home)
    choosy.takes, choosy.offers = frozenset({"cavage"}), True
    bob = await known_bob(home, choosy)
    choosy.burns = True
    await send(home, ann, [bob], 1)
    await world.settle()
    assert (len(choosy.received), await scheme(home)) == (1, "offers-rfc9421")
    choosy.knocks.clear()
    await send(home, ann, [bob], 2)
    await world.settle()
    assert (choosy.knocks, len(choosy.received)) == (["POST rfc9421"], 1)  # no cavage now: it would be a duplicate
    world.clock.turn(90_000)
    await world.settle()
    assert choosy.knocks == ["POST rfc9421"]
    choosy.seen.clear()  # it forgets after 90 seconds
    world.clock.turn(60_000)
    await world.settle()
    assert choosy.knocks == ["POST rfc9421", "POST cavage"]
    assert (len(choosy.received), set(await states(home))) == (2, {"sent"})


async def test_another_implementation_verifies_our_posts_and_gets(world: World, home: Running, choosy: Choosy) -> None:
    ann = await sender(world, home)
    bob = await known_bob(home, choosy)
    await send(home, ann, [bob])
    await world.settle()
    get, post = choosy.taken
    for taken, actor in ((get, "https://a.example/actor"), (post, ann)):
        keys = await home.house.federation.keyring.of(actor)
        public = load_pem_public_key(keys[0].public_pem.encode())
        url = f"https://peer.example{taken['@path']}"
        headers = {name: value for name, value in taken.items() if not name.startswith("@")}
        request = Request(taken["@method"], url, headers, taken["@body"].encode())
        found = signing.verify(request, public, at_most=timedelta(hours=1))
        assert found.parameters["keyid"] == keys[0].id
        assert {'"@method"', '"@target-uri"', '"@authority"', '"date"'} <= set(found.covered_components)
        if request.method == "POST":
            assert {'"content-digest"', '"content-type"'} <= set(found.covered_components)
        with pytest.raises(InvalidSignature):
            signing.verify(Request(request.method, url + "x", headers, request.body), public)


async def test_ours_offers_both(home: Running, choosy: Choosy) -> None:
    answer = await home.client.get("/u/1", headers={"Accept": ACTIVITY})
    assert answer.status_code == 401
    assert "(request-target)" in answer.headers["www-authenticate"]
    assert '"@target-uri"' in answer.headers["accept-signature"]
    choosy.takes = frozenset()
    with pytest.raises(FederationError):
        await fetch(home.house.federation, f"{choosy.base}/users/bob")
    assert choosy.documents["/users/bob"]["@context"][0] == AS


@pytest.mark.parametrize(("answers", "state"), [([400, 503], "ready"), ([403, 429], "ready"), ([400, 404], "dead")])
async def test_trouble_at_the_second_knock_is_no_refusal(
    world: World, home: Running, peer: Peer, answers: list[int], state: str
) -> None:
    ann, bob = await sender(world, home), peer.actor("bob")
    await actors.actor(home.house.federation, bob)
    await send(home, ann, [bob])
    peer.answers = list(answers)
    await world.settle()
    assert await states(home) == [state]


async def test_an_offer_changes_nothing_that_was_learnt(home: Running) -> None:
    for learnt in ("cavage", "rfc9421"):
        await schemes.learn(home.house.federation, "p.example", learnt)
        await schemes.offered(home.house.federation, "p.example")
        assert await schemes.known(home.house.federation, "p.example") == learnt
