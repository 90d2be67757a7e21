"""What somebody without an account anywhere, or with a server of his own, could do to our memory and our keys."""

import gc
import json
import time
from typing import Any

import httpcore
import pytest
from sqlalchemy import select

from federation.errors import (
    AwayError,
    FederationError,
    GoneError,
    MalformedError,
    UnbelievableError,
    UnreachableError,
    UnsignedError,
)
from federation.remote import actors
from federation.remote.memory import Missed
from federation.schema import remote_actor, remote_key
from federation.signatures import keys
from federation.signatures.keys import base58_encode
from federation.signatures.message import Message
from federation.signatures.verify import Claim, claim
from federation.vocab import limits
from federation.vocab.iris import host_of
from tests.support.peer import AS, Peer, key_number, pem_of
from tests.support.world import Running, World

BOB = "https://peer.example/users/bob"
KEY = f"{BOB}#main-key"


async def test_no_moment_of_a_signature_is_too_far_away(home: Running, peer: Peer) -> None:
    like = peer.activity("Like", BOB, "https://a.example/x")
    body = json.dumps(like).encode()
    headers = peer.signed_headers(BOB, "POST", "https://a.example/inbox", body)
    for made in ("inf", "-inf", "1e999", "nan", "1e400", "9" * 19):
        for name in ("created", "expires"):
            changed = headers | {"Signature": headers["Signature"] + f',{name}="{made}"'}
            assert (await home.client.post("/inbox", content=body, headers=changed)).status_code in {202, 401}


@pytest.mark.parametrize(
    ("name", "seconds", "status"),
    [
        ("expires", 90, 202),
        ("expires", -90, 401),
        ("created", -60, 202),
        ("created", -3700, 401),
        ("created", 3700, 401),
    ],
)
async def test_a_cavage_signature_ends_when_it_says(
    home: Running, peer: Peer, name: str, seconds: int, status: int
) -> None:
    """draft-cavage-12 §2.1.4 and §2.1.5; with a Date that is right."""
    like = peer.activity("Like", BOB, "https://a.example/x")
    body = json.dumps(like).encode()
    headers = peer.signed_headers(BOB, "POST", "https://a.example/inbox", body)
    headers["Signature"] += f",{name}={int(time.time()) + seconds}"
    assert (await home.client.post("/inbox", content=body, headers=headers)).status_code == status


async def test_a_redirect_to_no_address_is_a_refusal(home: Running, peer: Peer) -> None:
    places = ["http://[", "//[::1", "https://a]b/", "//\u2100.example/", "\\\\", "https://[v1.x]/"]
    for number, location in enumerate(places):
        peer.documents[f"/users/odd{number}"] = (302, {"location": location}, b"")
        like = peer.activity("Like", f"https://peer.example/users/odd{number}", "https://a.example/x")
        assert (await peer.post(home, like, key=key_number(0))).status_code in {401, 503}


@pytest.mark.parametrize(
    "error", [UnreachableError("x"), GoneError("y", 404), AwayError("z", "peer.example"), MalformedError()]
)
def test_what_is_remembered_of_a_failure_is_what_it_says(error: Any) -> None:
    try:
        raise error
    except type(error):
        missed = Missed.of(error, 1)
    first, second = missed.error, missed.error
    assert first is not second
    assert (type(first), str(first), vars(first), first.args) == (type(error), str(error), vars(error), error.args)
    assert first.__traceback__ is None


async def test_nothing_of_a_refused_request_is_kept(home: Running, peer: Peer) -> None:
    """Neither what a key's address answered nor the signatures of those who name that key."""
    eve = "https://peer.example/users/eve"
    answered = ["mark-of-eve"] * 50
    peer.documents["/users/eve"] = {"@context": AS, "id": eve, "x": answered}
    for number in range(20):
        like = peer.activity("Like", eve, "https://a.example/x", number)
        assert (await peer.post(home, like, key=key_number(0))).status_code == 401
    gc.collect()
    there = gc.get_objects()
    assert not [one for one in there if isinstance(one, list) and one == answered and one is not answered]
    assert len([one for one in there if isinstance(one, Claim)]) < 5


async def test_nobody_sets_us_cookies(home: Running, peer: Peer) -> None:
    asked: list[dict[bytes, bytes]] = []
    inner = peer.world.wires.apps["peer.example"]

    async def sticky(scope: Any, receive: Any, send: Any) -> None:
        asked.append(dict(scope["headers"]))

        async def with_cookies(message: Any) -> None:
            if message["type"] == "http.response.start":
                cookies = [(b"set-cookie", b"a%d=%s; Domain=example; Path=/" % (n, b"x" * 3000)) for n in range(20)]
                message = message | {"headers": [*message["headers"], *cookies, (b"set-cookie", b"own=1; Path=/")]}
            await send(message)

        await inner(scope, receive, with_cookies)

    peer.world.wires.apps["peer.example"] = sticky
    for number in range(3):
        who = peer.actor(f"p{number}")
        assert (await peer.post(home, peer.activity("Like", who, "https://a.example/x"))).status_code == 202
    assert len(asked) == 3
    assert not [one for one in asked if b"cookie" in one]


async def test_nobody_takes_a_key_s_name_in_vain(home: Running, peer: Peer) -> None:
    """A neighbour lists a key by the name that another's has, before that one was ever heard of."""
    eve = peer.actor("eve", number=1)
    own = peer.documents["/users/eve"]["publicKey"]
    vain = {"id": KEY, "owner": eve, "publicKeyPem": pem_of(key_number(1))}
    peer.documents["/users/eve"]["publicKey"] = [own, vain]
    assert (await peer.post(home, peer.activity("Like", eve, "https://a.example/x"))).status_code == 202
    await home.house.store.unit(lambda u: u.connection.execute(remote_key.update().values(fetched_at=0)))
    home.house.federation.memory.keys.clear()
    like = peer.activity("Like", BOB, "https://a.example/x")
    assert (await peer.post(home, like)).status_code == 202
    assert (await peer.post(home, like | {"id": f"{BOB}/like/2"}, key=key_number(1))).status_code == 401
    assert (await peer.post(home, peer.activity("Like", eve, "https://a.example/x", 2))).status_code == 202


@pytest.mark.parametrize(
    "point",
    [
        "00" * 32,
        "01" + "00" * 31,
        "01" + "00" * 30 + "80",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ec" + "ff" * 30 + "7f",
        "ee" + "ff" * 31,
    ],
)
def test_keys_for_which_one_signature_holds_for_all_are_none(point: str) -> None:
    with pytest.raises(MalformedError):
        keys.load_multikey("z" + base58_encode(b"\xed\x01" + bytes.fromhex(point)))


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("https://192.0.2.1/x", "192.0.2.1"),
        ("https://3221225985/x", ""),
        ("https://0xc0000201/x", ""),
        ("https://0300.0.2.1/x", ""),
        ("https://192.0.513/x", ""),
        ("https://example.0x1/x", ""),
        ("https://[2001:DB8:0::1]/x", "[2001:db8::1]"),
        ("https://[2001:db8::1]:8443/x", "[2001:db8::1]:8443"),
        ("https://[2001:db8::1%25eth0]/x", ""),
        ("https://[::1::2]/x", ""),
        ("https://peer.example/x", "peer.example"),
        ("https://1.peer.example/x", "1.peer.example"),
        ("https://xn--mnchen-3ya.example/x", "xn--mnchen-3ya.example"),
    ],
)
def test_an_address_has_one_spelling(written: str, host: str) -> None:
    assert host_of(written) == host


ODD = [
    *("/u/%00", "/u/%00/main-key", "/g/%00/main-key", "/u/1/p/%00", "/u/%00/outbox", "/u/1/approvals/%00"),
    *("/agreements/%00/1", "/agreements/peer.example/%00", "/agreements/peer.example/copies/%00", "/g/x/requires/%00"),
    *("/u/%ff%fe", "/u/%3Fx", "/u/%23x/p/1", "/g/" + "x" * 3000, "/u/" + "9" * 40 + "/p/" + "9" * 40),
    *("/u/1/p/" + "9" * 19, "/u/1/p/" + "9" * 5000, "/@bob/" + "9" * 5000, "/posts/" + "9" * 19 + "/readers"),
    *("/api/v1/statuses/" + "9" * 5000, "/api/v1/accounts/" + "9" * 19, "/@bob/" + "\u0661" * 30),
]


async def test_no_address_is_too_odd_to_be_absent(home: Running, peer: Peer) -> None:
    for path in ODD:
        for accept in ("text/html", "application/activity+json"):
            answer = await home.client.get(path, headers={"accept": accept})
            assert answer.status_code in {302, 401, 404}, path[:60]
        assert (await peer.get(home, path, BOB)).status_code in {401, 404}, path[:60]


async def test_no_host_is_too_odd_to_be_another_s(home: Running) -> None:
    for host in ("[", "]", "a.example:x", "a@b", "\u00e9", "x" * 5000, ""):
        for path in ("/inbox", "/x/inbox", "/nowhere"):
            for length in ("2", "9" * 30):
                headers = {
                    "host": host.encode("latin-1"),
                    "content-type": "application/activity+json",
                    "content-length": length,
                }
                answer = await home.client.post(path, content=b"{}", headers=headers)
                assert answer.status_code in {400, 401, 404, 405, 413, 421}, (host[:20], path, length)


async def test_a_server_is_not_away_because_it_speaks_no_tls(
    home: Running, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever names its key by https says nothing of those that are named by http."""
    plain = Peer(peer.world, "plain.example:8080", scheme="http")
    bob = plain.actor("bob")
    wires, carry = peer.world.wires, peer.world.wires.carry

    async def without_tls(sender: str, request: httpcore.Request) -> httpcore.Response:
        if request.url.port == 8080 and request.url.scheme == b"https":
            raise httpcore.ConnectError("no TLS")
        return await carry(sender, request)

    monkeypatch.setattr(wires, "carry", without_tls)
    like = plain.activity("Like", bob.replace("http:", "https:"), "https://a.example/x")
    assert (await plain.post(home, like, key=key_number(0))).status_code == 503
    assert (await plain.post(home, plain.activity("Like", bob, "https://a.example/x"))).status_code == 202


@pytest.mark.parametrize(("domain", "host"), [("a.example:8000", "a.example:8000:443"), ("a.example", "a.example:80")])
def test_a_port_is_named_once(domain: str, host: str) -> None:
    message = Message("GET", "/actor", {"host": host, "signature": "x"})
    with pytest.raises(UnsignedError, match="Host"):
        claim(message, domain, 0)


async def test_nobody_has_her_letters_sent_to_another_server(world: World, home: Running, peer: Peer) -> None:
    """Whose inbox is elsewhere is no actor; what is shared counts where it is of the actor's own server."""
    elsewhere = "https://third.example/inbox"
    peer.actor("eve", inbox=elsewhere)
    with pytest.raises(UnbelievableError):
        await actors.actor(home.house.federation, f"{peer.base}/users/eve")
    peer.documents["/users/bob"]["endpoints"] = {"sharedInbox": elsewhere}
    await actors.actor(home.house.federation, BOB)
    inboxes = select(remote_actor.c.iri, remote_actor.c.inbox, remote_actor.c.shared_inbox)
    wanted = [(BOB, f"{BOB}/inbox", None)]
    assert await home.house.store.read(lambda c: [tuple(row) for row in c.execute(inboxes)]) == wanted
    for number, change in enumerate(({"inbox": elsewhere}, {"endpoints": {"sharedInbox": elsewhere}})):
        update = peer.activity("Update", BOB, peer.documents["/users/bob"] | change, number)
        assert (await peer.post(home, update)).status_code == 202
        await world.settle()
        assert await home.house.store.read(lambda c: [tuple(row) for row in c.execute(inboxes)]) == wanted


async def test_a_tombstone_of_somebody_else_takes_nobody_away(home: Running, peer: Peer) -> None:
    bob = (await actors.actor(home.house.federation, BOB)).iri
    stone = {"@context": AS, "id": f"{peer.base}/users/eve", "type": "Tombstone"}
    gone = select(remote_actor.c.gone_at).where(remote_actor.c.iri == bob)
    for served, left in ((stone, False), (stone | {"id": BOB}, True)):
        peer.documents["/users/bob"] = peer.documents["/users/eve"] = served
        with pytest.raises(FederationError):
            await actors.actor(home.house.federation, BOB, fresh=True)
        at = await home.house.store.read(lambda c: c.execute(gone).scalar_one())
        assert (at is not None) == left


async def test_who_is_gone_is_not_asked_after_again(world: World, home: Running, peer: Peer) -> None:
    await actors.actor(home.house.federation, BOB)
    await actors.gone(home.house.federation, BOB)
    before = len(world.wires.log)
    with pytest.raises(GoneError):
        await actors.actor(home.house.federation, BOB)
    assert len(world.wires.log) == before


async def test_a_key_of_another_server_than_the_actors_is_not_even_fetched(
    world: World, home: Running, peer: Peer
) -> None:
    like = peer.activity("Like", BOB, "https://a.example/x")
    answer = await peer.post(home, like, key_id="https://other.example/users/bob#main-key")
    assert (answer.status_code, world.wires.requests_to("other.example")) == (401, [])


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, -(2**63), 10**40])
def test_no_number_is_larger_than_databases_keep(number: int) -> None:
    body = json.dumps({"a": [{"b": number}]}).encode()
    if abs(number) < 2**63:
        assert limits.parse(body) == {"a": [{"b": number}]}
    else:
        with pytest.raises(MalformedError):
            limits.parse(body)


def test_a_document_has_so_many_values_and_no_nul() -> None:
    assert len(limits.parse(json.dumps({"a": [1] * (limits.MOST_VALUES - 1)}).encode())["a"]) == limits.MOST_VALUES - 1
    for wide in ({"a": [1] * limits.MOST_VALUES}, {"a": [{"b": [2] * 300}] * 70}):
        with pytest.raises(MalformedError):
            limits.parse(json.dumps(wide).encode())
    assert limits.parse(rb'{"a\u0000": ["x\u0000y", {"b": "\u0000"}]}') == {"a": ["xy", {"b": ""}]}
