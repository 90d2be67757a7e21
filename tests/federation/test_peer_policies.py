"""Policies of peers: found, fetched in a job, their proof checked; whatever is wrong with one fails closed and is told."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.remote.policies import FoundPolicy, policy_of, privacy_link
from instance.agreements import rows, trust
from instance.clock import HOUR
from instance.policy.adopt import set_stance
from instance.policy.peers import facts_for
from policies.asked import FAILING, why
from policies.peers import Stance
from policies.requirement import RULES
from tests.support.pretend_skerry import DAY, PretendSkerry, moment, terms_digest
from tests.support.world import Running, World


async def looked(world: World, running: Running, host: str = "liar.example") -> Any:
    """What is kept after a look at a peer."""
    await running.house.store.unit(trust.want, host)
    await world.settle()
    return await running.house.store.read(rows.trust_of, host)


async def test_a_good_policy_is_kept(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    known = await looked(world, a)
    assert (known.fault, known.level, known.actor) == (None, "claimed", peer.application)
    assert known.digest == terms_digest(peer.peer.documents["/policy"])
    assert known.valid_until > known.fetched_at


async def test_it_is_found_by_the_link_of_the_first_page(world: World) -> None:
    a = await world.instance("a.example")
    await world.instance("b.example")
    found = await policy_of(a.house.federation, "b.example")
    assert (found.fault, found.iri, found.actor) == ("", "https://b.example/policy", "https://b.example/actor")


async def _answers(world: World, change: Any) -> FoundPolicy:
    a, peer = await world.instance(), PretendSkerry(world)
    change(peer)
    found = await policy_of(a.house.federation, "liar.example")
    known = await looked(world, a)
    assert (known.fault, known.level) == (found.fault, "none")
    return found


def _tampered(peer: PretendSkerry) -> None:
    peer.peer.documents["/policy"]["erasureWithin"] = "PT1H"


def _strangers_key(peer: PretendSkerry) -> None:
    peer.peer.documents["/policy"] = peer.proven(peer.policy(), key=Ed25519PrivateKey.generate())


def _key_of_another_actor(peer: PretendSkerry) -> None:
    other = peer.peer.actor("other")
    peer.peer.documents["/users/other"]["assertionMethod"] = [
        peer.actor_document["assertionMethod"][0] | {"id": f"{other}#ed25519", "controller": other}
    ]
    peer.peer.documents["/policy"] = peer.proven(peer.policy(), method=f"{other}#ed25519")


def _key_not_for_assertions(peer: PretendSkerry) -> None:
    peer.actor_document["authentication"] = peer.actor_document.pop("assertionMethod")


def _no_proof(peer: PretendSkerry) -> None:
    del peer.peer.documents["/policy"]["proof"]


def _two_proofs(peer: PretendSkerry) -> None:
    made = peer.peer.documents["/policy"]
    made["proof"] = [made["proof"], made["proof"]]


def _too_large(peer: PretendSkerry) -> None:
    made = peer.proven(peer.policy(name="x" * 1_000_001))
    peer.peer.documents["/policy"] = (200, {"content-type": "application/activity+json"}, json.dumps(made).encode())


def _critical(peer: PretendSkerry) -> None:
    peer.publish(**{"skerry:critical": ["skerry:telepathy"]})


def _expired(peer: PretendSkerry) -> None:
    peer.publish(validFrom=moment(peer.now - 60 * DAY), validUntil=moment(peer.now - DAY))


def _too_long(peer: PretendSkerry) -> None:
    peer.publish(validUntil=moment(peer.now + 100 * DAY))


def _of_somebody_else(peer: PretendSkerry) -> None:
    peer.publish(attributedTo="https://elsewhere.example/actor")


def _not_named_by_its_application(peer: PretendSkerry) -> None:
    peer.actor_document["privacyPolicy"] = "https://elsewhere.example/policy"


def _absent(peer: PretendSkerry) -> None:
    del peer.actor_document["privacyPolicy"]


def _gone(peer: PretendSkerry) -> None:
    peer.peer.documents["/policy"] = 404


def _strange_term(peer: PretendSkerry) -> None:
    peer.publish(staffAccess="whenever")


def _no_json(peer: PretendSkerry) -> None:
    peer.peer.documents["/policy"] = (200, {"content-type": "application/activity+json"}, b"<html>")


def _elsewhere(peer: PretendSkerry) -> None:
    other = PretendSkerry(peer.world, "other.example")
    peer.peer.documents["/policy"] = (302, {"location": other.iri}, b"")


def _application_elsewhere(peer: PretendSkerry) -> None:
    other = PretendSkerry(peer.world, "other.example")
    peer.peer.documents["/users/app"] = (301, {"location": other.application}, b"")


WRONG = {
    _elsewhere: "not-its-own",
    _application_elsewhere: "not-its-own",
    _tampered: "proof",
    _strangers_key: "proof",
    _key_of_another_actor: "proof",
    _key_not_for_assertions: "proof",
    _no_proof: "proof",
    _two_proofs: "proof",
    _too_large: "too-large",
    _critical: "critical",
    _expired: "expired",
    _too_long: "too-long",
    _of_somebody_else: "not-its-own",
    _not_named_by_its_application: "not-its-own",
    _absent: "absent",
    _gone: "absent",
    _strange_term: "terms",
    _no_json: "malformed",
}


@pytest.mark.parametrize("change", WRONG, ids=lambda change: change.__name__)
async def test_what_is_wrong_fails_closed_and_is_told(world: World, change: Any) -> None:
    assert (await _answers(world, change)).fault == WRONG[change]
    assert world.wires.requests_to("other.example") == []


async def test_a_policy_is_looked_at_again_before_it_ends_and_ends_by_itself(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    first = await looked(world, a)
    assert first.look_at < first.valid_until
    world.wires.down.add("liar.example")
    world.clock.turn(61 * DAY)
    await a.house.store.unit(trust.run_out)
    known = await a.house.store.read(rows.trust_of, "liar.example")
    assert known.level == "none"
    world.wires.down.clear()
    peer.publish()
    await a.house.store.unit(trust.look_again)
    await world.settle()
    known = await a.house.store.read(rows.trust_of, "liar.example")
    assert known.level == "claimed"


@pytest.mark.parametrize("about", ["policy", "embedded", "actor"])
async def test_it_is_looked_at_when_the_peer_says_that_it_changed(world: World, about: str) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    before = await looked(world, a)
    made = peer.publish(erasureWithin="PT72H")
    said = {"policy": peer.iri, "embedded": made, "actor": peer.actor_document}[about]
    answer = await peer.peer.post(a, peer.activity("Update", said, "update-1", f"https://{a.domain}/actor"))
    assert answer.status_code == 202
    await world.settle()
    known = await a.house.store.read(rows.trust_of, "liar.example")
    assert known.digest == terms_digest(made) != before.digest


async def test_a_blocked_server_is_not_asked(world: World) -> None:
    a = await world.instance()
    PretendSkerry(world)
    await a.house.store.unit(_block)
    known = await looked(world, a)
    assert known.fault == "refused"
    assert world.wires.requests_to("liar.example") == []


def _block(u: Any) -> None:
    set_stance(u, "liar.example", Stance.BLOCKED)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (['<https://b.example/p>; rel="privacy-policy"'], "https://b.example/p"),
        (['</p>; rel="privacy-policy"'], "https://b.example/p"),
        (['<https://b.example/x>; rel="help", </p>; title="a, b"; rel="foo privacy-policy"'], "https://b.example/p"),
        (["</p>; rel=privacy-policy"], "https://b.example/p"),
        (['<https://c.example/p>; rel="privacy-policy"'], ""),
        (['<//c.example/p>; rel="privacy-policy"'], ""),
        (['<http://b.example/p>; rel="privacy-policy"'], ""),
        (['<https://b.example/p>; rel="privacy"', "nonsense", ""], ""),
        (['<javascript:1>; rel="privacy-policy"'], ""),
    ],
)
def test_links(lines: list[str], found: str) -> None:
    assert privacy_link(lines, "https://b.example") == found


def test_each_term_that_can_fail_has_a_sentence() -> None:
    assert {term for term, _ in RULES.values()} | {
        "privacyPolicy",
        "validUntil",
        "proof",
        "assurance",
    } <= FAILING.keys()
    assert why("skerry:new") == "The term skerry:new is not understood, so it doesn't count."


async def test_words_for_a_server_that_can_not_be_asked_wait_a_day(world: World) -> None:
    a = await world.instance()
    PretendSkerry(world)
    world.wires.down.add("liar.example")
    for hours in (0, 20, 2):
        world.clock.turn(hours * HOUR)
        known = await looked(world, a)
        facts = await a.house.store.read(lambda c: facts_for(c, ["liar.example"], world.clock.now()))
        assert known.looked_at is None
        assert facts["liar.example"].waits_until > world.clock.now()
    world.clock.turn(3 * HOUR)
    await a.house.store.unit(trust.run_out)
    facts = await a.house.store.read(lambda c: facts_for(c, ["liar.example"], world.clock.now()))
    assert facts["liar.example"].waits_until == 0
    assert (await a.house.store.read(rows.trust_of, "liar.example")).fault == "unreachable"
    world.wires.down.clear()
    assert (await looked(world, a)).level == "claimed"


async def test_it_is_found_by_the_application_alone(world: World) -> None:
    a, peer = await world.instance(), PretendSkerry(world)
    peer.front = False
    signed = peer.peer.activity("Follow", peer.application, "https://a.example/actor")
    await peer.peer.post(a, signed)
    await world.settle()
    assert (await looked(world, a)).level == "claimed"
